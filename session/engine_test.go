package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// bench is an engine in memory with a clock that is moved by hand, and one integration with one endpoint.
type bench struct {
	*session.Engine
	t        *testing.T
	ctx      context.Context
	clock    *clock.Mock
	keeper   *session.MemoryKeeper
	blobs    *watchedBlobs
	store    session.Store
	receiver *sessiontest.Receiver
	in       session.Integration
}

var (
	tenant   = uuid.MustParse("7c9d0a51-0000-4000-8000-000000000001")
	endpoint = uuid.MustParse("e0000000-0000-4000-8000-000000000001")
)

// setUp makes a bench; adjust may change what the integration and the engine are made of.
func setUp(t *testing.T, adjust func(*session.Integration, *session.Config)) *bench {
	t.Helper()
	b := &bench{
		t: t, ctx: t.Context(), clock: sessiontest.NewClock(), keeper: session.NewMemoryKeeper(),
		blobs: newBlobs(), store: memstore.New(), receiver: &sessiontest.Receiver{},
	}
	b.in = session.Integration{
		ID:        tenant,
		Policy:    session.Policy{Deletion: true, Review: true},
		Endpoints: []session.Endpoint{{ID: endpoint, Format: sessiontest.Format}},
	}
	cfg := session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Decider: session.Sandbox{},
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}}, Deliverer: b.receiver,
	}
	if adjust != nil {
		adjust(&b.in, &cfg)
	}
	cfg.Integrations = session.Fixed{b.in}
	engine, err := session.New(b.store, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(b.in.ID)
	return b
}

func (b *bench) create(firstName string) *session.Snapshot {
	b.t.Helper()
	s, err := b.Create(b.ctx, session.Facts{ExternalRef: new("customer-17"), Person: session.Person{FirstName: firstName}})
	if err != nil {
		b.t.Fatalf("create: %v", err)
	}
	return s
}

func (b *bench) settle() int {
	b.t.Helper()
	n, err := b.Settle(b.ctx)
	if err != nil {
		b.t.Fatalf("settle: %v", err)
	}
	return n
}

func (b *bench) get(id uuid.UUID) *session.Snapshot {
	b.t.Helper()
	s, err := b.Get(b.ctx, id)
	if err != nil {
		b.t.Fatalf("get: %v", err)
	}
	return s
}

func (b *bench) upload(id uuid.UUID) *session.Medium {
	b.t.Helper()
	m, err := b.Upload(b.ctx, id, session.Upload{Context: media.DocumentFront, Content: bytes.NewReader(png)})
	if err != nil {
		b.t.Fatalf("upload: %v", err)
	}
	return m
}

func (b *bench) submit(id uuid.UUID) {
	b.t.Helper()
	if _, err := b.Submit(b.ctx, id); err != nil {
		b.t.Fatalf("submit: %v", err)
	}
}

// to brings a new session to a status.
func (b *bench) to(status session.Status) uuid.UUID {
	b.t.Helper()
	name := map[session.Status]string{
		session.StatusApproved: "Approve", session.StatusDeclined: "Decline",
		session.StatusResubmissionRequested: "Resubmit", session.StatusReview: "Review",
	}[status]
	id := b.create(name).ID
	switch status {
	case session.StatusStarted, session.StatusAbandoned:
		if _, err := b.Start(b.ctx, id); err != nil {
			b.t.Fatal(err)
		}
	case session.StatusCreated, session.StatusExpired:
	default:
		b.submit(id)
	}
	if status == session.StatusExpired || status == session.StatusAbandoned {
		b.clock.Add(7 * 24 * time.Hour)
	}
	b.settle()
	if got := b.get(id).Status; got != status {
		b.t.Fatalf("brought a session to %s, want %s", got, status)
	}
	return id
}

// forced brings a new session to any status, also those to which no verb leads.
func (b *bench) forced(status session.Status) uuid.UUID {
	b.t.Helper()
	if status != session.StatusAwaitingExternal && status != session.StatusFailed {
		return b.to(status)
	}
	s := b.get(b.to(session.StatusSubmitted)).Session
	base := s.Version
	s.Status, s.DueAt, s.DecideAt = status, time.Time{}, time.Time{}
	change := session.Change{ID: uuid.New(), Base: base, Session: s, Events: []session.Event{
		{ID: uuid.New(), Session: s.ID, Kind: session.EventKind(status), Status: status, At: s.UpdatedAt},
	}}
	if errs := b.store.Apply(b.ctx, change); errs != nil {
		b.t.Fatal(errs)
	}
	return s.ID
}

