package session_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// TestEventsOfALongLog: a page looks at so much and no more, and says where to go on; nothing is left out.
func TestEventsOfALongLog(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, cfg *session.Config) { in.Policy.Audit, cfg.Key = true, session.NewKey() })
	note := func(what, id string) {
		if err := b.RecordAudit(b.ctx, what, "thing", id); err != nil {
			t.Fatal(err)
		}
	}
	note("thing.made", "1")
	b.clock.Add(1e6)
	first := b.create("any").ID
	b.clock.Add(1e6)
	for range 10_500 {
		note("thing.used", "")
	}
	b.clock.Add(1e6)
	note("thing.made", "2")
	for name, c := range map[string]struct {
		list  session.AuditList
		pages []int
	}{
		"rare lines":           {session.AuditList{What: []string{"thing.made"}, N: 2}, []int{1, 1}},
		"lines of a thing":     {session.AuditList{ResourceID: "1", N: 2}, []int{0, 1}},
		"events beside":        {session.AuditList{What: []string{"thing.made", string(session.EventCreated)}, N: 3}, []int{1, 2}},
		"an event":             {session.AuditList{Resource: session.ResourceSession, ResourceID: first.String()}, []int{1}},
		"full before the end":  {session.AuditList{What: []string{"thing.made"}, N: 1}, []int{1, 0, 1}},
		"one is passed over":   {session.AuditList{What: []string{"thing.used"}, Skip: 1, N: 1}, []int{1, 1}},
		"everything is looked": {session.AuditList{N: 1000}, []int{1000, 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := map[uuid.UUID]bool{}
			last := uuid.Max
			for i, want := range c.pages {
				got, err := b.Events(b.ctx, c.list)
				if err != nil || len(got.Audited) != want {
					t.Fatalf("page %d: %d lines, %v; want %d", i+1, len(got.Audited), err, want)
				}
				for _, a := range got.Audited {
					if seen[a.ID] || a.ID.String() >= last.String() {
						t.Errorf("page %d: %s comes again, or too late", i+1, a.ID)
					}
					seen[a.ID], last = true, a.ID
				}
				c.list.After, c.list.Skip = got.Next, 0
				if got.Next == uuid.Nil && len(got.Audited) > 0 {
					c.list.After = last
				}
			}
		})
	}
}

// TestAuditOfAnother: integrations of one tenant that keep their sessions to themselves, keep their lines too.
func TestAuditOfAnother(t *testing.T) {
	t.Parallel()
	b, other := setUp(t, nil), uuid.New()
	one := b.again(func(in *session.Integration, cfg *session.Config) {
		in.Policy.Audit, in.Tenant, in.Dialect, cfg.Key = true, uuid.New(), "any", session.NewKey()
		second := *in
		second.ID = other
		cfg.Integrations = session.Fixed{*in, second}
	})
	if err := one.RecordAudit(b.ctx, "sessions.listed", "session", "of the one"); err != nil {
		t.Fatal(err)
	}
	if err := one.For(other).RecordAudit(b.ctx, "sessions.listed", "session", "of the other"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[uuid.UUID]string{b.in.ID: "of the one", other: "of the other"} {
		e := one.For(id)
		got, err := e.Events(b.ctx, session.AuditList{})
		if err != nil || len(got.Audited) != 1 || got.Audited[0].ResourceID != want {
			t.Fatalf("%s sees %+v, %v", want, got, err)
		}
		for seer, found := range map[uuid.UUID]bool{id: true, b.in.ID: id == b.in.ID, other: id == other} {
			if _, err := one.For(seer).Event(b.ctx, got.Audited[0].ID); (err == nil) != found || err != nil && !errors.Is(err, session.ErrNotFound) {
				t.Errorf("the line %s: %v, want found %t", want, err, found)
			}
		}
		if report, err := e.VerifyAudit(b.ctx); err != nil || len(report.Faults) != 0 || report.Entries != 2 {
			t.Errorf("the tenant's log: %+v, %v", report, err)
		}
	}
}
