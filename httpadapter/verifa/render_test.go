package verifa_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

var update = flag.Bool("update", false, "write the golden files")

var hook = session.Endpoint{ID: uuid.MustParse("e0000000-0000-4000-8000-000000000001"), Format: verifa.Format}

// happened is an event of a kind to a session in a status, in the form in which a renderer sees both.
func happened(kind session.EventKind, status session.Status, change ...func(*session.Snapshot)) (session.Event, *session.Snapshot) {
	at := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	s := &session.Snapshot{
		Session: session.Session{ID: uuid.MustParse("11111111-1111-4111-8111-111111111111"), Status: status, Sandbox: true},
		Facts:   session.Facts{ExternalRef: new("user_<17>")},
	}
	outcome := map[session.Status]decision.Outcome{
		session.StatusReview: decision.Review, session.StatusApproved: decision.Approved, session.StatusDeclined: decision.Declined,
	}[status]
	if outcome != "" {
		s.Decisions = []session.Concluded{{
			Decision: session.Decision{Outcome: outcome, By: session.ActorSandbox, At: at},
			Record: decision.Record{
				Person:   &decision.Person{FirstName: "Ada", LastName: "Specimen", DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28}},
				Document: &decision.Document{Type: "PASSPORT", Number: "X000000", Country: "EE"},
			},
		}}
	}
	for _, c := range change {
		c(s)
	}
	return session.Event{
		ID: uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000001"), Session: s.ID, Kind: kind, Status: status, At: at,
	}, s
}

func known(s *session.Snapshot) {
	s.Identity = uuid.MustParse("22222222-0000-4000-8000-000000000001")
}

func redacted(s *session.Snapshot) { s.RedactedAt = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC) }

func found(updated bool, names ...string) func(*session.Snapshot) {
	return func(s *session.Snapshot) {
		screened := &session.Screened{Screening: decision.Screening{Subject: decision.Subject{Name: "Ada Specimen"}}, Updated: updated}
		for _, name := range names {
			screened.Hits = append(screened.Hits, decision.Hit{Name: name})
		}
		s.Findings = append(s.Findings, session.Found{FindingFacts: session.FindingFacts{Screening: screened}})
	}
}

// told are what there are words for, by the name of their golden file.
var told = []struct {
	name   string
	kind   session.EventKind
	status session.Status
	change []func(*session.Snapshot)
}{
	{"session.created", session.EventCreated, session.StatusCreated, nil},
	{"session.started", session.EventStarted, session.StatusStarted, nil},
	{"session.link_generated", session.EventLinked, session.StatusCreated, nil},
	{"session.awaiting_external", session.EventAwaitingExternal, session.StatusAwaitingExternal, nil},
	{"session.requires-review", session.EventReview, session.StatusReview, nil},
	{"session.approved", session.EventApproved, session.StatusApproved, []func(*session.Snapshot){known}},
	{"session.declined", session.EventDeclined, session.StatusDeclined, nil},
	{"session.resubmission-required", session.EventResubmissionRequested, session.StatusResubmissionRequested, nil},
	{"session.expired", session.EventExpired, session.StatusExpired, nil},
	{"session.expired begun", session.EventAbandoned, session.StatusAbandoned, nil},
	{"session.redacted", session.EventRedacted, session.StatusApproved, []func(*session.Snapshot){redacted}},
	{"session.retention-expired", session.EventRetired, session.StatusDeclined, []func(*session.Snapshot){redacted}},
	{"screening.completed", session.EventScreened, session.StatusApproved, []func(*session.Snapshot){found(false)}},
	{"screening.completed match", session.EventScreened, session.StatusApproved, []func(*session.Snapshot){found(false, "Ada Specimen")}},
	{"screening.completed again", session.EventScreened, session.StatusApproved, []func(*session.Snapshot){found(true)}},
	{"screening.monitoring.new_hits", session.EventScreened, session.StatusApproved, []func(*session.Snapshot){found(false), found(true, "Ada Specimen", "A. Specimen")}},
	{"identity.created", session.EventIdentified, session.StatusApproved, []func(*session.Snapshot){known}},
	{"identity.updated", session.EventReidentified, session.StatusDeclined, []func(*session.Snapshot){known}},
	{"identity.updated redacted", session.EventReidentified, session.StatusDeclined, []func(*session.Snapshot){known, redacted}},
	{"case.created", session.EventCaseOpened, session.StatusReview, nil},
	{"case.approved", session.EventCaseDecided, session.StatusApproved, nil},
	{"case.rejected", session.EventCaseDecided, session.StatusDeclined, nil},
}

