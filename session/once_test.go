package session_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// idOf answers with a session's id, and how often it was asked to.
func idOf(asked *int) func(any) ([]byte, error) {
	return func(result any) ([]byte, error) {
		*asked++
		return []byte(result.(*session.Snapshot).ID.String()), nil
	}
}

func key(name, request string) session.Once {
	return session.Once{Scope: "POST /sessions", Key: name, Request: []byte(request), Encode: idOf(new(int))}
}

// answerOf is what a request was answered before; empty: it was not.
func answerOf(err error) string {
	var answered *session.AnsweredError
	if errors.As(err, &answered) {
		return string(answered.Answer)
	}
	return ""
}

func TestCreatedOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	first, err := b.Once(key("k", "a")).Create(b.ctx, session.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		once  session.Once
		after time.Duration
		same  bool
		err   error
	}{
		{"the same request", key("k", "a"), 0, true, nil},
		{"another request", key("k", "b"), 0, false, session.ErrMismatch},
		{"another key", key("l", "a"), 0, false, nil},
		{"another scope", session.Once{Scope: "other", Key: "k", Request: []byte("a"), Encode: idOf(new(int))}, 0, false, nil},
		{"before a day is over", key("k", "a"), 24*time.Hour - time.Second, true, nil},
		{"when it is over", key("k", "a"), time.Second, false, nil},
	} {
		b.clock.Add(c.after)
		s, err := b.Once(c.once).Create(b.ctx, session.Facts{})
		answered := answerOf(err)
		if c.same != (answered == first.ID.String()) || c.err != nil && !errors.Is(err, c.err) || !c.same && c.err == nil && (err != nil || s.ID == first.ID) {
			t.Errorf("%s: got %v, answered %q and %v", c.name, s, answered, err)
		}
	}
}

func TestOnceAtOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	var wg sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		wg.Go(func() {
			s, err := b.Once(key("k", "a")).Create(b.ctx, session.Facts{})
			if err == nil {
				answers[i] = s.ID.String()
			} else {
				answers[i] = answerOf(err)
			}
		})
	}
	wg.Wait()
	for i, a := range answers {
		if a == "" || a != answers[0] {
			t.Errorf("request %d was answered %q, and the first %q", i, a, answers[0])
		}
	}
	if list, err := b.List(b.ctx, session.List{}); err != nil || len(list) != 1 {
		t.Errorf("there are %d sessions and %v, want one", len(list), err)
	}
}

// TestFailuresAreNotRemembered: a request that was refused may be made again, and then has its effect.
func TestFailuresAreNotRemembered(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	if _, err := b.Once(key("k", "a")).Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved}); !errors.Is(err, session.ErrTransition) {
		t.Fatalf("got %v, want it refused", err)
	}
	b.submit(id)
	if s, err := b.Once(key("k", "a")).Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved}); err != nil || s.Status != session.StatusApproved {
		t.Errorf("got %v and %v, want it approved", s, err)
	}
	if _, err := b.Once(key("k", "a")).Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved}); answerOf(err) != id.String() {
		t.Errorf("got %v, want the answer again, though the session is over", err)
	}
}

