package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// TestEngineLaws does anything in any order, with a clock that also goes back, and looks after each step at
// what must always hold: see life.
func TestEngineLaws(t *testing.T) {
	t.Parallel()
	did := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		w := newWalk(t, r)
		w.did = did
		steps := map[string]func(*rapid.T){
			"create": w.create, "verbs": w.some, "verbs of one": w.manyOfOne, "settle": w.settleAll, "clock": w.moveClock,
			"erase": oneStepOf(w.delete, w.redact, w.redactIdentity), "other": oneStepOf(w.checkRegistry, w.list, w.checkpointAll),
			"": func(r *rapid.T) {
				for _, l := range w.lives {
					l.check(r, w)
				}
			},
		}
		r.Repeat(steps)
		w.checkMeters(r)
	})
	for _, name := range []string{"resume", "reprocess", "revise", "simulate", "export", "hold", "release", "redact", "delete"} {
		if did[name] == 0 && !testing.Short() && !t.Failed() { // a short run makes a fifth of the walks
			t.Errorf("%q was never done, so that nothing was seen of it", name)
		}
	}
}

// canary is in everything about a person: it must be nowhere once that is gone. It cannot stand in base64.
const canary = "canary-bird"

// walk is an engine and the sessions that it has made.
type walk struct {
	*bench
	lists    *lists
	meter    meter
	keeps    map[uuid.UUID]bool // the changes that raised no version
	workflow uuid.UUID          // nil: there are none
	lives    []*life
	verbs    map[string]verb
	names    []string       // of the verbs
	did      map[string]int // how often each has succeeded
}

// newWalk draws what the integration allows.
func newWalk(t *testing.T, r *rapid.T) *walk {
	w := &walk{lists: &lists{}, meter: newMeter(), keeps: map[uuid.UUID]bool{}}
	yes := func(what string) bool { return rapid.Bool().Draw(r, what) }
	w.bench = setUpOver(t, func(in *session.Integration, cfg *session.Config) {
		p := &in.Policy
		p.Screening = yes("screening")
		if p.Screening && yes("monitoring") {
			p.Monitoring = time.Hour
		}
		p.Registry, p.RegistrySync = true, true
		p.Create, p.Delete = session.Unlimited(), session.Unlimited()
		p.Review, p.Cases, p.Identities, p.Audit = yes("review"), yes("cases"), yes("identities"), yes("audit")
		p.Links, p.UploadStarts, p.Workflows = yes("links"), yes("uploads start"), yes("workflows")
		p.Resume, p.Reprocess, p.Revise = true, true, true
		p.Resubmissions = rapid.SampledFrom([]int{-1, 1, 9}).Draw(r, "resubmissions")
		p.Lifetime = rapid.SampledFrom([]time.Duration{20 * time.Minute, week}).Draw(r, "lifetime")
		p.ErasureDelay = rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(r, "erasure delay")
		p.Sensitive = rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(r, "sensitive")
		p.Retention = rapid.SampledFrom([]time.Duration{0, 30 * time.Hour}).Draw(r, "retention")
		in.Sandbox = yes("sandbox")
		p.AwaitOutcome = in.Sandbox && yes("await outcome")
		in.Endpoints = append(in.Endpoints, session.Endpoint{ID: uuid.UUID{1}, Format: "gossip"})
		cfg.Screener, cfg.Registry = w.lists, session.SandboxRegistry{}
		cfg.Checks = map[string]session.Check{"first": byName, "second": byName}
		cfg.Renderers["gossip"] = gossip{}
		cfg.MeterProvider = w.meter
	}, func(b *bench, _ *session.Config) { b.store = keepsOf{b.store, w.keeps} })
	if w.in.Policy.Workflows {
		w.workflow = w.addDefault(gated("review")).ID
	}
	w.verbs = w.allVerbs()
	w.names = slices.Sorted(maps.Keys(w.verbs))
	return w
}

// pick is one of the sessions, most often one that is not erased.
func (w *walk) pick(r *rapid.T) *life {
	if len(w.lives) == 0 {
		r.Skip("there is no session yet")
	}
	var alive []*life
	for _, l := range w.lives {
		if !l.deleted && !l.redacted {
			alive = append(alive, l)
		}
	}
	if len(alive) > 0 && rapid.IntRange(0, 3).Draw(r, "one that is erased") < 3 {
		return alive[len(alive)-1-rapid.IntRange(0, len(alive)-1).Draw(r, "of those alive before the newest")]
	}
	return w.lives[len(w.lives)-1-rapid.IntRange(0, len(w.lives)-1).Draw(r, "sessions before the newest")]
}

