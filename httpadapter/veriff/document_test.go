package veriff_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	var routes []string
	for path, methods := range veriff.Routes() {
		for _, method := range methods {
			routes = append(routes, method+" "+strings.TrimSuffix(path, "{$}"))
		}
	}
	openapitest.Laws{
		Contract: must(theContract()), Routes: routes, Types: veriff.Bodies(), Requests: 7, Examples: 10,
		Open: []string{"AdditionalVerifiedData"}, // a decider may tell more
	}.Run(t)
}

// TestContractNotices: what the document has not is not passed over by the check that all tests make.
func TestContractNotices(t *testing.T) {
	t.Parallel()
	c := must(theContract())
	h := newHouse(t, setup{})
	made := h.do(call{method: "POST", path: "/v1/sessions", body: minimal})
	id := verificationOf(h, made).ID
	request := func(method, path, body string) *http.Request {
		return h.request(call{method: method, path: path, body: body})
	}
	with := func(change func(*result)) result {
		got := result{made.status, made.header.Clone(), made.body}
		change(&got)
		return got
	}
	unsigned := request("GET", "/v1/sessions/"+id, "")
	unsigned.Header.Del("X-Hmac-Signature")
	rows := []struct {
		name string
		r    *http.Request
		sent string
		got  result
		want string // what the fault says; empty: none
	}{
		{"as it was", request("POST", "/v1/sessions", minimal), minimal, made, ""},
		{"with a slash", request("POST", "/v1/sessions/", minimal), minimal, made, ""},
		{"another status", request("POST", "/v1/sessions", minimal), minimal, with(func(r *result) { r.status = 200 }), "no such status"},
		{"no JSON", request("POST", "/v1/sessions", minimal), minimal, with(func(r *result) { r.body = "made" }), "invalid"},
		{"another body", request("POST", "/v1/sessions", minimal), minimal, with(func(r *result) { r.body = "{}" }), "missing properties"},
		{"another type", request("POST", "/v1/sessions", minimal), minimal,
			with(func(r *result) { r.header.Set("Content-Type", "text/html") }), "content of type"},
		{"unsigned answer", request("POST", "/v1/sessions", minimal), minimal,
			with(func(r *result) { r.header.Del("X-Hmac-Signature") }), "HMAC-SIGNATURE: it is missing"},
		{"a request that is none", request("POST", "/v1/sessions", "{}"), "{}", made, "should not have been taken"},
		{"an unsigned request", unsigned, "", result{200, made.header, made.body}, "should not have been taken"},
		{"an id that is none", request("GET", "/v1/sessions/x", ""), "", result{200, made.header, made.body}, "should not have been taken"},
		{"another method", request("PUT", "/v1/sessions", ""), "", made, "no such operation"},
		{"another path", request("GET", "/v1/session", ""), "", made, "no such operation"},
		{"a failure of another path", request("GET", "/v1/session", ""), "", result{404, made.header, failNotFound}, ""},
		{"another failure of another path", request("GET", "/v1/session", ""), "", result{404, made.header, "{}"}, "missing properties"},
		{"a code that is none", request("POST", "/v1/sessions", minimal), "",
			result{401, made.header, strings.ReplaceAll(failKeyOf, "1803", "1800")}, "value must be one of"},
		{"a code of another status", request("POST", "/v1/sessions", minimal), "",
			result{401, made.header, strings.ReplaceAll(failKeyOf, "1803", "1302")}, "value must be one of"},
		{"the failure of a deletion elsewhere", request("GET", "/v1/sessions/"+id, ""), "",
			result{400, made.header, `{"status":"400","code":"1305","message":"Session is not in a completed status."}`}, "value must be"},
	}
	for _, row := range rows {
		c.Notices(t, row.name, row.r, row.sent, row.got.answer(), row.want)
	}
}

// BenchmarkContract is what the check adds to each call of each test.
func BenchmarkContract(b *testing.B) {
	b.Run("compile", func(b *testing.B) {
		text := must(os.ReadFile("openapi.json"))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := openapitest.Read(text, openapitest.Dialect{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	c := must(theContract())
	h := newHouse(b, setup{})
	r := h.request(call{method: "POST", path: "/v1/sessions", body: everything})
	got := h.send(r).answer()
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Check(r, "/v1/sessions", []byte(everything), got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
