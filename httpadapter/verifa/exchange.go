package verifa

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// maxBody is how many bytes a request may have that carries no file.
const maxBody = 1 << 20

// exchange is one request and its answer.
type exchange struct {
	*adapter
	w     http.ResponseWriter
	r     *http.Request
	path  string // of the route, as the mux has it
	route route  // zero: there is none for the method
	sent  bool   // the answer has begun

	key        auth.APIKey     // zero: the endpoint needs none, or it is not known yet
	inflection keycase.Case    // of the answer
	engine     *session.Engine // acts for the key's integration, or for nobody yet
}

// body reads the request's body, as it came: it is never decompressed.
func (x *exchange) body() ([]byte, error) {
	body, err := intake.ReadAll(x.r, maxBody)
	switch {
	case err == nil, errors.Is(err, intake.ErrTooLarge), errors.Is(err, context.Canceled):
		return body, err
	}
	return nil, invalidRequest("The body ended before its end.")
}

// userKeys are the members whose keys inside are a customer's own, or names of nodes and checks, or signed: they are never
// renamed.
var userKeys = []string{"metadata", "capture_data", "details", "receipt", "record", "node_results", "check_results", "graph", "graph_snapshot", "data_requirements", "screening_settings", "graph_layout", "event_filter_conditions"}

// answer sends a value as JSON, in the case that was asked for. Members of v are in snake_case.
func (x *exchange) answer(status int, v any) error {
	body, err := jsontext.Stringify(v)
	if err != nil {
		return err
	}
	return x.answerText(status, body)
}

// answerText is answer of a value that is written already, in snake_case.
func (x *exchange) answerText(status int, body []byte) error {
	if x.inflection != keycase.Snake {
		inflected, err := keycase.Append(make([]byte, 0, len(body)+64), body, x.inflection, userKeys...)
		if err != nil {
			return err
		}
		body = inflected
	}
	x.send(status, body)
	return nil
}

// send sends an answer as it is.
func (x *exchange) send(status int, body []byte) {
	h := x.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	x.sent = true
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a client that has gone is nobody to tell
}

// inflectionOf reads the name of a case; the empty one is snake.
func inflectionOf(name string) (keycase.Case, error) {
	if name == "" {
		return keycase.Snake, nil
	}
	return keycase.ParseCase(name)
}
