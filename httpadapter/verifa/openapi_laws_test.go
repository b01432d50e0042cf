package verifa_test

import (
	"maps"
	"net/http"
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
			if kind := object["type"]; !has || kind == nil {
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
	if requests < 30 {
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
	if r.err != nil || examples < 40 {
		t.Errorf("got %d examples (%v), want some", examples, r.err)
	}
}

// TestContractNotices: what the document has not is not passed over by the check that all tests make.
func TestContractNotices(t *testing.T) {
	t.Parallel()
	c := must(theContract())
	h := newHouse(t, setup{})
	made := h.do("POST", "/api/v1/sessions", liveKey, everything).want(201)
	request := func(method, path, key string) *http.Request {
		r := must(http.NewRequest(method, h.server.URL+path, nil))
		r.Header.Set("X-API-Key", key)
		return r
	}
	with := func(change func(*result)) result {
		got := made
		got.header = made.header.Clone()
		change(&got)
		return got
	}
	create := request("POST", "/api/v1/sessions", liveKey)
	odd := request("POST", "/api/v1/sessions", liveKey)
	odd.Header.Set("Key-Inflection", "pascal")
	failure := `{"error":"not_found","detail":"Not found.","status_code":404}`
	rows := []struct {
		name string
		r    *http.Request
		sent string
		got  result
		want string // what the fault says; empty: none
	}{
		{"as it was", create, everything, made, ""},
		{"in another casing", create, everything, with(func(r *result) { r.body = strings.ReplaceAll(r.body, "is_sandbox", "isSandbox") }), ""},
		{"another status", create, everything, with(func(r *result) { r.status = 200 }), "no such status"},
		{"no JSON", create, everything, with(func(r *result) { r.body = "made" }), "invalid"},
		{"another body", create, everything, with(func(r *result) { r.body = "{}" }), "missing properties"},
		{"a member more", create, everything, with(func(r *result) { r.body = strings.Replace(r.body, "{", `{"x":1,`, 1) }), "additional properties"},
		{"another word", create, everything, with(func(r *result) { r.body = strings.Replace(r.body, "pending", "created", 1) }), "value must be one of"},
		{"another id", create, everything, with(func(r *result) { r.body = strings.Replace(r.body, "ses_", "session_", 1) }), "does not match pattern"},
		{"another type", create, everything, with(func(r *result) { r.header.Set("Content-Type", "text/html") }), "content of type"},
		{"without limits", create, everything, with(func(r *result) { r.header.Del("X-RateLimit-Limit") }), "X-RateLimit-Limit: it is missing"},
		{"may be stored", create, everything, with(func(r *result) { r.header.Del("Cache-Control") }), "Cache-Control: it is missing"},
		{"a request that is none", create, `{"country":"EST"}`, made, "should not have been taken"},
		{"without a key", request("POST", "/api/v1/sessions", ""), everything, made, "without a key"},
		{"another casing that is none", odd, everything, made, "should not have been taken"},
		{"another method", request("PUT", "/api/v1/sessions", liveKey), "", made, "no such operation"},
		{"another path", request("GET", "/api/v1/session", liveKey), "", made, "no such operation"},
		{"a failure of another path", request("GET", "/api/v1/session", liveKey), "", with(func(r *result) { r.status, r.body = 404, failure }), ""},
		{"another failure of another path", request("GET", "/api/v1/session", liveKey), "", with(func(r *result) { r.status, r.body = 404, "{}" }), "missing properties"},
		{"a code that is none", create, "", with(func(r *result) {
			r.status, r.body = 401, strings.Replace(failure, "not_found", "nobody", 1)
		}), "value must be one of"},
	}
	for _, row := range rows {
		err := c.check(row.r, row.sent, row.got)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

// TestDocumentHasTheWebhooks: what endpoints are told, in any casing, is what the document says.
func TestDocumentHasTheWebhooks(t *testing.T) {
	t.Parallel()
	h := newStage(t, setup{})
	for _, key := range []string{liveKey, sandboxKey} {
		for _, inflection := range []string{"snake", "camel", "kebab"} {
			h.hook(key, h.inbox.URL, `"key_inflection":"`+inflection+`"`)
		}
	}
	id := h.waiting()
	h.do("POST", "/api/v1/sessions/"+id+"/external-decision", liveKey, `{"decision":"reject"}`).want(200)
	for _, action := range []string{"approve", "decline", "require-review", "expire"} {
		id := h.create(sandboxKey, everything)
		h.do("POST", "/api/v1/sessions/"+id+"/generate-one-time-link", sandboxKey, nil).want(201)
		h.simulate(id, action)
		h.settle() // what is not yet told is erased with the rest
		h.do("DELETE", "/api/v1/sessions/"+id+"/data", sandboxKey, nil).want(200)
	}
	h.do("POST", h.review(true)+"/approve", sandboxKey, nil).want(200)
	h.settle()
	kinds := map[string]bool{}
	for _, l := range h.inbox.take() {
		checkWebhook(t, l.body)
		kinds[l.value("event")] = true
		for name, want := range map[string]string{"X-Verifa-Signature": `^t=[0-9]+,v1=[0-9a-f]{64}$`, "X-Verifa-Delivery-Id": `.`} {
			if got := l.header.Get(name); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s: got %s %q", l.body, name, got)
			}
		}
	}
	if len(kinds) < 12 {
		t.Errorf("got %d kinds of events, want most of them: %v", len(kinds), kinds)
	}
}
