package session_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

func linking(in *session.Integration, _ *session.Config) {
	in.Policy.Links, in.Policy.Resume, in.Policy.Lifetime = true, true, 20*time.Minute
}

// stateOf is what a link is good for; empty: it is none.
func (b *bench) stateOf(token string) session.LinkState {
	b.t.Helper()
	_, _, err := b.ByLink(b.ctx, token)
	var dead *session.LinkError
	switch {
	case err == nil:
		return session.LinkActive
	case errors.As(err, &dead):
		return dead.State
	case errors.Is(err, session.ErrNotFound):
		return ""
	}
	b.t.Fatal(err)
	return ""
}

func TestLinkLives(t *testing.T) {
	t.Parallel()
	b := setUp(t, linking)
	s := b.create("any")
	token := s.LinkToken()
	if state := b.stateOf(token); state != session.LinkActive {
		t.Errorf("new: got %q, want it active", state)
	}
	b.clock.Add(20*time.Minute - time.Microsecond)
	if state := b.stateOf(token); state != session.LinkActive {
		t.Errorf("a microsecond before its end: got %q, want it active", state)
	}
	b.clock.Add(time.Microsecond)
	if state := b.stateOf(token); state != session.LinkExpired {
		t.Errorf("at its end: got %q, want it expired", state)
	}
	again, err := b.Resume(b.ctx, s.ID)
	if err != nil || again.Status != session.StatusCreated || again.ExpiresAt != b.clock.Now().Add(20*time.Minute).UTC() {
		t.Fatalf("resumed: got %v and %v", again, err)
	}
	if old, new := b.stateOf(token), b.stateOf(again.LinkToken()); old != session.LinkRevoked || new != session.LinkActive {
		t.Errorf("after a resumption: got %q and %q, want the old one revoked", old, new)
	}
	b.submit(s.ID)
	if state := b.stateOf(again.LinkToken()); state != session.LinkDone {
		t.Errorf("submitted: got %q, want it done", state)
	}
	if _, err := b.Redact(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	if state := b.stateOf(again.LinkToken()); state != "" {
		t.Errorf("redacted: got %q, want it unknown", state)
	}
}

func TestLinksCannotBeMadeUp(t *testing.T) {
	t.Parallel()
	b := setUp(t, linking)
	token, other := b.create("any").LinkToken(), b.create("any").LinkToken()
	for i := range token {
		changed := []byte(token)
		if changed[i]++; changed[i] == 'Z'+1 || changed[i] == 'z'+1 {
			changed[i] = 'A'
		}
		if state := b.stateOf(string(changed)); state != "" {
			t.Errorf("byte %d changed: got %q, want it unknown", i, state)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "short": token[1:], "long": token + "A", "padded": token + "=", "of two": token[:60] + other[60:], "spaces": " " + token,
	} {
		if state := b.stateOf(text); state != "" {
			t.Errorf("%s: got %q, want it unknown", name, state)
		}
	}
}

func TestOneTimeLink(t *testing.T) {
	t.Parallel()
	b := setUp(t, linking)
	s := b.create("any")
	once, err := b.NewLink(b.ctx, s.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if first := b.stateOf(s.LinkToken()); first != session.LinkRevoked {
		t.Errorf("the first link is %q, want it revoked", first)
	}
	if want := b.clock.Now().Add(time.Hour).UTC(); once.ExpiresAt != want {
		t.Errorf("the session ends at %s, want %s", once.ExpiresAt, want)
	}
	token := once.LinkToken()
	var wg sync.WaitGroup
	visits := make(chan *session.Snapshot, 10)
	for range 10 {
		wg.Go(func() {
			person, s, err := b.ByLink(b.ctx, token)
			if err != nil {
				return
			}
			if s, err = person.Visit(b.ctx, s.ID); err == nil {
				visits <- s
			}
		})
	}
	wg.Wait()
	close(visits)
	if len(visits) != 1 {
		t.Fatalf("%d visits, want one", len(visits))
	}
	capture := <-visits
	if old, new := b.stateOf(token), b.stateOf(capture.LinkToken()); old != session.LinkConsumed || new != session.LinkActive {
		t.Errorf("visited: got %q and %q, want consumed and active", old, new)
	}
	if want := b.clock.Now().Add(20 * time.Minute).UTC(); capture.ExpiresAt != want {
		t.Errorf("the capture ends at %s, want %s", capture.ExpiresAt, want)
	}
}

// TestVerbsOfADeadLink: an engine that was made while the link lived refuses when it does no more.
func TestVerbsOfADeadLink(t *testing.T) {
	t.Parallel()
	b := setUp(t, linking)
	s := b.create("any")
	person, _, err := b.ByLink(b.ctx, s.LinkToken())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Resume(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := person.Agree(b.ctx, s.ID, session.Agreement{Version: "1"}); !errors.Is(err, session.ErrLink) {
		t.Errorf("agreed with %v, want %v", err, session.ErrLink)
	}
	if _, err := person.Get(b.ctx, s.ID); !errors.Is(err, session.ErrLink) {
		t.Errorf("read with %v, want %v", err, session.ErrLink)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	resumable := map[session.Status]bool{
		session.StatusCreated: true, session.StatusStarted: true, session.StatusExpired: true, session.StatusAbandoned: true,
	}
	for _, status := range session.Statuses() {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Links, in.Policy.Resume = true, true })
			id := b.forced(status)
			s, err := b.Resume(b.ctx, id)
			if !resumable[status] {
				if !errors.Is(err, session.ErrTransition) {
					t.Errorf("got %v, want it refused", err)
				}
				return
			}
			if err != nil || s.Status != session.StatusCreated || !s.EndedAt.IsZero() {
				t.Errorf("got %v and %v, want it created", s, err)
			}
		})
	}
	b := setUp(t, nil)
	if _, err := b.Resume(b.ctx, b.create("any").ID); !errors.Is(err, session.ErrOff) {
		t.Errorf("without the policy: got %v, want %v", err, session.ErrOff)
	}
}

// TestResumedKeeps what was uploaded, and tells of the expiry that nobody had written.
func TestResumedKeeps(t *testing.T) {
	t.Parallel()
	b := setUp(t, linking)
	s := b.create("any")
	b.upload(s.ID)
	b.clock.Add(time.Hour)
	if _, err := b.Resume(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	if m := b.get(s.ID).Media; len(m) != 1 || m[0].Context != media.DocumentFront {
		t.Errorf("got %v, want what was uploaded", m)
	}
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: s.ID}, session.PartEvents)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []session.EventKind
	for _, e := range rec.Events[len(rec.Events)-2:] {
		kinds = append(kinds, e.Kind)
	}
	if kinds[0] != session.EventExpired || kinds[1] != session.EventResumed {
		t.Errorf("got the events %v, want the expiry and then the resumption", kinds)
	}
}

func TestNewLinkRefuses(t *testing.T) {
	t.Parallel()
	for _, status := range session.Statuses() {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Links = true })
		_, err := b.NewLink(b.ctx, b.forced(status), 0)
		if status.TakesMedia() != (err == nil) {
			t.Errorf("%s: got %v", status, err)
		}
	}
	b := setUp(t, linking)
	for _, life := range []time.Duration{-1, 31 * 24 * time.Hour} {
		if _, err := b.NewLink(b.ctx, b.create("any").ID, life); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: got %v, want it refused", life, err)
		}
	}
	if _, err := b.NewLink(b.ctx, uuid.New(), 0); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("unknown: got %v", err)
	}
}
