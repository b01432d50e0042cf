package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// again is an engine like the bench's, over the same store, keys, blobs and clock, but for what adjust changes.
func (b *bench) again(adjust func(*session.Integration, *session.Config)) *session.Engine {
	b.t.Helper()
	in := b.in
	cfg := session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Decider: session.Sandbox{}, Deliverer: b.receiver,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	}
	adjust(&in, &cfg)
	if cfg.Integrations == nil {
		cfg.Integrations = session.Fixed{in}
	}
	engine, err := session.New(b.store, cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	return engine.For(in.ID)
}

// brokenRenderer fails, by an error or a panic, of the given kinds.
type brokenRenderer struct {
	kinds  []session.EventKind
	panics bool
}

func (r brokenRenderer) Render(e session.Event, s *session.Snapshot, to session.Endpoint) ([]byte, bool, bool, error) {
	if !slices.Contains(r.kinds, e.Kind) {
		return sessiontest.Plain{}.Render(e, s, to)
	}
	if r.panics {
		panic("the renderer broke")
	}
	return nil, false, false, errors.New("the renderer cannot")
}

// TestErasureNeedsNobody: what is deleted is destroyed, though its integration is gone or its endpoints cannot
// be told.
func TestErasureNeedsNobody(t *testing.T) {
	t.Parallel()
	all := []session.EventKind{"expired", "abandoned", "deleted", "erasing", "erased"}
	for name, adjust := range map[string]func(*session.Integration, *session.Config){
		"no integration": func(_ *session.Integration, cfg *session.Config) { cfg.Integrations = session.Fixed{} },
		"renderer fails": func(_ *session.Integration, cfg *session.Config) {
			cfg.Renderers[sessiontest.Format] = brokenRenderer{kinds: all}
		},
		"renderer panics": func(_ *session.Integration, cfg *session.Config) {
			cfg.Renderers[sessiontest.Format] = brokenRenderer{kinds: all, panics: true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			s := b.create("any")
			b.upload(s.ID)
			e := b.again(adjust)
			deleter := e
			if name == "no integration" {
				deleter = b.Engine
			}
			if _, err := deleter.Delete(b.ctx, s.ID); err != nil {
				t.Fatalf("delete: %v", err)
			}
			if _, err := e.Settle(b.ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := b.keeper.Open(b.ctx, s.ID, s.Key); !errors.Is(err, session.ErrErased) || b.blobs.Len() != 0 {
				t.Errorf("the key: %v; %d blobs; want both gone", err, b.blobs.Len())
			}
		})
	}
}

// TestRendererFails: a verb whose event cannot be told is not done, and an expiry that cannot be told is put
// off; readers see it all the same.
func TestRendererFails(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
			cfg.Renderers[sessiontest.Format] = brokenRenderer{[]session.EventKind{"submitted", "expired"}, panics}
		})
		s := b.create("any")
		if _, err := b.Submit(b.ctx, s.ID); err == nil {
			t.Errorf("panics %t: submitted without a word to the host", panics)
		}
		b.clock.Add(week)
		b.settle()
		if got := b.get(s.ID); got.Status != session.StatusExpired || got.EndedAt != s.ExpiresAt {
			t.Errorf("panics %t: %s at %v", panics, got.Status, got.EndedAt)
		}
	}
}

// brokenSweep is a store whose sweeps do what they should, and answer an error all the same.
type brokenSweep struct {
	session.Store
	err error
}

func (s brokenSweep) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	done, next, err := s.Store.Sweep(ctx, now, n, tick)
	return done, next, errors.Join(err, s.err)
}

