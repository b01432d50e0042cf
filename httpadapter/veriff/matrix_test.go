package veriff_test

import (
	"encoding/base64"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// endpoint is one method of one path of the API.
type endpoint struct{ method, path string }

func (e endpoint) String() string { return e.method + " " + e.path }

// hasObject reports whether the path names something that is somebody's.
func (e endpoint) hasObject() bool { return strings.Contains(e.path, "{id}") }

// isOpen reports whether the endpoint is there for who has no key.
func (e endpoint) isOpen() bool {
	return e.method == http.MethodOptions || e.path == "/v1/openapi.json" || strings.HasPrefix(e.path, "/v/")
}

// body is one that the endpoint takes.
func (e endpoint) body() string {
	switch {
	case e.method == http.MethodPatch:
		return submit
	case e.method != http.MethodPost:
		return ""
	case strings.HasSuffix(e.path, "/media"):
		return uploadBody("face", pngBytes)
	case strings.HasSuffix(e.path, "/collected-data"):
		return device
	case strings.HasSuffix(e.path, "validate-registry"):
		return `{"verification":{"person":{"idNumber":"000000000","fullName":"Ada Specimen","dateOfBirth":"1990-02-28"}}}`
	}
	return minimal
}

// endpoints are all that the mux has.
func endpoints() (all []endpoint) {
	for path, methods := range veriff.Routes() {
		for _, m := range methods {
			all = append(all, endpoint{m, strings.TrimSuffix(path, "{$}")})
		}
	}
	slices.SortFunc(all, func(a, b endpoint) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// things are a session and what is in it, to be asked for.
type things struct{ session, attempt, medium, url string }

func (h *house) things() things {
	h.Helper()
	o := h.create(everything)
	return things{o.ID, h.snapshot(o.ID).AttemptID.String(), h.upload(o.ID, "face", pngBytes), o.URL}
}

// of gives the path of an endpoint that names one of the things.
func (t things) of(e endpoint) string {
	id := t.session
	switch {
	case strings.HasPrefix(e.path, "/v1/media/"):
		id = t.medium
	case strings.HasPrefix(e.path, "/v1/attempts/"):
		id = t.attempt
	}
	return strings.ReplaceAll(e.path, "{id}", id)
}

// nothing is what does not exist.
var nothing = things{session: stranger.String(), attempt: stranger.String(), medium: stranger.String()}

var forMatrix = setup{policy: func(p *session.Policy) {
	p.Delete, p.Screening, p.Registry = session.Unlimited(), true, true
}}

// TestWhoMayNot has everybody who may not call every endpoint, of things of ours that are there.
func TestWhoMayNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t, forMatrix)
	over := h.create(minimal)
	h.clock.Add(7 * 24 * time.Hour)
	mine := h.things()
	token := strings.TrimPrefix(mine.url, h.server.URL+"/v/")
	overToken := strings.TrimPrefix(over.URL, h.server.URL+"/v/")
	key := func(value string) func(call) http.Header {
		return func(c call) http.Header {
			return http.Header{"X-Auth-Client": {value}, "X-Hmac-Signature": {sign(signedPart(c))}}
		}
	}
	signature := func(value string) func(call) http.Header {
		return func(call) http.Header {
			return http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {value}}
		}
	}
	rows := []struct {
		name   string
		header func(call) http.Header
		want   string
	}{
		{"no key", func(call) http.Header { return http.Header{} }, failKey},
		{"no key, right signature", func(c call) http.Header { return http.Header{"X-Hmac-Signature": {sign(signedPart(c))}} }, failKey},
		{"malformed key", key("me"), failKeyForm},
		{"unknown key", key(stranger.String()), failKeyOf},
		{"inactive key", key(inactive.APIKey.String()), failInactive},
		{"another tenant's key, our signature", key(theirs.APIKey.String()), failSignature},
		{"our key, another tenant's signature", func(c call) http.Header {
			return signature(string(theirs.Secrets[0].Sign(nil, []byte(signedPart(c)))))(c)
		}, failSignature},
		{"wrong signature", signature(wrong), failSignature},
		{"malformed signature", signature("x"), failSignature},
		{"our integration as another tenant", func(c call) http.Header {
			return http.Header{"X-Auth-Client": {theirs.APIKey.String()}, "Vrf-Integration-Id": {ours.Integration.String()},
				"X-Hmac-Signature": {string(theirs.Secrets[0].Sign(nil, []byte(signedPart(c))))}}
		}, failKeyOf},
		{"link token as key", key(token), failKeyForm},
		{"link token as signature", signature(token), failSignature},
		{"expired session's token as signature", signature(overToken), failSignature},
	}
	seen := 0
	for _, e := range endpoints() {
		if e.isOpen() {
			continue
		}
		seen++
		for _, row := range rows {
			before := h.snapshot(mine.session)
			c := call{method: e.method, path: mine.of(e), body: e.body()}
			c.header = row.header(c)
			want := row.want
			if want == failSignature && e.method == http.MethodDelete {
				want = failOnDelete
			}
			if got := h.do(c); got.status != http.StatusUnauthorized || got.body != want {
				t.Errorf("%s, %s: got %d %s, want 401 %s", e, row.name, got.status, got.body, want)
			}
			if after := h.snapshot(mine.session); after.Version != before.Version || after.Seq != before.Seq {
				t.Errorf("%s, %s: the session changed", e, row.name)
			}
		}
	}
	if seen < 10 {
		t.Errorf("got %d endpoints, want those of the API", seen)
	}
}

