package session_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/bonafide-idv/bonafide/session"
)

// meter reads what an engine measured.
type meter struct {
	*sdkmetric.MeterProvider
	reader *sdkmetric.ManualReader
}

func newMeter() meter {
	reader := sdkmetric.NewManualReader()
	return meter{sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), reader}
}

// read gives every figure that is not 0, as all does.
func (m meter) read(t interface{ Fatal(...any) }) map[string]float64 {
	read := m.all(t)
	maps.DeleteFunc(read, func(_ string, v float64) bool { return v == 0 })
	return read
}

// all gives every figure by its instrument and its labels, as "bonafide.session.events{created}": of a histogram how many
// it has, and beside it as "… sum" the sum of those that measure no time.
func (m meter) all(t interface{ Fatal(...any) }) map[string]float64 {
	var all metricdata.ResourceMetrics
	if err := m.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	read := map[string]float64{}
	for _, scope := range all.ScopeMetrics {
		for _, in := range scope.Metrics {
			switch data := in.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					read[figure(in.Name, p.Attributes)] = float64(p.Value)
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					read[figure(in.Name, p.Attributes)] = float64(p.Value)
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					read[figure(in.Name, p.Attributes)] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					read[figure(in.Name, p.Attributes)] = float64(p.Count)
				}
			case metricdata.Histogram[int64]:
				for _, p := range data.DataPoints {
					read[figure(in.Name, p.Attributes)] = float64(p.Count)
					read[figure(in.Name, p.Attributes)+" sum"] = float64(p.Sum)
				}
			default:
				t.Fatal(fmt.Sprintf("%s is a %T", in.Name, data))
			}
		}
	}
	return read
}

func figure(name string, labels attribute.Set) string {
	var values []string
	for _, l := range labels.ToSlice() {
		values = append(values, l.Value.AsString())
	}
	if len(values) == 0 {
		return name
	}
	return name + "{" + strings.Join(values, ",") + "}"
}

// since says what has changed, as "figure +n", without idle sweeps.
func since(before, after map[string]float64) (changed []string) {
	for name, v := range after {
		if by := v - before[name]; by != 0 && name != "bonafide.sweep.duration" {
			changed = append(changed, fmt.Sprintf("%s %+g", name, by))
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed = append(changed, name+" is 0")
		}
	}
	slices.Sort(changed)
	return changed
}

// metered is a bench whose engine is measured.
func metered(t *testing.T, adjust func(*session.Integration, *session.Config)) (*bench, meter) {
	m := newMeter()
	return setUp(t, func(in *session.Integration, cfg *session.Config) {
		cfg.MeterProvider = m
		if adjust != nil {
			adjust(in, cfg)
		}
	}), m
}
