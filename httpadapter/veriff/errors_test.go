package veriff_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// cause sends what is refused for one reason.
type cause struct {
	is    string // as the table of refusals says it
	setup setup
	do    func(*house) result
	off   string // with the switch off: HTTP status and code; code "" for a success
}

// on is a policy for a cause.
func on(policy func(*session.Policy)) setup { return setup{policy: policy} }

// to makes a session and calls something of it.
func to(c call) func(*house) result {
	return func(h *house) result {
		c := c
		c.path = strings.ReplaceAll(c.path, "{id}", h.create(minimal).ID)
		return h.do(c)
	}
}

// creating sends a body to POST /v1/sessions.
func creating(verification string) func(*house) result {
	return func(h *house) result {
		return h.do(call{method: "POST", path: "/v1/sessions", body: `{"verification":` + verification + `}`})
	}
}

func checking(verification string) func(*house) result {
	return func(h *house) result {
		return h.do(call{method: "POST", path: "/v1/validate-registry", body: `{"verification":` + verification + `}`})
	}
}

// byHeader makes a session and calls it with a header of its own.
func byHeader(method string, header http.Header) func(*house) result {
	body := ""
	if method == "PATCH" {
		body = submit
	}
	return to(call{method: method, path: "/v1/sessions/{id}", body: body, header: header})
}

func uploading(body string) func(*house) result {
	return to(call{method: "POST", path: "/v1/sessions/{id}/media", body: body})
}

// holding has an upload hold the one room there is while another comes.
func holding(h *house) result {
	id := h.create(minimal).ID
	body := uploadBody("face", pngBytes)
	held, more := io.Pipe()
	first := httptest.NewRequest("POST", h.prefix+"/v1/sessions/"+id+"/media", held)
	first.Header = http.Header{"X-Auth-Client": oursKey, "X-Hmac-Signature": {sign(body)}}
	var done sync.WaitGroup
	done.Go(func() { h.handler.ServeHTTP(httptest.NewRecorder(), first) })
	defer done.Wait()
	defer func() { _ = more.Close() }()
	_, _ = more.Write([]byte(body[:1])) // it has the room now
	return h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: body})
}

const device = `{"providerName":"Example","network":{"ip":{"addressV4":"203.0.113.7"}},"device":{"fingerprint":"0000"}}`

var (
	oursKey = []string{ours.APIKey.String()}
	wrong   = strings.Repeat("ab", 32)
)

