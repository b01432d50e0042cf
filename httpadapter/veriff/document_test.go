package veriff_test

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocumentHoldsTogether: every reference leads somewhere, and everything that can be referred to is.
func TestDocumentHoldsTogether(t *testing.T) {
	t.Parallel()
	document := must(theContract()).document
	used := map[string]bool{}
	eachObject(document, "", func(object map[string]any, at string) {
		ref, ok := object["$ref"].(string)
		if !ok {
			return
		}
		used[ref] = true
		if _, err := lookUp(document, ref); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	})
	components := document["components"].(map[string]any)
	for kind, of := range components {
		for name := range of.(map[string]any) {
			if kind != "securitySchemes" && !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing refers to components/%s/%s", kind, name)
			}
		}
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// TestDocumentOperations: each has what a reader and a generator of clients look for.
func TestDocumentOperations(t *testing.T) {
	t.Parallel()
	document := must(theContract()).document
	ids := map[string]string{}
	for _, part := range []string{"paths", "webhooks"} {
		for path, item := range document[part].(map[string]any) {
			for method, o := range item.(map[string]any) {
				if method == "parameters" {
					continue
				}
				name := strings.ToUpper(method) + " " + path
				id := checkOperation(t, name, document, o.(map[string]any))
				if ids[id] != "" {
					t.Errorf("%s and %s have the operationId %s", name, ids[id], id)
				}
				ids[id] = name
			}
		}
	}
	for _, o := range must(theContract()).operations {
		name := o.method + " " + strings.Join(o.path, "/")
		var declared, want []string
		for _, p := range o.parameters {
			if p.in == "path" && p.required {
				declared = append(declared, p.name)
			}
		}
		for _, found := range pathParameter.FindAllStringSubmatch(name, -1) {
			want = append(want, found[1])
		}
		if !slices.Equal(declared, want) {
			t.Errorf("%s has the path parameters %s, want %s", name, declared, want)
		}
	}
}

// checkOperation gives the operationId.
func checkOperation(t *testing.T, name string, document, o map[string]any) string {
	t.Helper()
	for _, member := range []string{"operationId", "summary", "description"} {
		if text, _ := o[member].(string); text == "" {
			t.Errorf("%s has no %s", name, member)
		}
	}
	tags, _ := o["tags"].([]any)
	if len(tags) != 1 || !slices.ContainsFunc(document["tags"].([]any), func(tag any) bool {
		return tag.(map[string]any)["name"] == tags[0]
	}) {
		t.Errorf("%s has the tags %v, want one of the document's", name, tags)
	}
	responses, _ := o["responses"].(map[string]any)
	if !slices.ContainsFunc(slices.Collect(maps.Keys(responses)), func(status string) bool { return status[0] < '4' }) {
		t.Errorf("%s has no answer that is no failure", name)
	}
	id, _ := o["operationId"].(string)
	return id
}

// TestDocumentIsExact: every object of an answer or webhook has all its members named, and no object of a
// request minds more.
func TestDocumentIsExact(t *testing.T) {
	t.Parallel()
	document := must(theContract()).document
	open := []string{"#/components/schemas/AdditionalVerifiedData"} // a decider may tell more
	seen := map[string]bool{}
	var check func(value any, at string, exact bool)
	check = func(value any, at string, exact bool) {
		eachObject(value, at, func(object map[string]any, at string) {
			if ref, ok := object["$ref"].(string); ok && !seen[ref] {
				seen[ref] = true
				target, err := lookUp(document, ref)
				if err != nil {
					t.Fatal(err)
				}
				check(target, ref, exact)
			}
			_, has := object["properties"].(map[string]any)
			if kind := object["type"]; !has || kind == nil || slices.Contains(open, at) {
				return
			}
			if more, ok := object["additionalProperties"].(bool); !ok || more == exact {
				t.Errorf("%s: got additionalProperties %v, want %v", at, object["additionalProperties"], !exact)
			}
		})
	}
	requests := 0
	for path, item := range document["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			operation, ok := o.(map[string]any)
			if !ok {
				continue
			}
			if operation["requestBody"] != nil {
				requests++
			}
			check(operation["requestBody"], method+" "+path, false)
			check(operation["responses"], method+" "+path, true)
		}
	}
	check(document["webhooks"], "webhooks", true)
	if requests < 7 {
		t.Errorf("got %d requests with bodies, want all", requests)
	}
}

// TestDocumentExamples are what the schemas beside them say.
func TestDocumentExamples(t *testing.T) {
	t.Parallel()
	text := documentText(t)
	r, err := newReading([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	eachObject(r.root, "", func(object map[string]any, at string) {
		example, ok := object["example"]
		if !ok {
			return
		}
		examples++
		if err := r.schema(node{object["schema"], at + "/schema"}).Validate(example); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	})
	if r.err != nil || examples < 10 {
		t.Errorf("got %d examples (%v), want some", examples, r.err)
	}
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
		err := c.check(row.r, row.r.URL.EscapedPath(), []byte(row.sent), row.got)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

// BenchmarkContract is what the check adds to each call of each test.
func BenchmarkContract(b *testing.B) {
	b.Run("compile", func(b *testing.B) {
		text := must(os.ReadFile("openapi.json"))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := compileContract(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	c := must(theContract())
	h := newHouse(b, setup{})
	r := h.request(call{method: "POST", path: "/v1/sessions", body: everything})
	got := h.send(r)
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := c.check(r, "/v1/sessions", []byte(everything), got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
