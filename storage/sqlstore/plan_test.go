package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// planned is a store with sessions in it, and the spy below it.
type planned struct {
	*sqlstore.Store
	spy   *sqlspy.Spy
	db    *sql.DB
	first session.Session
	media uuid.UUID
	entry session.Entry
}

func newPlanned(t *testing.T) *planned {
	t.Helper()
	return newPlannedOn(t, onSQLite(), "")
}

// newPlannedOn is newPlanned on another database, which is told what it needs.
func newPlannedOn(t *testing.T, on kind, options string) *planned {
	t.Helper()
	spy := on.spy()
	db := on.open(t, spy.Name, on.file(t)+options, 4)
	p := &planned{Store: on.store(t, db), spy: spy, db: db}
	c := creation(newID())
	c.Media = []session.Media{{ID: newID()}}
	c.Session.Ref, c.Events[0].Listed = session.BlindIndex(newID()), true
	c.Entries = []session.Entry{entryOf(c.Session.Tenant, "the first")}
	c.Entries[0].Session = c.Session.ID
	p.first, p.media, p.entry = c.Session, c.Media[0].ID, c.Entries[0]
	apply(t, p.Store, c)
	for range 50 {
		more, others := creation(p.first.Tenant), creation(newID())
		for _, c := range []*session.Change{&more, &others} {
			c.Media = []session.Media{{ID: newID()}}
			c.Session.Ref, c.Events[0].Listed = session.BlindIndex(newID()), true
			e := entryOf(c.Session.Tenant, newID().String())
			e.Session, e.ExpiresAt = c.Session.ID, now.Add(time.Hour)
			c.Entries = []session.Entry{e}
		}
		apply(t, p.Store, more, others)
	}
	return p
}

// plan is what a verb asks of SQLite, and how it must find the answer: every statement that looks for rows, with
// the index it must use.
type plan struct {
	verb string
	run  func(t *testing.T, p *planned) error
	want []string
}

