package openapitest

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Laws are what each document of ours keeps.
type Laws struct {
	*Contract
	// Routes are the methods and paths that the mux has, as "GET /v1/sessions/{id}".
	Routes []string
	// Types are those that are written as the schemas of these names.
	Types map[string]reflect.Type
	// Open are the schemas of answers to which others may add members. Default: none.
	Open []string
	// Requests and Examples are how many requests with a body, and examples, the document has at least.
	Requests, Examples int
}

// Run sees that all of them are kept, each in a test of its own.
func (l Laws) Run(t *testing.T) {
	for name, law := range map[string]func(testing.TB){
		"is OpenAPI": l.IsOpenAPI, "holds together": l.HoldsTogether, "operations": l.HasOperations, "is exact": l.IsExact,
		"examples": l.HasExamples, "routes": l.HasRoutes, "members": l.HasMembers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			law(t)
		})
	}
}

// IsOpenAPI by the judgement of a library that reads such documents, and its schemas are what their own specification,
// JSON Schema 2020-12, says.
func (l Laws) IsOpenAPI(t testing.TB) {
	t.Helper()
	parsed, err := openapi3.NewLoader().LoadFromData([]byte(l.Text))
	if err != nil {
		t.Errorf("OpenAPI: %v", err)
		return
	}
	if err := parsed.Validate(t.Context()); err != nil || parsed.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s: %v", parsed.OpenAPI, err)
	}
	isSchema, err := jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	schemas := maps.Clone(l.Document["components"].(map[string]any)["schemas"].(map[string]any))
	EachObject(l.Document, "", func(object map[string]any, at string) {
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

// HoldsTogether: every reference leads somewhere, and everything that can be referred to is.
func (l Laws) HoldsTogether(t testing.TB) {
	t.Helper()
	used := map[string]bool{}
	EachObject(l.Document, "", func(object map[string]any, at string) {
		ref, ok := object["$ref"].(string)
		if !ok {
			return
		}
		used[ref] = true
		if _, err := lookUp(l.Document, ref); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	})
	components := l.Document["components"].(map[string]any)
	for kind, of := range components {
		for name := range of.(map[string]any) {
			if kind != "securitySchemes" && !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing refers to components/%s/%s", kind, name)
			}
		}
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// HasOperations: each has what a reader and a generator of clients look for.
func (l Laws) HasOperations(t testing.TB) {
	t.Helper()
	ids := map[string]string{}
	for _, part := range []string{"paths", "webhooks"} {
		for path, item := range l.Document[part].(map[string]any) {
			for method, o := range item.(map[string]any) {
				if method == "parameters" {
					continue
				}
				name := strings.ToUpper(method) + " " + path
				id := l.checkOperation(t, name, o.(map[string]any))
				if ids[id] != "" {
					t.Errorf("%s and %s have the operationId %s", name, ids[id], id)
				}
				ids[id] = name
			}
		}
	}
	for _, o := range l.operations {
		name := o.name()
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
func (l Laws) checkOperation(t testing.TB, name string, o map[string]any) string {
	t.Helper()
	for _, member := range []string{"operationId", "summary", "description"} {
		if text, _ := o[member].(string); text == "" {
			t.Errorf("%s has no %s", name, member)
		}
	}
	tags, _ := o["tags"].([]any)
	if len(tags) != 1 || !slices.ContainsFunc(l.Document["tags"].([]any), func(tag any) bool {
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

// HasExamples: they are what the schemas beside them say.
func (l Laws) HasExamples(t testing.TB) {
	t.Helper()
	r, err := newReading([]byte(l.Text))
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	EachObject(r.root, "", func(object map[string]any, at string) {
		example, ok := object["example"]
		if !ok {
			return
		}
		examples++
		if err := r.schema(node{object["schema"], at + "/schema"}).Validate(example); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	})
	if r.err != nil || examples < l.Examples {
		t.Errorf("got %d examples (%v), want %d at least", examples, r.err, l.Examples)
	}
}
