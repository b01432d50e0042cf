package veriff_test

import (
	"net/http"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// TestAnswersAreNoRequests: answers are signed with the secret that signs requests, also to who has nothing but the
// public key. Sent back as a request, none is taken for one of the host's.
func TestAnswersAreNoRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: withRegistry})
	victim := h.create(minimal).ID
	unsigned := http.Header{"X-Auth-Client": {ours.APIKey.String()}}
	for _, path := range []string{"/v1/validate-registry", "/v1/sessions"} {
		answer := h.do(call{method: "POST", path: path, body: registryBody, header: unsigned})
		h.want(answer, http.StatusCreated, "")
		for _, at := range []struct{ method, path string }{
			{"PATCH", "/v1/sessions/" + victim}, {"POST", "/v1/sessions/" + victim + "/collected-data"},
			{"POST", "/v1/sessions/" + victim + "/media"}, {"POST", "/v1/sessions"}, {"POST", "/v1/validate-registry"},
		} {
			header := http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {answer.header.Get("X-Hmac-Signature")}}
			got := h.do(call{method: at.method, path: at.path, body: answer.body, header: header})
			if got.status != http.StatusUnauthorized && got.status != http.StatusBadRequest {
				t.Errorf("an answer of %s as %s %s: got %d %s", path, at.method, at.path, got.status, got.body)
			}
			if at.method == "PATCH" && got.code() != "1812" {
				t.Errorf("an answer of %s as a submission: got %s, want 1812", path, got.body)
			}
		}
	}
	if s := h.snapshot(victim); s.Status != session.StatusCreated || len(s.Findings) != 0 {
		t.Errorf("the victim is %s", s.Status)
	}
}