var plans = []plan{
	{"Sweep when nothing is due", func(t *testing.T, p *planned) error {
		return p.sweep(t, now.Add(-time.Second))
	}, []string{
		"bonafide_sessions USING COVERING INDEX bonafide_sessions_due (due_at>?)",
	}},
	{"Sweep", func(t *testing.T, p *planned) error { return p.sweep(t, now) }, []string{
		"bonafide_sessions USING COVERING INDEX bonafide_sessions_due (due_at>?)",
		"bonafide_sessions USING INDEX bonafide_sessions_due (due_at<?)",
		"bonafide_sessions USING COVERING INDEX bonafide_sessions_due (due_at>?)",
	}},
	{"Claim when nothing is due", func(t *testing.T, p *planned) error {
		return p.claim(t, now.Add(-time.Second))
	}, []string{
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>?)",
	}},
	{"Claim", func(t *testing.T, p *planned) error { return p.claim(t, now) }, []string{
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>?)",
		"bonafide_deliveries USING INDEX bonafide_deliveries_due (due_at>? AND due_at<?)",
		"earlier USING INDEX bonafide_deliveries_lane (session=? AND endpoint=? AND seq<?)",
		"bonafide_deliveries USING INDEX bonafide_deliveries_due (due_at>? AND due_at<?)",
		"earlier USING INDEX bonafide_deliveries_lane (session=? AND endpoint=? AND seq<?)",
		"bonafide_deliveries USING INTEGER PRIMARY KEY (rowid=?)",
		"LIST SUBQUERY 2",
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>? AND due_at<?)",
		"earlier USING INDEX bonafide_deliveries_lane (session=? AND endpoint=? AND seq<?)",
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>?)",
	}},
	{"Claim with exceptions", func(t *testing.T, p *planned) error { return p.claim(t, now, newID(), newID()) }, []string{
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>?)",
		"bonafide_deliveries USING INDEX bonafide_deliveries_due (due_at>? AND due_at<?)",
		"earlier USING INDEX bonafide_deliveries_lane (session=? AND endpoint=? AND seq<?)",
		"bonafide_deliveries USING INDEX bonafide_deliveries_due (due_at>? AND due_at<?)",
		"earlier USING INDEX bonafide_deliveries_lane (session=? AND endpoint=? AND seq<?)",
		"bonafide_deliveries USING INTEGER PRIMARY KEY (rowid=?)",
		"LIST SUBQUERY 2",
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>? AND due_at<?)",
		"earlier USING INDEX bonafide_deliveries_lane (session=? AND endpoint=? AND seq<?)",
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>?)",
	}},
	{"Backlog", func(t *testing.T, p *planned) error {
		_, err := p.Backlog(t.Context(), 10)
		return err
	}, []string{
		"CO-ROUTINE waiting",
		"bonafide_deliveries USING COVERING INDEX bonafide_deliveries_due (due_at>?)",
		"SCAN waiting",
	}},
	{"Load by id", func(t *testing.T, p *planned) error { return p.load(t, session.Ref{ID: p.first.ID}, 0) }, []string{
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
	}},
	{"Load by attempt", func(t *testing.T, p *planned) error {
		return p.load(t, session.Ref{Attempt: p.first.AttemptID}, 0)
	}, []string{
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"bonafide_attempts USING PRIMARY KEY (id=?)",
	}},
	{"Load by medium", func(t *testing.T, p *planned) error { return p.load(t, session.Ref{Media: p.media}, 0) }, []string{
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"bonafide_media USING INDEX sqlite_autoindex_bonafide_media_1 (id=?)",
	}},
	{"Load of all parts", func(t *testing.T, p *planned) error {
		return p.load(t, session.Ref{ID: p.first.ID},
			session.PartAttempts|session.PartDecisions|session.PartMedia|session.PartFindings|session.PartEvents)
	}, []string{
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"bonafide_attempts USING INDEX bonafide_attempts_session (session=?)",
		"bonafide_decisions USING PRIMARY KEY (session=?)",
		"bonafide_media USING INDEX bonafide_media_session (session=?)",
		"bonafide_findings USING PRIMARY KEY (session=?)",
		"bonafide_events USING PRIMARY KEY (session=?)",
	}},
	{"Blobs", func(t *testing.T, p *planned) error {
		_, err := p.Blobs(t.Context(), []string{"a", "b"})
		return err
	}, []string{
		"bonafide_media USING COVERING INDEX bonafide_media_blob (blob=?)",
	}},
	{"Settle", func(t *testing.T, p *planned) error {
		p.Settle(t.Context(), session.Delivery{ID: newID()})
		return nil
	}, []string{
		"bonafide_deliveries USING INDEX sqlite_autoindex_bonafide_deliveries_1 (id=?)",
		"bonafide_deliveries USING COVERING INDEX sqlite_autoindex_bonafide_deliveries_1 (id=?)",
	}},
	{"Apply of everything", func(t *testing.T, p *planned) error {
		c := step(p.first)
		c.Base, c.Withdraw, c.Erase = 1, true, session.EraseSealed|session.EraseMedia
		c.Permits = []session.Permit{{Key: "key", Rules: []session.Rule{{N: 1e6, Window: time.Hour}}, At: now}}
		c.Deliveries = creation(p.first.Tenant).Deliveries // of an event that is looked for
		errs := p.Apply(t.Context(), c)
		return first(errs)
	}, []string{
		"bonafide_permit_logs USING PRIMARY KEY (key=?)",
		"bonafide_permit_pages USING PRIMARY KEY (key=? AND page=?)",
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"bonafide_deliveries USING INDEX bonafide_deliveries_session (session=?)",
		"bonafide_decisions USING PRIMARY KEY (session=?)",
		"bonafide_media USING INDEX bonafide_media_session (session=?)",
		"bonafide_findings USING PRIMARY KEY (session=?)",
		"bonafide_deliveries USING INDEX bonafide_deliveries_session (session=?)",
		"bonafide_entries USING INDEX bonafide_entries_session (session=?)",
		"bonafide_media USING INDEX bonafide_media_session (session=?)",
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"bonafide_events USING PRIMARY KEY (session=? AND id=?)",
		"bonafide_permit_pages USING PRIMARY KEY (key=? AND page<?)",
	}},
	{"Apply of a new session, which is not looked for", func(t *testing.T, p *planned) error {
		return first(p.Apply(t.Context(), creation(p.first.Tenant)))
	}, nil},
	{"Apply of a new session that is refused, and therefore looked for", func(t *testing.T, p *planned) error {
		c := creation(p.first.Tenant)
		c.Entries = []session.Entry{entryOf(p.first.Tenant, p.entry.Name)}
		if err := first(p.Apply(t.Context(), c)); !errors.Is(err, session.ErrConflict) {
			return fmt.Errorf("got %v, want %v", err, session.ErrConflict)
		}
		return nil
	}, []string{
		"MULTI-INDEX OR",
		"INDEX 1",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"INDEX 2",
		"bonafide_entries USING INDEX bonafide_entries_name (tenant=? AND sandbox=? AND kind=? AND name=?)",
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"MULTI-INDEX OR",
		"INDEX 1",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"INDEX 2",
		"bonafide_entries USING INDEX bonafide_entries_name (tenant=? AND sandbox=? AND kind=? AND name=?)",
	}},
	{"Apply of entries", func(t *testing.T, p *planned) error {
		added, changed, renamed := entryOf(p.first.Tenant, ""), p.entry, p.entry
		added.ID, added.ExpiresAt = session.NewID(now.Add(-time.Hour)), now.Add(time.Hour) // it is looked for first
		changed.Version, renamed.Version, renamed.Name = 2, 3, "another"
		return first(p.Apply(t.Context(), session.Change{Entries: []session.Entry{added}},
			session.Change{Entries: []session.Entry{changed}}, session.Change{Entries: []session.Entry{renamed}}))
	}, []string{
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"MULTI-INDEX OR",
		"INDEX 1",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"INDEX 2",
		"bonafide_entries USING INDEX bonafide_entries_name (tenant=? AND sandbox=? AND kind=? AND name=?)",
		"MULTI-INDEX OR",
		"INDEX 1",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"INDEX 2",
		"bonafide_entries USING INDEX bonafide_entries_name (tenant=? AND sandbox=? AND kind=? AND name=?)",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)", // is changed
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)", // is removed, under its old name
		"bonafide_entries USING COVERING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"LIST SUBQUERY 1",
		"bonafide_entries USING COVERING INDEX bonafide_entries_expires (expires_at<?)",
	}},
	{"Apply whose outcome is found out", func(t *testing.T, p *planned) error {
		changed, c := p.entry, step(p.first)
		changed.Version, c.Base = 2, 1
		p.spy.On(nil, fail(1, "COMMIT", errFault))
		defer p.spy.On(nil, nil)
		errs := p.Apply(t.Context(), c, session.Change{ID: newID(), Entries: []session.Entry{changed}})
		return errors.Join(errs...)
	}, []string{
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"MULTI-INDEX OR",
		"INDEX 1",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"INDEX 2",
		"bonafide_entries USING INDEX bonafide_entries_name (tenant=? AND sandbox=? AND kind=? AND name=?)",
		"bonafide_sessions USING INDEX sqlite_autoindex_bonafide_sessions_1 (id=?)",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
		"bonafide_events USING PRIMARY KEY (session=?)",
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
	}},
}