// TestSweepBesideAnError: what was written is followed up, and the deliveries leave.
func TestSweepBesideAnError(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Approve").ID
	b.submit(id)
	broken := errors.New("one row is broken")
	engine, err := session.New(brokenSweep{b.store, broken}, session.Config{
		Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Decider: session.Sandbox{}, Deliverer: b.receiver,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Settle(b.ctx); !errors.Is(err, broken) {
		t.Errorf("settle: %v, want the store's error", err)
	}
	if got := b.get(id).Status; got != session.StatusApproved || !slices.Contains(b.receiver.Kinds(id), session.EventApproved) {
		t.Errorf("%s, told %v", got, b.receiver.Kinds(id))
	}
}

// meddler does something while a delivery is under way.
type meddler struct {
	*sessiontest.Receiver
	meddle func()
}

func (m *meddler) Deliver(ctx context.Context, to session.Endpoint, d session.Delivery) session.Try {
	if m.meddle != nil {
		do := m.meddle
		m.meddle = nil
		do()
	}
	return m.Receiver.Deliver(ctx, to, d)
}

// TestNothingToldAfterDeletion: of deliveries that are due when the session is deleted none leaves with
// anything of the person.
func TestNothingToldAfterDeletion(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{0, time.Hour} {
		m := &meddler{}
		b := setUp(t, func(in *session.Integration, cfg *session.Config) {
			in.Policy.ErasureDelay = delay
			m.Receiver = cfg.Deliverer.(*sessiontest.Receiver)
			cfg.Deliverer = m
		})
		id := b.create("any").ID
		if _, err := b.Start(b.ctx, id); err != nil {
			t.Fatal(err)
		}
		m.meddle = func() {
			if _, err := b.Delete(b.ctx, id); err != nil {
				t.Error(err)
			}
		}
		b.settle()
		for i, d := range b.receiver.Got() {
			if i > 0 && bytes.Contains(d.Body, []byte("customer-17")) {
				t.Errorf("delay %s: told after the deletion: %s", delay, d.Body)
			}
		}
	}
}

// TestHeldIsWithdrawn: a request that the host was not yet told of is not told any more when the session has
// gone on, or ended.
func TestHeldIsWithdrawn(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bench, id uuid.UUID) error{
		"submitted": func(b *bench, id uuid.UUID) error {
			_, err := b.As(session.ActorPerson).Submit(b.ctx, id)
			return err
		},
		"expired": func(b *bench, id uuid.UUID) error { _, err := b.Expire(b.ctx, id); return err },
		"deleted": func(b *bench, id uuid.UUID) error { _, err := b.Delete(b.ctx, id); return err },
		"expired and deleted": func(b *bench, id uuid.UUID) error {
			_, err := b.Expire(b.ctx, id)
			_, err2 := b.Delete(b.ctx, id)
			return errors.Join(err, err2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.create("Resubmit").ID
			if _, err := b.As(session.ActorPerson).Submit(b.ctx, id); err != nil {
				t.Fatal(err)
			}
			b.settle()
			if err := end(b, id); err != nil {
				t.Fatal(err)
			}
			b.clock.Add(10 * time.Minute)
			b.settle()
			told := 0
			for _, kind := range b.receiver.Kinds(id) {
				if kind == session.EventResubmissionRequested {
					told++
				}
			}
			if want := map[bool]int{true: 1}[name == "submitted"]; told > want {
				t.Errorf("told of %d requests, want %d", told, want)
			}
		})
	}
}

// TestNothingUnreadable is written: what could not be read again is refused.
func TestNothingUnreadable(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	noDay := decision.Date{Year: 2020, Month: 13, Day: 45}
	for name, facts := range map[string]session.Facts{
		"date of birth":  {Person: session.Person{DateOfBirth: noDay}},
		"date of issue":  {Document: session.Document{FirstIssue: decision.Date{Year: 2023, Month: 2, Day: 29}}},
		"year 0":         {Person: session.Person{DateOfBirth: decision.Date{Month: 1, Day: 1}}},
		"many consents":  {Consents: make([]session.Consent, 101)},
		"year 10,000":    {Person: session.Person{DateOfBirth: decision.Date{Year: 10_000, Month: 1, Day: 1}}},
		"negative years": {Person: session.Person{DateOfBirth: decision.Date{Year: -1, Month: 1, Day: 1}}},
	} {
		if _, err := b.Create(b.ctx, facts); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: %v, want ErrFacts", name, err)
		}
	}
	id := b.to(session.StatusSubmitted)
	for name, record := range map[string]decision.Record{
		"no such day":   {Person: &decision.Person{DateOfBirth: noDay}},
		"endless depth": {Additional: &decision.Additional{Other: []byte(`{"a":` + strings.Repeat("[", 9999) + strings.Repeat("]", 9999) + `}`)}},
	} {
		if _, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved, Record: record}); !errors.Is(err, session.ErrVerdict) {
			t.Errorf("%s: %v, want ErrVerdict", name, err)
		}
	}
	if got := b.get(id).Status; got != session.StatusSubmitted {
		t.Errorf("then %s", got)
	}
}

