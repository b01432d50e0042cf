package databases_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
)

// The server takes a quarter of the machine's memory, within bounds.
func TestBuffers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		meminfo string
		want    int
	}{
		"a quarter":             {"MemTotal:        8388608 kB\nMemFree:         1048576 kB\n", 2048},
		"a large machine":       {"MemTotal:       24684084 kB\nMemFree:        17444532 kB\n", 4096},
		"a tiny one":            {"MemTotal:         262144 kB\n", 128},
		"another system":        {"", 1024},
		"what cannot be read":   {"MemTotal: much\n", 1024},
		"what begins otherwise": {"MemFree:        17444532 kB\n", 1024},
	} {
		if got := databases.Buffers(row.meminfo); got != row.want {
			t.Errorf("%s: buffers(%q) is %d MB, want %d", name, row.meminfo, got, row.want)
		}
	}
}
