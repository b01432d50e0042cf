package verifa_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contractURL is what the schemas of the document are compiled under.
const contractURL = "https://idv.example.com/api/v1/openapi.json"

// node is a value of the document, with where it stands.
type node struct {
	value any
	at    string // a JSON pointer
}

// reading goes through the document and keeps the first fault.
type reading struct {
	root     any
	compiler *jsonschema.Compiler
	err      error
}

func newReading(text []byte) (*reading, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	return &reading{root: root, compiler: compiler}, compiler.AddResource(contractURL, root)
}

// get goes down by keys, through the references on the way. Where it arrives there may be one too.
func (r *reading) get(n node, keys ...string) node {
	for _, key := range keys {
		in := r.resolve(n)
		object, _ := in.value.(map[string]any)
		n = node{object[key], in.at + "/" + escapeToken(key)}
	}
	return n
}

// resolve follows a reference.
func (r *reading) resolve(n node) node {
	object, _ := n.value.(map[string]any)
	ref, ok := object["$ref"].(string)
	if !ok {
		return n
	}
	target, err := lookUp(r.root, ref)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", n.at, err)
	}
	return node{target, strings.TrimPrefix(ref, "#")}
}

// lookUp finds what a reference within the document means.
func lookUp(root any, ref string) (any, error) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, fmt.Errorf("reference %q is not one within the document", ref)
	}
	value := root
	for token := range strings.SplitSeq(pointer, "/") {
		object, _ := value.(map[string]any)
		if value, ok = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]; !ok {
			return nil, fmt.Errorf("reference %q leads nowhere", ref)
		}
	}
	return value, nil
}

func escapeToken(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// keys of an object, sorted.
func (r *reading) keys(n node) []string {
	object, _ := r.resolve(n).value.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// list is the elements of an array, resolved.
func (r *reading) list(n node) (elements []node) {
	array, _ := n.value.([]any)
	for i, v := range array {
		elements = append(elements, r.resolve(node{v, fmt.Sprint(n.at, "/", i)}))
	}
	return elements
}

func (r *reading) text(n node) string {
	text, _ := n.value.(string)
	return text
}

// schema compiles the schema at a node; nil: there is none.
func (r *reading) schema(n node) *jsonschema.Schema {
	if n.value == nil {
		return nil
	}
	schema, err := r.compiler.Compile(contractURL + "#" + n.at)
	if err != nil && r.err == nil {
		r.err = err
	}
	return schema
}

func compileContract(text []byte) (*contract, error) {
	r, err := newReading(text)
	if err != nil {
		return nil, err
	}
	document, ok := r.root.(map[string]any)
	if !ok {
		return nil, errors.New("the document is no object")
	}
	root := node{r.root, ""}
	c := &contract{document: document}
	c.failure = r.schema(r.get(root, "components", "schemas", "Failure"))
	c.webhook = r.schema(r.get(root, "webhooks", "event", "post", "requestBody", "content", "application/json", "schema"))
	paths := r.get(root, "paths")
	for _, path := range r.keys(paths) {
		item := r.get(paths, path)
		for _, method := range r.keys(item) {
			if method != "parameters" {
				c.operations = append(c.operations, r.operation(root, path, method, item))
			}
		}
	}
	slices.SortStableFunc(c.operations, func(a, b *operation) int { return open(a.path) - open(b.path) })
	return c, r.err
}

// open is how many segments of a path are parameters.
func open(path []string) (n int) {
	for _, segment := range path {
		if strings.HasPrefix(segment, "{") {
			n++
		}
	}
	return n
}

func (r *reading) operation(root node, path, method string, item node) *operation {
	n := r.get(item, method)
	o := &operation{method: strings.ToUpper(method), path: strings.Split(path, "/"), answers: map[string]answer{}}
	for _, p := range append(r.list(r.get(item, "parameters")), r.list(r.get(n, "parameters"))...) {
		required, _ := r.get(p, "required").value.(bool)
		o.parameters = append(o.parameters, parameter{
			r.text(r.get(p, "name")), r.text(r.get(p, "in")), required, r.schema(r.get(p, "schema")),
		})
	}
	security := r.get(n, "security")
	o.keyed = security.value == nil || len(r.list(security)) > 0
	o.body = r.schema(r.get(n, "requestBody", "content", "application/json", "schema"))
	responses := r.get(n, "responses")
	for _, status := range r.keys(responses) {
		o.answers[status] = r.answer(r.get(responses, status))
	}
	return o
}

func (r *reading) answer(n node) answer {
	a := answer{content: map[string]*jsonschema.Schema{}}
	headers, content := r.get(n, "headers"), r.get(n, "content")
	for _, name := range r.keys(headers) {
		required, _ := r.get(headers, name, "required").value.(bool)
		a.headers = append(a.headers, parameter{name, "header", required, r.schema(r.get(headers, name, "schema"))})
	}
	for _, is := range r.keys(content) {
		a.content[is] = r.schema(r.get(content, is, "schema"))
	}
	return a
}
