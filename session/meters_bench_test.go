package session_test

import (
	"testing"

	"go.opentelemetry.io/otel/metric"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// BenchmarkCreateObserved is what a creation costs with nobody who looks, and with those who do.
func BenchmarkCreateObserved(b *testing.B) {
	for _, c := range []struct {
		name   string
		meter  metric.MeterProvider
		tracer trace.TracerProvider
	}{
		{"by nobody", nil, nil},
		{"by a meter that does nothing", noopmetric.NewMeterProvider(), nil},
		{"by both that do nothing", noopmetric.NewMeterProvider(), nooptrace.NewTracerProvider()},
		{"by the meter of the SDK", newMeter(), nil},
		{"by both of the SDK", newMeter(), sdktrace.NewTracerProvider()},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, err := session.New(memstore.New(), session.Config{
				MeterProvider: c.meter, TracerProvider: c.tracer,
				Integrations: session.Fixed{{Policy: session.Policy{Create: session.Unlimited()}}},
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Create(b.Context(), session.Facts{Person: session.Person{FirstName: "Ada", LastName: "Specimen"}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
