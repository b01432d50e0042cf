package veriff_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// legacySign is the signature of before 2023, in the words of its page.
func legacySign(message string, secret *auth.Secret) string {
	sum := sha256.Sum256([]byte(message + secret.Reveal()))
	return hex.EncodeToString(sum[:])
}

// TestLegacySignature: every kind of call, with and without the switch.
func TestLegacySignature(t *testing.T) {
	t.Parallel()
	first, second := ours.Secrets[0], ours.Secrets[1]
	type fields = map[string]string
	rows := []struct {
		name         string
		method, path string
		body         string
		header       func(message string) fields
		want, off    string // HTTP status and code
	}{
		{"GET", "GET", "", "", func(m string) fields { return fields{"X-Signature": legacySign(m, first)} }, "200 ", "401 1812"},
		{"PATCH", "PATCH", "", submit, func(m string) fields { return fields{"X-Signature": legacySign(m, first)} }, "200 ", "401 1812"},
		{"upload", "POST", "/media", uploadBody("face", pngBytes),
			func(m string) fields { return fields{"X-Signature": legacySign(m, first)} }, "200 ", "401 1812"},
		{"DELETE", "DELETE", "", "", func(m string) fields { return fields{"X-Signature": legacySign(m, first)} }, "200 ", "401 1812"},
		{"capitals", "GET", "", "", func(m string) fields { return fields{"X-Signature": strings.ToUpper(legacySign(m, first))} }, "200 ", "401 1812"},
		{"newer secret", "GET", "", "", func(m string) fields { return fields{"X-Signature": legacySign(m, second)} }, "200 ", "401 1812"},
		{"other secret", "GET", "", "", func(m string) fields { return fields{"X-Signature": legacySign(m, theirs.Secrets[0])} }, "401 1813", "401 1812"},
		{"other message on GET", "GET", "", "", func(m string) fields { return fields{"X-Signature": legacySign(m+"\n", first)} }, "401 1813", "401 1812"},
		{"other message on DELETE", "DELETE", "", "", func(m string) fields { return fields{"X-Signature": legacySign("", first)} }, "401 1813", "401 1812"},
		{"other message on PATCH", "PATCH", "", submit, func(m string) fields { return fields{"X-Signature": legacySign("", first)} }, "401 1814", "401 1812"},
		{"other message on upload", "POST", "/media", uploadBody("face", pngBytes),
			func(m string) fields { return fields{"X-Signature": legacySign("", first)} }, "401 1814", "401 1812"},
		{"an HMAC", "GET", "", "", func(m string) fields { return fields{"X-Signature": sign(m)} }, "401 1813", "401 1812"},
		{"a legacy one as HMAC", "GET", "", "", func(m string) fields { return fields{"X-Hmac-Signature": legacySign(m, first)} }, "401 1812", "401 1812"},
		{"misshapen", "GET", "", "", func(m string) fields { return fields{"X-Signature": "x"} }, "401 1812", "401 1812"},
		{"misshapen on PATCH", "PATCH", "", submit, func(m string) fields { return fields{"X-Signature": wrong[:63]} }, "401 1812", "401 1812"},
		{"empty", "DELETE", "", "", func(m string) fields { return fields{"X-Signature": ""} }, "401 1812", "401 1812"},
		{"both right", "GET", "", "", func(m string) fields { return fields{"X-Signature": legacySign(m, first), "X-Hmac-Signature": sign(m)} }, "200 ", "200 "},
		{"HMAC right", "GET", "", "", func(m string) fields { return fields{"X-Signature": wrong, "X-Hmac-Signature": sign(m)} }, "200 ", "200 "},
		{"HMAC wrong", "GET", "", "", func(m string) fields {
			return fields{"X-Signature": legacySign(m, first), "X-Hmac-Signature": wrong}
		}, "401 1812", "401 1812"},
		{"HMAC empty", "GET", "", "", func(m string) fields {
			return fields{"X-Signature": legacySign(m, first), "X-Hmac-Signature": ""}
		}, "401 1812", "401 1812"},
	}
	for _, on := range []bool{true, false} {
		h := newHouse(t, setup{config: veriff.Config{LegacySignature: on}, policy: func(p *session.Policy) { p.Delete = session.Unlimited() }})
		for _, row := range rows {
			id := h.create(minimal).ID
			message := id
			if row.body != "" {
				message = row.body
			}
			header := http.Header{"X-Auth-Client": {ours.APIKey.String()}}
			for name, v := range row.header(message) {
				header[name] = []string{v}
			}
			got := h.do(call{method: row.method, path: "/v1/sessions/" + id + row.path, body: row.body, header: header})
			want := row.off
			if on {
				want = row.want
			}
			if fmt.Sprintf("%d %s", got.status, got.code()) != want {
				t.Errorf("%s, legacy %v: got %d %s, want %q", row.name, on, got.status, got.body, want)
			}
			h.checkLegacy(row.name, header, on, got)
		}
	}
}

// checkLegacy: an answer to the legacy signature has it too, by the same secret as the other, and no other has.
func (h *house) checkLegacy(name string, asked http.Header, on bool, got result) {
	h.Helper()
	signature := got.header.Get("X-Signature")
	if _, newer := asked["X-Hmac-Signature"]; !on || newer {
		if signature != "" {
			h.Errorf("%s: got x-signature %q, want none", name, signature)
		}
		return
	}
	by := ours.Verify(got.header.Get("X-Hmac-Signature"), []byte(got.body))
	if by == nil || legacySign(got.body, by) != signature {
		h.Errorf("%s: got x-signature %q, which is not that of the body %q", name, signature, got.body)
	}
}

