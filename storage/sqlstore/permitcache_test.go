package sqlstore

import (
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// loaded is a log as a transaction that looks at it loads it.
func loaded(log *session.PermitLog, asked ...session.Permit) *permitLog {
	l := newPermitLog(logState{log.N, log.Last, log.Most})
	for _, page := range l.look(asked) {
		l.found(page, log.Page(page))
	}
	return l
}

// A copy of a log to which others have written meanwhile must not lend its old pages to the new one: a permit that is
// missing in them would be granted. That the log is as it was last seen says nothing about pages that were seen before.
func TestCopiesOfPagesThatOthersWroteTo(t *testing.T) {
	t.Parallel()
	rules := []session.Rule{{N: 600, Window: time.Minute}}
	at := time.Date(2031, 2, 28, 23, 59, 58, 0, time.UTC)
	permit := func() session.Permit { return session.Permit{Key: "key", At: at, Rules: rules} }
	log := &session.PermitLog{}
	othersTake := func(until int64) {
		for log.N < until {
			at = at.Add(101 * time.Millisecond)
			if refused := log.Take(permit()); refused != nil {
				t.Fatal(refused)
			}
		}
	}
	cache := newLogCache()
	othersTake(650)
	cache.keep(map[string]*permitLog{"key": loaded(log, permit())})
	othersTake(1200)
	cache.keep(map[string]*permitLog{"key": loaded(log, permit())})
	at = at.Add(time.Second)
	refusals := 0
	for range 600 { // a burst
		asked := map[string][]session.Permit{"key": {permit()}}
		truth := loaded(log, permit()).Take(permit())
		logs, known := cache.copied(asked)
		if !known {
			logs = map[string]*permitLog{"key": loaded(log, permit())}
		}
		l := logs["key"]
		got := l.Take(permit())
		if (got == nil) != (truth == nil) {
			t.Fatalf("with %d permits given: got %v, want %v", log.N, got, truth)
		}
		if got != nil {
			refusals++
			at = at.Add(20 * time.Millisecond)
			continue
		}
		for _, page := range l.Changed() {
			log.SetPage(page, l.Page(page))
		}
		log.N, log.Last, log.Most = l.N, l.Last, l.Most
		cache.keep(logs)
	}
	if refusals == 0 {
		t.Error("nothing was refused")
	}
}
