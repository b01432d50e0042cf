package verifa_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

func documentText(t *testing.T) string {
	t.Helper()
	return string(must(os.ReadFile("openapi.json")))
}

const documentPath = "/api/v1/openapi.json"

func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	for _, public := range []string{"", "https://public.example/idv/"} {
		h := newHouse(t, setup{config: verifa.Config{PublicURL: public}})
		server := "https://api.example" // the house's own default
		if public != "" {
			server = strings.TrimSuffix(public, "/")
		}
		want := strings.Replace(documentText(t), "https://idv.example.com", server, 1)
		for _, header := range []map[string]string{nil, {"X-API-Key": liveKey}, {"X-API-Key": "nonsense"}, {"Key-Inflection": "camel"}} {
			got := h.call(call{method: "GET", path: documentPath, header: header})
			if got.status != 200 || got.body != want {
				t.Errorf("%s: got %d and %d bytes, want the file with this server, %d bytes", server, got.status, len(got.body), len(want))
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Cache-Control": "private, max-age=300",
			} {
				if v := got.header.Get(name); v != want {
					t.Errorf("%s: got %s %q, want %q", server, name, v, want)
				}
			}
		}
	}
}

func TestDocumentIsSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	tag := h.do("GET", documentPath, noKey, nil).header.Get("ETag")
	for _, row := range []struct {
		method, known string
		status        int
	}{
		{"GET", "", 200}, {"GET", `"another"`, 200}, {"GET", tag[:8] + `"`, 200}, {"GET", strings.Trim(tag, `"`), 200},
		{"GET", tag, 304}, {"GET", "W/" + tag, 304}, {"GET", `"another", ` + tag, 304}, {"GET", "*", 304}, {"HEAD", "", 200}, {"HEAD", tag, 304},
	} {
		got := h.call(call{method: row.method, path: documentPath, header: map[string]string{"If-None-Match": row.known}})
		if got.status != row.status || got.header.Get("ETag") != tag || (got.body != "") != (row.method == "GET" && row.status == 200) {
			t.Errorf("%s with %q: got %d, tag %s and %d bytes, want %d and tag %s",
				row.method, row.known, got.status, got.header.Get("ETag"), len(got.body), row.status, tag)
		}
	}
	other := newHouse(t, setup{config: verifa.Config{PublicURL: "https://other.example"}})
	if is := other.do("GET", documentPath, noKey, nil).header.Get("ETag"); is == tag {
		t.Errorf("got tag %s for another server too, whose document is another", tag)
	}
}

// TestDocumentOfAHostileHost: whatever the Host header says, it is one text in the document.
func TestDocumentOfAHostileHost(t *testing.T) {
	t.Parallel()
	engine := newHouse(t, setup{}).engine
	handler := must(verifa.New(engine, downKeys{}, verifa.Config{}))
	for _, host := range []string{`"}],"paths":{},"x":[{"y":"`, "\x00\n\\", "<script>", "\xff", "$1${2}"} {
		r := httptest.NewRequest("GET", documentPath, nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var got struct {
			Servers []struct{ URL string }
			Paths   map[string]any
		}
		err := json.Unmarshal(w.Body.Bytes(), &got)
		want := "http://" + strings.ToValidUTF8(host, "\ufffd")
		if err != nil || len(got.Paths) < 40 || len(got.Servers) != 1 || got.Servers[0].URL != want {
			t.Errorf("%q: got servers %q and %d paths (%v), want the host and all paths", host, got.Servers, len(got.Paths), err)
		}
	}
}

// TestDocumentIsOpenAPI by the judgement of a library that reads such documents, and its schemas are what their
// own specification, JSON Schema 2020-12, says.
func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	parsed, err := openapi3.NewLoader().LoadFromData([]byte(documentText(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Validate(t.Context()); err != nil || parsed.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s: %v", parsed.OpenAPI, err)
	}
	document := must(theContract()).document
	isSchema := must(jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema"))
	schemas := maps.Clone(document["components"].(map[string]any)["schemas"].(map[string]any))
	eachObject(document, "", func(object map[string]any, at string) {
		if schema, ok := object["schema"]; ok {
			schemas[at] = schema
		}
	})
	for at, schema := range schemas {
		if err := isSchema.Validate(schema); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// TestDocumentHasTheRoutes: no more and no fewer than the table, with what the table says of each.
func TestDocumentHasTheRoutes(t *testing.T) {
	t.Parallel()
	c := must(theContract())
	var got, want []string
	for _, o := range c.operations {
		got = append(got, o.method+" "+strings.Join(o.path, "/"))
	}
	for _, e := range verifa.Endpoints() {
		want = append(want, e.Method+" "+e.Path)
		if preflight := "OPTIONS " + e.Path; e.Public && !slices.Contains(want, preflight) {
			want = append(want, preflight)
		}
		checkRoute(t, c, e)
	}
	for _, o := range got {
		if !slices.Contains(want, o) {
			t.Errorf("the document has %s, and the table has not", o)
		}
	}
	for _, o := range want {
		if !slices.Contains(got, o) {
			t.Errorf("the table has %s, and the document has not", o)
		}
	}
}

func checkRoute(t *testing.T, c *contract, e verifa.Endpoint) {
	t.Helper()
	item, _ := c.document["paths"].(map[string]any)[e.Path].(map[string]any)
	o, ok := item[strings.ToLower(e.Method)].(map[string]any)
	if !ok {
		return // which TestDocumentHasTheRoutes tells
	}
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

// TestDocumentHasTheWords: the document's enumerations are those of the tables in the code.
func TestDocumentHasTheWords(t *testing.T) {
	t.Parallel()
	schemas := must(theContract()).document["components"].(map[string]any)["schemas"].(map[string]any)
	for name, want := range verifa.Vocabulary() {
		schema, _ := schemas[name].(map[string]any)
		if got := fmt.Sprint(schema["enum"]); got != fmt.Sprint(want) {
			t.Errorf("%s: the document has the words %s, and the code %s", name, got, want)
		}
	}
}

// TestDocumentHasTheMembers: the schemas have the members of the types that are written, and require those that
// are always written.
func TestDocumentHasTheMembers(t *testing.T) {
	t.Parallel()
	r := must(newReading([]byte(documentText(t))))
	for name, of := range verifa.Bodies() {
		schema := r.get(node{value: r.root}, "components", "schemas", name)
		var want, wantAlways, always []string
		for _, f := range reflect.VisibleFields(of) {
			tag, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			if tag == "-" || f.Anonymous {
				continue
			}
			want = append(want, tag)
			if option == "" {
				wantAlways = append(wantAlways, tag)
			}
		}
		for _, member := range r.list(r.get(schema, "required")) {
			always = append(always, r.text(member))
		}
		slices.Sort(want)
		slices.Sort(wantAlways)
		slices.Sort(always)
		if got := r.keys(r.get(schema, "properties")); !slices.Equal(got, want) {
			t.Errorf("%s: the document has the members %s, and %s has %s", name, got, of, want)
		}
		if !slices.Equal(always, wantAlways) {
			t.Errorf("%s: the document requires %s, and %s always has %s", name, always, of, wantAlways)
		}
	}
}

// eachObject goes through all objects of a value; at says where one stands.
func eachObject(value any, at string, do func(object map[string]any, at string)) {
	switch v := value.(type) {
	case map[string]any:
		do(v, at)
		for key, member := range v {
			eachObject(member, at+"/"+escapeToken(key), do)
		}
	case []any:
		for i, element := range v {
			eachObject(element, fmt.Sprint(at, "/", i), do)
		}
	}
}
