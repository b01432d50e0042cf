package sqlstore

import (
	"maps"
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// permitLog is a log of the batch, with what is in the database.
type permitLog struct {
	session.PermitLog
	kept map[int64]bool // pages that are in the database
}

func permitLogFields(l *permitLog) []any { return []any{&l.N, &l.Last, &l.Most} }
func bytesFields(b *[]byte) []any        { return []any{b} }

// loadPermits reads the logs that the changes' permits look at: of each first its head, which locks it,
// and then its pages, by statements that see what the lock waited for.
func (b *batch) loadPermits(changes []session.Change) error {
	asked := map[string][]session.Permit{}
	for i := range changes {
		for _, p := range changes[i].Permits {
			asked[p.Key] = append(asked[p.Key], p)
		}
	}
	b.permits = make(map[string]*permitLog, len(asked))
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		l, there, err := one(b.ctx, b.conn, permitLogFields, b.queries.permitLog, key)
		if err == nil && !there && b.dialect.lock != "" {
			l, err = b.beginLog(key)
		}
		if err != nil {
			return err
		}
		l.kept = map[int64]bool{}
		if err := b.loadPages(key, &l, asked[key]); err != nil {
			return err
		}
		b.permits[key] = &l
	}
	return nil
}

// beginLog makes a log that is not there, so that it can be locked.
func (b *batch) beginLog(key string) (permitLog, error) {
	if err := b.exec(b.queries.beginLog, key); err != nil {
		return permitLog{}, err
	}
	l, _, err := one(b.ctx, b.conn, permitLogFields, b.queries.permitLog, key)
	return l, err
}

func (b *batch) loadPages(key string, l *permitLog, asked []session.Permit) error {
	var rules []session.Rule
	for _, p := range asked {
		for _, r := range p.Rules {
			if !slices.Contains(rules, r) {
				rules = append(rules, r)
			}
		}
	}
	for _, page := range l.Needs(len(asked), rules) {
		times, ok, err := one(b.ctx, b.conn, bytesFields, b.queries.permitPage, key, page)
		if err != nil {
			return err
		}
		if ok {
			l.SetPage(page, times)
			l.kept[page] = true
		}
	}
	return nil
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
	n, last, page := l.N, l.Last, l.Needs(1, nil)[0] // the page that a permit is written to
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
