package veriff_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

const registryBody = `{"verification":{"person":{"idNumber":"123456789","firstName":"Ada","lastName":"Specimen","dateOfBirth":"1990-02-28"},
"vendorData":"v-1"}}`

func withRegistry(p *session.Policy) { p.Registry, p.RegistrySync = true, true }

// TestValidateRegistry on both paths, later and at once.
func TestValidateRegistry(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: withRegistry}, func(t *testing.T, h *house) {
		for _, path := range []string{"/v1/validate-registry", "/v1/sessions/validate-registry"} {
			unsigned := http.Header{"X-Auth-Client": {ours.APIKey.String()}}
			got := h.do(call{method: "POST", path: path, body: registryBody, header: unsigned})
			h.want(got, http.StatusCreated, "")
			o := verificationOf(h, got)
			if o.Status != "submitted" || *o.VendorData != "v-1" {
				t.Errorf("%s: %s", path, got.body)
			}
			if path == "/v1/validate-registry" {
				h.golden("validate-registry", got.body)
			}
			told := h.webhooks()
			last := told[len(told)-1]
			if !strings.Contains(last, `"code":9001`) || !strings.Contains(last, `"validationResults":[{"registryName":"sandbox"`) {
				t.Errorf("%s: told %s", path, last)
			}
			h.golden("webhook-decision-registry", scrub(last, o.ID, h.snapshot(o.ID).AttemptID.String()))
		}
		r := h.request(call{method: "POST", path: "/v1/validate-registry", body: registryBody})
		r.Host = "sync-api.idv.example:8080"
		got := h.send(r)
		h.want(got, http.StatusCreated, "")
		h.golden("validate-registry-sync", got.body)
	})
}

// scrub writes ids as words, for bodies of which there are several.
func scrub(body, session, attempt string) string {
	return strings.ReplaceAll(strings.ReplaceAll(body, session, "<session>"), attempt, "<attempt>")
}

// TestValidateRegistryRefuses, and makes nothing.
func TestValidateRegistryRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, with string
		policy          func(*session.Policy)
		host            string
		status          int
		code            string
	}{
		{"not enabled", "", "", func(*session.Policy) {}, "", http.StatusForbidden, "1101"},
		{"waiting not enabled", "", "", func(p *session.Policy) { p.Registry = true }, "sync-api.example", http.StatusForbidden, "1101"},
		{"no number", `"idNumber":"123456789",`, "", withRegistry, "", http.StatusBadRequest, "1308"},
		{"no name", `"firstName":"Ada",`, "", withRegistry, "", http.StatusBadRequest, "1309"},
		{"no date and no address", `,"dateOfBirth":"1990-02-28"`, "", withRegistry, "", http.StatusBadRequest, "1310"},
		{"no person", `"person":{"idNumber":"123456789","firstName":"Ada","lastName":"Specimen","dateOfBirth":"1990-02-28"},`, "", withRegistry, "", http.StatusBadRequest, "1308"},
		{"bad date", `1990-02-28`, "1990-02-31", withRegistry, "", http.StatusBadRequest, "2003"},
		{"no verification", `"verification"`, `"other"`, withRegistry, "", http.StatusBadRequest, "1102"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{policy: c.policy})
			r := h.request(call{method: "POST", path: "/v1/validate-registry", body: strings.Replace(registryBody, c.old, c.with, 1)})
			if c.host != "" {
				r.Host = c.host
			}
			h.want(h.send(r), c.status, c.code)
			if list, err := h.engine.List(t.Context(), session.List{}); err != nil || len(list) > 0 {
				t.Errorf("%d sessions are there, %v", len(list), err)
			}
		})
	}
}

// TestSyncRegistryIsSigned: who has nothing but the public key is not told what a registry has on file.
func TestSyncRegistryIsSigned(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{policy: withRegistry})
	for _, path := range []string{"/v1/validate-registry", "/v1/sessions/validate-registry"} {
		for name, signature := range map[string][]string{
			"none": nil, "empty": {""}, "of another body": {sign("x")}, "of another integration": {string(theirs.Signer().Sign(nil, []byte(registryBody)))},
		} {
			r := h.request(call{method: "POST", path: path, body: registryBody, header: http.Header{
				"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": signature,
			}})
			r.Host = "sync-api.idv.example"
			got := h.send(r)
			if got.status != http.StatusUnauthorized || got.code() != "1812" || strings.Contains(got.body, "match") {
				t.Errorf("%s, signature %s: got %d %s, want 401 1812", path, name, got.status, got.body)
			}
		}
	}
	if list, err := h.engine.List(t.Context(), session.List{}); err != nil || len(list) > 0 {
		t.Errorf("%d sessions were made, %v", len(list), err)
	}
}
