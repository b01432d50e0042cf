package sqlstore

import (
	"maps"
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// permitLog is a log of the batch, with what is in the database.
type permitLog struct {
	session.PermitLog
	was    logState
	looked []int64        // pages that were looked for
	kept   map[int64]bool // pages that are in the database
}

// logState is the row of a log. It tells whether the log has changed, as n grows with each permit.
type logState struct{ n, last, most int64 }

func newPermitLog(s logState) *permitLog {
	l := &permitLog{was: s, kept: map[int64]bool{}}
	l.N, l.Last, l.Most = s.n, s.last, s.most
	return l
}

// look lists the pages that permits look at.
func (l *permitLog) look(permits []session.Permit) []int64 {
	var rules []session.Rule
	for _, p := range permits {
		for _, r := range p.Rules {
			if !slices.Contains(rules, r) {
				rules = append(rules, r)
			}
		}
	}
	l.looked = l.Needs(len(permits), rules)
	return l.looked
}

// found gives the log a page that is in the database.
func (l *permitLog) found(page int64, times []byte) {
	if len(times) > 0 {
		l.SetPage(page, times)
		l.kept[page] = true
	}
}

// next is the page that the next permit is written to.
func (l *permitLog) next() int64 { return l.Needs(1, nil)[0] }

func logFields(s *logState) []any { return []any{&s.n, &s.last, &s.most} }
func bytesFields(b *[]byte) []any { return []any{b} }

// permitsByKey are all that the changes ask for.
func permitsByKey(changes []session.Change) map[string][]session.Permit {
	asked := map[string][]session.Permit{}
	for i := range changes {
		for _, p := range changes[i].Permits {
			asked[p.Key] = append(asked[p.Key], p)
		}
	}
	return asked
}

// loadPermits reads the logs that the changes' permits look at: of each first its head, which locks it,
// and then its pages, by statements that see what the lock waited for.
func (b *batch) loadPermits(changes []session.Change) error {
	asked := permitsByKey(changes)
	b.permits = make(map[string]*permitLog, len(asked))
	if b.sets {
		return b.loadLogs(asked)
	}
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		state, there, err := one(b.ctx, b.conn, logFields, b.queries.permitLog, key)
		if err == nil && !there && b.dialect.lock != "" {
			state, err = b.beginLog(key)
		}
		if err != nil {
			return err
		}
		l := newPermitLog(state)
		for _, page := range l.look(asked[key]) {
			times, _, err := one(b.ctx, b.conn, bytesFields, b.queries.permitPage, key, page)
			if err != nil {
				return err
			}
			l.found(page, times)
		}
		b.permits[key] = l
	}
	return nil
}

// beginLog makes a log that is not there, so that it can be locked.
func (b *batch) beginLog(key string) (logState, error) {
	if err := b.exec(b.queries.beginLog, key); err != nil {
		return logState{}, err
	}
	s, _, err := one(b.ctx, b.conn, logFields, b.queries.permitLog, key)
	return s, err
}

// takeAll takes all permits of a change, or none, and then answers the refusal that lasts longest.
func (b *batch) takeAll(permits []session.Permit) error {
	var refused *session.RateError
	var taken []func()
	for _, p := range permits {
		l := b.permits[p.Key]
		undo := l.undo()
		switch err := l.Take(p); {
		case err == nil:
			taken = append(taken, undo)
		case refused == nil || err.Retry.After(refused.Retry):
			refused = err
		}
	}
	if refused == nil {
		return nil
	}
	for _, undo := range slices.Backward(taken) {
		undo()
	}
	return refused
}

// undo remembers the log as it is, and gives what brings it back.
func (l *permitLog) undo() func() {
	n, last, page := l.N, l.Last, l.next()
	times := slices.Clone(l.Page(page))
	return func() {
		l.N, l.Last = n, last
		l.SetPage(page, times)
	}
}

func (b *batch) writePermits() error {
	for _, key := range slices.Sorted(maps.Keys(b.permits)) {
		l := b.permits[key]
		begun := false
		for _, page := range l.Changed() {
			if len(l.Page(page)) == 0 {
				continue // begun by a change that was refused
			}
			if err := b.exec(b.queries.putPermitPage, key, page, l.Page(page)); err != nil {
				return err
			}
			begun = begun || !l.kept[page]
		}
		if len(l.Changed()) > 0 {
			if err := b.exec(b.queries.putPermitLog, key, l.N, l.Last, l.Most); err != nil {
				return err
			}
		}
		if begun {
			if err := b.exec(b.queries.dropPages, key, l.Oldest()); err != nil {
				return err
			}
		}
	}
	return nil
}
