package storetest

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var applyTests = []test{
	{"answers nil when all were done", func(k *kit) {
		if errs := k.store.Apply(k.ctx, k.create(), k.create(), k.create()); errs != nil {
			k.Fatalf("Apply of three creations: got %v, want nil", errs)
		}
	}},
	{"of no changes answers nil", func(k *kit) {
		if errs := k.store.Apply(k.ctx); errs != nil {
			k.Fatalf("Apply of nothing: got %v, want nil", errs)
		}
	}},
	{"a session has version 1 after creation, whatever stands in the change", func(k *kit) {
		c := k.create()
		c.Session.Version, c.Session.Seq = 77, 99
		s := k.apply(c)
		k.equal("version and seq", []int64{s.Version, s.Seq}, []int64{1, 1})
	}},
	{"a change raises the version by one and the session becomes as it shall be", func(k *kit) {
		s := k.created()
		c := k.change(s)
		c.Session.Version, c.Session.Seq = 40, 50
		c.Session.Status, c.Session.AttemptN, c.Session.Tries = session.StatusReview, 2, 3
		c.Session.RetryAt, c.Session.DueAt, c.Session.EndedAt = k.in(time.Minute), k.in(time.Microsecond), k.in(time.Second)
		c.Session.Key, c.Session.Sealed = nil, []byte("new")
		c.Session.Head = [32]byte{7}
		want := c.Session
		want.Version, want.Seq, want.Head = 2, 2, headAfter(s, c.Events)
		k.equal("session", k.apply(c), want)
	}},
	{"events get Seq = the session's seq + 1, + 2 in their order, and the session's Seq becomes the last", func(k *kit) {
		c := k.create()
		k.addEvent(&c, session.EventStarted)
		c.Events[0].Seq, c.Events[1].Seq = 9, 9
		s := k.apply(c)
		next := k.change(s)
		k.addEvent(&next, session.EventSubmitted)
		k.addEvent(&next, session.EventReview)
		k.equal("the session's seq", k.apply(next).Seq, int64(5))
		k.equal("events", k.load(s.ID).Events, chained(session.Session{}, append(clone(c.Events), next.Events...)))
	}},
	{"a delivery gets the Seq of the event that it names", func(k *kit) {
		c := k.create()
		first := k.addDelivery(&c, session.DeliveryDue, k.now).ID
		k.addEvent(&c, session.EventStarted)
		second := k.addDelivery(&c, session.DeliveryDue, k.now).ID
		c.Deliveries[0].Seq, c.Deliveries[1].Seq = 70, 80
		k.apply(c)
		k.equal("seqs", []int64{k.delivery(first).Seq, k.delivery(second).Seq}, []int64{1, 2})
	}},
	{"a delivery gets the Seq of the event that it names, also of an event of an earlier change", func(k *kit) {
		c := k.create()
		k.addEvent(&c, session.EventStarted)
		s := k.apply(c)
		again := k.change(s)
		d := k.addDelivery(&again, session.DeliveryDue, k.now)
		d.Event = c.Events[1].ID
		k.apply(again)
		k.equal("seq", k.delivery(d.ID).Seq, int64(2))
	}},
	{"the second change of a session sees the first", func(k *kit) {
		c := k.create()
		first := c.Session
		first.Version = 1
		second := k.change(first)
		second.Session.Version = 2
		third := k.change(second.Session)
		if errs := k.store.Apply(k.ctx, c, second, third); errs != nil {
			k.Fatalf("Apply: %v", errs)
		}
		s := k.load(first.ID)
		k.equal("version", s.Session.Version, int64(3))
		k.equal("seqs", []int64{s.Events[0].Seq, s.Events[1].Seq, s.Events[2].Seq}, []int64{1, 2, 3})
		k.equal("changes", []uuid.UUID{s.Events[0].Change, s.Events[1].Change, s.Events[2].Change}, []uuid.UUID{c.ID, second.ID, third.ID})
	}},
	{"of two changes of one session with the same Base the first is done and the second is ErrConflict", func(k *kit) {
		s := k.created()
		first, second := k.change(s), k.change(s)
		k.addMedia(&second)
		errs := k.store.Apply(k.ctx, first, second)
		k.outcome(errs, nil, session.ErrConflict)
		r := k.load(s.ID)
		k.equal("version", r.Session.Version, int64(2))
		k.equal("media", len(r.Media), 0)
		k.equal("change of the last event", r.Events[1].Change, first.ID)
	}},
	{"a batch of many sessions is one Apply", func(k *kit) {
		var changes []session.Change
		for range 100 {
			c := k.create()
			k.addMedia(&c)
			k.addDelivery(&c, session.DeliveryDue, k.now)
			changes = append(changes, c)
		}
		k.apply(changes...)
		for _, c := range changes {
			got := k.kept(c.Session.ID)
			k.equal("parts of a session", []int{len(got.Record.Attempts), len(got.Record.Media), len(got.Record.Events), len(got.Deliveries)}, []int{1, 1, 1, 1})
		}
	}},
}