// Every statement of every verb is explained, before and after SQLite has counted its rows.
func TestPlans(t *testing.T) {
	t.Parallel()
	for _, analyzed := range []bool{false, true} {
		for _, plan := range slices.Concat(plans, listPlans) {
			name := plan.verb
			if analyzed {
				name += " after ANALYZE"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPlanned(t)
				if analyzed {
					exec(t, p.db, "ANALYZE")
				}
				p.spy.Taken()
				if err := plan.run(t, p); err != nil {
					t.Fatal(err)
				}
				if got := p.explain(t); !slices.Equal(got, plan.want) {
					t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(plan.want, "\n\t"))
				}
			})
		}
	}
}

// explain says how SQLite found the rows of the statements that were run. The same plan twice in a row,
// as for each of several rows, counts once.
func (p *planned) explain(t *testing.T) (out []string) {
	t.Helper()
	for _, s := range p.spy.Taken() {
		if verb, _, _ := strings.Cut(s.Query, " "); !slices.Contains([]string{"SELECT", "UPDATE", "DELETE"}, verb) {
			continue
		}
		args := make([]any, len(s.Args))
		for i, a := range s.Args {
			args[i] = a.Value
		}
		for _, found := range p.found(t, s.Query, args) {
			if len(out) == 0 || out[len(out)-1] != found || !strings.HasPrefix(s.Query, "UPDATE") {
				out = append(out, found)
			}
		}
	}
	return out
}

