package sqlstore_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// atVersion1 opens a database as version 1 of the schema left it: with the first migration only, recorded
// as Migrate did, and the rows of testdata/version1.sql.
func atVersion1(t *testing.T, file string) *sql.DB {
	t.Helper()
	db := open(t, "sqlite3", file, 2)
	record, err := database.NewStore(database.DialectSQLite3, "bonafide_migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectCustom, db, sqlstore.Migrations(sqlstore.SQLite()),
		goose.WithStore(record), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, string(rows))
	return db
}

// version1 is what the rows of testdata/version1.sql say.
func version1() (session.Record, session.Delivery) {
	id := func(n byte) uuid.UUID { return uuid.UUID(bytes.Repeat([]byte{n}, 16)) }
	at := func(n int) time.Time { return now.Add(time.Duration(n) * time.Microsecond) }
	r := session.Record{
		Session: session.Session{
			ID: id(1), Tenant: id(2), Integration: id(3), Sandbox: true, Status: session.StatusReview, AttemptID: id(4), AttemptN: 2,
			Version: 7, Seq: 1, CreatedAt: at(1), UpdatedAt: at(2), ActiveAt: at(3), SubmittedAt: at(4), EndedAt: at(5),
			ExpiresAt: at(6), RedactedAt: at(7), DecideAt: at(8), EraseAt: at(9), RetryAt: at(10), Tries: 3, DueAt: at(11),
			Key: []byte("a reference"), Sealed: []byte("sealed facts"),
		},
		Attempts: []session.Attempt{{
			ID: id(4), Session: id(1), N: 2, Status: session.StatusReview, Submitter: session.ActorPerson,
			CreatedAt: at(12), EndedAt: at(13),
		}},
		Decisions: []session.Decision{{
			ID: id(5), Session: id(1), Attempt: id(4), N: 1, Outcome: "review", Code: 9121, By: session.ActorDecider,
			At: at(14), Sealed: []byte("a sealed decision"),
		}},
		Media: []session.Media{{
			ID: id(6), Session: id(1), Attempt: id(4), Context: "document-front", Type: "image/jpeg", Size: 4711,
			Blob: "2031022823/0123456789abcdef0123456789abcdef", CreatedAt: at(15), Sealed: []byte("a sealed medium"),
		}},
		Events: []session.Event{{
			ID: id(7), Session: id(1), Change: id(8), Seq: 1, Kind: session.EventReview, Status: session.StatusReview,
			Attempt: id(4), By: session.ActorDecider, At: at(16),
		}},
	}
	return r, session.Delivery{
		ID: id(9), Tenant: id(2), Sandbox: true, Session: id(1), Integration: id(3), Endpoint: id(10), Event: id(7), Seq: 1,
		CreatedAt: at(17), DueAt: at(18), Claims: 2, Tries: 1, State: session.DeliveryDue, Personal: true,
		Body: []byte("a sealed body"), Last: session.Try{At: at(19), Status: 503, Note: "status"},
	}
}

// checkVersion1 demands that the store reads what version 1 wrote, as it was.
func checkVersion1(t *testing.T, store *sqlstore.Store) {
	t.Helper()
	want, delivery := version1()
	s := want.Session
	got, err := store.Load(t.Context(), session.Ref{Tenant: s.Tenant, ID: s.ID}, 0xff)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Load: got\n\t%+v, %v, want\n\t%+v", got, err, want)
	}
	list, err := store.Query(t.Context(), session.Query{Tenant: s.Tenant, Sandbox: true, N: 9})
	if err != nil || !reflect.DeepEqual(list, []session.Session{s}) {
		t.Errorf("Query: got\n\t%+v, %v, want\n\t%+v", list, err, s)
	}
	log, err := store.Deliveries(t.Context(), session.DeliveryQuery{Tenant: s.Tenant, Sandbox: true, N: 9})
	if err != nil || !reflect.DeepEqual(log, []session.Delivery{delivery}) {
		t.Errorf("Deliveries: got\n\t%+v, %v, want\n\t%+v", log, err, delivery)
	}
}

func TestMigrateOfVersion1KeepsItsSessions(t *testing.T) {
	t.Parallel()
	db := atVersion1(t, newFile(t))
	if _, err := sqlstore.New(db, sqlstore.SQLite()); !errors.Is(err, sqlstore.ErrNotMigrated) {
		t.Errorf("New before Migrate: got %v, want ErrNotMigrated", err)
	}
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
		t.Fatalf("Migrate: %v", err)
	}
	store := newStore(t, db)
	checkVersion1(t, store)

	want, _ := version1()
	c := creation(want.Session.Tenant)
	c.Session.Sandbox = true
	apply(t, store, c)
	list, err := store.Query(t.Context(), session.Query{Tenant: want.Session.Tenant, Sandbox: true, N: 9})
	if err != nil || len(list) != 2 || list[0].Head == [32]byte{} || !reflect.DeepEqual(list[1], want.Session) {
		t.Errorf("Query with a new session before the old one: got\n\t%+v, %v, want the old one as\n\t%+v", list, err, want.Session)
	}
}

// A session of version 1 is swept, screened later and given a finding like any other. Its events have no hashes, and
// the chain begins with the next.
func TestSessionsOfVersion1GoOn(t *testing.T) {
	t.Parallel()
	db := atVersion1(t, newFile(t))
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
		t.Fatalf("Migrate: %v", err)
	}
	store := newStore(t, db)
	want, _ := version1()
	finding := session.Finding{
		ID: newID(), Session: want.Session.ID, Attempt: want.Session.AttemptID, Kind: session.FindingScreening,
		By: session.ActorTimer, At: now, Sealed: []byte("a sealed finding"),
	}
	var change session.Change
	done, _, err := store.Sweep(t.Context(), now.Add(time.Second), 9, func(s session.Session) (session.Change, bool) {
		change = step(s)
		change.Session.ScreenAt = now.Add(time.Hour)
		change.Session.DueAt = change.Session.ScreenAt
		change.Findings = []session.Finding{finding}
		return change, true
	})
	if done != 1 || err != nil {
		t.Fatalf("Sweep: got %d, %v, want 1, nil", done, err)
	}
	got, err := store.Load(t.Context(), session.Ref{Tenant: want.Session.Tenant, ID: want.Session.ID}, session.PartFindings|session.PartEvents)
	next := change.Events[0]
	next.Session, next.Change, next.Seq = want.Session.ID, change.ID, 2
	next.Hash = session.Chain([32]byte{}, next)
	want = session.Record{Session: change.Session, Findings: change.Findings, Events: append(want.Events, next)}
	want.Session.Version, want.Session.Seq, want.Session.Head = 8, 2, next.Hash
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Load: got\n\t%+v, %v, want\n\t%+v", got, err, want)
	}
}

func TestMigrateOfVersion1FromManyProcessesAtOnce(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	db := atVersion1(t, file)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		db := open(t, "sqlite3", file, 2)
		wg.Go(func() { errs[i] = sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Migrate from %d at once: %v", len(errs), err)
	}
	checkVersion1(t, newStore(t, db))
}
