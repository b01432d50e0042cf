package storetest

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// window is the law of rate rules in its plainest form: the times of all permits of a key, oldest first.
type window []time.Time

// take says how a permit is refused, from the law alone: no window of a rule's length may hold more
// than N. When it is not refused, its time is recorded; time never goes back.
func (w *window) take(p session.Permit) *session.RateError {
	at := p.At
	if n := len(*w); n > 0 && (*w)[n-1].After(at) {
		at = (*w)[n-1]
	}
	var refused *session.RateError
	for _, r := range p.Rules {
		// The window that ends with this permit holds it and all that are younger than its length.
		from := at.Add(-r.Window)
		held := slices.IndexFunc(*w, func(t time.Time) bool { return t.After(from) })
		if held < 0 || int64(len(*w)-held) < r.N {
			continue
		}
		retry := (*w)[int64(len(*w))-r.N].Add(r.Window)
		if refused == nil || retry.After(refused.Retry) {
			refused = &session.RateError{Key: p.Key, Rule: r, At: at, Retry: retry}
		}
	}
	if refused == nil {
		*w = append(*w, at)
	}
	return refused
}

// broken finds a window of a rule's length that holds more than N of the times.
func (w window) broken(r session.Rule) (from, to time.Time, broken bool) {
	for i := range w {
		if j := i + int(r.N); j < len(w) && w[j].Sub(w[i]) < r.Window {
			return w[i], w[j], true
		}
	}
	return time.Time{}, time.Time{}, false
}

// runRate holds the permits of a store against the law, over many pages of a log.
func runRate(t *testing.T, open func(t *testing.T) session.Store) {
	t.Run("no window of length W holds N+1, at equal and backward times", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) { checkLaw(t, rt, open(t)) })
	})
	t.Run("Retry is exact over many pages", func(t *testing.T) { checkPages(newKit(t, open(t))) })
	t.Run("several permits of one change look at several pages", func(t *testing.T) { checkSeveral(newKit(t, open(t))) })
	t.Run("raising and lowering N later stays exact", func(t *testing.T) { checkChangedRules(newKit(t, open(t))) })
	t.Run("a rule of a longer window finds the permits of before", func(t *testing.T) { checkLongerWindow(newKit(t, open(t))) })
}

// request is some creations with one permit each, in one Apply, and what the law says to each.
func (k *kit) request(w *window, permits ...session.Permit) {
	k.Helper()
	var changes []session.Change
	for _, p := range permits {
		c := k.create()
		c.Permits = []session.Permit{p}
		changes = append(changes, c)
	}
	errs := k.store.Apply(k.ctx, changes...)
	for i, p := range permits {
		want := w.take(p)
		var err error
		if errs != nil {
			err = errs[i]
		}
		switch {
		case want == nil && err == nil:
		case want == nil:
			k.Fatalf("permit %d of %d of this key, at %v, under %v: got %v, want it to be given", len(*w), len(permits), p.At, p.Rules, err)
		case err == nil:
			k.Fatalf("permit at %v under %v, with %d given: got it, want %v", p.At, p.Rules, len(*w), want)
		default:
			k.equal("the refusal", *k.rateError(err), *want)
		}
	}
}

// checkLaw takes permits at random times, alone and in batches, under one or two rules of one key.
func checkLaw(t *testing.T, rt *rapid.T, store session.Store) {
	k := kitOf(rt, t.Context(), store)
	rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) session.Rule {
		return session.Rule{N: rapid.Int64Range(1, 5).Draw(t, "N"), Window: time.Duration(rapid.IntRange(1, 20).Draw(t, "window")) * time.Microsecond}
	}), 1, 3).Draw(rt, "rules")
	var given window
	at := 0
	for range rapid.IntRange(1, 15).Draw(rt, "requests") {
		var permits []session.Permit
		for range rapid.IntRange(1, 3).Draw(rt, "permits") {
			at += rapid.IntRange(-3, 8).Draw(rt, "step")
			permits = append(permits, k.permit("key", k.in(time.Duration(at)*time.Microsecond), rules...))
		}
		k.request(&given, permits...)
	}
	for _, r := range rules {
		if from, to, broken := given.broken(r); broken {
			k.Fatalf("rule %v: more than %d from %v to %v of %v", r, r.N, from, to, given)
		}
	}
}

