package sqlstore

import (
	"errors"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// queued is a change that waits for a transaction.
type queued struct {
	*session.Change
	made *creation // ahead; nil: nothing was
}

// creation is what a new session will be: nothing that is in the database has a say in it.
type creation struct {
	after  head
	events []session.Event
	rows   []row // in the order in which they are added
}

// row is a row to be added, as the driver takes it.
type row struct {
	writing
	values []any
}

// prepare makes changes ready to wait. Where rows are written one by one, all who write wait for the one who does: what
// can be made without the database is made here, by each for himself.
func (s *Store) prepare(changes []session.Change) []queued {
	all := make([]queued, len(changes))
	for i := range changes {
		c := &changes[i]
		all[i].Change = c
		if !s.sets && c.Base == 0 && c.Session.ID != uuid.Nil {
			all[i].made = s.create(c)
		}
	}
	return all
}

func (s *Store) create(c *session.Change) *creation {
	m := &creation{}
	m.events = m.after.change(c)
	b := &batch{Store: s, making: m, events: map[event]int64{}} // there are none but its own
	a := accepted{Change: c, after: m.after, events: m.events}
	if err := errors.Join(b.writeSession(a), b.writeParts(a)); err != nil {
		panic("sqlstore: " + err.Error()) // there is no database that could fail
	}
	return m
}

// writeMade writes the rows of a creation.
func (b *batch) writeMade(m *creation) error {
	for _, r := range m.rows {
		if err := add(b.ctx, b.conn, b.queries.row[r.writing], r.values...); err != nil {
			return err
		}
	}
	return nil
}

// split gives the changes, and what was made for each.
func split(all []queued) ([]session.Change, []*creation) {
	changes, made := make([]session.Change, len(all)), make([]*creation, len(all))
	for i, a := range all {
		changes[i], made[i] = *a.Change, a.made
	}
	return changes, made
}

// bare are changes without what was made for them.
type bare struct{ things[queued] }

func (b bare) take() []session.Change {
	changes, _ := split(b.things.take())
	return changes
}

// unmade are changes that nothing was made for.
type unmade struct{ things[session.Change] }

func (u unmade) take() []queued {
	changes := u.things.take()
	all := make([]queued, len(changes))
	for i := range changes {
		all[i].Change = &changes[i]
	}
	return all
}
