package veriff_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the OpenAPI document, compiled.
type contract struct {
	document   map[string]any
	operations []*operation
	failure    *jsonschema.Schema
	webhooks   map[string]*jsonschema.Schema
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

// theContract is openapi.json, compiled once for all tests.
var theContract = sync.OnceValues(func() (*contract, error) {
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	return compileContract(text)
})

func (h *house) contract() *contract {
	h.Helper()
	c, err := theContract()
	if err != nil {
		h.Fatal(err)
	}
	return c
}

// checkContract sees that an answer is one of those that the document has for its request; and, if the request
// was not refused, that the document has such a request too. In benchmarks it does nothing. sent is the request's body; nil: it is not looked at.
func (h *house) checkContract(r *http.Request, sent []byte, got result) {
	h.Helper()
	if _, measured := h.TB.(*testing.B); measured {
		return // the handler, and not this
	}
	if err := h.contract().check(r, strings.TrimPrefix(r.URL.EscapedPath(), h.prefix), sent, got); err != nil {
		h.Errorf("%s %s: got %d %.2000s, which the OpenAPI document has not: %v", r.Method, r.URL.Path, got.status, got.body, err)
	}
}

// validateWebhook sees that a body is one of the document's webhook of that name.
func validateWebhook(t testing.TB, name string, body []byte) {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	schema := c.webhooks[name]
	if schema == nil {
		t.Fatalf("the OpenAPI document has no webhook %q", name)
	}
	if err := validate(schema, body); err != nil {
		t.Errorf("webhook %s: got %s, which the OpenAPI document has not: %v", name, body, err)
	}
}

// checkWebhook sees that a body is one of the document's webhooks; which, its own members say.
func (h *house) checkWebhook(body []byte) {
	h.Helper()
	var told struct{ EventType, CheckType, Action string }
	_ = json.Unmarshal(body, &told)
	name := "decision"
	switch {
	case told.EventType == "fullauto":
		name = "fullAuto"
	case told.EventType != "":
		name = "userDefinedStatus"
	case told.CheckType != "":
		name = "watchlist"
	case told.Action != "":
		name = "event"
	}
	validateWebhook(h, name, body)
}

// sentBy is the body of a request that was made of one; nil if it cannot be known.
func sentBy(r *http.Request) []byte {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil
	}
	return text
}

func (c *contract) check(r *http.Request, escapedPath string, sent []byte, got result) error {
	op, found := c.operation(r.Method, escapedPath)
	if op == nil {
		return c.checkUnknown(r.Method, found, got)
	}
	declared, ok := op.answers[fmt.Sprint(got.status)]
	if !ok {
		return errors.New("the operation has no such status")
	}
	if err := declared.check(got, r.Method == http.MethodHead); err != nil {
		return err
	}
	if got.status >= 400 {
		return nil
	}
	return op.checkRequest(r, escapedPath, sent)
}

// checkUnknown is for a method that the path has not, or a path that is not there.
func (c *contract) checkUnknown(method string, found bool, got result) error {
	if got.status != http.StatusNotFound && (!found || got.status != http.StatusMethodNotAllowed) {
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
	segments := strings.Split(escapedPath, "/")
	if strings.TrimSuffix(escapedPath, "/") != strings.TrimSuffix(path.Clean(escapedPath), "/") {
		return nil, false
	}
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
		kind, _, _ := strings.Cut(is, "/")
		schema, ok = a.content[kind+"/*"]
	}
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
		if err := p.schema.Validate(v); err != nil && p.schema.Validate(json.Number(v)) != nil {
			return err
		}
	}
	return nil
}

// checkRequest is for a request that was not refused.
func (o *operation) checkRequest(r *http.Request, escapedPath string, sent []byte) error {
	if len(o.security) > 0 && !slices.ContainsFunc(o.security, func(fields []string) bool {
		return !slices.ContainsFunc(fields, func(name string) bool { return r.Header.Get(name) == "" })
	}) {
		return errors.New("the request should not have been taken without authentication")
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
			value, err := url.PathUnescape(strings.Split(escapedPath, "/")[at])
			if err != nil {
				return err
			}
			values = []string{value}
		}
		if err := p.check(values); err != nil {
			return fmt.Errorf("the request should not have been taken: %s: %w", p.name, err)
		}
	}
	if o.body == nil || sent == nil {
		return nil
	}
	if err := validate(o.body, sent); err != nil {
		return fmt.Errorf("the request should not have been taken: %w", err)
	}
	return nil
}

func validate(schema *jsonschema.Schema, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
