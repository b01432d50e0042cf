package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the engine's instruments and spans.
const scope = "github.com/bonafide-idv/bonafide/session"

// telemetry measures and traces what an engine does; nil where nobody looks. What panics in the providers is logged, and
// harms no verb.
type telemetry struct {
	tracer trace.Tracer // nil: none
	meters *meters      // nil: none
	log    *slog.Logger
}

func newTelemetry(cfg Config) (*telemetry, error) {
	if cfg.MeterProvider == nil && cfg.TracerProvider == nil {
		return nil, nil
	}
	t := &telemetry{log: cfg.Log}
	if cfg.TracerProvider != nil {
		t.tracer = cfg.TracerProvider.Tracer(scope)
	}
	if cfg.MeterProvider == nil {
		return t, nil
	}
	var err error
	if t.meters, err = newMeters(cfg.MeterProvider.Meter(scope)); err != nil {
		return nil, err
	}
	t.begin(context.Background())
	return t, nil
}

// begin has those counters begin with 0 that somebody waits for to grow: of a series that begins with its first event
// that one is seen as no growth.
func (t *telemetry) begin(ctx context.Context) {
	defer t.survive(ctx)
	m := t.meters
	for _, outcome := range []string{"delivered", "retried", "dead", "put_off", "erased", "withdrawn"} {
		m.settled.Add(ctx, 0, m.set(label{keyOutcome, outcome}).add...)
	}
	for _, limit := range limits {
		m.refusals.Add(ctx, 0, m.set(label{keyLimit, limit}).add...)
	}
}

// survive is deferred by what calls the providers.
func (t *telemetry) survive(ctx context.Context) {
	if r := recover(); r != nil {
		t.log.ErrorContext(ctx, "telemetry panicked", "type", fmt.Sprintf("%T", r))
	}
}

// observed is one thing that is being done: a verb, a job, a delivery, a call of what is the host's.
type observed struct {
	t     *telemetry // nil: nobody looks
	ctx   context.Context
	span  trace.Span // nil: none
	begun time.Time
}

// observe begins a span.
func (t *telemetry) observe(ctx context.Context, name string, options ...trace.SpanStartOption) (within context.Context, o observed) {
	within, o = ctx, observed{t: t, ctx: ctx, begun: time.Now()}
	if t.tracer == nil {
		return within, o
	}
	defer t.survive(ctx)
	o.ctx, o.span = t.tracer.Start(ctx, name, options...)
	return o.ctx, o
}

// end ends the span. What went wrong is told in a word of a fixed list, and makes the span an error only where it is a
// failure, and not a refusal.
func (o observed) end(word string, failed bool, about ...attribute.KeyValue) {
	if o.span == nil {
		return
	}
	defer o.t.survive(o.ctx)
	defer o.span.End()
	if word != "" {
		o.span.SetAttributes(keyError.String(word))
	}
	if failed {
		o.span.SetStatus(codes.Error, word)
	}
	o.span.SetAttributes(about...)
}

// record measures how long it took.
func (o observed) record(in metric.Float64Histogram, labels ...label) {
	defer o.t.survive(o.ctx)
	in.Record(o.ctx, time.Since(o.begun).Seconds(), o.t.meters.set(labels...).record...)
}

// verb is a verb of an engine that is being done.
type verb struct {
	observed
	name string
}

// observe begins a verb.
func (e *Engine) observe(ctx context.Context, name string) (context.Context, verb) {
	t := e.cfg.telemetry
	if t == nil {
		return ctx, verb{}
	}
	ctx, o := t.observe(ctx, "bonafide."+name)
	return ctx, verb{o, name}
}

// observeOf begins a verb of one session.
func (e *Engine) observeOf(ctx context.Context, name string, id uuid.UUID) (context.Context, verb) {
	ctx, v := e.observe(ctx, name)
	v.of(id)
	return ctx, v
}

// of says which session a verb is about.
func (v verb) of(id uuid.UUID) {
	if v.span == nil {
		return
	}
	defer v.t.survive(v.ctx)
	v.span.SetAttributes(attribute.String(keySession, id.String()))
}

// done is deferred by a verb. A panic of the host's goes on.
func (v verb) done(err *error) {
	if v.t == nil {
		return
	}
	if r := recover(); r != nil {
		v.ended(wordPanic, true, nil)
		panic(r)
	}
	word, failed := wordOf(*err)
	v.ended(word, failed, *err)
}

func (v verb) ended(word string, failed bool, err error) {
	v.end(word, failed)
	m := v.t.meters
	if m == nil {
		return
	}
	v.record(m.verbs, label{keyVerb, v.name}, label{keyError, word})
	if limited := (*RateError)(nil); errors.As(err, &limited) {
		defer v.t.survive(v.ctx)
		m.refusals.Add(v.ctx, 1, m.set(label{keyLimit, limitOf(limited.Key)}).add...)
	}
}

// limits are what permits are for.
var limits = [...]string{"create", "submit", "delete"}

// limitOf says what a permit is for.
func limitOf(key string) string {
	for _, limit := range limits {
		if len(key) > len(limit) && key[:len(limit)] == limit && key[len(limit)] == '/' {
			return limit
		}
	}
	return "other"
}

// outside calls what is the host's, as guarded does, and observes it.
func (e *Engine) outside(ctx context.Context, part, whose string, call func(context.Context) error) error {
	t := e.cfg.telemetry
	if t == nil {
		return guarded(whose, func() error { return call(ctx) })
	}
	within, o := t.observe(ctx, "bonafide."+part)
	returned := false
	err := guarded(whose, func() error {
		err := call(within)
		returned = true
		return err
	})
	word, failed := wordOf(err)
	switch {
	case !returned:
		word = wordPanic
	case failed:
		word = "failed"
	}
	o.end(word, failed)
	if t.meters != nil {
		o.record(t.meters.calls, label{keyPart, part}, label{keyError, word})
	}
	return err
}