// png is a picture of one pixel.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82")

// TestWholeLife takes a session from its creation to an approval and reads everything back.
func TestWholeLife(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("Approve")
	if s.Status != session.StatusCreated || !s.ExpiresAt.Equal(sessiontest.Start().Add(7*24*time.Hour)) || s.Version != 1 {
		t.Fatalf("created: %+v", s.Session)
	}
	b.clock.Add(time.Second)
	if _, err := b.As(session.ActorPerson).Start(b.ctx, s.ID); err != nil {
		t.Fatal(err)
	}
	m := b.upload(s.ID)
	b.clock.Add(time.Second)
	b.submit(s.ID)
	b.clock.Add(time.Second)
	b.settle()

	got := b.get(s.ID)
	if got.Status != session.StatusApproved || len(got.Decisions) != 1 || len(got.Attempts) != 1 || len(got.Media) != 1 {
		t.Fatalf("after settling: %+v", got)
	}
	if d := got.Decisions[0]; d.Outcome != decision.Approved || d.Attempt != got.AttemptID || d.Record.Document.Country == "" || d.By != session.ActorDecider {
		t.Errorf("decision: %+v", d)
	}
	if a := got.Attempts[0]; a.Status != session.StatusApproved || !a.EndedAt.Equal(sessiontest.Start().Add(3*time.Second)) {
		t.Errorf("attempt: %+v", a)
	}
	if *got.Facts.ExternalRef != "customer-17" || !got.SubmittedAt.Equal(sessiontest.Start().Add(2*time.Second)) {
		t.Errorf("session: %+v %+v", got.Session, got.Facts)
	}
	f, err := b.File(b.ctx, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // an answer is signed, then sent
		r, err := f.Open(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if bytes, err := io.ReadAll(r); err != nil || !slices.Equal(bytes, png) {
			t.Errorf("file: %d bytes, %v; want %d", len(bytes), err, len(png))
		}
		_ = r.Close()
	}
	want := []session.EventKind{"created", "started", "uploaded", "submitted", "deciding", "approved"}
	if kinds := b.receiver.Kinds(s.ID); !slices.Equal(kinds, want) {
		t.Errorf("told %v, want %v", kinds, want)
	}
}

// TestExpiry: at its end, and not a microsecond before, a session is over for every reader, before and after a
// sweep alike.
func TestExpiry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, after session.Status
	}{
		{session.StatusCreated, session.StatusExpired},
		{session.StatusStarted, session.StatusAbandoned},
		{session.StatusResubmissionRequested, session.StatusAbandoned},
		{session.StatusSubmitted, session.StatusSubmitted},
		{session.StatusReview, session.StatusReview},
		{session.StatusApproved, session.StatusApproved},
	} {
		t.Run(string(c.before), func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.to(c.before)
			end := b.get(id).ExpiresAt
			b.clock.Set(end.Add(-time.Microsecond))
			if got := b.get(id).Status; got != c.before {
				t.Errorf("1µs before its end: %s", got)
			}
			b.clock.Set(end)
			before := b.get(id)
			if before.Status != c.after {
				t.Fatalf("at its end: %s, want %s", before.Status, c.after)
			}
			b.clock.Add(24 * time.Hour)
			unswept := b.get(id)
			b.settle()
			after := b.get(id)
			if c.after != c.before {
				for _, s := range []*session.Snapshot{before, unswept, after} {
					if !s.EndedAt.Equal(end) || !s.UpdatedAt.Equal(end) || s.Attempts[len(s.Attempts)-1].Status != c.after {
						t.Errorf("ended %s, updated %s, attempt %s; want %s and %s", s.EndedAt, s.UpdatedAt, s.Attempts[0].Status, end, c.after)
					}
				}
				if kinds := b.receiver.Kinds(id); kinds[len(kinds)-1] != session.EventKind(c.after) {
					t.Errorf("told %v", kinds)
				}
			}
			for _, s := range []*session.Snapshot{before, unswept, after} {
				if s.Status != c.after || s.AttemptN != before.AttemptN || !s.UpdatedAt.Equal(before.UpdatedAt) {
					t.Errorf("readers differ: %+v and %+v", s.Session, before.Session)
				}
			}
		})
	}
}

