package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// oneByOne is PostgreSQL by a driver that takes no arrays, as far as the Store can see: it writes row by row.
func oneByOne() kind {
	on := onPostgres()
	on.dialect.Array = func(any) any { return "no array" }
	return on
}

// TestSetsAreAsRows: what is written by arrays is what is written row by row, and so are the refusals.
func TestSetsAreAsRows(t *testing.T) {
	t.Parallel()
	inSets, inRows := onPostgres(), oneByOne()
	a, b := inSets.migrated(t, inSets.driver, 2), inRows.migrated(t, inRows.driver, 2)
	sets, rows := inSets.store(t, a), inRows.store(t, b)
	rapid.Check(t, func(t *rapid.T) {
		emptiedAgain(t, a, b)
		d := newDrawn(t)
		for range rapid.IntRange(1, 4).Draw(t, "calls") {
			changes := d.changes()
			apply := (*sqlstore.Store).Apply
			if rapid.Bool().Draw(t, "in the host's transaction") {
				apply = inTx(t, map[*sqlstore.Store]*sql.DB{sets: a, rows: b})
			}
			got, want := apply(sets, t.Context(), changes...), apply(rows, t.Context(), changes...)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("Apply by arrays: got %v, want %v as row by row", got, want)
			}
			at := now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "now")) * time.Second)
			n1, next1, err1 := sets.Sweep(t.Context(), at, 3, d.tick)
			n2, next2, err2 := rows.Sweep(t.Context(), at, 3, d.tick)
			if n1 != n2 || !next1.Equal(next2) || err1 != nil || err2 != nil {
				t.Fatalf("Sweep by arrays: got %d, %v, %v, want %d, %v, %v as row by row", n1, next1, err1, n2, next2, err2)
			}
			d.deliver(sets, rows)
			if got, want := contents(t, a), contents(t, b); !slices.Equal(got, want) {
				t.Fatalf("rows written by arrays alone:\n%s\nand row by row alone:\n%s", without(got, want), without(want, got))
			}
		}
	})
}

// TestLongBytesInSets: what is sealed in the sessions of one call comes back as it was, also where it is empty or nothing,
// or is too much for one value: added at once, and changed together.
func TestLongBytesInSets(t *testing.T) {
	t.Parallel()
	spy, store := onPostgres().spiedStore(t, 2)
	for times, together := range map[int]bool{1000: true, 400_000: false} {
		spy.Taken()
		longBytesInSets(t, store, bytes.Repeat([]byte{0xa5, 0, 0xff}, times))
		got := slices.ContainsFunc(spy.Taken(), func(s sqlspy.Statement) bool { return strings.Contains(s.Query, "pieces") })
		if got != together {
			t.Errorf("%d bytes went as one value: got %t, want %t", 3*times, got, together)
		}
	}
}

func longBytesInSets(t *testing.T, store *sqlstore.Store, long []byte) {
	t.Helper()
	var changes []session.Change
	for _, sealed := range [][]byte{nil, {}, {7}, long, nil, []byte("last but two"), {}, nil} {
		c := creation(newID())
		c.Session.Sealed = sealed
		changes = append(changes, c)
	}
	check := func(what string) {
		t.Helper()
		for i, c := range changes {
			want := c.Session.Sealed
			got, err := store.Load(t.Context(), session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID}, 0)
			if err != nil || !bytes.Equal(got.Session.Sealed, want) || (got.Session.Sealed == nil) != (want == nil) {
				t.Errorf("%s: session %d: got %.9x (%d bytes), %v, want %.9x (%d bytes)",
					what, i, got.Session.Sealed, len(got.Session.Sealed), err, want, len(want))
			}
		}
	}
	apply(t, store, changes...)
	check("added")
	for i := range changes {
		c := step(changes[i].Session)
		c.Base, c.Session.Sealed = 1, changes[(i+1)%len(changes)].Session.Sealed
		changes[i] = c
	}
	apply(t, store, changes...)
	check("changed")
}

// inTx is Apply in a transaction of the host, which then commits.
func inTx(t *rapid.T, dbs map[*sqlstore.Store]*sql.DB) func(*sqlstore.Store, context.Context, ...session.Change) []error {
	return func(s *sqlstore.Store, ctx context.Context, changes ...session.Change) []error {
		tx, err := dbs[s].BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		errs := s.Tx(tx).Apply(ctx, changes...)
		if err := tx.Commit(); err != nil {
			t.Fatalf("Commit: %v, after %v", err, errs)
		}
		return errs
	}
}

