package verifa_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// inbox is a customer's server, which keeps what it is sent.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	got    []letter
	answer int // to everything. Default: 200
}

// letter is a webhook that came.
type letter struct {
	header http.Header
	body   string
}

func newInbox(t testing.TB) *inbox {
	in := &inbox{answer: http.StatusOK}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		defer in.mu.Unlock()
		in.got = append(in.got, letter{r.Header, string(body)})
		w.WriteHeader(in.answer)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) answers(status int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.answer = status
}

// take is what has come since it was asked last.
func (in *inbox) take() []letter {
	in.mu.Lock()
	defer in.mu.Unlock()
	got := in.got
	in.got = nil
	return got
}

// events are the names of the events that have come since it was asked last.
func (in *inbox) events() string {
	var names []string
	for _, l := range in.take() {
		names = append(names, l.value("event"))
	}
	return strings.Join(names, " ")
}

func (l letter) value(name string) string {
	var p map[string]any
	if json.Unmarshal([]byte(l.body), &p) != nil {
		return "not JSON: " + l.body
	}
	text, _ := p[name].(string)
	return text
}

// verify is what a receiver does.
func (l letter) verify(secret string, now time.Time) error {
	return auth.VerifyTimestamped(secret, l.header.Get("X-Verifa-Signature"), []byte(l.body), now, auth.DefaultTolerance)
}

var _ webhook.EndpointSecrets = (*verifa.EndpointSecrets)(nil)

// lateSender is a deliverer that is made after its engine.
type lateSender struct{ *webhook.Sender }

func (s *lateSender) Deliver(ctx context.Context, to session.Endpoint, d session.Delivery) session.Try {
	return s.Sender.Deliver(ctx, to, d)
}

// newHooked is a house that sends webhooks.
func newHooked(t testing.TB, s setup) *house {
	t.Helper()
	secrets, sender, inner := new(verifa.EndpointSecrets), &lateSender{}, s.engine
	s.engine = func(cfg *session.Config) {
		cfg.Renderers[verifa.Format] = verifa.Renderer{}
		cfg.Deliverer = sender
		if inner != nil {
			inner(cfg)
		}
	}
	if s.config.CheckURL == nil {
		s.config.CheckURL = func(url string) error { return webhook.CheckURL(url, true) }
	}
	h := newHouse(t, s)
	secrets.Use(h.engine)
	sender.Sender = must(webhook.New(nil, webhook.Config{
		AllowPrivate: true, Clock: h.clock, Schemes: map[string]webhook.Scheme{verifa.Format: webhook.Verifa(secrets)},
	}))
	return h
}

const endpoints = "/api/v1/webhooks/endpoints"

// hook adds an endpoint, and gives its path and its secret.
func (h *house) hook(key, url string, more ...string) (path, secret string) {
	h.Helper()
	body := `{"url":"` + url + `"` + strings.Join(append([]string{""}, more...), ",") + `}`
	r := h.do("POST", endpoints, key, body).want(http.StatusCreated)
	return endpoints + "/" + r.text("id"), r.text("secret")
}

// endpointID is the engine's id of an endpoint's path.
func endpointID(path string) uuid.UUID {
	return uuid.MustParse(strings.TrimPrefix(path, endpoints+"/webhook_"))
}

// with is a call under an idempotency key.
func (h *house) with(idempotency, method, path, key string, body any) result {
	h.Helper()
	return h.call(call{method: method, path: path, key: key, body: body, header: map[string]string{"Idempotency-Key": idempotency}})
}