// causesOfAll is what causes each row of the table of refusals, in no order.
var causesOfAll = []cause{
	{is: "X-AUTH-CLIENT is missing or empty.", do: byHeader("GET", http.Header{})},
	{is: "The API key is no UUID.", do: byHeader("GET", http.Header{"X-Auth-Client": {"me"}})},
	{is: "X-AUTH-CLIENT is there more than once.",
		do: byHeader("GET", http.Header{"X-Auth-Client": {oursKey[0], oursKey[0]}})},
	{is: "Nobody has the API key.", do: byHeader("GET", http.Header{"X-Auth-Client": {stranger.String()}})},
	{is: "The integration is not active.", do: byHeader("GET", http.Header{"X-Auth-Client": {inactive.APIKey.String()}})},
	{is: "vrf-integration-id is there twice, or names nothing that the API key may act for.",
		do: byHeader("GET", http.Header{"X-Auth-Client": oursKey, "Vrf-Integration-Id": {theirs.Integration.String()}})},

	{is: "The signature is missing, or not 64 hexadecimal digits.", do: byHeader("GET", http.Header{"X-Auth-Client": oursKey})},
	{is: "The signature of a deletion is missing, or not 64 hexadecimal digits.",
		do: byHeader("DELETE", http.Header{"X-Auth-Client": oursKey})},
	{is: "The signature is there more than once.",
		do: byHeader("PATCH", http.Header{"X-Auth-Client": oursKey, "X-Hmac-Signature": {sign(submit), sign(submit)}})},
	{is: "The signature of a deletion is there more than once.",
		do: byHeader("DELETE", http.Header{"X-Auth-Client": oursKey, "X-Hmac-Signature": {wrong, wrong}})},
	{is: "The signature is not that of the body (POST and PATCH).",
		do: byHeader("PATCH", http.Header{"X-Auth-Client": oursKey, "X-Hmac-Signature": {wrong}})},
	{is: "The signature is not that of the id in the path (GET).",
		do: byHeader("GET", http.Header{"X-Auth-Client": oursKey, "X-Hmac-Signature": {wrong}})},
	{is: "The signature is not that of the id in the path (DELETE).",
		do: byHeader("DELETE", http.Header{"X-Auth-Client": oursKey, "X-Hmac-Signature": {wrong}})},
	{is: "X-SIGNATURE is not that of the body (POST and PATCH).", off: "401 1812",
		do: byHeader("PATCH", http.Header{"X-Auth-Client": oursKey, "X-Signature": {wrong}})},
	{is: "X-SIGNATURE is not that of the id in the path (GET and DELETE).", off: "401 1812",
		do: byHeader("GET", http.Header{"X-Auth-Client": oursKey, "X-Signature": {wrong}})},

	{is: "There is no such path.", do: to(call{method: "GET", path: "/v2/{id}"})},
	{is: "The path does not have the method.", do: to(call{method: "PUT", path: "/v1/sessions/{id}"})},
	{is: "There is no such thing, it has been deleted, or it is another tenant's.",
		do: to(call{method: "GET", path: "/v1/sessions/{id}", by: theirs})},
	{is: "The id in the path has not 20 to 40 characters.", do: to(call{method: "GET", path: "/v1/sessions/me"})},
	{is: "The id in the path is not a UUID version 4.",
		do: to(call{method: "GET", path: "/v1/sessions/01890000-0000-7000-8000-000000000001"})},

	{is: "The body is not one JSON object, has a key twice, or nests too deep.",
		do: to(call{method: "PATCH", path: "/v1/sessions/{id}", body: "{"})},
	{is: "The body is too large.", do: to(call{method: "PATCH", path: "/v1/sessions/{id}", body: strings.Repeat(" ", 1<<20+1)})},
	{is: "A mandatory member is missing or null.", do: to(call{method: "PATCH", path: "/v1/sessions/{id}", body: "{}"})},
	{is: "A member that is made use of is of the wrong type, or its value is not one of those that are taken.",
		do: creating(`{"person":{"gender":"X"}}`)},
	{is: "The body of a creation, submission or upload has a member that no page names.", off: "201 ",
		do: creating(`{"colour":"blue"}`)},
	{is: "A date is not of the form YYYY-MM-DD, or is no day of the calendar.",
		do: creating(`{"document":{"firstIssue":"2015"}}`)},
	{is: "The date of birth is no day of the calendar.", do: creating(`{"person":{"dateOfBirth":"1990-02-29"}}`)},
	{is: "The callback is not an https address.", do: creating(`{"callback":"http://shop.example"}`)},
	{is: "vendorData has more than 1,000 characters.", do: creating(`{"vendorData":"` + strings.Repeat("x", 1001) + `"}`)},
	{is: "vendorData is no string.", do: creating(`{"vendorData":1}`)},

	{is: "verification.id has not 20 to 40 characters.", off: "201 ", do: creating(`{"id":"1"}`)},
	{is: "verification.id is not a UUID version 4.", off: "201 ", do: creating(`{"id":"01890000-0000-7000-8000-000000000001"}`)},
	{is: "The integration has used verification.id before.", off: "201 ", do: func(h *house) result {
		again := creating(`{"id":"` + stranger.String() + `"}`)
		h.want(again(h), 201, "")
		return again(h)
	}},
	{is: "verification.timestamp is more than one hour ago.", off: "201 ", do: creating(`{"timestamp":"2031-03-05T08:00:00Z"}`)},
	{is: "verification.timestamp is not YYYY-MM-DDTHH:MM:SS with Z or an offset.", off: "201 ",
		do: creating(`{"timestamp":"today"}`)},
	{is: "verification.features has something else than selfid.", off: "201 ", do: creating(`{"features":["nfc"]}`)},
	{is: "The document number has not 6 to 9 characters.", off: "201 ", do: creating(`{"document":{"number":"12345"}}`)},
	{is: "The document number has other characters than A to Z and 0 to 9.", off: "201 ",
		do: creating(`{"document":{"number":"abcdef"}}`)},
	{is: "The document type is not one of those that are taken.", off: "201 ",
		do: creating(`{"document":{"type":"LIBRARY_CARD"}}`)},
	{is: "The document country is no code of ISO 3166-1 alpha-2.", off: "201 ", do: creating(`{"document":{"country":"ZZ"}}`)},

	{is: "A registry check lacks person.idNumber.", setup: on(withRegistry), do: checking(`{"person":{"fullName":"Ada Specimen"}}`)},
	{is: "A registry check lacks the person's name.", setup: on(withRegistry), do: checking(`{"person":{"idNumber":"000000000"}}`)},
	{is: "A registry check lacks both the date of birth and an address.", setup: on(withRegistry),
		do: checking(`{"person":{"idNumber":"000000000","fullName":"Ada Specimen"}}`)},

	{is: "A submission asks for another status than submitted.",
		do: to(call{method: "PATCH", path: "/v1/sessions/{id}", body: `{"verification":{"status":"started"}}`})},
	{is: "The session has been submitted before.", do: func(h *house) result {
		id := h.create(minimal).ID
		h.submit(id)
		return h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: submit})
	}},
	{is: "The session to be submitted has expired or was abandoned.", do: func(h *house) result {
		id := h.create(minimal).ID
		h.clock.Add(8 * 24 * time.Hour)
		return h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: submit})
	}},
	{is: "The session lacks media of a context that the integration's policy requires.",
		setup: on(func(p *session.Policy) { p.Required = []media.Context{"face"} }),
		do:    to(call{method: "PATCH", path: "/v1/sessions/{id}", body: submit})},
	{is: "Device data come for the eleventh time in an attempt, or more media than its policy allows.", do: func(h *house) result {
		path := "/v1/sessions/" + h.create(minimal).ID + "/collected-data"
		for range 10 {
			h.want(h.do(call{method: "POST", path: path, body: device}), http.StatusOK, "")
		}
		return h.do(call{method: "POST", path: path, body: device})
	}},
	{is: "Device data come when the session takes none any more.", do: func(h *house) result {
		id := h.create(minimal).ID
		h.submit(id)
		return h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: device})
	}},

	{is: "An upload has no medium.", do: uploading(`{}`)},
	{is: "The medium has no content.", do: uploading(`{"image":{"context":"face"}}`)},
	{is: "The content is not base64.", do: uploading(`{"image":{"context":"face","content":"!"}}`)},
	{is: "The content is of no format that its context takes.", do: uploading(uploadBody("face", []byte("x")))},
	{is: "The context is missing, or not one of those that are taken.", do: uploading(uploadBody("selfie", pngBytes))},
	{is: "The medium is too large.", do: uploading(uploadBody("face", append(slices.Clone(pngBytes), make([]byte, 18<<20)...)))},
	{is: "The medium comes when the session takes none any more.", do: func(h *house) result {
		id := h.create(minimal).ID
		h.submit(id)
		return h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: uploadBody("face", pngBytes)})
	}},
	{is: "The body of an upload comes too slowly.", setup: setup{config: veriff.Config{UploadPatience: 1}},
		do: uploading(uploadBody("face", append(slices.Clone(pngBytes), make([]byte, 1<<20)...)))},
	{is: "Too many uploads are running.", setup: setup{config: veriff.Config{MaxUploads: 1, UploadWait: time.Second / 10}}, do: holding},

	{is: "The integration may not delete sessions.", setup: on(func(p *session.Policy) { p.Deletion = false }),
		do: to(call{method: "DELETE", path: "/v1/sessions/{id}"})},
	{is: "The session to be deleted waits for its decision.", do: func(h *house) result {
		id := h.create(minimal).ID
		h.submit(id)
		return h.do(call{method: "DELETE", path: "/v1/sessions/" + id})
	}},
	{is: "The person was active a moment ago in the session to be deleted.", do: func(h *house) result {
		o := h.create(minimal)
		h.open("POST", o.URL)
		return h.do(call{method: "DELETE", path: "/v1/sessions/" + o.ID})
	}},
	{is: "The integration does not have people screened.",
		do: to(call{method: "GET", path: "/v1/sessions/{id}/watchlist-screening"})},
	{is: "The integration may not ask registries, or not wait for them.",
		do: checking(`{"person":{"idNumber":"000000000","fullName":"Ada Specimen","dateOfBirth":"1990-02-28"}}`)},
	{is: "The integration has used up its rate.",
		setup: on(func(p *session.Policy) { p.Create = []session.Rule{{N: 1, Window: time.Minute}} }),
		do:    func(h *house) result { h.create(minimal); return creating(`{}`)(h) }},
	{is: "Something failed that the client did not cause.", setup: setup{keys: brokenKeys{}},
		do: func(h *house) result {
			return h.do(call{method: "GET", path: "/v1/sessions/" + stranger.String(), by: inactive})
		}},
}