// TestExpiredRefuses: what comes after the end is refused, also when nothing was swept.
func TestExpiredRefuses(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Approve").ID
	b.clock.Add(7 * 24 * time.Hour)
	for name, do := range map[string]func() error{
		"start":  func() error { _, err := b.Start(b.ctx, id); return err },
		"submit": func() error { _, err := b.Submit(b.ctx, id); return err },
		"upload": func() error {
			_, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
			return err
		},
		"decide": func() error {
			_, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: decision.Approved})
			return err
		},
		"can upload": func() error { return b.Can(b.ctx, id, session.ActionUpload) },
	} {
		var refused *session.TransitionError
		if err := do(); !errors.As(err, &refused) || refused.Status != session.StatusExpired {
			t.Errorf("%s: %v, want a refusal in expired", name, err)
		}
	}
	if b.blobs.Len() != 0 {
		t.Errorf("%d blobs remain of a refused upload", b.blobs.Len())
	}
}

// TestEveryActionInEveryStatus tries the verbs of the engine in each status against the table.
func TestEveryActionInEveryStatus(t *testing.T) {
	t.Parallel()
	verbs := map[session.Action]struct {
		by session.Actor
		do func(b *bench, id uuid.UUID) error
	}{
		session.ActionStart:               {session.ActorHost, func(b *bench, id uuid.UUID) error { _, err := b.Start(b.ctx, id); return err }},
		session.ActionSubmit:              {session.ActorHost, func(b *bench, id uuid.UUID) error { _, err := b.Submit(b.ctx, id); return err }},
		session.ActionExpire:              {session.ActorHost, func(b *bench, id uuid.UUID) error { _, err := b.Expire(b.ctx, id); return err }},
		session.ActionApprove:             {session.ActorReviewer, decide(decision.Approved)},
		session.ActionDecline:             {session.ActorReviewer, decide(decision.Declined)},
		session.ActionReview:              {session.ActorReviewer, decide(decision.Review)},
		session.ActionRequestResubmission: {session.ActorReviewer, decide(decision.Resubmission)},
	}
	for _, status := range session.Statuses() {
		for action, verb := range verbs {
			t.Run(string(status)+"/"+string(action), func(t *testing.T) {
				t.Parallel()
				b := setUp(t, nil)
				id := b.forced(status)
				before := b.get(id)
				want, refusal := session.Next(status, action, verb.by)
				err := verb.do(b, id)
				after := b.get(id)
				if refusal != nil {
					if err == nil || err.Error() != refusal.Error() || after.Status != status || after.Version != before.Version || after.Seq != before.Seq {
						t.Errorf("%v, then %s; want refused with %v and nothing changed", err, after.Status, refusal)
					}
					return
				}
				if err != nil || after.Status != want {
					t.Errorf("%v, then %s; want %s", err, after.Status, want)
				}
			})
		}
	}
}

func decide(o decision.Outcome) func(*bench, uuid.UUID) error {
	return func(b *bench, id uuid.UUID) error {
		_, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: o})
		return err
	}
}

// TestStartAgain: starting a started session changes nothing.
func TestStartAgain(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusStarted)
	before := b.get(id)
	b.clock.Add(time.Minute)
	if _, err := b.As(session.ActorPerson).Start(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if after := b.get(id); after.Session.Version != before.Version || after.Seq != before.Seq || !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("starting again changed %+v to %+v", before.Session, after.Session)
	}
}

// TestResubmission: a person goes through all ten attempts: nine requests are made, the tenth becomes a decline
// with code 539.
func TestResubmission(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Resubmit").ID
	for n := 1; n <= 10; n++ {
		first := b.upload(id)
		second := b.upload(id)
		if first.Attempt != second.Attempt {
			t.Fatalf("attempt %d: two uploads went to two attempts", n)
		}
		b.submit(id)
		b.settle()
		s := b.get(id)
		if s.AttemptN != n || len(s.Attempts) != n || s.AttemptID != first.Attempt {
			t.Fatalf("attempt %d: the session is at %d of %d", n, s.AttemptN, len(s.Attempts))
		}
		last := s.Decisions[len(s.Decisions)-1]
		if n < 10 && (s.Status != session.StatusResubmissionRequested || last.Code != 204) {
			t.Fatalf("attempt %d: %s with code %d", n, s.Status, last.Code)
		}
		if n == 10 && (s.Status != session.StatusDeclined || last.Code != 539 || last.Record.Reason != "Resubmission limit exceeded") {
			t.Fatalf("attempt %d: %s with code %d %q, want declined with 539", n, s.Status, last.Code, last.Record.Reason)
		}
	}
}

