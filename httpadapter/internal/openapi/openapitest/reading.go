package openapitest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// base is what the schemas of a document are compiled under.
const base = "https://idv.example.com/openapi.json"

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
	return &reading{root: root, compiler: compiler}, compiler.AddResource(base, root)
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
	schema, err := r.compiler.Compile(base + "#" + n.at)
	if err != nil && r.err == nil {
		r.err = err
	}
	return schema
}

// EachObject goes through all objects of a JSON value; at is where the value stands, and says where each object does, as
// a JSON pointer.
func EachObject(value any, at string, do func(object map[string]any, at string)) {
	switch v := value.(type) {
	case map[string]any:
		do(v, at)
		for key, member := range v {
			EachObject(member, at+"/"+escapeToken(key), do)
		}
	case []any:
		for i, element := range v {
			EachObject(element, fmt.Sprint(at, "/", i), do)
		}
	}
}
