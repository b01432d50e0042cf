package sqlstore

import (
	"maps"
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// logOf is the row of a log that says whose it is.
type logOf struct {
	logState
	key string
}

func logOfFields(l *logOf) []any { return append(logFields(&l.logState), &l.key) }

// pageOf is a page of a log.
type pageOf struct {
	key   string
	page  int64
	times []byte
}

func pageOfFields(p *pageOf) []any { return []any{&p.key, &p.page, &p.times} }

// loadLogs is loadPermits by one statement for all heads, and one for all pages.
func (b *batch) loadLogs(asked map[string][]session.Permit) error {
	if len(asked) == 0 {
		return nil
	}
	keys := slices.Sorted(maps.Keys(asked))
	logs, err := gathered(b, logOfFields, b.queries.all.permitLogs, keys)
	if err == nil && len(logs) < len(keys) {
		logs, err = b.beginLogs(keys)
	}
	if err != nil {
		return err
	}
	var wanted rowset
	for _, of := range logs {
		l := newPermitLog(of.logState)
		for _, page := range l.look(asked[of.key]) {
			wanted.add(&of.key, &page)
		}
		b.permits[of.key] = l
	}
	pages, err := gathered(b, pageOfFields, b.queries.all.permitPages, &wanted)
	for _, p := range pages {
		b.permits[p.key].found(p.page, p.times)
	}
	return err
}

// beginLogs makes those logs that are not there, so that they can be locked.
func (b *batch) beginLogs(keys []string) ([]logOf, error) {
	j := joint{dialect: b.dialect}
	var begun rowset
	for _, key := range keys {
		begun.add(key)
	}
	j.add(b.queries.all.beginLogs, &begun)
	if err := b.exec(j.query(), j.args...); err != nil {
		return nil, err
	}
	return gathered(b, logOfFields, b.queries.all.permitLogs, keys)
}

// joinPermits adds to a statement what writes the permits that were taken. Cond is one more condition for that, or empty.
func (b *batch) joinPermits(j *joint, cond string) {
	var logs, pages, dropped rowset
	var keys []string
	var oldest []int64
	for _, key := range slices.Sorted(maps.Keys(b.permits)) {
		l := b.permits[key]
		begun := false
		for _, page := range l.Changed() {
			if len(l.Page(page)) == 0 {
				continue // begun by a change that was refused
			}
			begun = begun || !l.kept[page]
			if page >= l.Oldest() { // else it is not looked at any more
				pages.add(key, page, l.Page(page))
			}
		}
		if len(l.Changed()) > 0 {
			logs.add(key, l.N, l.Last, l.Most)
		}
		if begun {
			dropped.add(key, l.Oldest())
			keys, oldest = append(keys, key), append(oldest, l.Oldest())
		}
	}
	for _, step := range []struct {
		name, statement string
		rows            *rowset
		more            []any
	}{
		{"logs", b.queries.all.putPermitLogs + and(cond), &logs, nil},
		{"pages", b.queries.all.putPages.statement + where(cond) + b.queries.all.putPages.always, &pages, nil},
		{"dropped", b.queries.all.dropPages + and(cond), &dropped, []any{keys, oldest}},
	} {
		if step.rows.n > 0 {
			j.with(step.name, step.statement, append([]any{step.rows}, step.more...)...)
		}
	}
}
