//go:build race

package auth_test

// The race detector makes sync.Pool forget at random, so that allocations cannot be counted under it.
const underRace = true