// TestGoldenWebhooks: of every event the bytes are those of its file, and whether they are personal is told.
func TestGoldenWebhooks(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range told {
		e, s := happened(c.kind, c.status, c.change...)
		body, personal, ok, err := verifa.Renderer{}.Render(e, s, hook)
		if err != nil || !ok {
			t.Fatalf("%s: got ok %t and error %v, want words for it", c.name, ok, err)
		}
		file := filepath.Join("testdata", "webhooks", strings.ReplaceAll(c.name, " ", "-")+".json")
		if *update {
			if err := os.WriteFile(file, body, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := must(os.ReadFile(file)); !bytes.Equal(body, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, body, want)
		}
		var p struct {
			Event       string  `json:"event"`
			ExternalRef *string `json:"external_ref"`
		}
		if err := json.Unmarshal(body, &p); err != nil || p.Event != strings.Fields(c.name)[0] {
			t.Errorf("%s: got the event %q and error %v", c.name, p.Event, err)
		}
		if personal != (p.ExternalRef != nil) {
			t.Errorf("%s: got personal %t with the reference %v", c.name, personal, p.ExternalRef)
		}
		seen[p.Event] = true
	}
	for name, comes := range verifa.EventNames() {
		if comes != seen[name] {
			t.Errorf("%s: got told %t, want %t", name, seen[name], comes)
		}
	}
}

// TestNothingIsTold: for other events there are no words.
func TestNothingIsTold(t *testing.T) {
	t.Parallel()
	for _, kind := range []session.EventKind{
		session.EventUploaded, session.EventSubmitted, session.EventFailed, session.EventRead, session.EventExported,
		session.EventErased, session.EventDeleted, session.EventRan, session.EventNoted, "", "made up",
	} {
		e, s := happened(kind, session.StatusApproved)
		if body, _, ok, err := (verifa.Renderer{}).Render(e, s, hook); ok || err != nil {
			t.Errorf("%q: got %s and error %v, want nothing", kind, body, err)
		}
	}
}

// TestErasedTellsNothing: what is told of a session that is redacted or deleted has none of what was in it.
func TestErasedTellsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*session.Snapshot){
		"redacted": redacted,
		"deleted":  func(s *session.Snapshot) { s.DeletedAt = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC) },
	} {
		for _, c := range told {
			e, s := happened(c.kind, c.status, append(slices.Clone(c.change), change)...)
			body, personal, ok, err := verifa.Renderer{Nested: true}.Render(e, s, hook)
			if err != nil || !ok || personal {
				t.Errorf("%s, %s: got personal %t, ok %t and error %v", c.name, name, personal, ok, err)
			}
			for _, canary := range []string{"user_", "Ada", "Specimen", "1990", "X000000"} {
				if strings.Contains(string(body), canary) {
					t.Errorf("%s, %s: got %s, which has %q", c.name, name, body, canary)
				}
			}
		}
	}
}

// TestHiddenTellsNoData: after the time for which data are shown, no webhook has them.
func TestHiddenTellsNoData(t *testing.T) {
	t.Parallel()
	e, s := happened(session.EventApproved, session.StatusApproved, func(s *session.Snapshot) {
		s.HideAt = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	})
	body, _, _, err := verifa.Renderer{}.Render(e, s, hook)
	if err != nil || !strings.Contains(string(body), `"extracted_data":{}`) {
		t.Errorf("got %s and error %v, want no extracted data", body, err)
	}
}

