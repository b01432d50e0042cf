package session_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// TestUnvisited: by a one-time link nothing is done but its visit, and then everything by the link that the visit gave.
func TestUnvisited(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Links = true })
	s, err := b.NewLink(b.ctx, b.create("any").ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	person, _, err := b.ByLink(b.ctx, s.LinkToken())
	if err != nil {
		t.Fatal(err)
	}
	before := b.get(s.ID)
	verbs := map[string]func(*session.Engine) error{
		"agree": func(e *session.Engine) error {
			_, err := e.Agree(b.ctx, s.ID, session.Agreement{Version: "1"})
			return err
		},
		"choose": func(e *session.Engine) error {
			_, err := e.Choose(b.ctx, s.ID, session.Choice{Type: "passport"})
			return err
		},
		"give":   func(e *session.Engine) error { _, err := e.Give(b.ctx, s.ID, []byte(`{"a":1}`)); return err },
		"signal": func(e *session.Engine) error { _, err := e.Signal(b.ctx, s.ID, []string{"vpn_detected"}); return err },
		"upload": func(e *session.Engine) error {
			_, err := e.Upload(b.ctx, s.ID, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
			return err
		},
		"submit": func(e *session.Engine) error { _, err := e.Submit(b.ctx, s.ID); return err },
		"get":    func(e *session.Engine) error { _, err := e.Get(b.ctx, s.ID); return err },
	}
	order := []string{"agree", "choose", "give", "signal", "upload", "get", "submit"}
	for _, name := range order {
		if err := verbs[name](person); !errors.Is(err, session.ErrUnvisited) {
			t.Errorf("%s before the visit: %v, want %v", name, err, session.ErrUnvisited)
		}
	}
	if after := b.get(s.ID); after.Seq != before.Seq || after.Version != before.Version || b.blobs.Len() != 0 {
		t.Errorf("there was an effect: %d events, %d blobs", after.Seq-before.Seq, b.blobs.Len())
	}
	if s, err = person.Visit(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	if person, _, err = b.ByLink(b.ctx, s.LinkToken()); err != nil {
		t.Fatal(err)
	}
	for _, name := range order {
		if err := verbs[name](person); err != nil {
			t.Errorf("%s after the visit: %v", name, err)
		}
	}
}

// TestVisitedMeanwhile: who found a one-time link alive, and comes to its visit when somebody else has been there, is
// told that it was used.
func TestVisitedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Links = true })
	s, err := b.NewLink(b.ctx, b.create("any").ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	var visitors [2]*session.Engine
	for i := range visitors {
		if visitors[i], _, err = b.ByLink(b.ctx, s.LinkToken()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := visitors[0].Visit(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	var dead *session.LinkError
	if _, err := visitors[1].Visit(b.ctx, s.ID); !errors.As(err, &dead) || dead.State != session.LinkConsumed {
		t.Errorf("got %v, want %s", err, session.LinkConsumed)
	}
	if n := b.get(s.ID).LinkN; n != 3 {
		t.Errorf("%d links were made, want 3", n)
	}
}