// found gives the searches of one statement, and its scans as what they are.
func (p *planned) found(t *testing.T, query string, args []any) (out []string) {
	t.Helper()
	rows, err := p.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(detail, "SCALAR SUBQUERY") && (detail != "USE TEMP B-TREE FOR ORDER BY" || !maySort(query)) {
			out = append(out, strings.TrimPrefix(detail, "SEARCH "))
		}
	}
	return out
}

// maySort: the few events and decisions of one session are sorted when they are found, and nothing else.
func maySort(query string) bool {
	return strings.HasSuffix(query, "FROM bonafide_events WHERE session = ? ORDER BY seq") ||
		strings.Contains(query, "FROM bonafide_decisions ")
}

func (p *planned) sweep(t *testing.T, at time.Time) error {
	_, _, err := p.Sweep(t.Context(), at, 10, func(session.Session) (session.Change, bool) { return session.Change{}, false })
	return err
}

func (p *planned) claim(t *testing.T, at time.Time, except ...uuid.UUID) error {
	_, _, err := p.Claim(t.Context(), at, at.Add(time.Minute), 10, except)
	return err
}

func (p *planned) load(t *testing.T, ref session.Ref, parts session.Parts) error {
	ref.Tenant = p.first.Tenant
	_, err := p.Load(t.Context(), ref, parts)
	return err
}

// first is the first error of a call that had one change.
func first(errs []error) error {
	if errs == nil {
		return nil
	}
	return errs[0]
}

// The host holds the write lock meanwhile. What is due waits for an earlier one, or for an endpoint that is left out.
func TestNothingDueTakesNoLock(t *testing.T) {
	t.Parallel()
	db, store := host(t, onSQLite(), 4)
	c := creation(newID())
	waits, second := c.Deliveries[0], c.Events[0]
	second.ID = newID()
	c.Events = append(c.Events, second)
	waits.ID, waits.Endpoint = newID(), newID()
	first := waits
	waits.Event, first.ID, first.DueAt = second.ID, newID(), now.Add(time.Hour)
	c.Deliveries = append(c.Deliveries, first, waits)
	apply(t, store, c)
	begin(t, db)
	early := now.Add(-time.Microsecond)
	if done, next, err := store.Sweep(t.Context(), early, 10, silence); done != 0 || !next.Equal(now) || err != nil {
		t.Errorf("Sweep: got %d, %v, %v, want 0, %v, nil", done, next, err, now)
	}
	claimed, next, err := store.Claim(t.Context(), early, now, 10, nil)
	if len(claimed) != 0 || !next.Equal(now) || err != nil {
		t.Errorf("Claim: got %d, %v, %v, want 0, %v, nil", len(claimed), next, err, now)
	}
	claimed, next, err = store.Claim(t.Context(), now, now, 10, []uuid.UUID{c.Deliveries[0].Endpoint})
	if len(claimed) != 0 || !next.Equal(now) || err != nil {
		t.Errorf("Claim with an exception: got %d, %v, %v, want 0, %v, nil", len(claimed), next, err, now)
	}
}