// TestWhatIsForeignIsNotThere: of what is another tenant's, every endpoint says the same as of what does not
// exist, byte by byte, whatever is sent and wherever the session stands.
func TestWhatIsForeignIsNotThere(t *testing.T) {
	t.Parallel()
	stages := []struct {
		name  string
		reach func(*house, string)
	}{
		{"created", func(*house, string) {}},
		{"submitted", func(h *house, id string) { h.submit(id) }},
		{"approved", func(h *house, id string) {
			h.submit(id)
			h.decide(id, decision.Verdict{Outcome: decision.Approved})
		}},
		{"expired", func(h *house, _ string) { h.clock.Add(8 * 24 * time.Hour) }},
		{"deleted", func(h *house, id string) { h.want(h.do(call{method: "DELETE", path: "/v1/sessions/" + id}), 200, "") }},
	}
	for _, codes := range []veriff.Codes{veriff.Pages, veriff.Tables} {
		for _, stage := range stages {
			s := forMatrix
			s.config.Codes = codes
			h := newHouse(t, s)
			mine := h.things()
			stage.reach(h, mine.session)
			for _, e := range endpoints() {
				if !e.hasObject() {
					continue
				}
				for name, body := range map[string]string{"a right body": e.body(), "a wrong body": "{", "no body": ""} {
					ask := func(of things) string {
						c := call{method: e.method, path: of.of(e), body: body, by: theirs}
						got := h.do(c)
						if got.status != http.StatusNotFound {
							t.Errorf("%s with %s of a session that is %s: got %d %s, want 404", e, name, stage.name, got.status, got.body)
						}
						return got.visible()
					}
					if foreign, absent := ask(mine), ask(nothing); foreign != absent {
						t.Errorf("%s with %s of a session that is %s: got\n%s\nwant, as of nothing,\n%s", e, name, stage.name, foreign, absent)
					}
				}
			}
		}
	}
}

// TestTheMatrixMeansSomething: whom the session belongs to, the same calls do not tell that it is not there.
func TestTheMatrixMeansSomething(t *testing.T) {
	t.Parallel()
	for _, e := range endpoints() {
		if !e.hasObject() {
			continue
		}
		h := newHouse(t, forMatrix)
		if got := h.do(call{method: e.method, path: h.things().of(e), body: e.body()}); got.status >= 300 && got.status != http.StatusNotFound ||
			got.status == http.StatusNotFound && !strings.HasSuffix(e.path, "/watchlist-screening") { // there is none yet
			t.Errorf("%s: got %d %s, want a success", e, got.status, got.body)
		}
		h.server.Close()
	}
}

// visible is all of an answer that a client sees, but the time.
func (r result) visible() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.status)
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		if name != "Date" {
			fmt.Fprintln(&b, name, r.header[name])
		}
	}
	return b.String() + r.body
}

