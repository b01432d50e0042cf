package storetest

import (
	"errors"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// permit asks for one permit.
func (k *kit) permit(key string, at time.Time, rules ...session.Rule) session.Permit {
	return session.Permit{Key: key, Rules: rules, At: at}
}

// take creates a session that needs the permits, and answers how that was refused; nil when it was not.
func (k *kit) take(permits ...session.Permit) *session.RateError {
	k.Helper()
	c := k.create()
	c.Permits = permits
	errs := k.store.Apply(k.ctx, c)
	if errs == nil {
		return nil
	}
	return k.rateError(errs[0])
}

// granted demands that the permits are given.
func (k *kit) granted(permits ...session.Permit) {
	k.Helper()
	if refused := k.take(permits...); refused != nil {
		k.Fatalf("permits %+v: got %v, want them to be given", permits, refused)
	}
}

// limited demands that the permits are refused by the rule until the time.
func (k *kit) limited(rule session.Rule, retry time.Time, permits ...session.Permit) {
	k.Helper()
	refused := k.take(permits...)
	if refused == nil {
		k.Fatalf("permits %+v: got them, want a *RateError until %v", permits, retry)
	}
	k.equal("the refusal", *refused, session.RateError{Key: refused.Key, Rule: rule, At: refused.At, Retry: retry})
}

func (k *kit) rateError(err error) *session.RateError {
	k.Helper()
	var refused *session.RateError
	if !errors.As(err, &refused) || !errors.Is(err, session.ErrLimited) {
		k.Fatalf("Apply: got %v, want a *RateError that is ErrLimited", err)
	}
	return refused
}

var permitTests = []test{
	{"no window of that length holds N+1, and Retry is the first instant at which one more is allowed", func(k *kit) {
		rule := session.Rule{N: 2, Window: time.Minute}
		k.granted(k.permit("key", k.now, rule))
		k.granted(k.permit("key", k.in(10*time.Second), rule))
		retry := k.in(time.Minute)
		k.limited(rule, retry, k.permit("key", k.in(20*time.Second), rule))
		k.limited(rule, retry, k.permit("key", retry.Add(-time.Microsecond), rule))
		k.granted(k.permit("key", retry, rule))
		k.limited(rule, k.in(70*time.Second), k.permit("key", retry, rule))
	}},
	{"two rules at once, the later of which says Retry", func(k *kit) {
		hour, day := session.Rule{N: 1, Window: time.Hour}, session.Rule{N: 2, Window: 24 * time.Hour}
		at := func(d time.Duration) session.Permit { return k.permit("key", k.in(d), hour, day) }
		k.granted(at(0))
		k.limited(hour, k.in(time.Hour), at(time.Minute))
		k.granted(at(time.Hour))
		k.limited(day, k.in(24*time.Hour), at(90*time.Minute))
		k.limited(day, k.in(24*time.Hour), at(24*time.Hour-time.Microsecond))
		k.granted(at(24 * time.Hour))
		k.limited(hour, k.in(25*time.Hour), at(24*time.Hour))
	}},
	{"keys do not know one another", func(k *kit) {
		rule := session.Rule{N: 1, Window: time.Hour}
		for _, key := range []string{"a", "A", "a ", "ä", "a\u0308", "", "a%", "a_"} {
			k.granted(k.permit(key, k.now, rule))
			k.limited(rule, k.in(time.Hour), k.permit(key, k.now, rule))
		}
	}},
	{"time never goes back in a log", func(k *kit) {
		rule := session.Rule{N: 1, Window: time.Minute}
		k.granted(k.permit("key", k.now, rule))
		k.limited(rule, k.in(time.Minute), k.permit("key", k.in(-time.Hour), rule))
		k.granted(k.permit("key", k.now, session.Rule{N: 2, Window: time.Minute}))
		k.granted(k.permit("key", k.in(-time.Hour), session.Rule{N: 3, Window: time.Minute}))
		k.limited(rule, k.in(time.Minute), k.permit("key", k.in(time.Minute-time.Microsecond), rule))
	}},
	{"are judged in the order of changes, in one call", func(k *kit) {
		rule := session.Rule{N: 2, Window: time.Hour}
		var changes []session.Change
		for range 5 {
			c := k.create()
			c.Permits = []session.Permit{k.permit("key", k.now, rule)}
			changes = append(changes, c)
		}
		errs := k.store.Apply(k.ctx, changes...)
		k.outcome(errs, nil, nil, session.ErrLimited, session.ErrLimited, session.ErrLimited)
		for i, c := range changes {
			if i >= 2 {
				k.equal("Retry", k.rateError(errs[i]).Retry, k.in(time.Hour))
			}
			k.equal("what is there of a session", len(k.kept(c.Session.ID).Record.Events), max(0, min(1, 2-i)))
		}
	}},
	{"a change takes all of its permits or none", func(k *kit) {
		rule := session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("full", k.now, rule))
		k.limited(rule, k.in(time.Hour), k.permit("a", k.now, rule), k.permit("full", k.now, rule), k.permit("b", k.now, rule))
		k.granted(k.permit("a", k.now, rule), k.permit("b", k.now, rule))
		k.limited(rule, k.in(time.Hour), k.permit("b", k.now, rule))
	}},
	{"what a refused change would have taken is there for the next one in this call", func(k *kit) {
		rule := session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("full", k.now, rule))
		first, second := k.create(), k.create()
		first.Permits = []session.Permit{k.permit("a", k.now, rule), k.permit("full", k.now, rule)}
		second.Permits = []session.Permit{k.permit("a", k.now, rule)}
		k.outcome(k.store.Apply(k.ctx, first, second), session.ErrLimited, nil)
	}},
	{"two of the same key in one change are two", func(k *kit) {
		rule := session.Rule{N: 3, Window: time.Hour}
		p := k.permit("key", k.now, rule)
		k.granted(p, p)
		k.limited(rule, k.in(time.Hour), p, p)
		k.granted(p)
		k.limited(rule, k.in(time.Hour), p)
	}},
	{"Retry is the first instant at which the same request can succeed: of several refusals the latest", func(k *kit) {
		short, long := session.Rule{N: 1, Window: time.Minute}, session.Rule{N: 1, Window: time.Hour}
		k.granted(k.permit("short", k.now, short), k.permit("long", k.now, long))
		both := func(at time.Time) []session.Permit {
			return []session.Permit{k.permit("short", at, short), k.permit("long", at, long)}
		}
		k.limited(long, k.in(time.Hour), both(k.in(time.Second))...)
		k.limited(long, k.in(time.Hour), both(k.in(time.Hour-time.Microsecond))...)
		k.granted(both(k.in(time.Hour))...)
	}},
	{"a change may have permits with Keep too", func(k *kit) {
		s := k.created()
		rule := session.Rule{N: 1, Window: time.Hour}
		first, second := k.keep(s), k.keep(s)
		first.Permits = []session.Permit{k.permit("key", k.now, rule)}
		second.Permits = first.Permits
		k.apply(first)
		k.refused(second, session.ErrLimited)
	}},
	{"a permit without rules is recorded", func(k *kit) {
		k.granted(k.permit("key", k.now))
		rule := session.Rule{N: 1, Window: time.Hour}
		k.limited(rule, k.in(time.Hour), k.permit("key", k.now, rule))
	}},
	{"a permit of the largest number of rules", func(k *kit) {
		var rules []session.Rule
		for i := range session.MaxRules {
			rules = append(rules, session.Rule{N: int64(i + 1), Window: time.Duration(i+1) * time.Minute})
		}
		k.granted(k.permit("key", k.now, rules...))
		k.limited(rules[0], k.in(time.Minute), k.permit("key", k.now, rules...))
		k.granted(k.permit("key", k.in(time.Minute), rules...))
		k.limited(rules[0], k.in(2*time.Minute), k.permit("key", k.in(time.Minute), rules...))
	}},
}
