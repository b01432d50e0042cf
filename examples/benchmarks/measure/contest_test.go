package measure_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

func setting(rounds int) measure.Setting {
	return measure.Setting{Rounds: rounds, Turn: time.Second, Log: func(string, ...any) {}}
}

// noting is a side that writes down its name.
func noting(to *[]string, name string) measure.Side {
	return func(_ context.Context, length time.Duration) (measure.Turn, error) {
		*to = append(*to, name+" "+length.String())
		return measure.Turn{Done: 1, Took: time.Second}, nil
	}
}

func TestSidesTakeTurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		contest measure.Contest
		quick   bool
		rounds  int
		want    []string
	}{
		{"warm", measure.Contest{}, false, 2, []string{"a 500ms", "b 500ms", "a 1s", "b 1s", "a 1s", "b 1s"}},
		{"cold", measure.Contest{Cold: true}, false, 2, []string{"a 1s", "b 1s", "a 1s", "b 1s"}},
		{"quick", measure.Contest{}, true, 2, []string{"a 1s", "b 1s", "a 1s", "b 1s"}},
		{"brief", measure.Contest{Cold: true, Brief: true, Most: 1}, false, 1, []string{"a 100ms", "b 100ms"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var order []string
			c.contest.Ours, c.contest.Theirs = noting(&order, "a"), []measure.Side{noting(&order, "b")}
			s := setting(2)
			s.Quick = c.quick
			rounds, err := s.Hold(t.Context(), c.contest)
			if err != nil || !slices.Equal(order, c.want) {
				t.Errorf("the order is %q, %v, want %q", order, err, c.want)
			}
			if len(rounds) != c.rounds {
				t.Errorf("there are %d rounds, want %d", len(rounds), c.rounds)
			}
		})
	}
}

func TestSideThatFailsOrDoesNothingEndsTheContest(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fine := noting(new([]string), "")
	for name, side := range map[string]measure.Side{
		"fails":    measure.Counted(func(context.Context) (int, error) { return 1, broken }),
		"nothing":  measure.Counted(func(context.Context) (int, error) { return 0, nil }),
		"loop":     measure.Repeat(func() error { return broken }),
		"crowd":    measure.Crowd(3, func(context.Context, int) error { return broken }),
		"no clock": func(context.Context, time.Duration) (measure.Turn, error) { return measure.Turn{Done: 1}, nil },
	} {
		for _, c := range []measure.Contest{
			{Ours: side, Theirs: []measure.Side{fine}}, {Ours: fine, Theirs: []measure.Side{side}},
		} {
			if _, err := setting(1).Hold(t.Context(), c); err == nil {
				t.Errorf("%s: got no error", name)
			}
		}
	}
}

// What a side counts is what it did.
func TestSidesCountTheirWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did atomic.Int64
		work := func() error {
			time.Sleep(time.Millisecond)
			did.Add(1)
			return nil
		}
		for name, side := range map[string]measure.Side{
			"repeat": measure.Repeat(work),
			"crowd":  measure.Crowd(4, func(context.Context, int) error { return work() }),
			"counted": measure.Counted(func(context.Context) (int, error) {
				return 2, errors.Join(work(), work())
			}),
		} {
			did.Store(0)
			var tally measure.Tally
			got, err := tally.Count(side)(t.Context(), time.Second)
			if err != nil || got.Done != int(did.Load()) || tally.Done != got.Done || got.Took <= 0 {
				t.Errorf("%s: counted %d, tallied %d, did %d in %s, %v", name, got.Done, tally.Done, did.Load(), got.Took, err)
			}
		}
	})
}

func TestCost(t *testing.T) {
	var kept []byte
	cost, err := measure.CostOf(100, func() error {
		kept = make([]byte, 4096)
		return nil
	})
	if err != nil || cost.Allocs < 1 || cost.Allocs > 2 || cost.Bytes < 4096 || cost.Bytes > 5000 {
		t.Errorf("the cost of %d bytes: got %+v, %v", len(kept), cost, err)
	}
}
