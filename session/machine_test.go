package session_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// TestNextIsTheTable asks every status × action × actor, and a few that do not exist.
func TestNextIsTheTable(t *testing.T) {
	t.Parallel()
	want := map[string]session.Status{}
	for _, row := range session.Transitions() {
		for _, by := range row.By {
			want[fmt.Sprint(row.From, row.Action, by)] = row.To
		}
	}
	if len(want) < 60 {
		t.Fatalf("the table gives %d allowed cells, which is too few to be the whole", len(want))
	}
	asked := 0
	for _, from := range append(session.Statuses(), "", "nonsense") {
		for _, action := range append(session.Actions(), "", session.ActionUpload, "nonsense") {
			for _, by := range append(session.Actors(), "", "nonsense") {
				asked++
				got, err := session.Next(from, action, by)
				to, allowed := want[fmt.Sprint(from, action, by)]
				if allowed {
					if got != to || err != nil {
						t.Errorf("Next(%q, %q, %q) = %q, %v; want %q", from, action, by, got, err, to)
					}
					continue
				}
				var refused *session.TransitionError
				if !errors.As(err, &refused) || !errors.Is(err, session.ErrTransition) {
					t.Fatalf("Next(%q, %q, %q) = %q, %v; want a *TransitionError", from, action, by, got, err)
				}
				if refused.Status != from || refused.Action != action || refused.Actor != by || got != "" {
					t.Errorf("Next(%q, %q, %q) refuses with %+v", from, action, by, refused)
				}
				if text := err.Error(); !strings.Contains(text, string(from)) || !strings.Contains(text, string(action)) {
					t.Errorf("%q does not name status %q and action %q", text, from, action)
				}
			}
		}
	}
	if asked < 800 {
		t.Errorf("asked %d cells only", asked)
	}
}

// TestTable holds the laws that the table as a whole must keep.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	leave := []session.Action{session.ActionResume, session.ActionReprocess, session.ActionRevise}
	for _, row := range session.Transitions() {
		key := fmt.Sprint(row.From, "/", row.Action)
		if seen[key] {
			t.Errorf("%s has two rows", key)
		}
		seen[key] = true
		if row.From.Terminal() && !slices.Contains(leave, row.Action) {
			t.Errorf("%s leaves a terminal status", key)
		}
		if (row.Action == session.ActionApprove || row.Action == session.ActionDecline) && row.From.TakesMedia() {
			t.Errorf("%s decides before submission", key)
		}
		if slices.Contains(row.By, session.ActorPerson) && row.Action != session.ActionStart && row.Action != session.ActionSubmit {
			t.Errorf("%s may be done by the person", key)
		}
		if slices.Contains(row.By, session.ActorTimer) && !row.From.TakesMedia() {
			t.Errorf("%s may be done by the timer, but waits for a decision", key)
		}
		if len(row.By) == 0 {
			t.Errorf("%s may be done by nobody", key)
		}
	}
	for _, s := range session.Statuses() {
		if s == session.StatusCreated {
			continue
		}
		if !slices.ContainsFunc(session.Transitions(), func(r session.Transition) bool { return r.To == s }) {
			t.Errorf("nothing leads to %s", s)
		}
	}
}

// TestTransitionsIsACopy shows that nobody can change the machine.
func TestTransitionsIsACopy(t *testing.T) {
	t.Parallel()
	rows := session.Transitions()
	rows[0].To, rows[0].By[0] = "nonsense", "nonsense"
	if got, err := session.Next(session.StatusCreated, session.ActionStart, session.ActorPerson); got != session.StatusStarted || err != nil {
		t.Errorf("after changing a copy: %q, %v", got, err)
	}
}

// TestWalk goes at random: a terminal status is left by nothing but resume, reprocess and revise.
func TestWalk(t *testing.T) {
	t.Parallel()
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		status := session.StatusCreated
		for range 10_000 {
			steps++
			action := session.Actions()[rapid.IntRange(0, len(session.Actions())-1).Draw(t, "action")]
			by := session.Actors()[rapid.IntRange(0, len(session.Actors())-1).Draw(t, "by")]
			to, err := session.Next(status, action, by)
			if err != nil {
				continue
			}
			if status.Terminal() && action != session.ActionResume && action != session.ActionReprocess && action != session.ActionRevise {
				t.Fatalf("%s left %s", action, status)
			}
			if !slices.Contains(session.Statuses(), to) {
				t.Fatalf("%s leads from %s to %q", action, status, to)
			}
			status = to
		}
	})
	if steps < 1_000_000 && !testing.Short() {
		t.Errorf("%d steps only", steps)
	}
}

// TestDiagrams keeps the diagrams of the package comment and of the README equal to the table.
func TestDiagrams(t *testing.T) {
	t.Parallel()
	comment := ""
	for line := range strings.Lines(session.Mermaid()) {
		comment += "//\t" + line
	}
	for file, want := range map[string]string{
		"doc.go":       comment,
		"../README.md": "```mermaid\n" + session.Mermaid() + "```\n",
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not hold the diagram of the table, which is:\n%s", file, want)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := session.Next(session.StatusReview, session.ActionApprove, session.ActorReviewer); err != nil {
			b.Fatal(err)
		}
	}
}
