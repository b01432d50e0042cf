package measure

import (
	"math"
	"slices"
	"strconv"
)

// Median is the middle of the values; of an even number the mean of the two in the middle; of none it is no number.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// spread is the median with the least and the largest of the values.
func spread(values []float64) string {
	if len(values) == 0 {
		return "nothing"
	}
	return number(Median(values)) + " (" + number(slices.Min(values)) + "–" + number(slices.Max(values)) + ")"
}

// number0 is a whole number.
func number0(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