// TestNothingIsRememberedToo: of a verb that changes nothing.
func TestNothingIsRememberedToo(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	if _, err := b.Once(key("k", "a")).Untag(b.ctx, id, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Tag(b.ctx, id, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Once(key("k", "a")).Untag(b.ctx, id, "x"); answerOf(err) == "" || len(b.get(id).Facts.Tags) != 1 {
		t.Errorf("got %v and the tags %v, want what was answered and no effect", err, b.get(id).Facts.Tags)
	}
}

func TestAnswersAreErased(t *testing.T) {
	t.Parallel()
	for name, erase := range map[string]func(*bench, uuid.UUID) error{
		"by a redaction": func(b *bench, id uuid.UUID) error { _, err := b.Redact(b.ctx, id); return err },
		"by a deletion":  func(b *bench, id uuid.UUID) error { _, err := b.Delete(b.ctx, id); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			s, err := b.Once(key("k", "a")).Create(b.ctx, session.Facts{})
			if err != nil {
				t.Fatal(err)
			}
			if err := erase(b, s.ID); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Once(key("k", "a")).Create(b.ctx, session.Facts{}); !errors.Is(err, session.ErrErased) {
				t.Errorf("got %v, want %v and no second session", err, session.ErrErased)
			}
		})
	}
}

// TestKeysAreOfATenant: and of a sandbox or not.
func TestKeysAreOfATenant(t *testing.T) {
	t.Parallel()
	b, other := setUp(t, nil), uuid.New()
	ours := b.in
	engine, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{{ID: ours.ID}, {ID: other}, {ID: uuid.New(), Tenant: ours.ID, Sandbox: true}},
		Clock:        b.clock, Keeper: b.keeper,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{ours.ID, other} {
		if _, err := engine.For(id).Once(key("k", id.String())).Create(b.ctx, session.Facts{}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	effects := 0
	do := func(err error) func(context.Context) ([]byte, error) {
		return func(context.Context) ([]byte, error) {
			effects++
			if _, running := b.Do(b.ctx, key("k", "a"), nil); !errors.Is(running, session.ErrRunning) {
				t.Errorf("while it runs: got %v, want %v", running, session.ErrRunning)
			}
			return fmt.Appendf(nil, "answer %d", effects), err
		}
	}
	failed := errors.New("no")
	if _, err := b.Do(b.ctx, key("k", "a"), do(failed)); !errors.Is(err, failed) {
		t.Errorf("got %v, want %v", err, failed)
	}
	if answer, err := b.Do(b.ctx, key("k", "a"), do(nil)); err != nil || string(answer) != "answer 2" {
		t.Errorf("again after a failure: got %q and %v, want answer 2", answer, err)
	}
	if _, err := b.Do(b.ctx, key("k", "a"), do(nil)); answerOf(err) != "answer 2" || effects != 2 {
		t.Errorf("got %v after %d effects, want what was answered", err, effects)
	}
	if _, err := b.Do(b.ctx, key("k", "b"), do(nil)); !errors.Is(err, session.ErrMismatch) {
		t.Errorf("another request: got %v, want %v", err, session.ErrMismatch)
	}
}

// TestDoThatTakesLong: it has a minute; what takes longer all the same is answered, and remembered.
func TestDoThatTakesLong(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	effects := 0
	do := func(ctx context.Context) ([]byte, error) {
		effects++
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > time.Minute {
			t.Errorf("its ctx ends at %v (%t), want within a minute", end, ok)
		}
		b.clock.Add(5 * time.Minute)
		return []byte("done"), nil
	}
	if answer, err := b.Do(b.ctx, key("k", "a"), do); err != nil || string(answer) != "done" {
		t.Errorf("got %q and %v", answer, err)
	}
	if _, err := b.Do(b.ctx, key("k", "a"), do); answerOf(err) != "done" || effects != 1 {
		t.Errorf("again: %v after %d effects, want what was answered", err, effects)
	}
}

// TestDoThatDidSome: an answer beside an error is given, and not remembered.
func TestDoThatDidSome(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	some := errors.New("not all")
	if answer, err := b.Do(b.ctx, key("k", "a"), func(context.Context) ([]byte, error) { return []byte("some"), some }); !errors.Is(err, some) || string(answer) != "some" {
		t.Errorf("got %q and %v, want some and %v", answer, err, some)
	}
	if answer, err := b.Do(b.ctx, key("k", "a"), func(context.Context) ([]byte, error) { return []byte("all"), nil }); err != nil || string(answer) != "all" {
		t.Errorf("again: %q and %v, want all", answer, err)
	}
}

// TestDoThatIsForgotten: what was done is answered, also when it cannot be remembered.
func TestDoThatIsForgotten(t *testing.T) {
	t.Parallel()
	b, broken := setUp(t, nil), errors.New("the disk is full")
	store := &refusing{Store: b.store}
	b.store = store
	e := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.NewKey() })
	answer, err := e.Do(b.ctx, key("k", "a"), func(context.Context) ([]byte, error) {
		store.err = broken
		return []byte("done"), nil
	})
	if err != nil || string(answer) != "done" {
		t.Errorf("got %q and %v", answer, err)
	}
}

// refusing is a store that writes nothing while it has an error.
type refusing struct {
	session.Store
	err error
}

func (s *refusing) Apply(ctx context.Context, changes ...session.Change) []error {
	if s.err != nil {
		return []error{s.err}
	}
	return s.Store.Apply(ctx, changes...)
}

// TestDoAfterACrash: who died while it ran is not waited for for ever.
func TestDoAfterACrash(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	func() {
		defer func() { _ = recover() }()
		_, _ = b.Do(b.ctx, key("k", "a"), func(context.Context) ([]byte, error) { panic("killed") })
	}()
	b.clock.Add(2*time.Minute - time.Microsecond)
	if _, err := b.Do(b.ctx, key("k", "a"), nil); !errors.Is(err, session.ErrRunning) {
		t.Errorf("got %v, want %v", err, session.ErrRunning)
	}
	b.clock.Add(time.Microsecond)
	if answer, err := b.Do(b.ctx, key("k", "a"), func(context.Context) ([]byte, error) { return []byte("x"), nil }); err != nil || string(answer) != "x" {
		t.Errorf("got %q and %v, want it done", answer, err)
	}
}

func TestOnceNeedsAKey(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	for _, name := range []string{"", string(make([]byte, 256))} {
		if _, err := b.Once(key(name, "a")).Create(b.ctx, session.Facts{}); err == nil {
			t.Errorf("a key of %d bytes is taken", len(name))
		}
	}
	if _, err := b.Once(key(string(make([]byte, 255)), "a")).Create(b.ctx, session.Facts{}); err != nil {
		t.Errorf("a key of 255 bytes: %v", err)
	}
}
