package measure

import (
	"fmt"
	"strconv"
	"strings"
)

// Aim is what a row is to reach. Exactly one of AtLeast and AtMost is set, but for a row without an aim.
type Aim struct {
	// AtLeast is the least ratio of our rate to the peer's.
	AtLeast float64
	// AtMost is the largest ratio of our time to the peer's.
	AtMost float64
	// NoAllocs has one piece of our work allocate nothing.
	NoAllocs bool
	// Memory is how many bytes one piece of our work may allocate. Default: 0, any number.
	Memory float64
}

// IsSet reports whether there is anything to be reached.
func (a Aim) IsSet() bool { return a.AtLeast > 0 || a.AtMost > 0 }

// Ratio is the one that the aim speaks of: of rates, or, where it bounds a time, of times.
func (a Aim) Ratio(ofRates float64) float64 {
	if a.AtMost > 0 {
		return 1 / ofRates
	}
	return ofRates
}

// Met reports whether a result reaches the aim with the median of its rounds.
func (a Aim) Met(r Result) bool {
	middle := Median(r.Ratios(a))
	switch {
	case len(r.Rounds) == 0:
		return false
	case a.AtLeast > 0 && middle < a.AtLeast, a.AtMost > 0 && middle > a.AtMost:
		return false
	case a.NoAllocs && (r.Cost == nil || r.Cost.Allocs >= 0.5):
		return false
	}
	return a.Memory == 0 || r.Cost != nil && r.Cost.Bytes <= a.Memory
}

// String is the aim in words; of none it is a dash.
func (a Aim) String() string {
	var words []string
	if a.AtLeast > 0 {
		words = append(words, fmt.Sprintf("at least %g times its rate", a.AtLeast))
	}
	if a.AtMost > 0 {
		words = append(words, fmt.Sprintf("at most %g times its time", a.AtMost))
	}
	if a.NoAllocs {
		words = append(words, "0 allocations")
	}
	if a.Memory > 0 {
		words = append(words, "at most "+Size(a.Memory))
	}
	if len(words) == 0 {
		return "–"
	}
	return strings.Join(words, ", ")
}

// number is a ratio with as many digits as mean something.
func number(r float64) string {
	switch {
	case r >= 100:
		return strconv.FormatFloat(r, 'f', 0, 64)
	case r >= 10:
		return strings.TrimSuffix(strconv.FormatFloat(r, 'f', 1, 64), ".0")
	}
	return strconv.FormatFloat(r, 'f', 2, 64)
}

// Size is a number of bytes in words.
func Size(bytes float64) string {
	switch {
	case bytes >= 1<<20:
		return strings.TrimSuffix(strconv.FormatFloat(bytes/(1<<20), 'f', 1, 64), ".0") + " MiB"
	case bytes >= 1<<10:
		return strconv.FormatFloat(bytes/(1<<10), 'f', 0, 64) + " KiB"
	}
	return strconv.FormatFloat(bytes, 'f', 0, 64) + " B"
}