// as is the engine for a verb: whoever asks for it, on a request or not, once or not.
func (w *walk) as(r *rapid.T, l *life) *session.Engine {
	e := w.As(rapid.SampledFrom([]session.Actor{session.ActorHost, session.ActorHost, session.ActorPerson}).Draw(r, "actor"))
	if rapid.Bool().Draw(r, "on a request") {
		e = e.Via(clerk)
	}
	if !l.redacted && rapid.IntRange(0, 3).Draw(r, "once") == 0 { // of what is redacted no answer is remembered
		l.keys = append(l.keys, uuid.NewString())
		e = e.Once(onceWith(l.keys[len(l.keys)-1]))
	}
	return e
}

// onceWith is a request whose answer is all there is.
func onceWith(key string) session.Once {
	return session.Once{Key: key, Encode: func(result any) ([]byte, error) { return json.Marshal(result) }}
}

// some does this and that to any sessions.
func (w *walk) some(r *rapid.T) {
	for range rapid.IntRange(1, 10).Draw(r, "times") {
		w.verb(r, w.pick(r))
	}
}

// manyOfOne leads one session further than chance would.
func (w *walk) manyOfOne(r *rapid.T) {
	w.create(r)
	l := w.lives[len(w.lives)-1]
	for range rapid.IntRange(5, 20).Draw(r, "times") {
		w.verb(r, l)
	}
}

// oneStepOf is one of several steps.
func oneStepOf(steps ...func(*rapid.T)) func(*rapid.T) {
	return func(r *rapid.T) { steps[rapid.IntRange(0, len(steps)-1).Draw(r, "which")](r) }
}

// moveClock lets a moment pass, or longer, or puts the clock back; and then there may be more people on the lists.
func (w *walk) moveClock(r *rapid.T) {
	seconds := rapid.OneOf(rapid.Int64Range(0, 1800), rapid.Int64Range(-3600, 200_000)).Draw(r, "seconds")
	w.clock.Set(w.clock.Now().Add(time.Duration(seconds) * time.Second))
	if rapid.IntRange(0, 9).Draw(r, "lists change") == 0 {
		w.lists.hits = append(w.lists.hits, decision.Hit{Name: canary})
	}
}

// verb does something to a session, and looks at it. What is refused changes nothing, and what is answered is what readers see.
func (w *walk) verb(r *rapid.T, l *life) {
	name := rapid.SampledFrom(w.names).Draw(r, "verb")
	if l.deleted {
		if _, err := w.verbs[name](r, w.as(r, l), l.id); !errors.Is(err, session.ErrNotFound) {
			r.Fatalf("%s of a deleted session: %v", name, err)
		}
		return
	}
	before := w.get(l.id)
	s, err := w.verbs[name](r, w.as(r, l), l.id)
	after := w.get(l.id)
	if err != nil && (after.Version != before.Version || after.Seq != before.Seq) {
		r.Fatalf("%s answered %v, and changed the session", name, err)
	}
	if err == nil {
		w.did[name]++
	}
	if s != nil {
		answered(r, name, s, after)
	}
	l.check(r, w)
}

func (w *walk) create(r *rapid.T) {
	name := rapid.SampledFrom([]string{"Approve", "Review", "Decline", "other", "Resubmit", "Review", "Approve"}).Draw(r, "name")
	s, err := w.Create(w.ctx, session.Facts{
		ExternalRef: new(canary + rapid.SampledFrom([]string{"1", "2", "3"}).Draw(r, "who")), Address: canary,
		Person:   session.Person{FirstName: name, LastName: canary},
		Metadata: json.RawMessage(`{"note":"` + canary + `"}`), Tags: []string{canary}, Invite: &session.Invite{Name: canary},
	})
	if err != nil {
		r.Fatal(err)
	}
	w.lives = append(w.lives, &life{id: s.ID, last: s})
	if rapid.Bool().Draw(r, "and submit") {
		w.submit(s.ID)
		w.settle()
	}
}

func (w *walk) checkRegistry(r *rapid.T) {
	facts := ada
	facts.Person.LastName = rapid.SampledFrom([]string{"Specimen", canary}).Draw(r, "name")
	ask := w.CheckRegistry
	if rapid.Bool().Draw(r, "wait") {
		ask = w.AskRegistry
	}
	s, err := ask(w.ctx, facts)
	if err != nil {
		r.Fatal(err)
	}
	w.lives = append(w.lives, &life{id: s.ID, last: s})
}

// visit acts by any link that the session ever had.
func (w *walk) visit(r *rapid.T, _ *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
	l := w.lifeOf(id)
	if len(l.tokens) == 0 {
		return nil, session.ErrNotFound
	}
	person, s, err := w.ByLink(w.ctx, rapid.SampledFrom(l.tokens).Draw(r, "link"))
	if err != nil && person == nil {
		return nil, err
	}
	if s.ID != id {
		r.Fatalf("the link of %s leads to %s", id, s.ID)
	}
	visited, failed := person.Visit(w.ctx, id)
	if err != nil && failed == nil && visited.LinkN != s.LinkN {
		r.Fatalf("a link that is dead (%v) was visited", err)
	}
	return nil, errors.Join(err, failed)
}