// fill asks for n permits, step apart, in batches, and gives the time of the last.
func (k *kit) fill(w *window, n int, from time.Time, step time.Duration, rules ...session.Rule) time.Time {
	k.Helper()
	at := from
	for begin := 0; begin < n; begin += 25 {
		var permits []session.Permit
		for i := begin; i < min(begin+25, n); i++ {
			at = from.Add(time.Duration(i) * step)
			permits = append(permits, k.permit("key", at, rules...))
		}
		k.request(w, permits...)
	}
	return at
}

// atRetry demands that one more is refused a microsecond before Retry and given at Retry.
func (k *kit) atRetry(w *window, at time.Time, rules ...session.Rule) {
	k.Helper()
	refused := k.take(k.permit("key", at, rules...))
	if refused == nil {
		k.Fatalf("a permit at %v under %v, with %d given: got it, want a refusal", at, rules, len(*w))
	}
	k.request(w, k.permit("key", refused.Retry.Add(-time.Microsecond), rules...))
	before := len(*w)
	k.request(w, k.permit("key", refused.Retry, rules...))
	k.equal("permits given at Retry", len(*w)-before, 1)
}

func checkPages(k *kit) {
	rule := session.Rule{N: 200, Window: time.Hour}
	var given window
	at := k.fill(&given, 220, k.now, time.Second, rule)
	k.equal("permits given at first", len(given), 200)
	for range 5 {
		k.atRetry(&given, at, rule)
		at = given[len(given)-1]
	}
	at = k.fill(&given, 150, at, time.Second, rule)
	at = k.fill(&given, 220, at.Add(time.Hour), time.Second, rule)
	k.atRetry(&given, at, rule)
	if len(given) < 400 {
		k.Fatalf("%d permits were given, want enough to fill several pages", len(given))
	}
	if from, to, broken := given.broken(rule); broken {
		k.Fatalf("more than %d permits from %v to %v", rule.N, from, to)
	}
}

// checkSeveral takes permits 5 at a time when 2 more become free at each step, so that often the first of
// them could be given and the last could not, and so that the last looks at a page that the first does not
// look at.
func checkSeveral(k *kit) {
	rule := session.Rule{N: 130, Window: time.Hour}
	var given window
	k.fill(&given, 130, k.now, time.Second, rule)
	refusals := 0
	for i := range 130 {
		five := slices.Repeat([]session.Permit{k.permit("key", k.in(time.Hour+time.Duration(i)*2*time.Second), rule)}, 5)
		law := slices.Clone(given)
		var want *session.RateError
		for _, p := range five {
			if refused := law.take(p); refused != nil && (want == nil || refused.Retry.After(want.Retry)) {
				want = refused
			}
		}
		got := k.take(five...)
		if (got == nil) != (want == nil) {
			k.Fatalf("5 permits at %v under %v, with %d given: got %v, want %v", five[0].At, rule, len(given), got, want)
		}
		if want != nil {
			k.equal("the refusal", *got, *want)
			refusals++
			continue
		}
		given = law
	}
	if len(given) < 256 || refusals < 20 {
		k.Fatalf("%d permits were given and %d requests refused, want enough of both to cross several pages", len(given), refusals)
	}
}

func checkChangedRules(k *kit) {
	var given window
	at := k.now
	for _, n := range []int64{3, 90, 1, 200, 64, 65, 63, 130} {
		rule := session.Rule{N: n, Window: time.Hour}
		at = k.fill(&given, int(n)+2, at, time.Second, rule)
		k.atRetry(&given, at, rule)
		at = given[len(given)-1].Add(20 * time.Minute)
	}
}

func checkLongerWindow(k *kit) {
	var given window
	minute, hour := session.Rule{N: 5, Window: time.Minute}, session.Rule{N: 40, Window: time.Hour}
	at := k.fill(&given, 50, k.now, 12*time.Second, minute)
	k.equal("permits given", len(given), 50)
	k.atRetry(&given, at, minute, hour)
}
