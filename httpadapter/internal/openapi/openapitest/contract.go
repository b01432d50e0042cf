package openapitest

import (
	"crypto/sha256"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract is what an OpenAPI document says, compiled. Many goroutines may use it, and none may change it.
type Contract struct {
	// Text is the document as it was read.
	Text string
	// Document is its JSON.
	Document map[string]any
	// Schemas are those of its components, by name.
	Schemas map[string]*jsonschema.Schema

	dialect    Dialect
	operations []*operation // the paths with the fewest parameters first
	webhooks   map[string]*jsonschema.Schema
	valid      sync.Map // of fits: what was looked at, and passed
}

// fits is a schema, and the SHA-256 of a body that it is right for.
type fits struct {
	schema *jsonschema.Schema
	body   [sha256.Size]byte
}

// Dialect is what a wire language does that no OpenAPI document can say.
type Dialect struct {
	// Normal gives a body as the document writes it, where the language writes it in other ways too. Default: as it is.
	Normal func(body []byte) []byte
	// Early are the statuses of the refusals that come before it is known whether there is such a path and method.
	// Default: none.
	Early []int
	// Preflights says that OPTIONS without Access-Control-Request-Method is a method that no path has. Default: it is
	// the operation that the document says.
	Preflights bool
}

// operation is one method of one path.
type operation struct {
	method     string
	path       []string // its segments
	parameters []parameter
	security   [][]string // alternatives of header fields
	body       *jsonschema.Schema
	answers    map[string]answer
}

type parameter struct {
	name, in string
	required bool
	schema   *jsonschema.Schema
}

// answer is what may come with one status.
type answer struct {
	headers []parameter
	content map[string]*jsonschema.Schema // by media type; nil: anything
}

// ReadFile is [Read] of a file.
func ReadFile(name string, d Dialect) (*Contract, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Read(text, d)
}

// Read compiles a document. It answers the first fault that keeps it from being understood; what else may be wrong
// with it, [Laws] say.
func Read(text []byte, d Dialect) (*Contract, error) {
	r, err := newReading(text)
	if err != nil {
		return nil, err
	}
	document, ok := r.root.(map[string]any)
	if !ok {
		return nil, errors.New("the document is no object")
	}
	root := node{r.root, ""}
	c := &Contract{Text: string(text), Document: document, dialect: d}
	c.Schemas = r.schemas(r.get(root, "components", "schemas"))
	c.webhooks = r.schemas(r.get(root, "webhooks"), "post", "requestBody", "content", "application/json", "schema")
	paths := r.get(root, "paths")
	for _, path := range r.keys(paths) {
		item := r.get(paths, path)
		for _, method := range r.keys(item) {
			if method != "parameters" {
				c.operations = append(c.operations, r.operation(root, path, method, item))
			}
		}
	}
	slices.SortStableFunc(c.operations, func(a, b *operation) int { return variables(a.path) - variables(b.path) })
	return c, r.err
}

// schemas compiles one of each member of an object, by its name: the one that stands in it where the keys lead.
func (r *reading) schemas(n node, keys ...string) map[string]*jsonschema.Schema {
	all := map[string]*jsonschema.Schema{}
	for _, name := range r.keys(n) {
		all[name] = r.schema(r.get(r.get(n, name), keys...))
	}
	return all
}

// variables is how many segments of a path are parameters.
func variables(path []string) (n int) {
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
	if security.value == nil {
		security = r.get(root, "security")
	}
	for _, alternative := range r.list(security) {
		var fields []string
		for _, scheme := range r.keys(alternative) {
			fields = append(fields, r.text(r.get(root, "components", "securitySchemes", scheme, "name")))
		}
		o.security = append(o.security, fields)
	}
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