var activeTests = []test{
	{"of the row's and the change's the later is kept: a change that raises the version", func(k *kit) {
		s := k.created()
		for _, step := range []struct{ at, want time.Time }{
			{k.in(-time.Hour), k.now},
			{time.Time{}, k.now},
			{k.in(5 * time.Microsecond), k.in(5 * time.Microsecond)},
			{k.in(4 * time.Microsecond), k.in(5 * time.Microsecond)},
		} {
			c := k.change(s)
			c.Session.ActiveAt = step.at
			want := c.Session
			want.Version, want.Seq, want.ActiveAt, want.Head = s.Version+1, s.Seq+1, step.want, headAfter(s, c.Events)
			s = k.apply(c)
			k.equal("the session", s, want)
		}
	}},
	{"of the row's and the change's the later is kept: a change that deletes the session", func(k *kit) {
		c := k.change(k.created())
		c.Session.DeletedAt, c.Session.ActiveAt = k.now, k.in(-time.Microsecond)
		k.equal("ActiveAt", k.apply(c).ActiveAt, k.now)
	}},
	{"of the row's and the change's the later is kept: Keep", func(k *kit) {
		s := k.created()
		for _, step := range []struct{ at, want time.Time }{
			{k.in(5 * time.Microsecond), k.in(5 * time.Microsecond)},
			{k.in(4 * time.Microsecond), k.in(5 * time.Microsecond)},
			{time.Time{}, k.in(5 * time.Microsecond)},
			{k.in(6 * time.Microsecond), k.in(6 * time.Microsecond)},
		} {
			c := k.keep(s)
			c.Session.ActiveAt = step.at
			k.equal("ActiveAt", k.apply(c).ActiveAt, step.want)
		}
	}},
	{"of the row's and the change's the later is kept: a change that does not know of a Keep after its Base", func(k *kit) {
		s := k.created()
		c := k.keep(s)
		c.Session.ActiveAt = k.in(time.Second)
		k.apply(c)
		k.equal("ActiveAt", k.apply(k.change(s)).ActiveAt, k.in(time.Second))
	}},
	{"of the row's and the change's the later is kept: a creation and two changes in one call", func(k *kit) {
		for _, kept := range []bool{false, true} {
			c := k.create()
			c.Session.ActiveAt = k.in(time.Second)
			s := c.Session
			s.Version = 1
			later, earlier := k.change(s), k.change(s)
			later.Keep, earlier.Keep = kept, kept
			later.Session.ActiveAt, earlier.Session.ActiveAt = k.in(time.Hour), k.in(time.Minute)
			if !kept {
				earlier.Base = 2
			}
			k.equal("ActiveAt", k.apply(c, later, earlier).ActiveAt, k.in(time.Hour))
		}
	}},
	{"of the row's and the change's the later is kept: Sweep", func(k *kit) {
		s := k.due(k.now)
		_, _, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			c := k.silence(s)
			c.Session.ActiveAt = k.in(-time.Hour)
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("version and ActiveAt", []any{k.load(s.ID).Session.Version, k.load(s.ID).Session.ActiveAt}, []any{int64(2), k.now})
	}},
	{"is written when there was none", func(k *kit) {
		for _, kept := range []bool{false, true} {
			c := k.create()
			c.Session.ActiveAt = time.Time{}
			c = k.change(k.apply(c))
			c.Keep, c.Session.ActiveAt = kept, k.in(time.Second)
			k.equal("ActiveAt", k.apply(c).ActiveAt, k.in(time.Second))
		}
	}},
}

