package rows_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/rows"
)

// newHome is a place for databases that everybody can look into, as the user that a server runs as must.
func newHome(t *testing.T) *databases.Home {
	t.Helper()
	dir, err := os.MkdirTemp("", "bonafide-benchmarks")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	home, err := databases.Open(t.Context(), dir, os.Getenv("BONAFIDE_TEST_POSTGRES"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(home.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	return home
}

// Every row runs, and both of its sides do work that agrees with what they leave behind: that is what a row looks at by
// itself. Nothing is said of how long it took.
func TestEveryRowDoesItsWork(t *testing.T) {
	home := newHome(t)
	if err := home.Missing(); err != nil && os.Getenv("BONAFIDE_REQUIRE_POSTGRES") == "1" {
		t.Fatal(err)
	}
	setting := measure.Setting{Quick: true, Rounds: 1, Turn: 5 * time.Millisecond, Log: t.Logf}
	for _, row := range rows.All(home) {
		t.Run(row.Name+", against "+row.Against, func(t *testing.T) {
			result, err := row.Run(t.Context(), setting)
			if errors.Is(err, measure.ErrNoServer) {
				t.Skipf("SKIPPED: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Rounds) != 1 {
				t.Fatalf("got %d rounds, want 1", len(result.Rounds))
			}
			for _, side := range append(result.Rounds[0].Theirs, result.Rounds[0].Ours) {
				if side.Done < 1 || side.Took <= 0 {
					t.Errorf("a side did %d pieces of work in %s", side.Done, side.Took)
				}
			}
			if len(result.Rounds[0].Theirs) == 0 {
				t.Error("there is no peer")
			}
			if aim := row.Aim; (aim.NoAllocs || aim.Memory > 0) && result.Cost == nil {
				t.Errorf("the aim is %q, and the cost was not measured", aim)
			}
		})
	}
}

// A row is named by what it measures and against what, once, and says how its peer is set up.
func TestRowsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	seen := map[[2]string]bool{}
	for _, row := range rows.All(nil) {
		name := [2]string{row.Name, row.Against}
		if seen[name] {
			t.Errorf("there are two rows %q", name)
		}
		if seen[name] = true; row.Name == "" || row.Against == "" || row.Note == "" || !row.Aim.IsSet() || row.Run == nil {
			t.Errorf("something is missing in the row %q", name)
		}
	}
	for name := range rows.Remarks() {
		if !seen[name] {
			t.Errorf("there is a remark on the row %q, which is not there", name)
		}
	}
}
