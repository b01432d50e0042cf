package measure_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

// rounds are such as have these ratios of rates.
func rounds(ratios ...int) (out []measure.Round) {
	for _, r := range ratios {
		out = append(out, measure.Round{Ours: turn(r, time.Second), Theirs: []measure.Turn{turn(100, time.Second)}})
	}
	return out
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	row := func(name string, aim measure.Aim, note, remark string) measure.Row {
		return measure.Row{Name: name, Against: "a|peer", Aim: aim, Note: note, Remark: remark}
	}
	report := measure.Report{
		Day: time.Date(2031, 2, 28, 0, 0, 0, 0, time.UTC),
		Machine: measure.Machine{
			Cores: 2, CPU: "a CPU", System: "a system", Go: "go1.26", SQLite: "3.53", Postgres: "15.1", Filesystem: "ext4",
		},
		Setting: measure.Setting{Rounds: 3},
		Outcomes: []measure.Outcome{
			{
				Row:    row("met", measure.Aim{AtLeast: 0.65}, "The same note.", "Not to be seen."),
				Result: measure.Result{Rounds: rounds(70, 80, 65)},
			},
			{
				Row:    row("missed", measure.Aim{AtMost: 1.3}, "The same note.", "It has to be."),
				Result: measure.Result{Rounds: rounds(50)},
			},
			{
				Row:    row("costs", measure.Aim{AtLeast: 50, NoAllocs: true, Memory: 1 << 20}, "", ""),
				Result: measure.Result{Rounds: rounds(12345), Cost: &measure.Cost{Allocs: 0.2, Bytes: 4096}, Size: "only 10 of them"},
			},
			{Row: row("no aim", measure.Aim{}, "The same note.", ""), Result: measure.Result{Rounds: rounds(1000)}},
			{Row: row("no server", measure.Aim{AtLeast: 1.2}, "", ""), Err: fmt.Errorf("%w: none", measure.ErrNoServer)},
			{Row: row("failed", measure.Aim{AtLeast: 1.2}, "", ""), Err: errors.New("broken")},
		},
	}
	got := report.Markdown()
	report.Setting.Quick, report.Outcomes = true, nil
	got += "\n" + report.Markdown()
	want, err := os.ReadFile("testdata/table.md")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the table is not that of testdata/table.md, but:\n%s", got)
	}
}

func TestFilesystem(t *testing.T) {
	t.Parallel()
	const mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/real\\040disk xfs rw 0 0\nbroken line\n" +
		"none relative proc rw 0 0\n"
	for dir, want := range map[string]string{
		"/": "ext4", "/home/somebody": "ext4", "/tmp": "tmpfs", "/tmp/x": "tmpfs", "/tmpx": "ext4", "/tmp/real disk/db": "xfs",
	} {
		if got := measure.Filesystem(mounts, dir); got != want {
			t.Errorf("Filesystem of %q: got %q, want %q", dir, got, want)
		}
	}
	if got := measure.Filesystem("", "/"); got != "unknown" {
		t.Errorf("Filesystem without mounts: got %q, want unknown", got)
	}
}

func TestHereSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	if m := measure.Here(t.TempDir()); m.Cores < 1 || m.CPU == "" || m.System == "" || m.Go == "" || m.Filesystem == "" {
		t.Errorf("Here: got %+v, and something is empty", m)
	}
}
