package measure

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// Turn is how much was done in which time.
type Turn struct {
	Done int
	Took time.Duration
}

// Rate is pieces of work in a second.
func (t Turn) Rate() float64 { return float64(t.Done) / t.Took.Seconds() }

// Side takes one turn, of about the length. What it does before its clock starts and after that has stopped does not
// count.
type Side func(ctx context.Context, length time.Duration) (Turn, error)

// Round is one turn of each side.
type Round struct {
	Ours   Turn
	Theirs []Turn
}

// Ratio is our rate to that of the fastest peer.
func (r Round) Ratio() float64 {
	best := 0.0
	for _, t := range r.Theirs {
		best = max(best, t.Rate())
	}
	return r.Ours.Rate() / best
}

// Contest is ours against theirs.
type Contest struct {
	Ours   Side
	Theirs []Side
	// Cold leaves out the turns that warm up: each turn makes ready what it needs.
	Cold bool
	// Most bounds the rounds, where one takes long. Default: 0, as many as the setting says.
	Most int
	// Brief is for work of nanoseconds: turns are a tenth as long.
	Brief bool
}

// Hold lets the sides take their turns: ours, theirs, ours, theirs. Before each one memory is tidied, so that nobody
// pays for what another left behind.
func (s Setting) Hold(ctx context.Context, c Contest) ([]Round, error) {
	length, count := s.Turn, s.Rounds
	if c.Brief {
		length /= 10
	}
	if c.Most > 0 {
		count = min(count, c.Most)
	}
	if !c.Cold && !s.Quick {
		if _, err := c.round(ctx, length/2); err != nil {
			return nil, err
		}
	}
	rounds := make([]Round, count)
	for i := range rounds {
		var err error
		if rounds[i], err = c.round(ctx, length); err != nil {
			return nil, err
		}
		s.Log("  round %d: %s, ratio %.3f", i+1, rounds[i], rounds[i].Ratio())
	}
	return rounds, nil
}

func (c Contest) round(ctx context.Context, length time.Duration) (r Round, err error) {
	if r.Ours, err = take(ctx, c.Ours, length); err != nil {
		return r, fmt.Errorf("ours: %w", err)
	}
	for i, side := range c.Theirs {
		t, err := take(ctx, side, length)
		if err != nil {
			return r, fmt.Errorf("peer %d: %w", i+1, err)
		}
		r.Theirs = append(r.Theirs, t)
	}
	return r, nil
}

func take(ctx context.Context, side Side, length time.Duration) (Turn, error) {
	runtime.GC()
	t, err := side(ctx, length)
	if err == nil && (t.Done == 0 || t.Took <= 0) {
		err = fmt.Errorf("nothing was done: %d pieces of work in %s", t.Done, t.Took)
	}
	return t, err
}

// String says the rates.
func (r Round) String() string {
	text := fmt.Sprintf("%.4g/s against", r.Ours.Rate())
	for _, t := range r.Theirs {
		text += fmt.Sprintf(" %.4g/s", t.Rate())
	}
	return text
}
