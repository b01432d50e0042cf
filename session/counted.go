package session

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// counted counts a change that the store has taken.
func (t *telemetry) counted(ctx context.Context, w *work) {
	if t == nil || t.meters == nil {
		return
	}
	defer t.survive(ctx)
	m, hosted, from := t.meters, hostedLabel(w.e.hosted), w.was
	for _, ev := range w.change.Events {
		m.events.Add(ctx, 1, m.set(label{keyEvent, string(ev.Kind)}, hosted).add...)
		if ev.Kind.isMove() {
			m.transitions.Add(ctx, 1, m.set(
				label{keyFrom, string(from)}, label{keyTo, string(ev.Status)}, label{keyActor, string(ev.By)}, hosted).add...)
			from = ev.Status
		}
	}
	if gone := w.change.deletes(); gone || from != w.was {
		if w.was != "" {
			m.sessions.Add(ctx, -1, m.set(label{keyStatus, string(w.was)}, hosted).add...)
		}
		if !gone {
			m.sessions.Add(ctx, 1, m.set(label{keyStatus, string(from)}, hosted).add...)
		}
	}
	for _, medium := range w.change.Media {
		m.uploads.Record(ctx, medium.Size, m.set(hosted).record...)
	}
	if n := len(w.change.Deliveries); n > 0 {
		m.made.Add(ctx, int64(n), m.set(hosted).add...)
	}
}

// deletes reports whether after the change no reader finds the session.
func (c Change) deletes() bool {
	return slices.ContainsFunc(c.Events, func(ev Event) bool { return ev.Kind == EventDeleted })
}

// hostedLabel tells what was written in a host's transaction, of which nobody says how it ended.
func hostedLabel(hosted bool) label {
	if hosted {
		return label{keyHosted, "true"}
	}
	return label{}
}

// ticked are the changes that a sweep is to write; nil where they are not counted.
type ticked map[uuid.UUID]*work

func (e *Engine) newTicked() ticked {
	if t := e.cfg.telemetry; t == nil || t.meters == nil {
		return nil
	}
	return ticked{}
}

func (t ticked) note(w *work) {
	if t != nil {
		t[w.snap.ID] = w
	}
}

// countSwept counts what a sweep has written. Where that is less than all that it was to write, as when something was
// refused or the transaction was run again, each is looked for by its events.
func (e *Engine) countSwept(ctx context.Context, t ticked, done int, err error) {
	ctx = context.WithoutCancel(ctx)
	for id, w := range t {
		if err != nil || done < len(t) {
			rec, err := e.store.Load(ctx, Ref{Tenant: w.snap.Tenant, ID: id, Deleted: true}, PartEvents)
			if err != nil {
				return
			}
			if !slices.ContainsFunc(rec.Events, func(ev Event) bool { return ev.Change == w.change.ID }) {
				continue
			}
		}
		e.cfg.telemetry.counted(ctx, w)
	}
}

// sweeping begins a batch of a sweep. Only one that did something has a span, as most do nothing.
func (t *telemetry) sweeping(ctx context.Context) observed {
	if t == nil {
		return observed{}
	}
	return observed{t: t, ctx: ctx, begun: time.Now()}
}

func (o observed) swept(n int, err error) {
	if o.t == nil {
		return
	}
	word, failed := wordOf(err)
	if o.t.tracer != nil && (n > 0 || err != nil) {
		_, done := o.t.observe(o.ctx, "bonafide.sweep", trace.WithTimestamp(o.begun))
		done.end(word, failed, attribute.Int(keySwept, n))
	}
	if m := o.t.meters; m != nil {
		o.record(m.sweeps, label{keyError, word})
		if n > 0 {
			defer o.t.survive(o.ctx)
			m.swept.Add(o.ctx, int64(n))
		}
	}
}

// alarm begins the work of a session's alarm.
func (t *telemetry) alarm(ctx context.Context, j job) (context.Context, observed) {
	if t == nil {
		return ctx, observed{}
	}
	return t.observe(ctx, "bonafide.alarm."+string(j.kind),
		trace.WithAttributes(attribute.String(keySession, j.session.ID.String())))
}

func (o observed) served(j job, err error) {
	if o.t == nil {
		return
	}
	word, failed := wordOf(err)
	o.end(word, failed)
	if o.t.meters != nil {
		o.record(o.t.meters.alarms, label{keyAlarm, string(j.kind)}, label{keyError, word})
	}
}

// delivery begins one try of a delivery.
func (t *telemetry) delivery(ctx context.Context, d Delivery) (context.Context, observed) {
	if t == nil {
		return ctx, observed{}
	}
	return t.observe(ctx, "bonafide.deliver", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String(keySession, d.Session.String()), attribute.String(keyDelivery, d.ID.String())))
}

// tried measures the part of a try that was the deliverer's.
func (t *telemetry) tried(ctx context.Context, took time.Duration, to Endpoint, last Try) {
	if t == nil || t.meters == nil {
		return
	}
	defer t.survive(ctx)
	outcome := "failed"
	if to.Retry.Succeeded(last.Status) {
		outcome = "delivered"
	}
	m := t.meters
	m.tries.Record(ctx, took.Seconds(), m.set(label{keyOutcome, outcome}).record...)
}

// settled says what became of a delivery, once that is written.
func (o observed) settled(e *Engine, d Delivery, before int, written bool) {
	if o.t == nil {
		return
	}
	outcome := outcomeOf(d, before)
	word := ""
	if outcome == "retried" || outcome == "put_off" || outcome == "dead" {
		word = outcome
	}
	about := []attribute.KeyValue{attribute.String(keyOutcome, outcome), attribute.Int(keyTries, d.Tries)}
	if d.Tries > before && d.Last.Status != 0 {
		about = append(about, attribute.Int(keyAnswer, d.Last.Status))
	}
	if !written {
		word = "unsettled"
	}
	o.end(word, word != "", about...)
	m := o.t.meters
	if m == nil || !written {
		return
	}
	defer o.t.survive(o.ctx)
	labels := m.set(label{keyOutcome, outcome})
	m.settled.Add(o.ctx, 1, labels.add...)
	if outcome == "delivered" || outcome == "dead" {
		m.latencies.Record(o.ctx, max(e.now().Sub(d.CreatedAt), 0).Seconds(), labels.record...)
	}
}

// outcomeOf says what became of a delivery that had been tried so often before it was taken up.
func outcomeOf(d Delivery, before int) string {
	switch {
	case d.State == DeliveryDone:
		return "delivered"
	case d.State.Pending() && d.Tries == before:
		return "put_off"
	case d.State.Pending():
		return "retried"
	}
	return string(d.State) // dead, erased or withdrawn
}
