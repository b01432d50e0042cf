package session

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestRemembered: memory does not grow with what clients send.
func TestRemembered(t *testing.T) {
	t.Parallel()
	e := &Engine{cfg: &core{refused: map[string]*RateError{}}}
	for i := range 3 * maxRefused {
		e.remember(fmt.Errorf("wrapped: %w", &RateError{Key: onceKey + fmt.Sprint(i), Rule: once[0]}))
	}
	if n := len(e.cfg.refused); n == 0 || n > maxRefused {
		t.Errorf("%d refusals are remembered, want at most %d", n, maxRefused)
	}
	at := time.Unix(0, 0)
	e.remember(&RateError{Key: "query/x", Rule: once[0], Retry: at.Add(time.Hour)})
	if _, err := e.permit(at, "query/x", once); !errors.Is(err, ErrLimited) || !errors.Is(reused(err), ErrReused) {
		t.Errorf("what was refused is asked for again: %v", err)
	}
	// A host's own rule of the same shape is a rate like any other.
	if err := reused(&RateError{Key: "create/x", Rule: once[0]}); errors.Is(err, ErrReused) {
		t.Error("a rate was taken for a query id")
	}
}