// TestEveryRefusal causes every row of the table, with both kinds of codes, and with its switch on and off. A
// row that nothing causes is a fault.
func TestEveryRefusal(t *testing.T) {
	t.Parallel()
	rows := map[string]veriff.Refusal{}
	for _, r := range veriff.Refusals() {
		rows[r.Cause] = r
	}
	if len(rows) != len(veriff.Refusals()) {
		t.Errorf("got %d causes for %d rows, want one for each", len(rows), len(veriff.Refusals()))
	}
	caused := map[string]bool{}
	for _, c := range causesOfAll {
		row, ok := rows[c.is]
		if !ok || caused[c.is] {
			t.Errorf("%q is in the table: %v, and caused before: %v", c.is, ok, caused[c.is])
			continue
		}
		caused[c.is] = true
		for codes, told := range map[veriff.Codes]veriff.Told{veriff.Pages: row.Pages, veriff.Tables: row.Tables} {
			want := fmt.Sprintf(`%d {"status":%q,"code":%q,"message":%s}`,
				told.Status, row.Label, told.Code, must(jsontext.Stringify(told.Message)))
			if got := c.send(t, codes, row.On); fmt.Sprintf("%d %s", got.status, got.body) != want {
				t.Errorf("%s (codes %d): got %d %s, want %s", c.is, codes, got.status, got.body, want)
			}
			if row.On == "always" {
				continue
			}
			if got := c.send(t, codes, "always"); fmt.Sprintf("%d %s", got.status, got.code()) != c.off {
				t.Errorf("%s (codes %d), switched off: got %d %s, want %q", c.is, codes, got.status, got.body, c.off)
			}
		}
	}
	for is := range rows {
		if !caused[is] {
			t.Errorf("nothing causes %q", is)
		}
	}
}