// TestApprovalOfTheTenth: the tenth attempt can be approved.
func TestApprovalOfTheTenth(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("by hand").ID
	for n := 1; n <= 9; n++ {
		b.submit(id)
		if err := decide(decision.Resubmission)(b, id); err != nil {
			t.Fatal(err)
		}
	}
	b.submit(id)
	if err := decide(decision.Approved)(b, id); err != nil {
		t.Fatal(err)
	}
	if s := b.get(id); s.Status != session.StatusApproved || s.AttemptN != 10 {
		t.Errorf("%s at attempt %d", s.Status, s.AttemptN)
	}
}

// TestJudgedAttemptStaysCurrent until the next upload, start or submission.
func TestJudgedAttemptStaysCurrent(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(*bench, uuid.UUID) error{
		"upload": func(b *bench, id uuid.UUID) error { b.upload(id); return nil },
		"start":  func(b *bench, id uuid.UUID) error { _, err := b.Start(b.ctx, id); return err },
		"submit": func(b *bench, id uuid.UUID) error { _, err := b.Submit(b.ctx, id); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.to(session.StatusResubmissionRequested)
			if s := b.get(id); s.AttemptN != 1 || len(s.Attempts) != 1 {
				t.Fatalf("before: attempt %d of %d", s.AttemptN, len(s.Attempts))
			}
			if err := next(b, id); err != nil {
				t.Fatal(err)
			}
			if s := b.get(id); s.AttemptN != 2 || len(s.Attempts) != 2 || s.Attempts[0].Status != session.StatusResubmissionRequested {
				t.Errorf("after: attempt %d of %+v", s.AttemptN, s.Attempts)
			}
		})
	}
}

// TestResubmissionMovesTheEnd when less than a day is left, and only then.
func TestResubmissionMovesTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wait  time.Duration
		moved bool
	}{
		"a day left":           {6 * 24 * time.Hour, false},
		"less than a day left": {6*24*time.Hour + time.Microsecond, true},
		"after the end":        {30 * 24 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.to(session.StatusSubmitted)
			end := b.get(id).ExpiresAt
			b.clock.Add(c.wait)
			if err := decide(decision.Resubmission)(b, id); err != nil {
				t.Fatal(err)
			}
			if c.moved {
				end = b.clock.Now().Add(7 * 24 * time.Hour)
			}
			if s := b.get(id); !s.ExpiresAt.Equal(end) || s.Status != session.StatusResubmissionRequested {
				t.Errorf("%s until %s, want until %s", s.Status, s.ExpiresAt, end)
			}
		})
	}
}

// TestResubmissionHold: the host is told of a request to the person in the page only when the person does not
// follow it at once.
func TestResubmissionHold(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	person := b.As(session.ActorPerson)
	told := func(id uuid.UUID) bool {
		return slices.Contains(b.receiver.Kinds(id), session.EventResubmissionRequested)
	}
	quick, slow, api := b.create("Resubmit").ID, b.create("Resubmit").ID, b.create("Resubmit").ID
	for _, id := range []uuid.UUID{quick, slow} {
		if _, err := person.Submit(b.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	b.submit(api)
	b.settle()
	if told(quick) || told(slow) || !told(api) {
		t.Fatalf("at once: quick %t, slow %t, api %t; want only the one submitted by the host", told(quick), told(slow), told(api))
	}
	b.clock.Add(5*time.Minute - time.Microsecond)
	if _, err := person.Start(b.ctx, quick); err != nil {
		t.Fatal(err)
	}
	if _, err := person.Submit(b.ctx, quick); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if told(quick) || told(slow) {
		t.Fatalf("before five minutes: quick %t, slow %t", told(quick), told(slow))
	}
	b.clock.Add(time.Microsecond)
	b.settle()
	if !told(slow) || told(quick) {
		t.Errorf("after five minutes: slow %t, quick %t", told(slow), told(quick))
	}
}

// TestReviewOff: the verdict is kept and the session waits; a reviewer can still decide.
func TestReviewOff(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Review = false
		cfg.Decider = nil // manual
	})
	id := b.to(session.StatusSubmitted)
	if s := b.get(id); len(s.Decisions) != 1 || s.Decisions[0].Outcome != decision.Review || !s.DueAt.IsZero() {
		t.Errorf("waiting: %+v due %s", s.Decisions, s.DueAt)
	}
	if n := b.settle(); n != 0 {
		t.Errorf("%d things were due of a session that waits", n)
	}
	if err := decide(decision.Approved)(b, id); err != nil {
		t.Fatal(err)
	}
	if got := b.get(id).Status; got != session.StatusApproved {
		t.Errorf("then %s", got)
	}
}