func TestWhatAnEndpointWants(t *testing.T) {
	t.Parallel()
	e, s := happened(session.EventApproved, session.StatusApproved)
	for _, c := range []struct {
		name string
		r    verifa.Renderer
		wire session.Wire
		want string // in the payload; empty: nothing is told
		not  string // not in it; empty: nothing is asked
	}{
		{"all", verifa.Renderer{}, session.Wire{}, `"event":"session.approved"`, `"data"`},
		{"its name", verifa.Renderer{}, session.Wire{Names: []string{"session.declined", "session.approved"}}, `session.approved`, ""},
		{"other names", verifa.Renderer{}, session.Wire{Names: []string{"session.declined"}}, "", ""},
		{"camel", verifa.Renderer{}, session.Wire{Inflection: "camel"}, `"faceMatchPassed":true`, "_passed"},
		{"kebab", verifa.Renderer{}, session.Wire{Inflection: "kebab"}, `"extracted-data":{"date-of-birth"`, "date_of_birth"},
		{"a member is left out", verifa.Renderer{}, session.Wire{Blocklist: []string{"external_ref"}}, `"session_id"`, "user_"},
		{"one inside, spelt otherwise", verifa.Renderer{}, session.Wire{Blocklist: []string{"result.extractedData.first-name"}}, `"last_name"`, "Ada"},
		{"one of the nested form", verifa.Renderer{Nested: true}, session.Wire{Blocklist: []string{"data.external_ref"}}, `"data":{"session_id"`, "user_"},
		{"a whole object", verifa.Renderer{}, session.Wire{Blocklist: []string{"result", "external_ref"}}, `"session_id"`, "result"},
		{"left out before it is spelt", verifa.Renderer{}, session.Wire{Blocklist: []string{"external_ref"}, Inflection: "camel"}, `"sessionId"`, "user_"},
		{"what tells one event from another stays", verifa.Renderer{}, session.Wire{Blocklist: []string{"event", "idempotency_key"}}, `{"event":"session.approved","idempotency_key":"idk_`, ""},
		{"nested", verifa.Renderer{Nested: true}, session.Wire{}, `"data":{"session_id":"ses_`, ""},
		{"nested and camel", verifa.Renderer{Nested: true}, session.Wire{Inflection: "camel"}, `"data":{"sessionId":"ses_`, ""},
		{"fields", verifa.Renderer{Fields: []string{"last_name"}}, session.Wire{}, `"extracted_data":{"last_name":"Specimen"}`, "Ada"},
		{"no fields", verifa.Renderer{Fields: []string{}}, session.Wire{}, `"extracted_data":{}`, "Specimen"},
		{"a condition", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"status":"approved"}`)}, "approved", ""},
		{"one of several values", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"status":["rejected","approved"]}`)}, "approved", ""},
		{"another value", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"status":"rejected"}`)}, "", ""},
		{"two conditions", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"status":"approved","isSandbox":false}`)}, "", ""},
		{"a condition inside", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"data.result.extracted_data.last_name":"Specimen"}`)}, "approved", ""},
		{"a condition on what is left out", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"external_ref":"user_\u003c17>"}`), Blocklist: []string{"external_ref"}}, "approved", "user_"},
		{"null is not there", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"identity_id":null}`)}, "approved", ""},
		{"no value at all", verifa.Renderer{}, session.Wire{Filter: json.RawMessage(`{"status":[]}`)}, "", ""},
	} {
		to := hook
		to.Wire = c.wire
		body, _, ok, err := c.r.Render(e, s, to)
		if err != nil || ok != (c.want != "") || !strings.Contains(string(body), c.want) {
			t.Errorf("%s: got %s, ok %t and error %v, want %q in it", c.name, body, ok, err, c.want)
		}
		if c.not != "" && strings.Contains(string(body), c.not) {
			t.Errorf("%s: got %s, want no %q in it", c.name, body, c.not)
		}
	}
}

func TestAWrongEndpointFails(t *testing.T) {
	t.Parallel()
	e, s := happened(session.EventApproved, session.StatusApproved)
	for _, wire := range []session.Wire{{Inflection: "upper"}, {Filter: json.RawMessage(`{"a":1,"a":2}`)}, {Filter: json.RawMessage(`[]`)}, {Filter: json.RawMessage(`{`)}} {
		to := hook
		to.Wire = wire
		if body, _, ok, err := (verifa.Renderer{}).Render(e, s, to); err == nil || ok || body != nil {
			t.Errorf("%+v: got %s, ok %t and error %v, want an error alone", wire, body, ok, err)
		}
	}
}

// TestIdempotencyKeys: of one event and endpoint there is one key, of another another.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	e, s := happened(session.EventApproved, session.StatusApproved)
	keyOf := func(e session.Event, to session.Endpoint) string {
		var p struct {
			Key string `json:"idempotency_key"`
		}
		body, _, _, err := verifa.Renderer{}.Render(e, s, to)
		if err != nil || json.Unmarshal(body, &p) != nil {
			t.Fatalf("got %s and error %v", body, err)
		}
		return p.Key
	}
	other, elsewhere := e, hook
	other.ID[0]++
	elsewhere.ID[0]++
	keys := map[string]bool{keyOf(e, hook): true, keyOf(other, hook): true, keyOf(e, elsewhere): true}
	if len(keys) != 3 || !keys[keyOf(e, hook)] {
		t.Errorf("got %v, want three keys, and the first one again", slices.Collect(maps.Keys(keys)))
	}
}

// TestEveryKindHasATypeInTheAuditLog, and is found by it.
func TestEveryKindHasATypeInTheAuditLog(t *testing.T) {
	t.Parallel()
	for _, kind := range eventKinds(t) {
		name := verifa.AuditType(kind)
		switch {
		case kind == "deciding" || kind == "screening" || kind == "erasing" || kind == "put_off":
			continue // turns of the engine's own, which no list has
		case !strings.Contains(name, "."):
			t.Errorf("%s: got the type %q, want a name of the language", kind, name)
		case !slices.Contains(verifa.AuditKinds(name), kind):
			t.Errorf("%s: its type %s is found as %v, without it", kind, name, verifa.AuditKinds(name))
		}
	}
	for name, want := range map[string][]string{
		"session.expired": {"abandoned", "expired"}, "api_key.created": {"api_key.created"}, "session.approved": {"approved"}, "approved": nil, "": nil,
	} {
		if got := verifa.AuditKinds(name); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}
