package httpadapter_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// said is what both wire languages say of a status.
type said struct {
	veriff  string // of the session
	code    int    // with which Veriff's webhook tells of it; 0: with none
	verifa  string // of the session
	sandbox string // the same, of one in a sandbox
	result  string // of Verifa's result; empty: there is none
}

// vocabulary is the whole of it.
var vocabulary = map[session.Status]said{
	session.StatusCreated:               {"created", 0, "pending", "pending", ""},
	session.StatusStarted:               {"started", 7001, "capturing", "capturing", ""},
	session.StatusSubmitted:             {"submitted", 7002, "processing", "sandbox_pending", ""},
	session.StatusAwaitingExternal:      {"submitted", 0, "awaiting_external", "awaiting_external", ""},
	session.StatusReview:                {"review", 9121, "under_review", "under_review", "needs_review"},
	session.StatusApproved:              {"approved", 9001, "completed", "completed", "approved"},
	session.StatusDeclined:              {"declined", 9102, "completed", "completed", "rejected"},
	session.StatusResubmissionRequested: {"resubmission_requested", 9103, "capturing", "capturing", ""},
	session.StatusExpired:               {"expired", 9104, "expired", "expired", ""},
	session.StatusAbandoned:             {"abandoned", 9104, "expired", "expired", ""},
	session.StatusFailed:                {"submitted", 0, "failed", "failed", ""},
}

// bilingual is one engine that both languages speak to.
type bilingual struct {
	*testing.T
	store   session.Store
	engine  *session.Engine
	handler http.Handler
	secret  *auth.Secret
	apiKey  uuid.UUID
	keys    map[uuid.UUID]string // of Verifa's integrations
}

// parties are an integration of Veriff's, one of Verifa's, and one of Verifa's in a sandbox.
var parties = [3]uuid.UUID{
	uuid.MustParse("11111111-0000-4000-8000-000000000001"), uuid.MustParse("11111111-0000-4000-8000-000000000002"),
	uuid.MustParse("11111111-0000-4000-8000-000000000003"),
}

