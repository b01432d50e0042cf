package veriff_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain sees that the tests leave nothing running. A walk of the model is hundreds of requests, and so there are fewer,
// unless there is time for more.
func TestMain(m *testing.M) {
	if os.Getenv("BONAFIDE_TEST_LONG") == "" {
		_ = flag.Set("rapid.checks", "40")
	}
	goleak.VerifyTestMain(m)
}
