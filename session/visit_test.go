package session_test

import (
	"errors"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

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
