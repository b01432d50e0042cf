package verifa_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// awayKeeper destroys nothing while it is away.
type awayKeeper struct {
	session.Keeper
	away atomic.Bool
}

func (k *awayKeeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if k.away.Load() {
		return errors.New("the keeper is away")
	}
	return k.Keeper.Destroy(ctx, id, ref)
}

// TestOnceOfSome: when some sessions could not be redacted, the same request tries again, and does it once.
func TestOnceOfSome(t *testing.T) {
	t.Parallel()
	keeper := &awayKeeper{Keeper: session.NewMemoryKeeper()}
	h := newHouse(t, setup{engine: func(c *session.Config) { c.Keeper = keeper }})
	id := h.create(liveKey, everything)
	bulk := func() result {
		return h.with("k", "POST", "/api/v1/sessions/bulk-redact", liveKey, `{"session_ids":["`+id+`"]}`).want(200)
	}
	keeper.away.Store(true)
	for range 2 {
		if got := bulk(); got.replayed() || got.text("results.0.status") != "error" {
			t.Errorf("while the keeper is away: got %s (again %t), want an error that is not remembered", got.body, got.replayed())
		}
	}
	keeper.away.Store(false)
	got := bulk()
	if status := got.text("results.0.status"); got.replayed() || status == "error" {
		t.Errorf("when it is back: got %s", got.body)
	}
	if again := bulk(); !again.replayed() || again.body != got.body {
		t.Errorf("again: got %s, want %s", again.body, got.body)
	}
}
