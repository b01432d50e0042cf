package webhook_test

import (
	"context"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// forger writes what it should not.
type forger struct{ propagation.TraceContext }

func (f forger) Inject(ctx context.Context, to propagation.TextMapCarrier) {
	f.TraceContext.Inject(ctx, to)
	for _, name := range []string{"X-Hmac-Signature", "Content-Type", "User-Agent", "Bonafide-Sequence"} {
		to.Set(name, "forged")
	}
}

// TestTraceContext: a receiver is told of the trace by whom the host names, and by nobody else; and no signature changes.
func TestTraceContext(t *testing.T) {
	t.Parallel()
	const parent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
	ctx := propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": parent})
	if !trace.SpanContextFromContext(ctx).IsValid() {
		t.Fatal("the test has no trace")
	}
	for name, c := range map[string]struct {
		propagator propagation.TextMapPropagator
		want       string
	}{
		"none":         {nil, ""},
		"W3C":          {propagation.TraceContext{}, parent},
		"one who lies": {forger{}, parent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got http.Header
			receiver := startReceiver(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() })
			sender := newSender(t, webhook.Config{AllowPrivate: true, Propagator: c.propagator})
			expect(t, sender.Deliver(ctx, session.Endpoint{URL: receiver.URL}, newDelivery(`{}`)), 200, "")
			if text := got.Get("Traceparent"); text != c.want {
				t.Errorf("traceparent is %q, want %q", text, c.want)
			}
			if signature, want := got.Get("X-Hmac-Signature"), string(newSecret(t, secretText).Sign(nil, []byte(`{}`))); signature != want {
				t.Errorf("the signature is %q, want %q", signature, want)
			}
			for _, name := range []string{"Content-Type", "User-Agent", "Bonafide-Sequence"} {
				if got.Get(name) == "forged" {
					t.Errorf("%s is the propagator's", name)
				}
			}
		})
	}
}
