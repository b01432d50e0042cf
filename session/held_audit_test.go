package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var counsel = session.About{
	Actor: "api_key:vk_live_coun", IP: "192.0.2.9", Method: "POST", Path: "/holds", What: "api.session.hold",
}

// TestHoldIsAudited: who placed a legal hold and who ended it, and when, is in the audit log and in the session's chain; once
// each, however often it is said. What the hold refuses changes nothing, and so is no event.
func TestHoldIsAudited(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Identities, in.Policy.Deletion, cfg.Key = true, true, session.Key{7}
	})
	id := b.to(session.StatusApproved)
	hold := func() error { _, err := b.Via(counsel).Hold(b.ctx, id); return err }
	release := func() error { _, err := b.Via(clerk).Release(b.ctx, id); return err }
	var want []session.Audited
	for _, step := range []struct {
		what string
		do   func() error
		by   session.About
	}{{"held", hold, counsel}, {"released", release, clerk}, {"held", hold, counsel}} {
		b.clock.Add(time.Minute)
		if err := errors.Join(step.do(), step.do()); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		want = append(want, session.Audited{
			At: b.Now(), What: step.what, Resource: session.ResourceSession, ResourceID: id.String(), By: session.ActorHost, About: step.by,
		})
	}
	b.clock.Add(time.Minute)
	before := b.get(id)
	person, err := b.Identity(b.ctx, uuid.Nil, "customer-17")
	if err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]func() error{
		"redact":              func() error { _, err := b.Via(clerk).Redact(b.ctx, id); return err },
		"delete":              func() error { _, err := b.Via(clerk).Delete(b.ctx, id); return err },
		"redact the identity": func() error { _, _, err := b.Via(clerk).RedactIdentity(b.ctx, person.ID); return err },
	} {
		if err := refused(); !errors.Is(err, session.ErrHeld) {
			t.Errorf("%s: got %v, want %v", name, err, session.ErrHeld)
		}
	}
	if after := b.get(id); after.Version != before.Version || after.Seq != before.Seq {
		t.Errorf("what was refused made version %d and event %d of %d and %d", after.Version, after.Seq, before.Version, before.Seq)
	}
	got := b.audited(session.AuditList{What: []string{"held", "released"}})
	slices.Reverse(got)
	for i := range got {
		got[i].ID = uuid.Nil
	}
	if !slices.Equal(got, want) {
		t.Errorf("the log tells\n%+v\nwant\n%+v", got, want)
	}
	if report := b.verify(); len(report.Faults) > 0 {
		t.Errorf("verified: %+v", report.Faults)
	}
}

// TestHoldCannotBeTakenOutOfTheLog: neither a hold nor its end is removed, moved or laid to somebody else without notice.
func TestHoldCannotBeTakenOutOfTheLog(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
	id := b.to(session.StatusApproved)
	if _, err := b.Via(counsel).Hold(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Via(clerk).Release(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.checkpoint()
	inner := b.store
	for _, kind := range []session.EventKind{session.EventHeld, session.EventReleased} {
		for name, change := range map[string]func(*session.Record, int){
			"removed":                 func(r *session.Record, i int) { r.Events = slices.Delete(r.Events, i, i+1) },
			"by somebody else":        func(r *session.Record, i int) { r.Events[i].By = session.ActorTimer },
			"on somebody's request":   func(r *session.Record, i int) { r.Events[i].About = []byte(`{"actor":"nobody"}`) },
			"on nobody's request":     func(r *session.Record, i int) { r.Events[i].About = nil },
			"a microsecond earlier":   func(r *session.Record, i int) { r.Events[i].At = r.Events[i].At.Add(-time.Microsecond) },
			"that was something else": func(r *session.Record, i int) { r.Events[i].Kind = session.EventUpdated },
		} {
			b.store = &tampered{Store: inner, load: func(r *session.Record) error {
				if i := slices.IndexFunc(r.Events, func(e session.Event) bool { return e.Kind == kind }); i >= 0 {
					change(r, i)
				}
				return nil
			}}
			e := b.again(func(in *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
			if report, err := e.VerifyAudit(b.ctx); err != nil || len(report.Faults) == 0 {
				t.Errorf("%s, %s: got %+v and %v, want a fault", kind, name, report, err)
			}
		}
	}
	b.store = inner
	if report := b.verify(); len(report.Faults) > 0 {
		t.Errorf("untouched: %+v", report.Faults)
	}
}
