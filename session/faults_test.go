package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
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
