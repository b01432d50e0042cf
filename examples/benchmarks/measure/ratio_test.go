package measure_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{5, 5, 1, 9}, 5},
	} {
		if got := measure.Median(c.values); got != c.want {
			t.Errorf("Median(%v): got %v, want %v", c.values, got, c.want)
		}
	}
	if got := measure.Median(nil); !math.IsNaN(got) {
		t.Errorf("Median of nothing: got %v, want no number", got)
	}
}

// As many values are below the median as above it, wherever they stand, and they stay where they are.
func TestMedianIsInTheMiddle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 20).Draw(t, "values")
		first := values[0]
		middle, below, above := measure.Median(values), 0, 0
		for _, v := range values {
			if v < middle {
				below++
			} else if v > middle {
				above++
			}
		}
		if below > len(values)/2 || above > len(values)/2 || values[0] != first {
			t.Fatalf("Median(%v): %v has %d below and %d above", values, middle, below, above)
		}
	})
}

func turn(done int, took time.Duration) measure.Turn { return measure.Turn{Done: done, Took: took} }

func TestRatioIsToTheFastestPeer(t *testing.T) {
	t.Parallel()
	round := measure.Round{
		Ours:   turn(600, time.Second),
		Theirs: []measure.Turn{turn(100, time.Second), turn(900, 3*time.Second), turn(50, time.Second)},
	}
	if got := round.Ratio(); got != 2 {
		t.Errorf("600/s against 100/s, 300/s and 50/s: got a ratio of %v, want 2", got)
	}
	if got := (measure.Aim{AtMost: 1.3}).Ratio(round.Ratio()); got != 0.5 {
		t.Errorf("the ratio of times: got %v, want 0.5", got)
	}
	if got := (measure.Aim{AtLeast: 1.3}).Ratio(round.Ratio()); got != 2 {
		t.Errorf("the ratio of rates: got %v, want 2", got)
	}
}

func TestAimIsMet(t *testing.T) {
	t.Parallel()
	result := func(ours int, cost *measure.Cost) measure.Result {
		return measure.Result{
			Rounds: []measure.Round{{Ours: turn(ours, time.Second), Theirs: []measure.Turn{turn(100, time.Second)}}}, Cost: cost,
		}
	}
	for _, c := range []struct {
		name   string
		aim    measure.Aim
		result measure.Result
		want   bool
	}{
		{"as fast as it must be", measure.Aim{AtLeast: 2}, result(200, nil), true},
		{"too slow", measure.Aim{AtLeast: 2}, result(199, nil), false},
		{"in time", measure.Aim{AtMost: 2}, result(50, nil), true},
		{"too late", measure.Aim{AtMost: 2}, result(49, nil), false},
		{"no allocations", measure.Aim{AtLeast: 1, NoAllocs: true}, result(100, &measure.Cost{Allocs: 0.01}), true},
		{"one allocation", measure.Aim{AtLeast: 1, NoAllocs: true}, result(100, &measure.Cost{Allocs: 1}), false},
		{"allocations not measured", measure.Aim{AtLeast: 1, NoAllocs: true}, result(100, nil), false},
		{"little memory", measure.Aim{AtMost: 1, Memory: 10}, result(100, &measure.Cost{Bytes: 10}), true},
		{"much memory", measure.Aim{AtMost: 1, Memory: 10}, result(100, &measure.Cost{Bytes: 11}), false},
		{"memory not measured", measure.Aim{AtMost: 1, Memory: 10}, result(100, nil), false},
		{"nothing measured", measure.Aim{AtLeast: 1}, measure.Result{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.aim.Met(c.result); got != c.want {
				t.Errorf("%s of %v: got %v, want %v", c.aim, c.result.Ratios(c.aim), got, c.want)
			}
		})
	}
}
