// Package memstore keeps sessions in the memory of one process. It is for tests, and for programs that
// are one process and may forget everything when they end: nothing is durable.
//
// A [Store] is indexed as a database would be: what is due, what is pending and what a list shows is
// found without a look at the rest, and so its cost does not grow with what is stored. Nothing but entries that
// have expired is ever given up, though: deleted sessions keep their rows, settled deliveries stay in the log, and
// a permit costs eight bytes for ever, so that the rule of tomorrow finds the permits of today.
//
// What comes in and what goes out is copied.
package memstore

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Store is a [session.Store] in memory. It is safe for concurrent use: changes are made one after
// another, under one lock, while reads go side by side. Use [New]; the zero value is not ready.
type Store struct {
	mu        sync.RWMutex
	sessions  map[uuid.UUID]*row
	attempts  map[uuid.UUID]*row // by the attempt's id
	media     map[uuid.UUID]*row // by the medium's id
	blobs     map[string]int     // how many media have the name
	shelves   map[shelf]index[label, uuid.UUID]
	refs      index[refShelf, uuid.UUID]
	alarms    *ordered[alarm]
	log       map[uuid.UUID]*session.Delivery
	logs      map[shelf]*ordered[uuid.UUID] // the log's ids
	pending   *queue
	listed    map[shelf]index[session.EventKind, listedEvent]
	permitted map[string]*session.PermitLog
	entries   entries
}

var (
	_ session.Ephemeral  = (*Store)(nil)
	_ session.Backlogged = (*Store)(nil)
)

// row is a session with its parts: attempts and decisions in the order of N, media and findings in the
// order of ID, events in the order of Seq, deliveries as they came.
type row struct {
	session.Record
	deliveries []*session.Delivery
}

// shelf is what a list shows at most: what one tenant has, live or sandbox.
type shelf struct {
	tenant  uuid.UUID
	sandbox bool
}

// label is what a list of sessions is filtered by.
type label struct {
	integration uuid.UUID
	status      session.Status
}

// refShelf is what a list shows at most of the sessions of one external reference.
type refShelf struct {
	shelf
	ref session.BlindIndex
}

// alarm is when something is due. Alarms are in the order of time, and then of id.
type alarm struct {
	at int64 // Unix microseconds
	id uuid.UUID
}

func (a alarm) compare(b alarm) int {
	if a.at != b.at {
		if a.at < b.at {
			return -1
		}
		return 1
	}
	return compareIDs(a.id, b.id)
}

func alarmAt(at time.Time, id uuid.UUID) alarm { return alarm{at.UnixMicro(), id} }

// time is the alarm's instant.
func (a alarm) time() time.Time { return time.UnixMicro(a.at).UTC() }

// New makes an empty store.
func New() *Store {
	return &Store{
		sessions:  map[uuid.UUID]*row{},
		attempts:  map[uuid.UUID]*row{},
		media:     map[uuid.UUID]*row{},
		blobs:     map[string]int{},
		shelves:   map[shelf]index[label, uuid.UUID]{},
		refs:      newIndex[refShelf](compareIDs),
		alarms:    newOrdered(alarm.compare),
		log:       map[uuid.UUID]*session.Delivery{},
		logs:      map[shelf]*ordered[uuid.UUID]{},
		pending:   newQueue(),
		listed:    map[shelf]index[session.EventKind, listedEvent]{},
		permitted: map[string]*session.PermitLog{},
		entries:   newEntries(),
	}
}

// EndsWithProcess says that nothing of the store outlives the process, so that keys and media need not
// either.
func (s *Store) EndsWithProcess() bool { return true }

// Apply does each change wholly or not at all.
func (s *Store) Apply(ctx context.Context, changes ...session.Change) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return each(len(changes), func(int) error { return err })
	}
	return each(len(changes), func(i int) error { return s.apply(copyChange(changes[i])) })
}

// Sweep ticks what is due, and writes what tick answers once all have been ticked. The lock is held
// meanwhile.
func (s *Store) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (done int, next time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, time.Time{}, err
	}
	var changes []session.Change
	for a := range s.alarms.ascend() {
		if n <= 0 || a.time().After(now) {
			break
		}
		n--
		if c, ok := tick(copySession(s.sessions[a.id].Session)); ok {
			changes = append(changes, copyChange(c))
		}
	}
	for _, c := range changes {
		if s.apply(c) == nil {
			done++
		}
	}
	if first, ok := s.alarms.first(); ok {
		next = first.time()
	}
	return done, next, nil
}

// each gathers the outcomes of n steps; nil when none of them failed.
func each(n int, step func(i int) error) (errs []error) {
	for i := range n {
		if err := step(i); err != nil {
			if errs == nil {
				errs = make([]error, n)
			}
			errs[i] = err
		}
	}
	return errs
}
