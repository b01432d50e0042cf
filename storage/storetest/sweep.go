package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// due creates a session whose alarm is at the time.
func (k *kit) due(at time.Time) session.Session {
	k.Helper()
	c := k.create()
	c.Session.DueAt = at
	return k.apply(c)
}

// sweep sweeps with a tick that ends the alarm, and gives the sessions that were handed to it.
func (k *kit) sweep(now time.Time, n int) (handed []session.Session, done int, next time.Time) {
	k.Helper()
	done, next, err := k.store.Sweep(k.ctx, now, n, func(s session.Session) (session.Change, bool) {
		handed = append(handed, clone(s))
		return k.silence(s), true
	})
	if err != nil {
		k.Fatalf("Sweep: %v", err)
	}
	return handed, done, next
}

// silence is a change that ends the alarm.
func (k *kit) silence(s session.Session) session.Change {
	c := k.change(s)
	c.Session.DueAt = time.Time{}
	return c
}

var sweepTests = []test{
	{"hands sessions whose DueAt is not after now to tick, earliest first, and applies the changes", func(k *kit) {
		c := k.due(k.in(3 * time.Microsecond))
		a := k.due(k.in(-time.Hour))
		b := k.due(k.in(time.Microsecond))
		late := k.due(k.in(4 * time.Microsecond))
		handed, done, next := k.sweep(k.in(3*time.Microsecond), many)
		k.equal("sessions handed", handed, []session.Session{a, b, c})
		k.equal("done", done, 3)
		k.equal("next", next, late.DueAt)
		for _, s := range handed {
			r := k.load(s.ID)
			k.equal("version and seq", []int64{r.Session.Version, r.Session.Seq}, []int64{2, 2})
			k.equal("DueAt", r.Session.DueAt, time.Time{})
			k.equal("status", r.Session.Status, session.StatusStarted)
		}
		k.equal("the session that is not due", k.load(late.ID).Session, late)
	}},
	{"of nothing due answers when the next is, and never ticks", func(k *kit) {
		handed, done, next := k.sweep(k.now, many)
		k.equal("handed, done, next of an empty store", []any{len(handed), done, next}, []any{0, 0, time.Time{}})
		k.due(k.in(time.Hour))
		s := k.due(k.in(time.Microsecond))
		handed, done, next = k.sweep(k.now, many)
		k.equal("handed, done, next", []any{len(handed), done, next}, []any{0, 0, s.DueAt})
	}},
	{"a session whose DueAt is zero is never due", func(k *kit) {
		s := k.created()
		handed, _, next := k.sweep(time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), many)
		k.equal("handed and next", []any{len(handed), next}, []any{0, time.Time{}})
		k.apply(k.change(s))
	}},
	{"hands up to n, and next is when the rest is due", func(k *kit) {
		var want []uuid.UUID
		for i := range 5 {
			want = append(want, k.due(k.in(time.Duration(i-10)*time.Second)).ID)
		}
		handed, done, next := k.sweep(k.now, 2)
		k.equal("handed", ids(handed, sessionID), want[:2])
		k.equal("done and next", []any{done, next}, []any{2, k.in(-8 * time.Second)})
		handed, done, next = k.sweep(k.now, 3)
		k.equal("handed then", ids(handed, sessionID), want[2:])
		k.equal("done and next then", []any{done, next}, []any{3, time.Time{}})
	}},
	{"at most once each, even when tick leaves the alarm in the past", func(k *kit) {
		s := k.due(k.in(-time.Hour))
		calls := 0
		done, next, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			calls++
			c := k.change(s)
			c.Session.DueAt = k.in(-time.Minute)
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("calls, done, next", []any{calls, done, next}, []any{1, 1, k.in(-time.Minute)})
		k.equal("version", k.load(s.ID).Session.Version, int64(2))
	}},
	{"next is of what tick has written too", func(k *kit) {
		k.due(k.now)
		k.due(k.in(time.Hour))
		_, next, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			c := k.change(s)
			c.Session.DueAt = k.in(time.Second)
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("next", next, k.in(time.Second))
	}},
	{"a session for which tick answers false is left as it is, and next may be past", func(k *kit) {
		left, taken := k.due(k.in(-time.Hour)), k.due(k.in(-time.Minute))
		calls := map[uuid.UUID]int{}
		done, next, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			calls[s.ID]++
			return k.silence(s), s.ID == taken.ID
		})
		k.is("Sweep", err, nil)
		k.equal("done and next", []any{done, next}, []any{1, left.DueAt})
		k.equal("calls", []int{calls[left.ID], calls[taken.ID]}, []int{1, 1})
		k.equal("the session that was left", k.load(left.ID).Session, left)
	}},
	{"n counts what is handed, also what is left as it is", func(k *kit) {
		first := k.due(k.in(-time.Hour))
		k.due(k.in(-time.Minute))
		calls := 0
		done, next, err := k.store.Sweep(k.ctx, k.now, 1, func(session.Session) (session.Change, bool) {
			calls++
			return session.Change{}, false
		})
		k.is("Sweep", err, nil)
		k.equal("calls, done, next", []any{calls, done, next}, []any{1, 0, first.DueAt})
	}},
	{"deleted ones too", func(k *kit) {
		c := k.create()
		c.Session.DeletedAt, c.Session.DueAt = k.now, k.now
		s := k.apply(c)
		handed, done, _ := k.sweep(k.now, many)
		k.equal("handed", handed, []session.Session{s})
		k.equal("done", done, 1)
	}},
	{"of every tenant, live and sandbox", func(k *kit) {
		o := k.other()
		a := k.due(k.now)
		c := o.create()
		c.Session.DueAt, c.Session.Sandbox = o.in(time.Microsecond), true
		b := o.apply(c)
		handed, _, _ := k.sweep(k.in(time.Second), many)
		k.equal("handed", ids(handed, sessionID), []uuid.UUID{a.ID, b.ID})
	}},
	{"a change of tick has all kinds of parts", func(k *kit) {
		c := k.erasable()
		c.Session.DueAt = k.now
		s := k.apply(c)
		done, _, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			c := k.heavy(s)
			c.Session.DueAt = time.Time{}
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("done", done, 1)
		got := k.kept(s.ID)
		k.equal("parts", got.count(), []int{2, 3, 1, 3, 2, 9})
		k.equal("seq of the newest delivery", got.Deliveries[0].Seq, int64(2))
	}},
	{"a refused change is not counted and harms no other", func(k *kit) {
		rule := session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("key", k.now, rule))
		theirs := k.withParts()
		k.apply(theirs)
		stale, limited, fine := k.due(k.in(-time.Millisecond)), k.due(k.in(-2*time.Second)), k.due(k.in(-time.Second))
		doubled := k.due(k.in(-1500 * time.Millisecond))
		done, next, err := k.store.Sweep(k.ctx, k.now, many, func(s session.Session) (session.Change, bool) {
			c := k.silence(s)
			switch s.ID {
			case stale.ID:
				c.Base = 7
			case limited.ID:
				c.Permits = []session.Permit{k.permit("key", k.now, rule)}
			case doubled.ID:
				k.addMedia(&c)
				c.Media[0].ID = theirs.Media[0].ID
			}
			return c, true
		})
		k.is("Sweep", err, nil)
		k.equal("the session whose change adds a part that is there", k.load(doubled.ID).Session, doubled)
		k.equal("done and next", []any{done, next}, []any{1, limited.DueAt})
		k.equal("versions", []int64{k.load(stale.ID).Session.Version, k.load(limited.ID).Session.Version, k.load(fine.ID).Session.Version}, []int64{1, 1, 2})
	}},
	{"an alarm that was moved by Apply is where it was moved to", func(k *kit) {
		s := k.due(k.in(-time.Hour))
		c := k.change(s)
		c.Session.DueAt = k.in(time.Hour)
		s = k.apply(c)
		handed, _, next := k.sweep(k.now, many)
		k.equal("handed and next", []any{len(handed), next}, []any{0, s.DueAt})
		c = k.change(s)
		c.Session.DueAt = k.in(-time.Minute)
		s = k.apply(c)
		handed, _, _ = k.sweep(k.now, many)
		k.equal("handed after it was moved back", handed, []session.Session{s})
	}},
	{"Keep does not move the alarm", func(k *kit) {
		s := k.due(k.in(time.Hour))
		c := k.keep(s)
		c.Session.DueAt = k.in(-time.Hour)
		k.apply(c)
		handed, _, next := k.sweep(k.now, many)
		k.equal("handed and next", []any{len(handed), next}, []any{0, s.DueAt})
	}},
	{"sessions with one alarm are handed once each", func(k *kit) {
		var want []uuid.UUID
		for range 7 {
			want = append(want, k.due(k.now).ID)
		}
		var got []uuid.UUID
		for range 4 {
			handed, _, _ := k.sweep(k.now, 2)
			got = append(got, ids(handed, sessionID)...)
		}
		slices.SortFunc(got, compareIDs)
		k.equal("handed", got, want)
	}},
}
