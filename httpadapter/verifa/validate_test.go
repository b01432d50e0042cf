package verifa_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// theContract is openapi.json, compiled once for all tests. Whoever has no key is told so before anything else, and
// bodies may be in any casing.
var theContract = sync.OnceValues(func() (*openapitest.Contract, error) {
	return openapitest.ReadFile("openapi.json", openapitest.Dialect{
		Normal: func(body []byte) []byte {
			if snake, err := keycase.Append(nil, body, keycase.Snake, verifa.UserKeys...); err == nil {
				return snake
			}
			return body
		},
		Early: []int{
			http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusBadRequest, http.StatusInternalServerError,
		},
		Preflights: true,
	})
})

// checkContract sees that an answer is one of those that the document has for its request; and, if the request was not
// refused, that the document has such a request too. In benchmarks and fuzz targets it does nothing.
func (h *house) checkContract(r *http.Request, sent any, got result) {
	h.Helper()
	if _, ok := h.TB.(*testing.T); !ok {
		return // the handler, and not this
	}
	var body []byte // a stream is not looked at
	switch b := sent.(type) {
	case string:
		body = []byte(b)
	case []byte:
		body = b
	}
	if len(body) == 0 {
		body = nil
	}
	if err := must(theContract()).Check(r, r.URL.EscapedPath(), body, got.answer()); err != nil {
		h.Errorf("%s %s: got %d %.2000s, which the OpenAPI document has not: %v", r.Method, r.URL.Path, got.status, got.body, err)
	}
}

func (r result) answer() openapitest.Answer {
	return openapitest.Answer{Status: r.status, Header: r.header, Body: r.body}
}

// checkWebhook sees that a body is one of the document's webhook.
func checkWebhook(t testing.TB, body string) {
	t.Helper()
	if err := must(theContract()).CheckWebhook("event", []byte(body)); err != nil {
		t.Errorf("got the webhook %s, which the OpenAPI document has not: %v", body, err)
	}
}