func (w *walk) lifeOf(id uuid.UUID) *life {
	return w.lives[slices.IndexFunc(w.lives, func(l *life) bool { return l.id == id })]
}

func (w *walk) delete(r *rapid.T) {
	l := w.pick(r)
	want := l.deletion(w)
	if _, err := w.as(r, l).Delete(w.ctx, l.id); !errors.Is(err, want) {
		r.Fatalf("deletion: %v, want %v", err, want)
	}
	if want == nil {
		w.did["delete"]++
		l.gone(w)
		l.deleted, l.last = true, nil
	}
}

func (w *walk) redact(r *rapid.T) {
	l := w.pick(r)
	receipt, err := w.as(r, l).Redact(w.ctx, l.id)
	switch {
	case l.deleted:
		if !errors.Is(err, session.ErrNotFound) {
			r.Fatalf("redaction of a deleted session: %v", err)
		}
	case !l.last.HeldAt.IsZero():
		if !errors.Is(err, session.ErrHeld) {
			r.Fatalf("redaction of a held session: %v", err)
		}
	case err != nil && !l.redacted:
		r.Fatalf("redaction: %v", err)
	case err == nil:
		w.did["redact"]++
		if err := receipt.Verify(w.ReceiptKey()); err != nil || receipt.Session != l.id {
			r.Fatalf("the receipt: %+v, %v", receipt, err)
		}
	}
}

func (w *walk) redactIdentity(r *rapid.T) {
	i, err := w.Identity(w.ctx, uuid.Nil, canary+"1")
	if err != nil {
		r.Skip("there is none")
	}
	if _, _, err := w.RedactIdentity(w.ctx, i.ID); err != nil && !errors.Is(err, session.ErrHeld) {
		r.Fatal(err)
	}
}

// list shows every session once, as a reader of it sees it.
func (w *walk) list(r *rapid.T) {
	rows, err := w.List(w.ctx, session.List{N: 1000})
	if err != nil {
		r.Fatal(err)
	}
	for _, l := range w.lives {
		i := slices.IndexFunc(rows, func(s session.Session) bool { return s.ID == l.id })
		if (i >= 0) == l.deleted {
			r.Fatalf("a session that is deleted (%t) is at %d of the list", l.deleted, i)
		}
		if i >= 0 && rows[i].Status != w.get(l.id).Status {
			r.Fatalf("listed as %s, and is %s", rows[i].Status, w.get(l.id).Status)
		}
	}
}

func (w *walk) settleAll(r *rapid.T) {
	w.settle()
	for _, l := range w.lives {
		l.settled(r, w)
	}
}

// checkpointAll: whatever was done, the audit log verifies.
func (w *walk) checkpointAll(r *rapid.T) {
	if err := w.Checkpoint(w.ctx); err != nil {
		r.Fatal(err)
	}
	if report, err := w.VerifyAudit(w.ctx); err != nil || len(report.Faults) > 0 {
		r.Fatalf("the audit log: %+v, %v", report, err)
	}
}

// upload is possible exactly when [session.Engine.Can] says so.
func (w *walk) upload(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
	can := w.Can(w.ctx, id, session.ActionUpload)
	m, err := e.Upload(w.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
	if (err == nil) != (can == nil) {
		r.Fatalf("upload: %v, but Can said %v", err, can)
	}
	if err == nil {
		l := w.lifeOf(id)
		l.media = append(l.media, m.ID)
	}
	return nil, err
}

func (w *walk) collect(r *rapid.T, e *session.Engine, id uuid.UUID) (*session.Snapshot, error) {
	can := w.Can(w.ctx, id, session.ActionCollect)
	s, err := e.Collect(w.ctx, id, session.Device{Provider: canary, Fingerprint: canary, IPv4: "203.0.113.7"})
	if (err == nil) != (can == nil) {
		r.Fatalf("collect: %v, but Can said %v", err, can)
	}
	return s, err
}

var _ session.Renderer = gossip{}

// gossip is a renderer that tells all there is.
type gossip struct{}

func (gossip) Render(e session.Event, s *session.Snapshot, _ session.Endpoint) (body []byte, personal, ok bool, err error) {
	body, err = json.Marshal(everything(s))
	return body, true, e.Kind != session.EventRead, err
}

// everything that a snapshot shows of a person.
func everything(s *session.Snapshot) []any {
	return []any{s.Facts, s.Decisions, s.Media, s.Findings, s.Run(), s.LinkToken()}
}
