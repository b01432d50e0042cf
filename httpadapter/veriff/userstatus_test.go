package veriff_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// TestUserStatuses are told by a webhook, and listed with the attempt.
func TestUserStatuses(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(everything).ID
		for _, status := range []session.UserStatus{
			{Status: "Suspicious attempt", Reason: "Looks like velocity abuse", ReasonCode: "looks_like_velocity_abuse"},
			{Status: "Cleared", Reason: "written freely"},
		} {
			if _, err := h.engine.SetUserStatus(t.Context(), uuid.MustParse(id), uuid.Nil, status); err != nil {
				t.Fatal(err)
			}
		}
		told := h.webhooks()
		if len(told) != 2 {
			t.Fatalf("told %s", told)
		}
		h.golden("webhook-user-status", told[0])
		h.golden("webhook-user-status-free", told[1])
		h.golden("attempts-user-status", h.get(id, "/attempts").body)
	})
}