// TestDeciderFails: a decider that fails is asked again, later each time, and then the session fails.
func TestDeciderFails(t *testing.T) {
	t.Parallel()
	asked := 0
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(context.Context, session.Case) (decision.Verdict, error) {
			if asked++; asked%2 == 0 {
				panic("the decider broke")
			}
			return decision.Verdict{}, errors.New("out of order")
		})
	})
	id := b.create("any").ID
	b.submit(id)
	for n, wait := range []time.Duration{0, time.Minute, 2 * time.Minute, 4 * time.Minute} {
		b.clock.Add(wait - min(wait, time.Microsecond))
		if wait > 0 && b.settle() != 0 {
			t.Fatalf("before try %d something was due", n+1)
		}
		b.clock.Add(min(wait, time.Microsecond))
		b.settle()
		if asked != n+1 {
			t.Fatalf("asked %d times, want %d", asked, n+1)
		}
	}
	b.clock.Add(8 * time.Minute)
	b.settle()
	if s := b.get(id); s.Status != session.StatusFailed || asked != 4 || s.Attempts[0].Status != session.StatusFailed {
		t.Errorf("%s after being asked %d times", s.Status, asked)
	}
}

// TestLateDecider: what a reviewer decided meanwhile stands.
func TestLateDecider(t *testing.T) {
	t.Parallel()
	var b *bench
	b = setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			_, err := b.Decide(ctx, c.ID, decision.Verdict{Outcome: decision.Declined, Code: 102})
			return decision.Verdict{Outcome: decision.Approved}, err
		})
	})
	id := b.create("any").ID
	b.submit(id)
	b.settle()
	if s := b.get(id); s.Status != session.StatusDeclined || len(s.Decisions) != 1 || s.Decisions[0].Record.Reason != "Suspected document tampering" {
		t.Errorf("%s with %+v", s.Status, s.Decisions)
	}
}

// TestDeciderSeesTheCase: the decider is shown the case with what was given and shown.
func TestDeciderSeesTheCase(t *testing.T) {
	t.Parallel()
	var seen string
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.Decider = session.DeciderFunc(func(ctx context.Context, c session.Case) (decision.Verdict, error) {
			r, err := c.Open(ctx, c.Media[0].ID)
			if err != nil {
				return decision.Verdict{}, err
			}
			defer r.Close()
			photo, err := io.ReadAll(r)
			seen = c.Facts.Person.FirstName + string(photo)
			return decision.Verdict{}, errors.Join(err, session.ErrWait)
		})
	})
	id := b.create("Ada").ID
	b.upload(id)
	b.submit(id)
	b.settle()
	if seen != "Ada"+string(png) || b.get(id).Status != session.StatusSubmitted {
		t.Errorf("the decider saw %d bytes; the session is %s", len(seen), b.get(id).Status)
	}
}

// TestBadVerdicts: they are refused and change nothing.
func TestBadVerdicts(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusSubmitted)
	for name, v := range map[string]decision.Verdict{
		"no outcome":         {},
		"unknown outcome":    {Outcome: "perhaps"},
		"additional is list": {Outcome: decision.Approved, Record: decision.Record{Additional: []byte(`[1]`)}},
		"additional is null": {Outcome: decision.Approved, Record: decision.Record{Additional: []byte(`null`)}},
		"additional broken":  {Outcome: decision.Approved, Record: decision.Record{Additional: []byte(`{"a"`)}},
	} {
		if _, err := b.Decide(b.ctx, id, v); !errors.Is(err, session.ErrVerdict) {
			t.Errorf("%s: %v, want ErrVerdict", name, err)
		}
	}
	if s := b.get(id); s.Status != session.StatusSubmitted || len(s.Decisions) != 0 {
		t.Errorf("then %s with %d decisions", s.Status, len(s.Decisions))
	}
}

