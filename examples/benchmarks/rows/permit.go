package rows

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/sethvargo/go-limiter/memorystore"
	"golang.org/x/time/rate"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
)

func permits() []measure.Row {
	row := func(name string, keys int) measure.Row {
		return measure.Row{
			Name: "rate permit, exact window, in memory, " + name, Against: "sethvargo/go-limiter, golang.org/x/time/rate",
			Aim: measure.Aim{AtMost: 1.3},
			Note: "session.PermitLog by key, under one lock, with the clock read each time; go-limiter's memory store, which " +
				"does that itself; x/time/rate by key in a sync.Map. Both peers are inexact. All requests are granted.",
			Run: func(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
				r.Rounds, err = takePermits(ctx, s, keys)
				return r, err
			},
		}
	}
	return []measure.Row{row("one key", 1), row("1,024 keys", 1024)}
}

func takePermits(ctx context.Context, s measure.Setting, count int) ([]measure.Round, error) {
	names := make([]string, count)
	for i := range names {
		names[i] = "create/" + strconv.Itoa(i)
	}
	theirs, err := memorystore.New(&memorystore.Config{Tokens: 1 << 50, Interval: time.Minute})
	if err != nil {
		return nil, err
	}
	defer theirs.Close(ctx)
	var limiters sync.Map
	ours := logs{byKey: map[string]*session.PermitLog{}, rules: policy().Create}
	return s.Hold(ctx, measure.Contest{
		Ours: overKeys(names, func(key string) bool { return ours.take(key) == nil }),
		Theirs: []measure.Side{
			overKeys(names, func(key string) bool {
				_, _, _, ok, err := theirs.Take(ctx, key)
				return ok && err == nil
			}),
			overKeys(names, func(key string) bool {
				l, ok := limiters.Load(key)
				if !ok {
					l, _ = limiters.LoadOrStore(key, rate.NewLimiter(1e12, 1<<30))
				}
				return l.(*rate.Limiter).Allow()
			}),
		},
		Brief: true,
	})
}

var errRefused = errors.New("a permit was refused")

// overKeys takes a permit for one key after another.
func overKeys(names []string, take func(key string) bool) measure.Side {
	next := 0
	return measure.Loop(func(n int) error {
		for range n {
			if next++; next >= len(names) {
				next = 0
			}
			if !take(names[next]) {
				return errRefused
			}
		}
		return nil
	})
}

// logs are permit logs in memory, as a store has them. At most 600 permits in any window of a microsecond are more
// than can be asked for, and have every request look at the log.
type logs struct {
	mu    sync.Mutex
	byKey map[string]*session.PermitLog
	rules []session.Rule
}

const (
	most   = 600
	window = time.Microsecond
)

func (l *logs) take(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.byKey[key]
	if log == nil {
		log = new(session.PermitLog)
		l.byKey[key] = log
	}
	if refused := log.Take(session.Permit{Key: key, Rules: l.rules, At: time.Now()}); refused != nil {
		return refused
	}
	if log.N%(1<<14) == 0 {
		l.byKey[key] = kept(log)
	}
	return nil
}

// kept is a log with only those pages that its rules still look at.
func kept(log *session.PermitLog) *session.PermitLog {
	out := &session.PermitLog{N: log.N, Last: log.Last, Most: log.Most}
	for page := log.Oldest(); page <= log.N/64; page++ {
		if times := log.Page(page); times != nil {
			out.SetPage(page, times)
		}
	}
	return out
}
