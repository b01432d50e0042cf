package measure

import (
	"context"
	"errors"
	"time"
)

// Row is one line of the table.
type Row struct {
	// Name says what is measured, Against what it is compared with. Together they name the row.
	Name, Against string
	Aim           Aim
	// Note says how the peer is set up, and why that is its best.
	Note string
	// Remark says of an aim that is missed what was tried, and what stands in the way.
	Remark string
	// Run measures. What it counts must agree with what the two sides left behind; otherwise it is an error.
	Run func(context.Context, Setting) (Result, error)
}

// ErrNoServer is answered by a row that needs a database server where there is none.
var ErrNoServer = errors.New("no server")

// Setting is how all rows are measured.
type Setting struct {
	// Quick is for small sizes, which prove that a row runs and say nothing about speed.
	Quick bool
	// Rounds is how often the sides take their turns.
	Rounds int
	// Turn is how long a turn takes, where that can be chosen. Rows of nanoseconds take a tenth of it.
	Turn time.Duration
	// Log is told of every turn.
	Log func(format string, args ...any)
}

// Size is one of two numbers.
func (s Setting) Size(full, quick int) int {
	if s.Quick {
		return quick
	}
	return full
}

// Result is what a row came to.
type Result struct {
	Rounds []Round
	// Cost is that of one piece of our work; nil: it was not measured.
	Cost *Cost
	// Size says how large what was measured is, where that may differ from what the row's name says.
	Size string
}

// Ratios are those of the rounds, as the aim speaks of them.
func (r Result) Ratios(a Aim) []float64 {
	out := make([]float64, len(r.Rounds))
	for i, round := range r.Rounds {
		out[i] = a.Ratio(round.Ratio())
	}
	return out
}

// Outcome is a row with its result, or with why there is none.
type Outcome struct {
	Row
	Result Result
	Err    error
}

// Cells are what the table says of what was measured, and of whether that is enough.
func (o Outcome) Cells() (measured, met string) {
	switch {
	case errors.Is(o.Err, ErrNoServer):
		return "no server", "–"
	case o.Err != nil:
		return "failed: " + o.Err.Error(), "**no**"
	}
	measured = spread(o.Result.Ratios(o.Aim))
	if o.Aim.NoAllocs && o.Result.Cost != nil {
		measured += ", " + number0(o.Result.Cost.Allocs) + " allocations"
	}
	if o.Aim.Memory > 0 && o.Result.Cost != nil {
		measured += ", " + Size(o.Result.Cost.Bytes)
	}
	if o.Result.Size != "" {
		measured += "; " + o.Result.Size
	}
	switch {
	case !o.Aim.IsSet():
		met = "–"
	case o.Aim.Met(o.Result):
		met = "yes"
	default:
		met = "**no**"
	}
	return measured, met
}
