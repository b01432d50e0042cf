package session_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// keptLog is a permit log as a store keeps it: every permit is taken from a log that was loaded anew.
type keptLog struct {
	n, last, most int64
	pages         map[int64][]byte
}

func (k *keptLog) take(p session.Permit) *session.RateError {
	if k.pages == nil {
		k.pages = map[int64][]byte{}
	}
	log := session.PermitLog{N: k.n, Last: k.last, Most: k.most}
	for _, page := range log.Needs(1, p.Rules) {
		if times, ok := k.pages[page]; ok {
			log.SetPage(page, times)
		}
	}
	err := log.Take(p)
	k.most = log.Most // also of a refusal, which is more than a store does
	if err != nil {
		return err
	}
	for _, page := range log.Changed() {
		k.pages[page] = log.Page(page)
	}
	for page := range k.pages {
		if page < log.Oldest() {
			delete(k.pages, page)
		}
	}
	k.n, k.last = log.N, log.Last
	return nil
}

// TestRates shows each profile at its edges: N pass, N+1 is refused until exactly the right moment.
func TestRates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rules []session.Rule
		n     int
		retry time.Duration // after the first permit
	}{
		{"enterprise creation", session.EnterpriseCreation(), 600, time.Minute},
		{"self-serve creation", session.SelfServeCreation(), 30, time.Minute},
		{"deletion", session.DeletionRules(), 5, time.Hour},
		{"one a microsecond", []session.Rule{{N: 1, Window: time.Microsecond}}, 1, time.Microsecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log keptLog
			for i := range c.n {
				if err := log.take(session.Permit{Rules: c.rules, At: noon}); err != nil {
					t.Fatalf("permit %d of %d: %v", i+1, c.n, err)
				}
			}
			for _, early := range []time.Duration{0, c.retry - time.Microsecond} {
				err := log.take(session.Permit{Rules: c.rules, At: noon.Add(early)})
				if err == nil || !errors.Is(err, session.ErrLimited) || !err.Retry.Equal(noon.Add(c.retry)) {
					t.Fatalf("permit %d after %s: %v, want refused until %s", c.n+1, early, err, c.retry)
				}
			}
			if err := log.take(session.Permit{Rules: c.rules, At: noon.Add(c.retry)}); err != nil {
				t.Fatalf("permit %d after %s: %v", c.n+1, c.retry, err)
			}
		})
	}
}

// TestBothDeletionRules lets five through in each of two hours, and then none until a day after the first.
func TestBothDeletionRules(t *testing.T) {
	t.Parallel()
	var log keptLog
	for i := range 10 {
		at := noon.Add(time.Duration(i/5) * time.Hour)
		if err := log.take(session.Permit{Rules: session.DeletionRules(), At: at}); err != nil {
			t.Fatalf("deletion %d: %v", i+1, err)
		}
	}
	err := log.take(session.Permit{Rules: session.DeletionRules(), At: noon.Add(3 * time.Hour)})
	if err == nil || err.Rule != session.DeletionRules()[1] || !err.Retry.Equal(noon.Add(24*time.Hour)) {
		t.Fatalf("deletion 11: %v, want the rule of the day until %s", err, noon.Add(24*time.Hour))
	}
}

// TestPermitLaw: under any rules and any order of times, also equal ones and a clock that goes back, no window
// of the rules ever holds more than it may; a refusal is true, and ends exactly when it says.
func TestPermitLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) session.Rule {
			return session.Rule{N: rapid.Int64Range(1, 150).Draw(t, "n"), Window: time.Duration(rapid.Int64Range(1, 5000).Draw(t, "w")) * time.Microsecond}
		}), 1, 3).Draw(t, "rules")
		var log keptLog
		var given []time.Time
		at := noon
		for range rapid.IntRange(1, 600).Draw(t, "requests") {
			at = at.Add(time.Duration(rapid.Int64Range(-20, 40).Draw(t, "step")) * time.Microsecond)
			effective := at
			if len(given) > 0 && given[len(given)-1].After(at) {
				effective = given[len(given)-1]
			}
			want := permitted(given, rules, effective)
			err := log.take(session.Permit{Rules: rules, At: at})
			if (err == nil) != want {
				t.Fatalf("permit %d at %s under %v: %v, want permitted %t", len(given)+1, effective, rules, err, want)
			}
			if err == nil {
				given = append(given, effective)
				continue
			}
			if permitted(given, rules, err.Retry.Add(-time.Microsecond)) || !permitted(given, rules, err.Retry) {
				t.Fatalf("permit %d under %v: Retry %s is not the first moment", len(given)+1, rules, err.Retry)
			}
		}
	})
}

// permitted judges by looking at all times: would any window that ends at t hold more than it may?
func permitted(given []time.Time, rules []session.Rule, t time.Time) bool {
	for _, r := range rules {
		within := int64(1)
		for _, g := range given {
			if t.Sub(g) < r.Window {
				within++
			}
		}
		if within > r.N {
			return false
		}
	}
	return true
}

