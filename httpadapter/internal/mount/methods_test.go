package mount_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
)

func TestAllow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		methods []string
		want    string
	}{
		{nil, ""},
		{[]string{"POST"}, "POST"},
		{[]string{"GET"}, "GET, HEAD"},
		{[]string{"PATCH", "OPTIONS", "GET", "DELETE"}, "DELETE, GET, HEAD, OPTIONS, PATCH"},
	} {
		byMethod := map[string]int{}
		for _, m := range row.methods {
			byMethod[m] = 1
		}
		if got := mount.Allow(byMethod); got != row.want {
			t.Errorf("%v: got %q, want %q", row.methods, got, row.want)
		}
	}
}

// TestAllowedIsAnswered: a method is allowed exactly when something answers it.
func TestAllowedIsAnswered(t *testing.T) {
	t.Parallel()
	all := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
	rapid.Check(t, func(t *rapid.T) {
		byMethod := map[string]bool{}
		for _, m := range rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(t, "methods") {
			if m != http.MethodHead {
				byMethod[m] = true
			}
		}
		allowed := strings.Split(mount.Allow(byMethod), ", ")
		for _, m := range all {
			if answered := byMethod[mount.Method(&http.Request{Method: m})]; answered != slices.Contains(allowed, m) {
				t.Errorf("%v: %s is answered: %t, and %v are allowed", byMethod, m, answered, allowed)
			}
		}
	})
}
