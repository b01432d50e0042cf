package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// tally is what must have been counted of sessions, by what the store has of them.
func tally(t interface{ Fatal(...any) }, store session.Store, ids []uuid.UUID) map[string]float64 {
	want := map[string]float64{}
	for _, id := range ids {
		rec, err := store.Load(context.Background(), session.Ref{Tenant: tenant, ID: id, Deleted: true}, session.PartEvents)
		if err != nil {
			t.Fatal(err)
		}
		from := ""
		for _, ev := range rec.Events {
			want[fmt.Sprintf("bonafide.session.events{%s}", ev.Kind)]++
			moves := slices.ContainsFunc(session.Transitions(), func(row session.Transition) bool {
				return string(row.From) == from && row.To == ev.Status && slices.Contains(row.By, ev.By)
			})
			if from != string(ev.Status) || ev.Kind == session.EventResumed {
				if from != "" && !moves {
					t.Fatal(fmt.Sprintf("%s by %s from %s is no transition", ev.Kind, ev.By, from))
				}
				want["bonafide.session.transitions{"+strings.TrimSuffix(string(ev.By)+","+from, ",")+","+string(ev.Status)+"}"]++
			}
			from = string(ev.Status)
		}
		if rec.Session.DeletedAt.IsZero() {
			want[fmt.Sprintf("bonafide.sessions{%s}", rec.Session.Status)]++
		}
	}
	return want
}

// checkMeters compares what was counted with what is there.
func checkMeters(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, m meter, want map[string]float64) {
	got := m.read(t)
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s: got %g, want %g", name, got[name], n)
		}
	}
	for name, n := range got {
		if _, ok := want[name]; !ok && (strings.HasPrefix(name, "bonafide.session.") || strings.HasPrefix(name, "bonafide.sessions")) {
			t.Errorf("%s: got %g, want none", name, n)
		}
	}
}