// TestPermitOfMixedRules: two processes that ask for one key by different rules, as while a new version is
// rolled out.
func TestPermitOfMixedRules(t *testing.T) {
	t.Parallel()
	var log keptLog
	granted := 0
	for i := range 4000 {
		rules := []session.Rule{{N: 200, Window: time.Hour}}
		if granted%64 == 0 {
			rules = []session.Rule{{N: 5, Window: time.Minute}}
		}
		if log.take(session.Permit{Rules: rules, At: noon.Add(time.Duration(i) * 250 * time.Millisecond)}) == nil {
			granted++
		}
	}
	if granted != 200 {
		t.Errorf("%d permits in less than an hour, want 200", granted)
	}
}

// TestPermitEdges: a window is never cut short, and times before 1970 are times like any other.
func TestPermitEdges(t *testing.T) {
	t.Parallel()
	var log keptLog
	rules := []session.Rule{{N: 1, Window: 1500 * time.Nanosecond}}
	at := time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := log.take(session.Permit{Rules: rules, At: at}); err != nil {
		t.Fatal(err)
	}
	if err := log.take(session.Permit{Rules: rules, At: at.Add(time.Microsecond)}); err == nil || !err.Retry.Equal(at.Add(2*time.Microsecond)) {
		t.Errorf("after 1µs of 1.5: %v, want refused until 2µs have passed", err)
	}
}

// TestPermitRulesChange raises and lowers N between permits; it stays exact.
func TestPermitRulesChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var log keptLog
		var given []time.Time
		at := noon
		for range 400 {
			at = at.Add(time.Duration(rapid.Int64Range(0, 10).Draw(t, "step")) * time.Microsecond)
			rules := []session.Rule{{N: rapid.Int64Range(1, 100).Draw(t, "n"), Window: time.Millisecond}}
			want := permitted(given, rules, at)
			if err := log.take(session.Permit{Rules: rules, At: at}); (err == nil) != want {
				t.Fatalf("permit %d under %v: %v, want permitted %t", len(given)+1, rules, err, want)
			} else if err == nil {
				given = append(given, at)
			}
		}
	})
}

// TestPagesAreOfOneLog: logs that were given the same page, as a cache keeps it, do not write into it, nor into each
// other's; and what a log gave out does not change by what it takes afterwards.
func TestPagesAreOfOneLog(t *testing.T) {
	t.Parallel()
	rules := []session.Rule{{N: 1000, Window: time.Hour}}
	fill := func(log *session.PermitLog, n int, at time.Time) {
		for range n {
			if err := log.Take(session.Permit{Rules: rules, At: at}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var first session.PermitLog
	fill(&first, 3, noon)
	cached := append(make([]byte, 0, 512), first.Page(0)...)
	second, third := session.PermitLog{N: 3, Last: first.Last}, session.PermitLog{N: 3, Last: first.Last}
	second.SetPage(0, cached)
	third.SetPage(0, cached)
	fill(&second, 2, noon.Add(time.Second))
	given := second.Page(0)
	before := slices.Clone(given)
	fill(&third, 2, noon.Add(time.Minute))
	if !bytes.Equal(given, before) || bytes.Equal(third.Page(0), before) {
		t.Errorf("two logs of one page: %x and %x after other times", given, third.Page(0))
	}
	fill(&second, 1, noon.Add(time.Hour))
	_ = append(given, "not the log's"...)
	if got, want := second.Page(0)[40:], binary.BigEndian.AppendUint64(nil, uint64(second.Last)); !bytes.Equal(got, want) {
		t.Errorf("after an append to what Page gave, the page ends with %x, want %x", got, want)
	}
	if rest := cached[24:cap(cached)]; !bytes.Equal(rest, make([]byte, len(rest))) || !bytes.Equal(given, before) {
		t.Errorf("the page that was given and the one that was got changed: %x, %x", rest, given)
	}
}

// TestPagesWithGaps gives pages in any order; each is found again, and no other.
func TestPagesWithGaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var log session.PermitLog
		want := map[int64][]byte{}
		for _, page := range rapid.SliceOfN(rapid.Int64Range(0, 12), 1, 12).Draw(t, "pages") {
			times := binary.BigEndian.AppendUint64(nil, uint64(len(want)))
			log.SetPage(page, times)
			want[page] = times
		}
		for page := range int64(14) {
			if got := log.Page(page); !bytes.Equal(got, want[page]) || (got == nil) != (want[page] == nil) {
				t.Fatalf("page %d: got %x, want %x", page, got, want[page])
			}
		}
	})
}

func BenchmarkPermit(b *testing.B) {
	var log session.PermitLog
	p := session.Permit{Rules: []session.Rule{{N: 600, Window: time.Microsecond}}, At: noon}
	b.ReportAllocs()
	for b.Loop() {
		p.At = p.At.Add(time.Second)
		if err := log.Take(p); err != nil {
			b.Fatal(err)
		}
	}
}
