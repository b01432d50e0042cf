package session_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// life is what must hold of one session, whatever was done to it.
type life struct {
	id      uuid.UUID
	last    *session.Snapshot // as it was last read; nil once deleted
	deleted bool
}

// TestEngineLaws does anything in any order, with a clock that also goes back, and looks after each step at
// what must always hold.
func TestEngineLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := &lists{}
		b := setUp(t, func(in *session.Integration, cfg *session.Config) {
			in.Policy.Screening = rapid.Bool().Draw(r, "screening")
			if cfg.Screener = l; in.Policy.Screening && rapid.Bool().Draw(r, "monitoring") {
				in.Policy.Monitoring = time.Hour
			}
			in.Policy.Registry, in.Policy.RegistrySync = true, true
			cfg.Registry = session.SandboxRegistry{}
			in.Policy.Create, in.Policy.Delete = session.Unlimited(), session.Unlimited()
			in.Policy.Review = rapid.Bool().Draw(r, "review")
			in.Policy.Resubmissions = rapid.SampledFrom([]int{-1, 1, 9}).Draw(r, "resubmissions")
		})
		var lives []*life
		pick := func() *life {
			if len(lives) == 0 {
				r.Skip("there is no session yet")
			}
			return lives[rapid.IntRange(0, len(lives)-1).Draw(r, "session")]
		}
		verb := func(do func(e *session.Engine, id uuid.UUID) error) func(*rapid.T) {
			return func(r *rapid.T) {
				l := pick()
				before := l.last
				err := do(b.As(rapid.SampledFrom([]session.Actor{session.ActorHost, session.ActorPerson}).Draw(r, "actor")), l.id)
				if l.deleted && !errors.Is(err, session.ErrNotFound) {
					r.Fatalf("a verb on a deleted session: %v", err)
				}
				if err != nil && !l.deleted {
					if after := b.get(l.id); after.Version != before.Version || after.Seq != before.Seq {
						r.Fatalf("a verb that answered %v changed the session", err)
					}
				}
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"create": func(r *rapid.T) {
				name := rapid.SampledFrom([]string{"Approve", "Decline", "Resubmit", "Review", "other"}).Draw(r, "name")
				s := b.create(name)
				lives = append(lives, &life{id: s.ID, last: s})
			},
			"start": verb(func(e *session.Engine, id uuid.UUID) error { _, err := e.Start(b.ctx, id); return err }),
			"upload": verb(func(e *session.Engine, id uuid.UUID) error {
				can := b.Can(b.ctx, id, session.ActionUpload)
				_, err := e.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
				if (err == nil) != (can == nil) {
					r.Fatalf("upload: %v, but Can said %v", err, can)
				}
				return err
			}),
			"collect": verb(func(e *session.Engine, id uuid.UUID) error {
				can := b.Can(b.ctx, id, session.ActionCollect)
				_, err := e.Collect(b.ctx, id, device)
				if (err == nil) != (can == nil) {
					r.Fatalf("collect: %v, but Can said %v", err, can)
				}
				return err
			}),
			"user status": verb(func(e *session.Engine, id uuid.UUID) error {
				_, err := e.SetUserStatus(b.ctx, id, uuid.Nil, session.UserStatus{Status: "seen"})
				return err
			}),
			"check registry": func(r *rapid.T) {
				facts := ada
				facts.Person.LastName = rapid.SampledFrom([]string{"Specimen", "Other"}).Draw(r, "name")
				ask := b.CheckRegistry
				if rapid.Bool().Draw(r, "wait") {
					ask = b.AskRegistry
				}
				s, err := ask(b.ctx, facts)
				if err != nil {
					r.Fatal(err)
				}
				lives = append(lives, &life{id: s.ID, last: s})
			},
			"lists change": func(*rapid.T) { l.hits = append(l.hits, decision.Hit{Name: "one more"}) },
			"submit":       verb(func(e *session.Engine, id uuid.UUID) error { _, err := e.Submit(b.ctx, id); return err }),
			"expire":       verb(func(e *session.Engine, id uuid.UUID) error { _, err := e.Expire(b.ctx, id); return err }),
			"decide": verb(func(_ *session.Engine, id uuid.UUID) error {
				o := rapid.SampledFrom([]decision.Outcome{"approved", "declined", "resubmission", "review"}).Draw(r, "outcome")
				_, err := b.Decide(b.ctx, id, decision.Verdict{Outcome: o})
				return err
			}),
			"delete": func(r *rapid.T) {
				l := pick()
				want := l.deletion(b)
				_, err := b.Delete(b.ctx, l.id)
				if !errors.Is(err, want) {
					r.Fatalf("deletion: %v, want %v", err, want)
				}
				if err == nil {
					l.deleted, l.last = true, nil
				}
			},
			"settle": func(r *rapid.T) {
				b.settle()
				for _, l := range lives {
					l.settled(r, b)
				}
			},
			"clock": func(r *rapid.T) {
				b.clock.Set(b.clock.Now().Add(time.Duration(rapid.Int64Range(-3600, 200_000).Draw(r, "seconds")) * time.Second))
			},
			"": func(r *rapid.T) {
				for _, l := range lives {
					l.check(r, b)
				}
			},
		})
	})
}

