package veriff_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
)

// theContract is openapi.json, compiled once for all tests.
var theContract = sync.OnceValues(func() (*openapitest.Contract, error) {
	return openapitest.ReadFile("openapi.json", openapitest.Dialect{})
})

// checkContract sees that an answer is one of those that the document has for its request; and, if the request
// was not refused, that the document has such a request too. In benchmarks it does nothing. sent is the request's
// body; nil: it is not looked at.
func (h *house) checkContract(r *http.Request, sent []byte, got result) {
	h.Helper()
	if _, measured := h.TB.(*testing.B); measured {
		return // the handler, and not this
	}
	if err := must(theContract()).Check(r, strings.TrimPrefix(r.URL.EscapedPath(), h.prefix), sent, got.answer()); err != nil {
		h.Errorf("%s %s: got %d %.2000s, which the OpenAPI document has not: %v", r.Method, r.URL.Path, got.status, got.body, err)
	}
}

func (r result) answer() openapitest.Answer {
	return openapitest.Answer{Status: r.status, Header: r.header, Body: r.body}
}

// validateWebhook sees that a body is one of the document's webhook of that name.
func validateWebhook(t testing.TB, name string, body []byte) {
	t.Helper()
	if err := must(theContract()).CheckWebhook(name, body); err != nil {
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
