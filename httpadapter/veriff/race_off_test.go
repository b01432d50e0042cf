//go:build !race

package veriff_test

// Under the race detector allocations cannot be counted.
const underRace = false