// send sends the cause to a house with these codes and one switch on.
func (c cause) send(t *testing.T, codes veriff.Codes, switched string) result {
	t.Helper()
	s := c.setup
	s.config.Codes = codes
	s.config.LegacySignature = switched == "with the legacy signature"
	s.policy = func(p *session.Policy) {
		p.Strict = switched == "strict"
		if c.setup.policy != nil {
			c.setup.policy(p)
		}
	}
	h := newHouse(t, s)
	defer h.server.Close()
	return c.do(h)
}

// vendorCodes are all codes that the vendor's pages have.
const vendorCodes = "1001 1002 1003 1004 1101 1102 1104 1201 1202 1203 1301 1302 1303 1304 1305 1306 1308 1309 1310 " +
	"1400 1401 1402 1403 1500 1501 1801 1802 1803 1804 1812 1813 1814 1815 1818 1819 2003 2101 2102 2103 2104"

func TestTheTableHasAllCodesOfTheVendor(t *testing.T) {
	t.Parallel()
	want := strings.Fields(vendorCodes)
	var got []string
	for _, r := range veriff.Refusals() {
		for _, told := range []veriff.Told{r.Pages, r.Tables} {
			if !slices.Contains(got, told.Code) {
				got = append(got, told.Code)
			}
			if told.Status < 400 || told.Status > 599 || told.Message == "" {
				t.Errorf("%s: got %+v, want a refusal", r.Cause, told)
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got codes %v, want %v", got, want)
	}
}

// TestCodesPage compares the page that people read with the table.
func TestCodesPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(codesHead)
	line := func(told veriff.Told, cause, on string) {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", told.Code, told.Status, strings.ReplaceAll(told.Message, "|", `\|`), cause, on)
	}
	for _, r := range veriff.Refusals() {
		if r.Pages == r.Tables {
			line(r.Pages, r.Cause, r.On)
			continue
		}
		line(r.Pages, r.Cause, "with the codes of the pages")
		line(r.Tables, r.Cause, "with the codes of the tables")
	}
	file := filepath.Join("..", "..", "docs", "codes.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the table says; go test -run TestCodesPage -update writes it:\n%s", file, b.String())
	}
}

const codesHead = `# What the Veriff adapter refuses, and how

A refusal is ` + "`{\"status\":\"fail\",\"code\":\"…\",\"message\":\"…\"}`" + `; only 1305 and 1306 have ` + "`\"status\":\"400\"`" + `. Where the
vendor's pages of its endpoints and its tables of codes differ, ` + "`Config.Codes`" + ` of the adapter selects: ` + "`Pages`" + `, the
default, or ` + "`Tables`" + `. What is strict is refused where the integration's ` + "`Policy.Strict`" + ` is on; what is of the legacy
signature, where the adapter's ` + "`Config.LegacySignature`" + ` is on. A request with several faults is refused for the first of:
key, signature, existence, status, body, rate; but a body that is too large is refused before its signature can be known.

This page is written by a test from the table in ` + "`httpadapter/veriff/codes.go`" + `.

| code | HTTP | message | cause | on |
| --- | --- | --- | --- | --- |
`

func TestConfigRefusesOtherCodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for _, codes := range []veriff.Codes{-1, 2} {
		if _, err := veriff.New(h.engine, h.ring, veriff.Config{Codes: codes}); err == nil || !strings.Contains(err.Error(), "Config.Codes") {
			t.Errorf("codes %d: got %v, want a fault", codes, err)
		}
	}
}

// TestRetryAfter stands on what may be tried again, and on nothing else.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range causesOfAll {
		got := c.send(t, veriff.Pages, "always")
		if again := got.status == http.StatusTooManyRequests || got.status == http.StatusServiceUnavailable; again != (got.header.Get("Retry-After") != "") {
			t.Errorf("%s: got %d with Retry-After %q", c.is, got.status, got.header.Get("Retry-After"))
		}
	}
}