// TestLegacyCreationAndDownload: a creation may go without a signature, but not with a wrong one; and the bytes
// of a medium are signed like any body.
func TestLegacyCreationAndDownload(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{config: veriff.Config{LegacySignature: true}})
	key := []string{ours.APIKey.String()}
	creation := func(signature string) result {
		header := http.Header{"X-Auth-Client": key, "X-Signature": {signature}}
		got := h.do(call{method: "POST", path: "/v1/sessions", body: minimal, header: header})
		h.checkLegacy("creation", header, true, got)
		return got
	}
	h.want(creation(legacySign(minimal, ours.Secrets[1])), 201, "")
	h.want(creation(wrong), 401, "1814")
	h.want(creation("x"), 401, "1812")
	medium := h.upload(h.create(minimal).ID, "face", pngBytes)
	for _, secret := range ours.Secrets {
		header := http.Header{"X-Auth-Client": key, "X-Signature": {legacySign(medium, secret)}}
		got := h.do(call{method: "GET", path: "/v1/media/" + medium, header: header})
		h.want(got, 200, "")
		h.checkLegacy("download", header, true, got)
		if got.body != string(pngBytes) {
			t.Errorf("got a medium of %d bytes, want %d", len(got.body), len(pngBytes))
		}
	}
}

// TestFlexibleKeys: a key that stands for several integrations speaks for the one that the request names.
func TestFlexibleKeys(t *testing.T) {
	t.Parallel()
	flexible := ours
	further := inactive.Integration // which the engine has, and here it is a further one of ours
	flexible.Flexible = []uuid.UUID{further}
	h := newHouse(t, setup{keys: must(auth.NewRing(flexible, theirs)), policy: func(p *session.Policy) {
		p.Create, p.Registry = session.Unlimited(), true
	}})
	own := ours.Integration.String()
	rows := []struct {
		name  string
		named []string
		want  uuid.UUID // nil: refused
	}{
		{"none", nil, ours.Integration},
		{"its own", []string{own}, ours.Integration},
		{"its own in capitals", []string{strings.ToUpper(own)}, ours.Integration},
		{"a further one", []string{further.String()}, further},
		{"another tenant's", []string{theirs.Integration.String()}, uuid.Nil},
		{"nobody's", []string{stranger.String()}, uuid.Nil},
		{"the key", []string{ours.APIKey.String()}, uuid.Nil},
		{"the nil UUID", []string{uuid.Nil.String()}, uuid.Nil},
		{"empty", []string{""}, uuid.Nil},
		{"no UUID", []string{"me"}, uuid.Nil},
		{"in braces", []string{"{" + own + "}"}, uuid.Nil},
		{"twice the same", []string{own, own}, uuid.Nil},
		{"two", []string{own, further.String()}, uuid.Nil},
		{"comma-joined", []string{own + "," + own}, uuid.Nil},
	}
	for _, row := range rows {
		header := http.Header{"X-Auth-Client": {ours.APIKey.String()}}
		if row.named != nil {
			header["Vrf-Integration-Id"] = row.named
		}
		got := h.direct("POST", "/v1/sessions", minimal, header)
		if row.want == uuid.Nil {
			if got.status != 401 || got.body != failKeyOf {
				t.Errorf("%s: got %d %s, want 401 %s", row.name, got.status, got.body, failKeyOf)
			}
			continue
		}
		if got.status != 201 {
			t.Errorf("%s: got %d %s, want 201", row.name, got.status, got.body)
			continue
		}
		id := uuid.MustParse(verificationOf(h, got).ID)
		s, err := h.engine.For(row.want).Get(t.Context(), id)
		if err != nil || s.Integration != row.want {
			t.Errorf("%s: the session is not one of integration %s: %v", row.name, row.want, err)
			continue
		}
		signed := http.Header{"X-Auth-Client": header["X-Auth-Client"], "X-Hmac-Signature": {sign(id.String())}}
		bare := h.direct("GET", "/v1/sessions/"+id.String(), "", signed)
		signed["Vrf-Integration-Id"] = row.named
		if named := h.direct("GET", "/v1/sessions/"+id.String(), "", signed); named.status != 200 {
			t.Errorf("%s: reading it: got %d %s, want 200", row.name, named.status, named.body)
		}
		if bare.status != 200 { // they are of one tenant
			t.Errorf("%s: reading it for the key's own integration: got %d %s, want 200", row.name, bare.status, bare.body)
		}
	}
	person := `{"verification":{"person":{"idNumber":"000000000","fullName":"Ada Specimen","dateOfBirth":"1990-02-28"}}}`
	for named, status := range map[string]int{own: 201, further.String(): 403, theirs.Integration.String(): 401} {
		got := h.direct("POST", "/v1/validate-registry", person, http.Header{
			"X-Auth-Client": {ours.APIKey.String()}, "Vrf-Integration-Id": {named},
		})
		if got.status != status { // the further one may not ask registries
			t.Errorf("registry check for %s: got %d %s, want %d", named, got.status, got.body, status)
		}
	}
}

// TestFlexibleKeyOfAnotherTenant: whatever a keyring says, a key is good for no other tenant's integration.
func TestFlexibleKeyOfAnotherTenant(t *testing.T) {
	t.Parallel()
	generous := ours
	generous.Flexible = []uuid.UUID{theirs.Integration, stranger}
	h := newHouse(t, setup{keys: must(auth.NewRing(generous))})
	for _, named := range generous.Flexible {
		got := h.direct("POST", "/v1/sessions", minimal, http.Header{
			"X-Auth-Client": {ours.APIKey.String()}, "Vrf-Integration-Id": {named.String()},
		})
		if got.status != http.StatusUnauthorized || got.code() != "1803" {
			t.Errorf("for %s: got %d %s, want 401 1803", named, got.status, got.body)
		}
	}
}