func newBilingual(t *testing.T) *bilingual {
	t.Helper()
	b := &bilingual{T: t, store: memstore.New(), secret: auth.GenerateSecret(), apiKey: uuid.New(), keys: map[uuid.UUID]string{}}
	policy := session.Policy{Review: true, Links: true}
	integrations := session.Fixed{{ID: parties[0], Policy: policy}}
	var apiKeys []auth.APIKey
	for i, id := range parties[1:] {
		sandbox := i == 1
		integrations = append(integrations, session.Integration{ID: id, Dialect: verifa.Dialect, Sandbox: sandbox, Policy: policy})
		text, key := auth.GenerateAPIKey(false, sandbox)
		key.Integration, b.keys[id] = id, text.Reveal()
		apiKeys = append(apiKeys, key)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	b.engine, err = session.New(b.store, session.Config{Integrations: integrations, Renderers: httpadapter.Renderers(), Decider: session.Sandbox{}})
	must(err)
	ring, err := auth.NewRing(auth.Credential{APIKey: b.apiKey, Integration: parties[0], Active: true, Secrets: []*auth.Secret{b.secret}})
	must(err)
	keys, err := auth.NewAPIKeyRing(apiKeys...)
	must(err)
	b.handler, err = httpadapter.New(b.engine, ring, httpadapter.Config{Verifa: httpadapter.Verifa{Keys: keys}})
	must(err)
	return b
}

// to brings a new session of an integration to a status, also to those that only a workflow leads to.
func (b *bilingual) to(party uuid.UUID, status session.Status) uuid.UUID {
	b.Helper()
	e, ctx := b.engine.For(party), b.Context()
	name, decided := map[session.Status]string{ // the sandbox's decider goes by it
		session.StatusReview: "Review", session.StatusApproved: "Approve", session.StatusDeclined: "Decline",
		session.StatusResubmissionRequested: "Resubmit",
	}[status]
	s, err := e.Create(ctx, session.Facts{Person: session.Person{FirstName: name}})
	id := s.ID
	step := func(do func() (*session.Snapshot, error)) {
		b.Helper()
		if err == nil {
			_, err = do()
		}
	}
	switch status {
	case session.StatusCreated, session.StatusExpired:
	case session.StatusStarted, session.StatusAbandoned:
		step(func() (*session.Snapshot, error) { return e.Start(ctx, id) })
	default:
		step(func() (*session.Snapshot, error) { return e.Submit(ctx, id) })
	}
	if decided {
		step(func() (*session.Snapshot, error) {
			_, err := b.engine.Settle(ctx)
			return nil, err
		})
	}
	switch status {
	case session.StatusExpired, session.StatusAbandoned:
		step(func() (*session.Snapshot, error) { return e.Expire(ctx, id) })
	case session.StatusAwaitingExternal, session.StatusFailed:
		step(func() (*session.Snapshot, error) { return b.force(id, e, status) })
	}
	if err != nil {
		b.Fatalf("to %s: %v", status, err)
	}
	return id
}

func (b *bilingual) force(id uuid.UUID, e *session.Engine, status session.Status) (*session.Snapshot, error) {
	s, err := e.Get(b.Context(), id)
	if err != nil {
		return nil, err
	}
	change := session.Change{ID: uuid.New(), Base: s.Version, Session: s.Session}
	change.Session.Status, change.Session.DueAt, change.Session.DecideAt = status, time.Time{}, time.Time{}
	change.Events = []session.Event{{ID: uuid.New(), Session: id, Kind: session.EventKind(status), Status: status, At: s.UpdatedAt}}
	if errs := b.store.Apply(b.Context(), change); errs != nil {
		return nil, errs[0]
	}
	return s, nil
}

// read asks, and gives a member of the answer by its path; empty: there is none, or the answer is 404.
func (b *bilingual) read(path string, header map[string]string, member ...string) string {
	b.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code == http.StatusNotFound {
		return ""
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		b.Fatalf("%s: got %d %s (%v)", path, w.Code, w.Body, err)
	}
	for _, name := range member {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	text, _ := v.(string)
	return text
}

// code is with which code Veriff's webhook tells that a session has come where it stands; 0: there is none.
func (b *bilingual) code(id uuid.UUID) int {
	b.Helper()
	s, err := b.engine.For(parties[0]).Get(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	e := session.Event{ID: uuid.New(), Session: id, Kind: session.EventKind(s.Status), Status: s.Status, Attempt: s.AttemptID, At: s.UpdatedAt}
	body, _, ok, err := veriff.Renderer{}.Render(e, s, session.Endpoint{Format: veriff.Format})
	if err != nil {
		b.Fatal(err)
	}
	if !ok {
		return 0
	}
	var told struct {
		Code         int
		Verification struct{ Code int }
	}
	if err := json.Unmarshal(body, &told); err != nil {
		b.Fatal(err)
	}
	return max(told.Code, told.Verification.Code)
}

// TestOneVocabularyTwoLanguages: what each says of every status, on its wire.
func TestOneVocabularyTwoLanguages(t *testing.T) {
	t.Parallel()
	if len(vocabulary) != len(session.Statuses()) {
		t.Errorf("got words for %d statuses, want for all %d", len(vocabulary), len(session.Statuses()))
	}
	for _, status := range session.Statuses() {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			b := newBilingual(t)
			var got said
			id := b.to(parties[0], status)
			got.veriff = b.read("/v1/sessions/"+id.String(), map[string]string{
				"X-Auth-Client": b.apiKey.String(), "X-Hmac-Signature": string(b.secret.Sign(nil, []byte(id.String()))),
			}, "verification", "status")
			got.code = b.code(id)
			for i, party := range parties[1:] {
				id := b.to(party, status)
				path, header := "/api/v1/sessions/ses_"+strings.ReplaceAll(id.String(), "-", ""), map[string]string{"X-Api-Key": b.keys[party]}
				word := b.read(path, header, "status")
				if i == 1 {
					got.sandbox = word
					continue
				}
				got.verifa, got.result = word, b.read(path+"/result", header, "status")
			}
			if got != vocabulary[status] {
				t.Errorf("got %+v, want %+v", got, vocabulary[status])
			}
		})
	}
}
