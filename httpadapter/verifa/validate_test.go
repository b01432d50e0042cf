package verifa_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// contract is what the OpenAPI document says, for looking at each answer.
type contract struct {
	document   map[string]any
	operations []*operation
	failure    *jsonschema.Schema
	webhook    *jsonschema.Schema
}

// operation is one method of one path.
type operation struct {
	method     string
	path       []string // its segments
	parameters []parameter
	keyed      bool // it needs a key
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

// theContract is openapi.json, compiled once for all tests.
var theContract = sync.OnceValues(func() (*contract, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	return compileContract(text)
})

// checkContract sees that an answer is one of those that the document has for its request; and, if the request was not
// refused, that the document has such a request too. In benchmarks and fuzz targets it does nothing.
func (h *house) checkContract(r *http.Request, sent any, got result) {
	h.Helper()
	if _, ok := h.TB.(*testing.T); !ok {
		return // the handler, and not this
	}
	body, _ := sent.(string)
	if text, ok := sent.([]byte); ok {
		body = string(text)
	}
	if err := must(theContract()).check(r, body, got); err != nil {
		h.Errorf("%s %s: got %d %.2000s, which the OpenAPI document has not: %v", r.Method, r.URL.Path, got.status, got.body, err)
	}
}

// checkWebhook sees that a body is one of the document's webhook.
func checkWebhook(t testing.TB, body string) {
	t.Helper()
	if err := validate(must(theContract()).webhook, []byte(body)); err != nil {
		t.Errorf("got the webhook %s, which the OpenAPI document has not: %v", body, err)
	}
}

func (c *contract) check(r *http.Request, sent string, got result) error {
	op, found := c.operation(r.Method, r.URL.EscapedPath())
	if op == nil || r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") == "" {
		return c.checkUnknown(r.Method, found, got)
	}
	declared, ok := op.answers[fmt.Sprint(got.status)]
	if !ok {
		return errors.New("the operation has no such status")
	}
	if err := declared.check(got, r.Method == http.MethodHead); err != nil || got.status >= 400 {
		return err
	}
	return op.checkRequest(r, sent)
}

// checkUnknown is for a method that the path has not, or a path that is not there: whoever has no key is told that
// first.
func (c *contract) checkUnknown(method string, found bool, got result) error {
	switch {
	case found && got.status == http.StatusMethodNotAllowed, !found && got.status == http.StatusNotFound:
	case slices.Contains([]int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusBadRequest, http.StatusInternalServerError}, got.status):
	default:
		return errors.New("there is no such operation")
	}
	if method == http.MethodHead {
		return nil
	}
	return validate(c.failure, []byte(got.body))
}

// operation finds what answers a request, the path with the fewest parameters first, as the mux does, and
// whether the path is there at all.
func (c *contract) operation(method, escapedPath string) (op *operation, found bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if escapedPath != path.Clean(escapedPath) {
		return nil, false
	}
	segments := strings.Split(escapedPath, "/")
	var of []string // the path that answers
	for _, o := range c.operations {
		if !matchesPath(o.path, segments) || of != nil && !slices.Equal(of, o.path) {
			continue
		}
		if of = o.path; o.method == method {
			return o, true
		}
	}
	return nil, of != nil
}

func matchesPath(path, segments []string) bool {
	return slices.EqualFunc(path, segments, func(p, s string) bool {
		return p == s || strings.HasPrefix(p, "{") && s != ""
	})
}

// check compares an answer with what the document has of it.
func (a answer) check(got result, head bool) error {
	for _, header := range a.headers {
		if err := header.check(got.header.Values(header.name)); err != nil {
			return fmt.Errorf("header %s: %w", header.name, err)
		}
	}
	if head {
		return nil
	}
	if len(a.content) == 0 {
		if got.body != "" {
			return errors.New("there should be no body")
		}
		return nil
	}
	is, _, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("Content-Type: %w", err)
	}
	schema, ok := a.content[is]
	if !ok {
		return fmt.Errorf("there is no content of type %q", is)
	}
	if schema == nil || is != "application/json" {
		return nil
	}
	return validate(schema, []byte(got.body))
}

// check takes the values of a header field or query parameter; an empty one is as good as none.
func (p parameter) check(values []string) error {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		if p.required {
			return errors.New("it is missing")
		}
		return nil
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		if err := p.schema.Validate(v); err != nil && p.schema.Validate(json.Number(v)) != nil {
			return err
		}
	}
	return nil
}

// checkRequest is for a request that was not refused.
func (o *operation) checkRequest(r *http.Request, sent string) error {
	if o.keyed && r.Header.Get("X-API-Key") == "" {
		return errors.New("the request should not have been taken without a key")
	}
	for _, p := range o.parameters {
		var values []string
		switch p.in {
		case "header":
			values = r.Header.Values(p.name)
		case "query":
			values = r.URL.Query()[p.name]
		case "path":
			at := slices.Index(o.path, "{"+p.name+"}")
			values = []string{strings.Split(r.URL.EscapedPath(), "/")[at]}
		}
		if err := p.check(values); err != nil {
			return fmt.Errorf("the request should not have been taken: %s: %w", p.name, err)
		}
	}
	if o.body == nil || sent == "" {
		return nil
	}
	if err := validate(o.body, []byte(sent)); err != nil {
		return fmt.Errorf("the request should not have been taken: %w", err)
	}
	return nil
}

// validate looks at a body in whatever casing it is.
func validate(schema *jsonschema.Schema, body []byte) error {
	if snake, err := keycase.Append(nil, body, keycase.Snake, verifa.UserKeys...); err == nil {
		body = snake
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
