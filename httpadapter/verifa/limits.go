package verifa

import (
	"container/list"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// Plan is how much a customer may do (https://docs.withverifa.com/api-details/rate-limiting). Requests are counted by
// this process alone; creations and verifications are rules of the session engine, over all processes: put
// [Plan.Rules] into the integration's policy.
type Plan struct {
	Name          string // empty, of a plan that says nothing at all: [Enterprise]
	Requests      int    // a minute, of one key
	Creations     int    // of sessions, a minute; 0: unlimited
	KeyCreations  int    // of API keys, a minute; 0: unlimited. A host that makes keys for its customers heeds it.
	Verifications int    // a day; 0: unlimited
}

// Free is the plan of who pays nothing: 300 requests and 50 creations a minute, 50 verifications a day.
func Free() Plan { return Plan{"free", 300, 50, 10, 50} }

// Starter allows 600 requests and 100 creations a minute, and 1,000 verifications a day.
func Starter() Plan { return Plan{"starter", 600, 100, 25, 1000} }

// Professional allows 1,000 requests and 150 creations a minute, and 1,000 verifications a day.
func Professional() Plan { return Plan{"professional", 1000, 150, 50, 1000} }

// Enterprise allows 1,000 requests and 300 creations a minute, and any number of verifications.
func Enterprise() Plan { return Plan{"enterprise", 1000, 300, 0, 0} }

// Rules are what a policy has for the plan: of creations, and of submissions.
func (p Plan) Rules() (create, submit []session.Rule) {
	if p == (Plan{}) {
		p = Enterprise()
	}
	create, submit = session.Unlimited(), session.Unlimited()
	if p.Creations > 0 {
		create = []session.Rule{{N: int64(p.Creations), Window: time.Minute}}
	}
	if p.Verifications > 0 {
		submit = []session.Rule{{N: int64(p.Verifications), Window: 24 * time.Hour}}
	}
	return create, submit
}

// publishableRequests is how many requests a minute a key may make that is in pages.
const publishableRequests = 10

// The header fields that tell of limits.
const (
	headerLimit          = "X-Ratelimit-Limit"
	headerRemaining      = "X-Ratelimit-Remaining"
	headerReset          = "X-Ratelimit-Reset"
	headerQuotaLimit     = "X-Quota-Limit"
	headerQuotaRemaining = "X-Quota-Remaining"
	headerQuotaReset     = "X-Quota-Reset"
)

var limitHeaders = []string{headerLimit, headerRemaining, headerReset, headerQuotaLimit, headerQuotaRemaining, headerQuotaReset}

// window is the length of a request rate's window.
const window = time.Minute

// maxCallers is how many callers have a count of their own at a time; those that come when there are so many share
// one. Who has been silent for a window is forgotten.
const maxCallers = 100_000

// limiter counts requests, exactly, in this process. It holds the times of the last window and nothing else, so its
// memory is bounded by what it lets pass. It is safe for concurrent use.
type limiter struct {
	mu    sync.Mutex
	calls map[string]*calls
	idle  list.List // of *calls, whose last request is the oldest first
	last  int64     // microseconds; a clock that goes back gives nothing away
}

// calls are a caller's requests within the last window.
type calls struct {
	who   string
	times []int64 // microseconds, oldest first
	at    *list.Element
}

func newLimiter() *limiter { return &limiter{calls: map[string]*calls{}} }

// take counts a request of a caller, unless it is more than most in the window, and says how many are left, and when
// the next one is free. What is refused is not counted. most must be positive.
func (l *limiter) take(who string, most int, now time.Time) (left int, reset time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := max(now.UnixMicro(), l.last)
	over := at - window.Microseconds() // who called then, or before, is free again
	l.last = at
	l.forget(over)
	c := l.caller(who)
	c.times = c.times[sort.Search(len(c.times), func(i int) bool { return c.times[i] > over }):]
	if ok = len(c.times) < most; ok {
		c.times = append(c.times, at)
		l.idle.MoveToBack(c.at)
	}
	return max(most-len(c.times), 0), time.UnixMicro(c.times[0]).Add(window), ok
}

// forget drops callers whose last request is over.
func (l *limiter) forget(over int64) {
	for oldest := l.idle.Front(); oldest != nil; oldest = l.idle.Front() {
		c := oldest.Value.(*calls)
		if c.times[len(c.times)-1] > over {
			return
		}
		l.idle.Remove(oldest)
		delete(l.calls, c.who)
	}
}

// caller is the count of a caller.
func (l *limiter) caller(who string) *calls {
	c := l.calls[who]
	if c == nil && len(l.calls) >= maxCallers {
		who = "" // nobody's name
		c = l.calls[who]
	}
	if c == nil {
		c = &calls{who: who}
		c.at = l.idle.PushBack(c)
		l.calls[who] = c
	}
	return c
}

// countKey counts the request of a key that is good.
func (x *exchange) countKey() error {
	most := x.Plan.Requests
	if x.key.Publishable {
		most = min(most, publishableRequests)
	}
	return x.count(x.keyed, x.key.ID.String(), most)
}

// countStranger counts the request of whoever has no such key, by where it comes from: of IPv6, where everybody has
// addresses without number, by the network.
func (x *exchange) countStranger() error {
	from := x.address().String()
	if net, err := x.address().Prefix(64); err == nil && x.address().Is6() {
		from = net.String()
	}
	return x.count(x.strangers, from, x.Plan.Requests)
}

// count counts the request, and tells of it in the answer's head.
func (x *exchange) count(l *limiter, who string, most int) error {
	now := x.engine.Now()
	left, reset, ok := l.take(who, most, now)
	h := x.w.Header()
	h.Set(headerLimit, strconv.Itoa(most))
	h.Set(headerRemaining, strconv.Itoa(left))
	h.Set(headerReset, strconv.FormatInt(ceilUnix(reset), 10))
	if !ok {
		return rateLimited(reset.Sub(now))
	}
	return nil
}

// ceilUnix is a time in whole seconds, rounded up.
func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}