// TestUnknownCode: a code of the host's own is passed on unharmed.
func TestUnknownCode(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusSubmitted)
	v := decision.Verdict{Outcome: decision.Declined, Code: 90210, Record: decision.Record{Reason: "our own"}}
	s, err := b.Decide(b.ctx, id, v)
	if err != nil || s.Decisions[0].Code != 90210 || s.Decisions[0].Record.Reason != "our own" {
		t.Errorf("%v, %+v", err, s)
	}
}

// TestCreationRate refuses number 601 until exactly a minute after the first, makes nothing, and takes no
// permit.
func TestCreationRate(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	for range 600 {
		b.create("any")
	}
	for range 3 {
		_, err := b.Create(b.ctx, session.Facts{})
		var limited *session.RateError
		if !errors.As(err, &limited) || !limited.Retry.Equal(sessiontest.Start().Add(time.Minute)) {
			t.Fatalf("number 601: %v, want refused until a minute has passed", err)
		}
	}
	b.clock.Add(time.Minute - time.Microsecond)
	if _, err := b.Create(b.ctx, session.Facts{}); !errors.Is(err, session.ErrLimited) {
		t.Fatalf("1µs early: %v", err)
	}
	b.clock.Add(time.Microsecond)
	for range 600 {
		b.create("any")
	}
	all, err := b.List(b.ctx, session.List{N: 1000})
	rest, err2 := b.List(b.ctx, session.List{N: 1000, After: all[len(all)-1].ID})
	if len(all)+len(rest) != 1200 || err != nil || err2 != nil {
		t.Errorf("%d sessions, %v %v; want 1200", len(all)+len(rest), err, err2)
	}
}

// TestBadFacts: of facts that are not acceptable nothing is made, and the error names the field without
// repeating it.
func TestBadFacts(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	for name, c := range map[string]struct {
		facts session.Facts
		field string
		fault session.FactsFault
	}{
		"1001 characters":      {session.Facts{ExternalRef: new(strings.Repeat("é", 1001))}, "external_ref", session.FaultTooLong},
		"NUL in the reference": {session.Facts{ExternalRef: new("a\x00b")}, "external_ref", session.FaultText},
		"bad UTF-8 in a name":  {session.Facts{Person: session.Person{LastName: "sp\xff"}}, "person.last_name", session.FaultText},
		"endless name":         {session.Facts{Person: session.Person{LastName: strings.Repeat("a", 4097)}}, "person.last_name", session.FaultTooLong},
		"http callback":        {session.Facts{Callback: "http://example.com"}, "callback", session.FaultNotHTTPS},
		"callback of words":    {session.Facts{Callback: "over there"}, "callback", session.FaultNotHTTPS},
		"callback of no host":  {session.Facts{Callback: "https:///path"}, "callback", session.FaultNotHTTPS},
		"end-user id of words": {session.Facts{EndUserID: new("seventeen")}, "end_user_id", session.FaultNotUUID},
		"consent not given":    {session.Facts{Consents: []session.Consent{{Type: "ine"}}}, "consents", session.FaultConsent},
	} {
		_, err := b.Create(b.ctx, c.facts)
		var wrong *session.FactsError
		if !errors.As(err, &wrong) || !errors.Is(err, session.ErrFacts) || wrong.Field != c.field || wrong.Fault != c.fault {
			t.Errorf("%s: %v, want %s %s", name, err, c.field, c.fault)
		}
	}
	if _, err := b.Create(b.ctx, session.Facts{ExternalRef: new(strings.Repeat("é", 1000))}); err != nil {
		t.Errorf("1000 characters of two bytes: %v", err)
	}
	if list, err := b.List(b.ctx, session.List{}); len(list) != 1 || err != nil {
		t.Errorf("%d sessions, %v; want the good one", len(list), err)
	}
}
