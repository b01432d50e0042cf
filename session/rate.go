package session

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Rule is "at most N in any window of length Window", exactly: no window of that length, wherever it
// begins, holds N+1 permits. N and Window must be positive.
type Rule struct {
	N      int64
	Window time.Duration
}

// String says the rule in words, as "600 per 1m0s".
func (r Rule) String() string { return fmt.Sprintf("%d per %s", r.N, r.Window) }

// Permit asks for one of each rule over one log of times, which all permits of the same Key share.
type Permit struct {
	Key   string
	Rules []Rule // at most MaxRules
	At    time.Time
}

// MaxRules is how many rules one permit may have to pass.
const MaxRules = 8

// RateError says which rule refused, and from when on one more is allowed. It unwraps to [ErrLimited].
type RateError struct {
	Key   string // of the permit
	Rule  Rule
	At    time.Time // when the permit was asked for, by the log's clock
	Retry time.Time // the first instant at which the same request can succeed, if nobody else takes it
}

func (e *RateError) Error() string {
	return fmt.Sprintf("session: rate limited to %s, next at %s", e.Rule, e.Retry.Format(time.RFC3339Nano))
}

// Unwrap makes errors.Is(err, ErrLimited) true.
func (e *RateError) Unwrap() error { return ErrLimited }

// permitPage is how many times one page of a permit log holds.
const permitPage = 64

// PermitLog is the exact sliding window as a value: how many permits a key ever gave, when the last one
// was, and those pages of 64 times that its rules look at. Taking a permit costs the same however large
// N is. The zero value is an empty log.
//
// A store loads N, Last and Most of a key under a lock, then, in a statement of its own, the pages that
// [PermitLog.Needs] names, calls [PermitLog.Take] for each permit in turn, and writes N, Last, Most and the
// pages that [PermitLog.Changed] gives. It may drop the pages below [PermitLog.Oldest]: no rule that the key
// ever had looks at them again.
//
// Time never goes back in a log: a permit is taken at the later of its own time and the last one's. With
// clocks that differ between processes the rule holds for the times in the log.
type PermitLog struct {
	N    int64 // permits ever given
	Last int64 // Unix microseconds of the last one
	Most int64 // the largest N of all rules that were ever asked

	pages   []permitTimes // in the order of their numbers
	changed []int64
}

// permitTimes is a page. Its bytes are the log's own, with room for all its times from the beginning.
type permitTimes struct {
	page  int64
	times []byte
}

// Needs lists the pages that up to k further permits under these rules look at or write to.
func (l *PermitLog) Needs(k int, rules []Rule) []int64 {
	var out []int64
	add := func(i int64) {
		if i < 0 {
			return
		}
		if p := i / permitPage; !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	add(l.N) // the page that is written to may be half full
	for _, r := range rules {
		first, last := max(l.N-r.N, 0), l.N+int64(k)-1-r.N
		for i := first; i <= min(last, l.N-1); i += permitPage {
			add(i)
		}
		add(min(last, l.N-1))
	}
	slices.Sort(out)
	return out
}

// SetPage gives the log a page as it was kept; it is copied.
func (l *PermitLog) SetPage(page int64, times []byte) {
	l.place(page).times = append(make([]byte, 0, max(permitPage*8, len(times))), times...)
}

// Page gives a page's bytes: the times, each as 8 bytes, big-endian Unix microseconds. They must not be
// changed.
func (l *PermitLog) Page(page int64) []byte {
	if i, found := l.find(page); found {
		return slices.Clip(l.pages[i].times)
	}
	return nil
}

// Changed lists the pages that Take wrote to since the log was loaded.
func (l *PermitLog) Changed() []int64 { return l.changed }

// Oldest is the first page that a rule may still look at; with a larger N than any before it must do with less.
func (l *PermitLog) Oldest() int64 { return max((l.N-l.Most)/permitPage-1, 0) }

// Take takes one permit, or answers by which rule it is refused and until when, and then takes none.
func (l *PermitLog) Take(p Permit) *RateError {
	t := p.At.UnixMicro()
	if l.N > 0 {
		t = max(t, l.Last)
	}
	var refuse *RateError
	for _, r := range p.Rules {
		l.Most = max(l.Most, r.N)
		if l.N < r.N {
			continue
		}
		free, kept := l.time(l.N - r.N)
		if free += wholeMicros(r.Window); !kept || free <= t {
			continue
		}
		if retry := time.UnixMicro(free).UTC(); refuse == nil || retry.After(refuse.Retry) {
			refuse = &RateError{Key: p.Key, Rule: r, At: time.UnixMicro(t).UTC(), Retry: retry}
		}
	}
	if refuse != nil {
		return refuse
	}
	l.append(t)
	return nil
}

// wholeMicros rounds up: a window is never shorter than it says.
func wholeMicros(d time.Duration) int64 {
	return int64((d + time.Microsecond - 1) / time.Microsecond)
}

// time is when permit i (from 0) was given; false: its page is not there.
func (l *PermitLog) time(i int64) (int64, bool) {
	place, found := l.find(i / permitPage)
	if !found {
		return 0, false
	}
	times, at := l.pages[place].times, int(i%permitPage)*8
	if len(times) < at+8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(times[at:])), true
}

func (l *PermitLog) append(t int64) {
	page := l.N / permitPage
	p, at := l.place(page), int(l.N%permitPage)*8
	if p.times == nil {
		p.times = make([]byte, 0, permitPage*8)
	}
	// A page that does not fit to N is made to, so that later times stand where they belong.
	for len(p.times) < at {
		p.times = binary.BigEndian.AppendUint64(p.times, uint64(l.Last))
	}
	p.times = binary.BigEndian.AppendUint64(p.times[:at], uint64(t))
	if len(l.changed) == 0 || l.changed[len(l.changed)-1] != page {
		l.changed = append(l.changed, page)
	}
	l.N++
	l.Last = t
}

// find is the place of a page, or where it would be. In a log without gaps it need not search.
func (l *PermitLog) find(page int64) (int, bool) {
	if last := len(l.pages) - 1; last >= 0 {
		i := int64(last) - (l.pages[last].page - page)
		if 0 <= i && i <= int64(last) && l.pages[i].page == page {
			return int(i), true
		}
	}
	return slices.BinarySearchFunc(l.pages, page, func(p permitTimes, page int64) int { return cmp.Compare(p.page, page) })
}

// place is where the log holds a page, which is made, without times, when it is not there.
func (l *PermitLog) place(page int64) *permitTimes {
	i, found := l.find(page)
	if !found {
		l.pages = slices.Insert(l.pages, i, permitTimes{page: page})
	}
	return &l.pages[i]
}
