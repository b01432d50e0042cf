package verifa_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

const documentPath = "/api/v1/openapi.json"

func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"", "https://public.example/idv/"} {
		h := newHouse(t, setup{config: verifa.Config{PublicURL: public}})
		server := "https://api.example" // the house's own default
		if public != "" {
			server = strings.TrimSuffix(public, "/")
		}
		for _, header := range []map[string]string{nil, {"X-API-Key": liveKey}, {"X-API-Key": "nonsense"}, {"Key-Inflection": "camel"}} {
			got := h.call(call{method: "GET", path: documentPath, header: header})
			must(theContract()).IsServed(t, server, got.answer())
		}
	}
}

func TestDocumentIsSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	tag := openapitest.IsSentOnce(t, func(method, ifNoneMatch string) openapitest.Answer {
		return h.call(call{method: method, path: documentPath, header: map[string]string{"If-None-Match": ifNoneMatch}}).answer()
	})
	other := newHouse(t, setup{config: verifa.Config{PublicURL: "https://other.example"}})
	if is := other.do("GET", documentPath, noKey, nil).header.Get("ETag"); is == tag {
		t.Errorf("got tag %s for another server too, whose document is another", tag)
	}
}

func TestDocumentOfAHostileHost(t *testing.T) {
	t.Parallel()
	engine := newHouse(t, setup{}).engine
	must(theContract()).IsSafeFromHosts(t, must(verifa.New(engine, downKeys{}, verifa.Config{})), documentPath)
}

// TestDocumentSaysWhatTheTableSays of each endpoint: the scopes, whether it needs a key, the vendor's page and the quota.
func TestDocumentSaysWhatTheTableSays(t *testing.T) {
	t.Parallel()
	paths := must(theContract()).Document["paths"].(map[string]any)
	for _, e := range verifa.Endpoints() {
		item, _ := paths[e.Path].(map[string]any)
		if o, ok := item[strings.ToLower(e.Method)].(map[string]any); ok { // TestDocument tells where there is none
			checkRoute(t, o, e)
		}
	}
}

func checkRoute(t *testing.T, o map[string]any, e verifa.Endpoint) {
	t.Helper()
	name, text := e.Method+" "+e.Path, fmt.Sprint(o["description"])
	for _, scope := range e.Scopes {
		if !strings.Contains(text, scope) {
			t.Errorf("%s: the document says %q, and not the scope %s", name, text, scope)
		}
	}
	if _, open := o["security"]; open != (e.Scopes == nil) {
		t.Errorf("%s: the document says whether it needs no key: %v, want %v", name, open, e.Scopes == nil)
	}
	if page := fmt.Sprint(o["externalDocs"]); e.Page != "" && !strings.Contains(page, e.Page) {
		t.Errorf("%s: the document refers to %s, want %s", name, page, e.Page)
	}
	if told := fmt.Sprint(o["responses"]); strings.Contains(told, "QuotaLimit") != e.Quota {
		t.Errorf("%s: the document tells of a quota: %v, want %v", name, !e.Quota, e.Quota)
	}
}

// schemasOf are the document's schemas.
func schemasOf(t *testing.T) map[string]any {
	t.Helper()
	return must(theContract()).Document["components"].(map[string]any)["schemas"].(map[string]any)
}

// TestDocumentSaysWhatIsNeverRenamed: the members inside which no name is.
func TestDocumentSaysWhatIsNeverRenamed(t *testing.T) {
	t.Parallel()
	text := fmt.Sprint(must(theContract()).Document["info"].(map[string]any)["description"])
	for _, name := range verifa.UserKeys {
		if !regexp.MustCompile(`Never renamed .*\b` + name + `\b`).MatchString(text) {
			t.Errorf("%s: the document does not say that what is inside is never renamed", name)
		}
	}
}

// TestDocumentSaysWhatIsNotKnown: of every body that may have any members, what becomes of those that are not known.
func TestDocumentSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, schema := range schemasOf(t) {
		s := schema.(map[string]any)
		text := fmt.Sprint(s["description"])
		if s["additionalProperties"] == true && !strings.Contains(text, "known") && !strings.Contains(text, "all others are kept") {
			t.Errorf("%s: %q does not say what becomes of members that are not known", name, text)
		}
	}
}

// TestPayloadPaths: an endpoint may have left out what the document says that a webhook has, and nothing else.
func TestPayloadPaths(t *testing.T) {
	t.Parallel()
	var paths []string
	schemas := schemasOf(t)
	var walk func(at string, schema map[string]any)
	walk = func(at string, schema map[string]any) {
		if ref, ok := schema["$ref"].(string); ok {
			schema = schemas[path.Base(ref)].(map[string]any)
		}
		members, _ := schema["properties"].(map[string]any)
		for name, inner := range members {
			paths = append(paths, at+name)
			walk(at+name+".", inner.(map[string]any))
		}
	}
	walk("", schemas["Webhook"].(map[string]any))
	paths = slices.DeleteFunc(paths, func(path string) bool { return path == "event" || path == "idempotency_key" })
	if got := verifa.PayloadPaths; !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(paths))) {
		t.Errorf("got %q, want those of the document, %q", got, paths)
	}
}

// TestDocumentHasTheWords: the document's enumerations are those of the tables in the code.
func TestDocumentHasTheWords(t *testing.T) {
	t.Parallel()
	schemas := schemasOf(t)
	for name, want := range verifa.Vocabulary() {
		schema, _ := schemas[name].(map[string]any)
		if got := fmt.Sprint(schema["enum"]); got != fmt.Sprint(want) {
			t.Errorf("%s: the document has the words %s, and the code %s", name, got, want)
		}
	}
}
