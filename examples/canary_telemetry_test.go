package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// watchers see all that is measured and traced.
type watchers struct {
	reader *sdkmetric.ManualReader
	meters *sdkmetric.MeterProvider
	spans  *tracetest.SpanRecorder
	tracer *sdktrace.TracerProvider
}

func newWatchers() watchers {
	reader, spans := sdkmetric.NewManualReader(), tracetest.NewSpanRecorder()
	return watchers{
		reader, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
		spans, sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)),
	}
}

// seen is all that was measured, and all spans.
func (w watchers) seen(t *testing.T) (measured, traced string) {
	t.Helper()
	var all metricdata.ResourceMetrics
	ok(t, w.reader.Collect(context.Background(), &all))
	text, err := json.Marshal(all.ScopeMetrics)
	ok(t, err)
	var spans strings.Builder
	for _, s := range w.spans.Ended() {
		fmt.Fprintln(&spans, s.Name(), s.Attributes(), s.Status(), s.Events(), s.Links())
	}
	return string(text), spans.String()
}

// documented fails the test for each label and attribute that docs/OBSERVABILITY.md does not have.
func (w watchers) documented(t *testing.T) {
	t.Helper()
	text := read(t, "../docs/OBSERVABILITY.md")
	labels := map[string][]string{}
	for _, row := range rowsOf(t, text, "instrument") {
		labels[wordsIn(row[0])[0]] = wordsIn(row[3])
	}
	var all metricdata.ResourceMetrics
	ok(t, w.reader.Collect(context.Background(), &all))
	for _, scope := range all.ScopeMetrics {
		for _, in := range scope.Metrics {
			for _, key := range keysOf(t, in.Data) {
				if !slices.Contains(labels[in.Name], key) {
					t.Errorf("%s has the label %s, and the table has %v", in.Name, key, labels[in.Name])
				}
			}
			delete(labels, in.Name)
		}
	}
	for _, gauge := range []string{"bonafide.outbox.depth", "bonafide.outbox.lag", "bonafide.sweep.lag", "bonafide.limiter.refusals"} {
		delete(labels, gauge) // nothing runs here, and nobody is refused for a rate
	}
	if len(labels) > 0 {
		t.Errorf("nothing was measured of %v, so that nothing was seen", labels)
	}
	kinds := map[string]bool{}
	for _, row := range rowsOf(t, text, "span") {
		for _, key := range wordsIn(row[2]) {
			kinds[key] = true
		}
	}
	for _, s := range w.spans.Ended() {
		for _, a := range s.Attributes() {
			if !kinds[string(a.Key)] {
				t.Errorf("%s has the attribute %s, which the table has not", s.Name(), a.Key)
			}
		}
	}
}

// keysOf are the keys of all labels of an instrument.
func keysOf(t *testing.T, data metricdata.Aggregation) (keys []string) {
	t.Helper()
	text, err := json.Marshal(data)
	ok(t, err)
	var points struct {
		DataPoints []struct{ Attributes []struct{ Key string } }
	}
	ok(t, json.Unmarshal(text, &points))
	for _, p := range points.DataPoints {
		for _, a := range p.Attributes {
			keys = append(keys, a.Key)
		}
	}
	return keys
}
