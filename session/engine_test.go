package session_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

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