// deletion is how a deletion must end: nil, it is done.
func (l *life) deletion(b *bench) error {
	if l.deleted {
		return session.ErrNotFound
	}
	switch s := b.get(l.id); s.Status {
	case session.StatusSubmitted, session.StatusReview, session.StatusAwaitingExternal:
		return session.ErrNotCompleted
	case session.StatusStarted:
		now := b.clock.Now()
		if now.Before(s.UpdatedAt) {
			now = s.UpdatedAt
		}
		if !s.ActiveAt.IsZero() && now.Sub(s.ActiveAt) < 5*time.Minute {
			return session.ErrInProgress
		}
	}
	return nil
}

// settled looks at one session of which nothing is due: whoever was decided about has been looked for.
func (l *life) settled(t *rapid.T, b *bench) {
	if l.deleted {
		return
	}
	s := b.get(l.id)
	decided := s.Status == session.StatusReview || s.Status == session.StatusApproved || s.Status == session.StatusDeclined
	named := s.Facts.Person.FirstName != ""
	waits := s.DueAt.After(b.clock.Now()) // the clock went back
	if b.in.Policy.Screening && decided && named && !waits && s.Screening() == nil {
		t.Fatalf("a session in %s was not screened", s.Status)
	}
	if !b.in.Policy.Screening && s.Screening() != nil {
		t.Fatal("a session was screened though nobody wanted it")
	}
	for i, f := range s.Findings {
		if i > 0 && !f.At.After(s.Findings[i-1].At) {
			t.Fatalf("finding %d at %s is not after the one before it", i, f.At)
		}
	}
}

// check looks at one session.
func (l *life) check(t *rapid.T, b *bench) {
	if l.deleted {
		if _, err := b.Get(b.ctx, l.id); !errors.Is(err, session.ErrNotFound) {
			t.Fatalf("a deleted session: %v", err)
		}
		return
	}
	s := b.get(l.id)
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: l.id}, session.PartEvents|session.PartAttempts)
	if err != nil {
		t.Fatal(err)
	}
	stored := rec.Session
	checkEvents(t, rec)
	if stored.DueAt != stored.Alarm() {
		t.Fatalf("due at %s, and the alarm is %s", stored.DueAt, stored.Alarm())
	}
	if s.UpdatedAt.Before(l.last.UpdatedAt) && s.Status == l.last.Status {
		t.Fatalf("updated at %s after %s", s.UpdatedAt, l.last.UpdatedAt)
	}
	if l.last.Status.Terminal() && s.Status != l.last.Status && stored.Status != l.last.Status {
		// With a clock that went back an expiry that nobody had written may not be seen for a while; nothing
		// else.
		if stored.Version != l.last.Version || !stored.Status.TakesMedia() {
			t.Fatalf("%s became %s", l.last.Status, s.Status)
		}
	}
	if len(s.Attempts) > 10 || s.AttemptN != len(s.Attempts) || s.Attempts[s.AttemptN-1].ID != s.AttemptID {
		t.Fatalf("attempt %d of %d", s.AttemptN, len(s.Attempts))
	}
	for i, a := range s.Attempts {
		if a.N != i+1 || i < len(s.Attempts)-1 && a.Status != session.StatusResubmissionRequested {
			t.Fatalf("attempt %d is number %d and %s", i+1, a.N, a.Status)
		}
	}
	for _, m := range s.Media {
		if !slices.ContainsFunc(s.Attempts, func(a session.Attempt) bool { return a.ID == m.Attempt }) {
			t.Fatalf("medium %s belongs to no attempt", m.ID)
		}
	}
	l.last = s
}

// checkEvents folds the events: they are numbered without gaps, each follows from the one before by the table,
// and the last says how the session stands.
func checkEvents(t *rapid.T, rec session.Record) {
	status := session.Status("")
	steps := map[session.EventKind]bool{}
	for _, s := range session.Statuses() {
		steps[session.EventKind(s)] = true
	}
	for i, e := range rec.Events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
		if !steps[e.Kind] {
			if e.Status != status {
				t.Fatalf("%s changed %s to %s", e.Kind, status, e.Status)
			}
			continue
		}
		if session.Status(e.Kind) != e.Status {
			t.Fatalf("%s led to %s", e.Kind, e.Status)
		}
		if status != "" && !slices.ContainsFunc(session.Transitions(), func(r session.Transition) bool {
			return r.From == status && r.To == e.Status && slices.Contains(r.By, e.By)
		}) {
			t.Fatalf("%s went to %s by %s, which is not in the table", status, e.Status, e.By)
		}
		status = e.Status
	}
	if status != rec.Session.Status || rec.Session.Seq != int64(len(rec.Events)) {
		t.Fatalf("the events end in %s at %d, the session is %s at %d", status, len(rec.Events), rec.Session.Status, rec.Session.Seq)
	}
}
