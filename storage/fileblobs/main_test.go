package fileblobs_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain sees that the tests leave nothing running.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