// TestKeyGone: a session whose key was destroyed, as one from an old backup, can be deleted, and expires.
func TestKeyGone(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	deleted, expires := b.create("any"), b.create("any")
	b.settle()
	for _, s := range []*session.Snapshot{deleted, expires} {
		if err := b.keeper.Destroy(b.ctx, s.ID, s.Key); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get(b.ctx, s.ID); !errors.Is(err, session.ErrErased) {
			t.Errorf("get: %v, want ErrErased", err)
		}
	}
	if _, err := b.Delete(b.ctx, deleted.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
	b.clock.Add(week)
	b.settle()
	if _, err := b.Get(b.ctx, deleted.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("after the deletion: %v, want ErrNotFound", err)
	}
	if list, err := b.List(b.ctx, session.List{Status: []session.Status{session.StatusExpired}}); err != nil || len(list) != 1 || list[0].ID != expires.ID {
		t.Errorf("expired: %v, %v", list, err)
	}
}

// TestIntegrationChanges: what a decider says counts, whatever has become of the integration's sandbox flag
// since.
func TestIntegrationChanges(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Approve").ID
	b.submit(id)
	flipped := b.again(func(in *session.Integration, _ *session.Config) { in.Sandbox = true })
	if _, err := flipped.Settle(b.ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("%s, want approved", got)
	}
}

// TestBlockedDeciders hinder no expiry and no erasure, however many wait for them; one that ends its goroutine takes no place for ever; and
// Run ends though they do not want to.
func TestBlockedDeciders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		var atOnce atomic.Int64
		engine, err := session.New(store, session.Config{
			Integrations: session.Fixed{{Policy: session.Policy{
				Deletion: true, Lifetime: time.Minute, DeciderLease: time.Hour, Create: session.Unlimited(),
			}}},
			Decider: session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
				if c.Facts.Person.FirstName == "Goexit" {
					runtime.Goexit()
				}
				atOnce.Add(1)
				defer atOnce.Add(-1)
				<-ctx.Done()
				return decision.Verdict{}, ctx.Err()
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- engine.Run(ctx) }()
		submit := func(name string) {
			s, err := engine.Create(ctx, session.Facts{Person: session.Person{FirstName: name}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := engine.Submit(ctx, s.ID); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			submit("Goexit")
		}
		<-time.After(time.Second)
		for range 1000 {
			submit("blocks")
		}
		open, err := engine.Create(ctx, session.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute + time.Second)
		rec, err := store.Load(ctx, session.Ref{ID: open.ID}, 0)
		if err != nil || rec.Session.Status != session.StatusExpired {
			t.Errorf("a second after its end: %s is stored, %v; want the expiry written", rec.Session.Status, err)
		}
		if n := atOnce.Load(); n != 64 {
			t.Errorf("%d deciders are asked at once, want 64", n)
		}
		stopped := time.Now()
		stop()
		if err, took := <-done, time.Since(stopped); err != nil || took != 30*time.Second {
			t.Errorf("Run ended after %s, %v; want the deciders to have their 30s", took, err)
		}
	})
}

// TestLogIsClean: nothing that a decider says of a person goes to the log.
func TestLogIsClean(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		cfg.Decider = session.DeciderFunc(func(_ context.Context, c session.Case) (decision.Verdict, error) {
			if c.Tries == 1 {
				return decision.Verdict{}, fmt.Errorf("no such person: canary %v", c)
			}
			return decision.Verdict{Outcome: "canary"}, nil
		})
	})
	b.receiver.Answer(500)
	b.submit(b.create("canary").ID)
	for range 5 {
		b.settle()
		b.clock.Add(time.Hour)
	}
	if text := log.String(); strings.Contains(text, "canary") || strings.Contains(text, "customer-17") || !strings.Contains(text, "decider failed") {
		t.Errorf("the log says:\n%s", text)
	}
}

