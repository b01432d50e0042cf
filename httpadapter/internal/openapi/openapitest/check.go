package openapitest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Answer is what came for a request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Check says in which way an answer is none of those that the document has for its request; or, if the request was not
// refused, in which way the document has no such request. The path is that of the request, escaped, below where the
// handler is mounted; sent is the request's body, and is not looked at if it is nil.
func (c *Contract) Check(r *http.Request, escapedPath string, sent []byte, got Answer) error {
	op, found := c.operation(r.Method, escapedPath)
	if op == nil || c.dialect.Preflights && r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") == "" {
		return c.checkUnknown(r.Method, found, got)
	}
	declared, ok := op.answers[fmt.Sprint(got.Status)]
	if !ok {
		return errors.New("the operation has no such status")
	}
	if err := c.checkAnswer(declared, got, r.Method == http.MethodHead); err != nil || got.Status >= 400 {
		return err
	}
	return c.checkRequest(op, r, escapedPath, sent)
}

// CheckWebhook says in which way a body is none of the document's webhook of that name.
func (c *Contract) CheckWebhook(name string, body []byte) error {
	return c.validate(c.webhooks[name], body)
}

// checkUnknown is for a method that the path has not, or a path that is not there.
func (c *Contract) checkUnknown(method string, found bool, got Answer) error {
	want := http.StatusNotFound
	if found {
		want = http.StatusMethodNotAllowed
	}
	if got.Status != want && !slices.Contains(c.dialect.Early, got.Status) {
		return errors.New("there is no such operation")
	}
	if method == http.MethodHead {
		return nil
	}
	return c.validate(c.Schemas["Failure"], []byte(got.Body))
}

// operation finds what answers a request, the path with the fewest parameters first, as the mux does, and
// whether the path is there at all.
func (c *Contract) operation(method, escapedPath string) (op *operation, found bool) {
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

// checkAnswer compares an answer with what the document has of it.
func (c *Contract) checkAnswer(a answer, got Answer, head bool) error {
	for _, header := range a.headers {
		if err := header.check(got.Header.Values(header.name)); err != nil {
			return fmt.Errorf("header %s: %w", header.name, err)
		}
	}
	if head {
		return nil
	}
	if len(a.content) == 0 {
		if got.Body != "" {
			return errors.New("there should be no body")
		}
		return nil
	}
	is, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
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
	return c.validate(schema, []byte(got.Body))
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
		if p.in == "header" {
			v = strings.TrimSpace(v) // as net/http does on the way
		}
		if err := p.schema.Validate(v); err != nil && p.schema.Validate(json.Number(v)) != nil {
			return err
		}
	}
	return nil
}

// checkRequest is for a request that was not refused.
func (c *Contract) checkRequest(o *operation, r *http.Request, escapedPath string, sent []byte) error {
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
	if err := c.validate(o.body, sent); err != nil {
		return fmt.Errorf("the request should not have been taken: %w", err)
	}
	return nil
}

func (c *Contract) validate(schema *jsonschema.Schema, body []byte) error {
	if schema == nil {
		return errors.New("the document has no schema of it")
	}
	if c.dialect.Normal != nil {
		body = c.dialect.Normal(body)
	}
	this := fits{schema, sha256.Sum256(body)}
	if _, seen := c.valid.Load(this); seen {
		return nil // the same large document is answered again and again
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err == nil {
		c.valid.Store(this, nil)
	}
	return err
}