// checkMeters: whatever was done, what was counted is what the store has.
func (w *walk) checkMeters(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}) {
	var ids []uuid.UUID
	media := 0
	for _, l := range w.lives {
		ids = append(ids, l.id)
		media += len(l.media)
	}
	want := tally(t, w.store, ids)
	log, err := w.store.Deliveries(w.ctx, session.DeliveryQuery{Tenant: tenant, Sandbox: w.in.Sandbox, N: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	want["bonafide.outbox.deliveries"], want["bonafide.upload.size"] = float64(len(log)), float64(media)
	for _, d := range log {
		if d.State == session.DeliveryDone {
			want["bonafide.deliveries{delivered}"]++
		}
	}
	checkMeters(t, w.meter, want)
}

// TestMetersCountWhatWasCommitted: of many who do the same at once, those who were too late are not counted.
func TestMetersCountWhatWasCommitted(t *testing.T) {
	t.Parallel()
	b, m := metered(t, nil)
	var ids []uuid.UUID
	for range 8 {
		ids = append(ids, b.create("Approve").ID)
	}
	var all sync.WaitGroup
	for n := range 128 {
		all.Go(func() {
			id := ids[n%len(ids)]
			verbs := []func(context.Context, uuid.UUID) (*session.Snapshot, error){b.Start, b.Submit, b.Expire}
			if _, err := verbs[n%3](b.ctx, id); err != nil && !errors.Is(err, session.ErrTransition) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b.settle()
	checkMeters(t, m, tally(t, b.store, ids))
}

// unwilling is a store that refuses every second change, and does not do every third session of a sweep.
type unwilling struct {
	session.Store
	mu sync.Mutex
	n  int
}

func (s *unwilling) each(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.n%n == 0
}

func (s *unwilling) Apply(ctx context.Context, changes ...session.Change) []error {
	if s.each(2) {
		return []error{session.ErrConflict}
	}
	return s.Store.Apply(ctx, changes...)
}

func (s *unwilling) Sweep(ctx context.Context, now time.Time, n int,
	tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	done, next, err := s.Store.Sweep(ctx, now, n, func(one session.Session) (session.Change, bool) {
		change, ok := tick(one)
		return change, ok && !s.each(3)
	})
	if err == nil && s.each(5) {
		err = errors.New("the connection is lost")
	}
	return done, next, err
}

// TestMetersOfRefusals: also where a store refuses this and that, and does not say of what it did.
func TestMetersOfRefusals(t *testing.T) {
	t.Parallel()
	m := newMeter()
	b := setUpOver(t, nil, func(b *bench, cfg *session.Config) {
		b.store, cfg.MeterProvider = &unwilling{Store: b.store}, m
	})
	var ids []uuid.UUID
	for range 40 {
		if s, err := b.Create(b.ctx, session.Facts{}); err == nil {
			ids = append(ids, s.ID)
		}
	}
	for _, id := range ids[:len(ids)/2] {
		b.submit(id)
	}
	b.clock.Add(week)
	for range 40 {
		_, _ = b.Settle(b.ctx)
	}
	checkMeters(t, m, tally(t, b.store, ids))
}

// TestMetersOfWhatWaits: while Run runs, and no longer, it is seen how much waits, and how late it is, also when nothing
// goes on any more.
func TestMetersOfWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMeter()
		stuck := make(chan struct{})
		in := session.Integration{ID: tenant, Endpoints: []session.Endpoint{{ID: endpoint, Format: sessiontest.Format}}}
		e, err := session.New(memstore.New(), session.Config{
			Integrations: session.Fixed{in}, MeterProvider: m, Deliverer: stuckReceiver(stuck),
			Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
			Decider: session.DeciderFunc(func(context.Context, session.Case) (v decisionVerdict, err error) {
				<-stuck
				return v, session.ErrWait
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		e = e.For(tenant)
		for range 100 {
			s, err := e.Create(t.Context(), session.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Submit(t.Context(), s.ID); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		time.Sleep(10 * time.Second)
		got := m.read(t)
		if n := got["bonafide.outbox.depth"]; n < 200 {
			t.Errorf("depth: got %g, want at least the 200 that nobody could tell", n)
		}
		for _, lag := range []string{"bonafide.outbox.lag", "bonafide.sweep.lag"} {
			if v := got[lag]; v < 9 || v > 10 {
				t.Errorf("%s: got %g, want about the 10 seconds for which nothing went on", lag, v)
			}
		}
		close(stuck)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		for name := range m.read(t) {
			if strings.HasSuffix(name, ".lag") || strings.HasSuffix(name, ".depth") {
				t.Errorf("%s is measured when Run has ended", name)
			}
		}
	})
}

// stuckReceiver answers nobody until it is closed.
type stuckReceiver chan struct{}

func (s stuckReceiver) Deliver(context.Context, session.Endpoint, session.Delivery) session.Try {
	<-s
	return session.Try{Status: 200}
}

// panicky makes instruments that panic when anything is measured.
type panicky struct{ noop.MeterProvider }

func (panicky) Meter(string, ...metric.MeterOption) metric.Meter { return panickyMeter{} }

type panickyMeter struct{ noop.Meter }

func (panickyMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return panickyCounter{}, nil
}

func (panickyMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return panickyHistogram{}, nil
}

func (panickyMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	panic("registration")
}

type panickyCounter struct{ noop.Int64Counter }

func (panickyCounter) Add(context.Context, int64, ...metric.AddOption) { panic("counter") }

type panickyHistogram struct{ noop.Float64Histogram }

func (panickyHistogram) Record(context.Context, float64, ...metric.RecordOption) { panic("histogram") }

// TestPanickyMeters harm no verb, and nothing that Run does.
func TestPanickyMeters(t *testing.T) {
	t.Parallel()
	log := &strings.Builder{}
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.MeterProvider, cfg.TracerProvider = panicky{}, panickyTracers{}
		cfg.Log = slog.New(slog.NewTextHandler(log, nil))
	})
	id := b.to(session.StatusApproved)
	b.upload(b.create("any").ID)
	if _, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face}); !errors.Is(err, session.ErrTransition) {
		t.Errorf("got %v, want it refused as ever", err)
	}
	if kinds := b.receiver.Kinds(id); !slices.Contains(kinds, session.EventApproved) {
		t.Errorf("told of %v, want of the approval", kinds)
	}
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if err := b.Run(ctx); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "telemetry panicked") {
		t.Error("the log does not say that telemetry panicked")
	}
}

// TestMeterFaults: instruments that cannot be made are told by New.
func TestMeterFaults(t *testing.T) {
	t.Parallel()
	_, err := session.New(memstore.New(), session.Config{MeterProvider: unable{}})
	if err == nil || !strings.Contains(err.Error(), "Config.MeterProvider: no such thing") {
		t.Errorf("got %v, want the fault of the provider", err)
	}
}

type unable struct{ noop.MeterProvider }

func (unable) Meter(string, ...metric.MeterOption) metric.Meter { return unableMeter{} }

type unableMeter struct{ noop.Meter }

func (unableMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return noop.Int64Counter{}, errors.New("no such thing")
}