// TestHostedEngine neither settles nor runs.
func TestHostedEngine(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	hosted := b.Engine.With(b.store)
	if _, err := hosted.Settle(b.ctx); !errors.Is(err, session.ErrHosted) {
		t.Errorf("Settle: %v, want ErrHosted", err)
	}
	if err := hosted.Run(b.ctx); !errors.Is(err, session.ErrHosted) {
		t.Errorf("Run: %v, want ErrHosted", err)
	}
}

// refless is a keeper whose refs nobody can keep.
type refless struct {
	session.Keeper
	ref []byte
}

func (k refless) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	key, _, err := k.Keeper.Make(ctx, id)
	return key, k.ref, err
}

// TestBadRefs: a session whose key could not be found again is not made.
func TestBadRefs(t *testing.T) {
	t.Parallel()
	for _, ref := range [][]byte{nil, {}, make([]byte, 129)} {
		b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Keeper = refless{cfg.Keeper, ref} })
		if _, err := b.Create(b.ctx, session.Facts{}); !errors.Is(err, session.ErrKeeper) {
			t.Errorf("a ref of %d bytes: %v, want ErrKeeper", len(ref), err)
		}
	}
}

// TestSnapshotsOfVerbs: what a verb answers is what a reader then sees.
func TestSnapshotsOfVerbs(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("any")
	same := func(what string, got *session.Snapshot) {
		t.Helper()
		if read := b.get(got.ID); fmt.Sprintf("%+v", got.Session) != fmt.Sprintf("%+v", read.Session) {
			t.Errorf("%s answered %+v, and a reader sees %+v", what, got.Session, read.Session)
		}
	}
	same("create", s)
	b.clock.Add(time.Second)
	s, err := b.Start(b.ctx, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	same("start", s)
	if s, err = b.Submit(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	same("submit", s)
	if s, err = b.Decide(b.ctx, s.ID, decision.Verdict{Outcome: decision.Approved}); err != nil {
		t.Fatal(err)
	}
	same("decide", s)
}

// TestLongLease: a lease is as long as the policy says. The decider's goroutine ends, as with its process.
func TestLongLease(t *testing.T) {
	t.Parallel()
	asked := 0
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.DeciderLease = 6 * time.Hour
		cfg.Decider = session.DeciderFunc(func(context.Context, session.Case) (decision.Verdict, error) {
			if asked++; asked == 1 {
				runtime.Goexit()
			}
			return decision.Verdict{}, errors.New("not now")
		})
	})
	b.submit(b.create("any").ID)
	var first sync.WaitGroup
	first.Go(func() {
		_, err := b.Settle(b.ctx)
		t.Errorf("Settle outlived its decider, and answered %v", err)
	})
	first.Wait()
	b.clock.Add(6*time.Hour - time.Microsecond)
	b.settle()
	if asked != 1 {
		t.Errorf("asked %d times within its lease", asked)
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if asked != 2 {
		t.Errorf("asked %d times after it", asked)
	}
	b.clock.Add(2*time.Minute - time.Microsecond)
	b.settle()
	if asked != 2 {
		t.Errorf("asked %d times within two minutes after the second try has failed", asked)
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if asked != 3 {
		t.Errorf("asked %d times after them", asked)
	}
}