// outcome demands one error for each change: nil where want is nil.
func (k *kit) outcome(errs []error, want ...error) {
	k.Helper()
	if len(errs) != len(want) {
		k.Fatalf("Apply: got %v, want %d outcomes %v", errs, len(want), want)
	}
	for i := range want {
		if !errors.Is(errs[i], want[i]) {
			k.Fatalf("Apply, change %d: got %v, want %v; all: %v", i, errs[i], want[i], errs)
		}
	}
}

var keepTests = []test{
	{"adds parts without raising the version", func(k *kit) {
		s := k.created()
		c := k.keep(s)
		k.addDecision(&c, 1)
		k.addFinding(&c)
		k.addDelivery(&c, session.DeliveryDue, k.now)
		c.Attempts = []session.Attempt{{ID: k.id(), Session: s.ID, N: 2, Status: session.StatusCreated, CreatedAt: k.now}}
		k.apply(c)
		got := k.kept(s.ID)
		k.equal("version", got.Record.Session.Version, int64(1))
		k.equal("parts", got.count(), []int{2, 1, 1, 1, 2, 1})
		k.equal("the finding", got.Record.Findings, c.Findings)
		k.equal("the delivery's seq", got.Deliveries[0].Seq, int64(2))
	}},
	{"of Session only Seq, Head and ActiveAt are written", func(k *kit) {
		s := k.created()
		c := k.keep(s)
		c.Session = k.fullSession(s.ID)
		c.Session.ActiveAt = k.in(time.Hour)
		want := s
		want.Seq, want.ActiveAt, want.Head = 2, k.in(time.Hour), headAfter(s, c.Events)
		k.equal("session", k.apply(c), want)
	}},
	{"two Keep changes never conflict, in one call or in two", func(k *kit) {
		s := k.created()
		k.apply(k.keep(s), k.keep(s))
		k.apply(k.keep(s))
		r := k.load(s.ID)
		k.equal("media and events", []int{len(r.Media), len(r.Events)}, []int{3, 4})
		k.equal("version and seq", []int64{r.Session.Version, r.Session.Seq}, []int64{1, 4})
	}},
	{"Base must still be the version", func(k *kit) {
		s := k.created()
		k.apply(k.change(s))
		k.refused(k.keep(s), session.ErrConflict)
	}},
	{"a raising change does not conflict with Keep changes before it", func(k *kit) {
		s := k.created()
		k.apply(k.keep(s))
		got := k.apply(k.change(s))
		k.equal("version and seq", []int64{got.Version, got.Seq}, []int64{2, 3})
	}},
	{"in one call, before and after a raising change", func(k *kit) {
		s := k.created()
		errs := k.store.Apply(k.ctx, k.keep(s), k.change(s), k.keep(s))
		k.outcome(errs, nil, nil, session.ErrConflict)
		r := k.load(s.ID)
		k.equal("version and seq", []int64{r.Session.Version, r.Session.Seq}, []int64{2, 3})
		k.equal("media", len(r.Media), 1)
	}},
	{"of a session that is not there is ErrNotFound", func(k *kit) {
		ghost := k.create().Session
		ghost.Version = 1
		k.refused(k.keep(ghost), session.ErrNotFound)
	}},
}