func emptiedAgain(t *rapid.T, dbs ...*sql.DB) {
	for _, db := range dbs {
		for _, table := range tables {
			if _, err := db.ExecContext(t.Context(), "DELETE FROM bonafide_"+table); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// tables are those that changes write to.
var tables = []string{
	"sessions", "attempts", "decisions", "media", "findings", "events", "deliveries", "entries", "permit_logs", "permit_pages",
}

// contents are all rows of all tables, as text, but for what a change that was refused may have left: a log that has given
// nothing, and the largest rule that was ever asked for.
func contents(t *rapid.T, db *sql.DB) (all []string) {
	for _, table := range tables {
		row, where := "t", ""
		if table == "permit_logs" {
			row, where = "(key, n, at)", " WHERE n > 0"
		}
		rows, err := db.QueryContext(t.Context(), "SELECT CAST("+row+" AS TEXT) FROM bonafide_"+table+" AS t"+where+" ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all = append(all, table+" "+row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// without are those rows that others are not.
func without(rows, others []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return slices.Contains(others, row) }), "\n")
}

// drawn draws changes of a few sessions, whose parts are of a few ids.
type drawn struct {
	t      *rapid.T
	tenant uuid.UUID
	ids    []uuid.UUID
	known  map[uuid.UUID]session.Session // as the next change of it has it
}

func newDrawn(t *rapid.T) *drawn {
	d := &drawn{t: t, tenant: newID(), known: map[uuid.UUID]session.Session{}}
	for range 6 {
		d.ids = append(d.ids, newID())
	}
	return d
}

func (d *drawn) id(label string) uuid.UUID { return rapid.SampledFrom(d.ids).Draw(d.t, label) }
func (d *drawn) few(label string) int {
	return max(rapid.IntRange(-3, 2).Draw(d.t, label), 0)
}
func (d *drawn) rarely(label string) bool { return rapid.IntRange(0, 7).Draw(d.t, label) == 0 }
func (d *drawn) bytes(label string) []byte {
	return rapid.SampledFrom([][]byte{nil, {}, {0}, []byte("{a,\"NULL\"}\\")}).Draw(d.t, label)
}

func (d *drawn) changes() (out []session.Change) {
	for range rapid.IntRange(1, 6).Draw(d.t, "changes") {
		out = append(out, d.change())
	}
	return out
}

func (d *drawn) change() session.Change {
	id := d.id("session")
	s, there := d.known[id]
	if !there {
		s = creation(d.tenant).Session
		s.ID = id
	}
	s.Status = rapid.SampledFrom([]session.Status{session.StatusCreated, session.StatusStarted}).Draw(d.t, "status")
	s.DueAt = rapid.SampledFrom([]time.Time{{}, now, now.Add(time.Second)}).Draw(d.t, "due")
	s.Sealed = d.bytes("sealed")
	if d.rarely("moved") {
		s.Ref, s.Integration = session.BlindIndex(newID()), newID()
	}
	c := session.Change{ID: newID(), Base: s.Version, Session: s}
	if d.rarely("stale") {
		c.Base++
	}
	c.Keep = c.Base > 0 && d.rarely("keep")
	d.parts(&c)
	if !there || c.Base > 0 && !c.Keep {
		s.Version++
	}
	if d.rarely("of no session") {
		c.Session.ID = uuid.Nil
		if len(c.Entries) == 0 {
			c.Entries = []session.Entry{entryOf(d.tenant, "")}
		}
		return c
	}
	d.known[id] = s
	return c
}

func (d *drawn) parts(c *session.Change) {
	c.Events = []session.Event{{ID: newID(), Kind: session.EventStarted, At: now, Listed: d.rarely("listed"), About: d.bytes("about")}}
	for range d.few("attempts") {
		c.Attempts = append(c.Attempts, session.Attempt{ID: d.id("attempt"), N: d.few("n"), Submitter: "somebody"})
	}
	for range d.few("decisions") {
		c.Decisions = append(c.Decisions, session.Decision{ID: d.new("decision"), Sealed: d.bytes("sealed")})
	}
	for range d.few("media") {
		c.Media = append(c.Media, session.Media{ID: d.new("medium"), Size: 7, Sealed: d.bytes("sealed")})
	}
	for range d.few("findings") {
		c.Findings = append(c.Findings, session.Finding{ID: d.new("finding"), Sealed: d.bytes("sealed")})
	}
	for range d.few("deliveries") {
		state := rapid.SampledFrom([]session.DeliveryState{session.DeliveryDue, session.DeliveryHeld}).Draw(d.t, "state")
		of := c.Events[0].ID
		if d.rarely("of no event of its own") {
			of = newID()
		}
		c.Deliveries = append(c.Deliveries, session.Delivery{ID: d.new("delivery"), Tenant: d.tenant, Endpoint: newID(), Event: of,
			CreatedAt: now, DueAt: now, State: state, Personal: d.rarely("personal"), Body: d.bytes("body")})
	}
	for range d.few("entries") {
		c.Entries = append(c.Entries, d.entry())
	}
	for range d.few("permits") {
		c.Permits = append(c.Permits, session.Permit{Key: rapid.SampledFrom([]string{"a", "b"}).Draw(d.t, "key"), At: now,
			Rules: []session.Rule{{N: int64(rapid.IntRange(1, 5).Draw(d.t, "N")), Window: time.Hour}}})
	}
	c.Withdraw = d.rarely("withdraw")
	c.Erase = session.Erase(d.few("erase"))
	if d.rarely("replaced") {
		c.Replaced = []uuid.UUID{d.id("replaced")}
	}
}

// new is as a rule a new id, and else one that may be taken.
func (d *drawn) new(label string) uuid.UUID {
	if d.rarely(label + " of an id that may be taken") {
		return d.id(label)
	}
	return newID()
}

func (d *drawn) entry() session.Entry {
	e := entryOf(d.tenant, rapid.SampledFrom([]string{"", "x", "y"}).Draw(d.t, "name"))
	e.ID, e.Session, e.Body = d.id("entry"), d.id("of session"), d.bytes("body")
	e.Version = int64(rapid.IntRange(1, 3).Draw(d.t, "version"))
	e.ExpiresAt = rapid.SampledFrom([]time.Time{{}, now, now.Add(time.Second)}).Draw(d.t, "expires")
	e.CreatedAt = now.Add(time.Duration(d.few("created")) * time.Second)
	return e
}

// tick changes a session in a way that follows from the session.
func (d *drawn) tick(s session.Session) (session.Change, bool) {
	c := step(s)
	c.ID, c.Events[0].ID = uuid.NewSHA1(s.ID, s.Head[:]), uuid.NewSHA1(s.ID, s.Head[1:])
	if c.Session.DueAt = (time.Time{}); s.Seq%2 == 0 {
		c.Session.Sealed = []byte{byte(s.Seq)}
	}
	c.Deliveries = []session.Delivery{{ID: uuid.NewSHA1(s.ID, s.Head[2:]), Tenant: d.tenant, Endpoint: s.ID, Event: c.Events[0].ID,
		CreatedAt: now, DueAt: now, State: session.DeliveryDue}}
	known := s
	known.Version++
	d.known[s.ID] = known
	return c, true
}

// deliver has both stores claim and settle the same.
func (d *drawn) deliver(a, b *sqlstore.Store) {
	n := rapid.IntRange(1, 4).Draw(d.t, "claims")
	got, next, err := a.Claim(d.t.Context(), now, now.Add(time.Second), n, nil)
	want, wantNext, wantErr := b.Claim(d.t.Context(), now, now.Add(time.Second), n, nil)
	if fmt.Sprint(got) != fmt.Sprint(want) || !next.Equal(wantNext) || err != nil || wantErr != nil {
		d.t.Fatalf("Claim by arrays: got %v, %v, %v, want %v, %v, %v as row by row", got, next, err, want, wantNext, wantErr)
	}
	for i := range got {
		got[i].State = rapid.SampledFrom([]session.DeliveryState{session.DeliveryDue, session.DeliveryDone}).Draw(d.t, "outcome")
		got[i].Last = session.Try{At: now, Status: 200 + i, Note: "fine"}
		if d.rarely("claimed again") {
			got[i].Claims--
		}
		if d.rarely("not there") {
			got[i].ID = newID()
		}
		if d.rarely("settled twice") {
			got = append(got, got[i])
		}
	}
	errs, wantErrs := a.Settle(d.t.Context(), got...), b.Settle(d.t.Context(), got...)
	if fmt.Sprint(errs) != fmt.Sprint(wantErrs) {
		d.t.Fatalf("Settle by arrays: got %v, want %v as row by row", errs, wantErrs)
	}
}