// TestLinkTokens: a token opens its own session, and what is no token of a session that is there opens nothing.
func TestLinkTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	over, gone := h.create(minimal), h.create(minimal)
	h.clock.Add(6 * 24 * time.Hour)
	one, other := h.create(minimal), h.create(minimal)
	h.clock.Add(24 * time.Hour)
	h.want(h.do(call{method: "DELETE", path: "/v1/sessions/" + gone.ID}), 200, "")
	mixed := strings.Split(one.SessionToken, ".")
	mixed[1] = strings.Split(other.SessionToken, ".")[1]
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + mixed[1] + "."
	foreign := auth.Token{Session: h.snapshot(one.ID).ID, Integration: theirs.Integration, IssuedAt: h.clock.Now(),
		ExpiresAt: h.clock.Now().Add(time.Hour)}.Sign([32]byte{1})
	rows := []struct {
		name, token string
		get, post   int
	}{
		{"its own", one.SessionToken, 200, 303},
		{"another session's claims under its signature", strings.Join(mixed, "."), 404, 404},
		{"without a signature", unsigned, 404, 404},
		{"under another key, for another tenant", foreign, 404, 404},
		{"of an expired session", over.SessionToken, 410, 410},
		{"of a deleted session", gone.SessionToken, 404, 404},
		{"a session's id", one.ID, 404, 404},
		{"the API key", ours.APIKey.String(), 404, 404},
	}
	for _, row := range rows {
		if got := h.open("GET", "/v/"+row.token); got.status != row.get {
			t.Errorf("GET, %s: got %d %s, want %d", row.name, got.status, got.body, row.get)
		}
		if got := h.open("POST", "/v/"+row.token); got.status != row.post {
			t.Errorf("POST, %s: got %d %s, want %d", row.name, got.status, got.body, row.post)
		}
	}
	if s := h.snapshot(other.ID); s.Status != session.StatusCreated {
		t.Errorf("the other session is %s, want it untouched", s.Status)
	}
}

// TestRandomSignatures go all the way through the handler; package auth tries a million without it.
func TestRandomSignatures(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id := h.create(minimal).ID
	n := 2000
	if testing.Short() {
		n = 200
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range n {
		signature := fmt.Sprintf("%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
		header := http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {signature}}
		if got := h.direct("GET", "/v1/sessions/"+id, "", header); got.status != 401 || got.body != failSignature {
			t.Fatalf("signature %s: got %d %s, want 401", signature, got.status, got.body)
		}
	}
}

// TestOnlyPackageAuthComparesSignatures: there it is done in constant time, which a test of it sees to. Here a
// signature or a secret meets nothing but nil.
func TestOnlyPackageAuthComparesSignatures(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range comparisonsOfSecrets(file) {
			t.Errorf("%s: a secret text is compared", set.Position(at))
		}
	}
	if files < 10 {
		t.Errorf("got %d files, want the package", files)
	}
	bad := "package p\nfunc f() { _ = signature == other; _ = x.secret != y; _ = bytes.Equal(a, given.Signature); _ = secret == nil }"
	file, err := parser.ParseFile(token.NewFileSet(), "", bad, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(comparisonsOfSecrets(file)); n != 3 {
		t.Errorf("got %d faults in %q, want 3", n, bad)
	}
}

// comparisonsOfSecrets finds where what is named for a signature, a secret or a MAC is compared.
func comparisonsOfSecrets(file *ast.File) (at []token.Pos) {
	compared := func(operands ...ast.Expr) {
		for _, operand := range operands {
			if id, ok := operand.(*ast.Ident); ok && id.Name == "nil" {
				return
			}
		}
		for _, operand := range operands {
			if name := strings.ToLower(lastName(operand)); name == "signature" || name == "secret" || name == "mac" {
				at = append(at, operand.Pos())
				return
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				compared(n.X, n.Y)
			}
		case *ast.CallExpr:
			if name := lastName(n.Fun); name == "Equal" || name == "EqualFold" || name == "Compare" {
				compared(n.Args...)
			}
		}
		return true
	})
	return at
}

// lastName is the name that an expression ends in.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
