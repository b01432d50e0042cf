package verifa_test

import (
	"slices"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// TestWordsOfStatuses: each status has one, and whoever looks for a word finds all statuses that it stands for, and no
// other.
func TestWordsOfStatuses(t *testing.T) {
	t.Parallel()
	for _, sandbox := range []bool{false, true} {
		var all []session.Status
		found := map[string]bool{}
		for _, s := range session.Statuses() {
			word, _ := verifa.Word(s, sandbox)
			if word == "" {
				t.Errorf("%s has no word", s)
			}
			if !found[word] {
				all = append(all, verifa.StatusesOf(word, sandbox)...)
			}
			found[word] = true
			if !slices.Contains(verifa.StatusesOf(word, sandbox), s) {
				t.Errorf("%s is not found by its word %s", s, word)
			}
		}
		if len(all) != len(session.Statuses()) {
			t.Errorf("the words stand for %d statuses, want each of the %d once", len(all), len(session.Statuses()))
		}
		if found["processing"] == sandbox || found["sandbox_pending"] != sandbox || len(found) != 8 {
			t.Errorf("sandbox %v: got the words %v", sandbox, found)
		}
	}
	for _, name := range []string{"", "created", "approved", "Pending", "pending "} {
		if got := verifa.StatusesOf(name, false); got != nil {
			t.Errorf("%q: got %v, want nothing", name, got)
		}
	}
}

// TestWordsOfResults: only what is concluded, or left to a human being, has one.
func TestWordsOfResults(t *testing.T) {
	t.Parallel()
	want := map[session.Status]string{
		session.StatusApproved: "approved", session.StatusDeclined: "rejected", session.StatusReview: "needs_review",
	}
	for _, s := range session.Statuses() {
		if _, got := verifa.Word(s, false); got != want[s] {
			t.Errorf("%s: got %q, want %q", s, got, want[s])
		}
	}
}
