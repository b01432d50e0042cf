package sqlstore

import (
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// How much a logCache keeps.
const (
	maxLogs  = 4096
	maxPages = 256 // of each log
)

// logCache keeps copies of permit logs. A copy may be old, or wrong: whoever counts on it has to compare it with the log
// in the same statement that writes. It is of one goroutine at a time, which leads the changes of all. One that is nil
// keeps nothing.
type logCache struct{ logs map[string]*cachedLog }

// cachedLog is a copy.
type cachedLog struct {
	known bool // else there is no copy
	// A log that others write to as well is not worth a try each time: each one that is in vain is followed by twice
	// as many times without, up to a limit.
	rest, rests int
	state       logState
	pages       map[int64][]byte // never written to; nil: the database has no such page
}

func newLogCache() *logCache { return &logCache{map[string]*cachedLog{}} }

// maxRests is how often at most a log is not tried after one that was in vain.
const maxRests = 64

// forget drops the copies that changes look at, of which nobody knows any more whether they are right.
func (c *logCache) forget(changes []session.Change) {
	if c == nil {
		return
	}
	for key := range permitsByKey(changes) {
		if l := c.logs[key]; l != nil {
			l.known, l.pages = false, nil
		}
	}
}

// tried notes whether the copies that changes look at were right.
func (c *logCache) tried(changes []session.Change, right bool) {
	for key := range permitsByKey(changes) {
		if l := c.logs[key]; l != nil {
			l.rests = min(2*l.rests+1, maxRests)
			if right {
				l.rests = 0
			}
			l.rest = l.rests
		}
	}
}

// keep makes copies of what is in the database now. A cache that is full forgets all.
func (c *logCache) keep(logs map[string]*permitLog) {
	if c == nil {
		return
	}
	for key, log := range logs {
		l := c.logs[key]
		if l == nil {
			if len(c.logs) >= maxLogs {
				clear(c.logs)
			}
			l = &cachedLog{}
			c.logs[key] = l
		}
		l.keep(log)
	}
}

func (l *cachedLog) keep(log *permitLog) {
	if l.state != log.was { // others have written to it: to pages that were looked at here, too
		l.known = false
	}
	l.state = log.was
	looked := log.looked
	if changed := log.Changed(); len(changed) > 0 {
		l.state = logState{log.N, log.Last, log.Most}
		looked = slices.Concat(looked, changed)
	}
	if !l.known || len(l.pages) >= maxPages {
		l.pages = map[int64][]byte{}
	}
	l.known = true
	for _, page := range looked {
		l.pages[page] = log.Page(page)
	}
	if next := log.next(); len(log.Page(next)) == 0 {
		l.pages[next] = nil
	}
	for page := range l.pages {
		if page < log.Oldest() {
			delete(l.pages, page)
		}
	}
}

// copied are the logs that permits look at, as they were when they were kept; false: not all of that is known.
func (c *logCache) copied(asked map[string][]session.Permit) (map[string]*permitLog, bool) {
	logs := make(map[string]*permitLog, len(asked))
	for key, permits := range asked {
		l := c.logs[key]
		if l == nil || !l.known {
			return nil, false
		}
		if l.rest > 0 {
			l.rest--
			return nil, false
		}
		log := newPermitLog(l.state)
		for _, page := range log.look(permits) {
			times, known := l.pages[page]
			if !known {
				return nil, false
			}
			log.found(page, times)
		}
		logs[key] = log
	}
	return logs, true
}
