package verifa_test

import (
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/auth"
)

// TestVersions: the request's counts before the one that its key is pinned to; what is retired says what to do.
func TestVersions(t *testing.T) {
	t.Parallel()
	pinned := func(name, version string) (string, auth.APIKey) {
		text := "vk_live_" + name + "00000000000000000"
		key := keyOf(text, liveID)
		key.Version = version
		return text, key
	}
	current, one := pinned("current", "2026-01-01")
	old, two := pinned("old", "2025-01-01")
	unknown, three := pinned("unknown", "2031-01-01")
	h := newHouse(t, setup{keys: []auth.APIKey{one, two, three}})
	for _, row := range []struct {
		key, asked string
		status     int
		says       string
	}{
		{liveKey, "", 200, ""}, {liveKey, "2026-01-01", 200, ""}, {liveKey, "2026-02-01", 200, ""}, {current, "", 200, ""}, {current, "2026-02-01", 200, ""},
		{old, "2026-01-01", 200, ""}, {unknown, "2026-01-01", 200, ""},
		{liveKey, "2025-01-01", 400, "retired: upgrade to 2026-01-01"}, {old, "", 400, "retired: upgrade to 2026-01-01"},
		{current, "2025-01-01", 400, "retired"}, {unknown, "", 400, "no such version"}, {liveKey, "2031-12-31", 400, "no such version"},
		{liveKey, "2026-1-1", 400, "must be a date"}, {liveKey, "2026-02-30", 400, "must be a date"}, {liveKey, "v1", 400, "must be a date"},
		{liveKey, "2026-01-01T00:00:00Z", 400, "must be a date"}, {liveKey, "\x80", 400, "must be a date"},
		{noKey, "2025-01-01", 401, ""}, {noKey, "", 401, ""},
	} {
		got := h.call(call{method: "GET", path: "/api/v1/sessions", key: row.key, header: map[string]string{"Verifa-Version": row.asked}})
		if got.status != row.status || !strings.Contains(got.body, row.says) {
			t.Errorf("%q, pinned as %q: got %d %s, want %d and %q", row.asked, row.key, got.status, got.body, row.status, row.says)
		}
		if row.status == 400 {
			got.refused(400, "invalid_request")
		}
	}
	h.call(call{method: "GET", path: "/verify/tok_x", header: map[string]string{"Verifa-Version": "2025-01-01"}}).refused(400, "invalid_request")
}
