package databases_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func newHome(t *testing.T) *databases.Home {
	t.Helper()
	dir, err := os.MkdirTemp("", "bonafide-benchmarks")
	ok(t, err)
	ok(t, os.Chmod(dir, 0o755)) // who the server runs as has to reach it
	home, err := databases.Open(t.Context(), dir, os.Getenv("BONAFIDE_TEST_POSTGRES"))
	ok(t, err)
	t.Cleanup(func() { ok(t, errors.Join(home.Close(), os.RemoveAll(dir))) })
	return home
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What is filled by statements is what a store finds: sessions with their parts, alarms and deliveries.
func TestFilledDatabaseIsAStores(t *testing.T) {
	home := newHome(t)
	f := databases.Filling{Sessions: 50, Sealed: 300, Due: 20, Body: 40}
	t.Run("SQLite", func(t *testing.T) {
		file, err := home.FilledSQLite(t.Context(), f)
		ok(t, err)
		again, err := home.FilledSQLite(t.Context(), f)
		ok(t, err)
		if again != file {
			t.Errorf("the same filling is in %q and in %q", file, again)
		}
		file, err = home.Copy(file)
		ok(t, err)
		db, err := databases.OpenSQLite(file, false, 2)
		ok(t, err)
		defer db.Close()
		lookAt(t, db, sqlstore.SQLite(), f)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		name, _, err := home.FilledPostgres(t.Context(), f)
		if errors.Is(err, measure.ErrNoServer) && os.Getenv("BONAFIDE_REQUIRE_POSTGRES") != "1" {
			t.Skipf("SKIPPED: %v", err)
		}
		ok(t, err)
		again, _, err := home.FilledPostgres(t.Context(), f)
		ok(t, err)
		if again != name {
			t.Errorf("the same filling is in %q and in %q", name, again)
		}
		at, drop, err := home.CopyPostgres(t.Context(), name)
		ok(t, err)
		defer func() { ok(t, drop()) }()
		db, err := databases.OpenPostgres(at, 2)
		ok(t, err)
		defer db.Close()
		lookAt(t, db, sqlstore.Postgres(), f)
	})
}

func lookAt(t *testing.T, db *sql.DB, d sqlstore.Dialect, f databases.Filling) {
	store, err := sqlstore.New(db, d)
	ok(t, err)
	all, err := store.Query(t.Context(), session.Query{Tenant: databases.Tenant, N: f.Sessions + 1})
	ok(t, err)
	if len(all) != f.Sessions || all[0].ID != databases.SessionID(f.Sessions) || len(all[0].Sealed) != f.Sealed {
		t.Fatalf("there are %d sessions, want %d", len(all), f.Sessions)
	}
	rec, err := store.Load(t.Context(), session.Ref{Tenant: databases.Tenant, ID: databases.SessionID(7)},
		session.PartAttempts|session.PartEvents)
	ok(t, err)
	if len(rec.Attempts) != 1 || rec.Attempts[0].ID != rec.Session.AttemptID || len(rec.Events) != 1 {
		t.Errorf("a session has %d attempts and %d events, want one of its own each", len(rec.Attempts), len(rec.Events))
	}
	claimed, _, err := store.Claim(t.Context(), databases.Filled, databases.Filled.Add(time.Second), f.Sessions+1, nil)
	ok(t, err)
	if len(claimed) != f.Sessions {
		t.Errorf("%d deliveries can be claimed, want %d", len(claimed), f.Sessions)
	}
	due := 0
	_, _, err = store.Sweep(t.Context(), databases.Filled, f.Sessions, func(session.Session) (session.Change, bool) {
		due++
		return session.Change{}, false
	})
	ok(t, err)
	if due != f.Due {
		t.Errorf("%d sessions are due, want %d", due, f.Due)
	}
}

// What is recorded is what the driver was given, however it was called.
func TestRecorder(t *testing.T) {
	t.Parallel()
	db, recorder := databases.Recorded(databases.DSN(t.TempDir()+"/db", true))
	defer db.Close()
	ctx := context.Background()
	exec := func(text string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(ctx, text, args...)
		ok(t, err)
	}
	exec("CREATE TABLE t (a, b)")
	blob := []byte{1, 2}
	exec("INSERT INTO t VALUES (?, ?)", 1, blob)
	blob[0] = 9
	stmt, err := db.PrepareContext(ctx, "SELECT a FROM t WHERE a = ?")
	ok(t, err)
	defer stmt.Close()
	var a int
	ok(t, stmt.QueryRowContext(ctx, 1).Scan(&a))
	tx, err := db.BeginTx(ctx, nil)
	ok(t, err)
	_, err = tx.ExecContext(ctx, "DELETE FROM t")
	ok(t, err)
	ok(t, tx.Commit())
	var got []string
	for _, s := range recorder.Take() {
		got = append(got, s.Text)
		if first, is := argument(s).([]byte); is && first[0] != 1 {
			t.Errorf("%s was recorded with %v, which was changed later", s.Text, first)
		}
		if want := s.Text[:6] == "SELECT"; s.Query != want {
			t.Errorf("%s: Query is %v, want %v", s.Text, s.Query, want)
		}
	}
	want := []string{
		"CREATE TABLE t (a, b)", "INSERT INTO t VALUES (?, ?)", "SELECT a FROM t WHERE a = ?",
		"BEGIN IMMEDIATE", "DELETE FROM t", "COMMIT",
	}
	if !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
	if rest := recorder.Take(); rest != nil {
		t.Errorf("recorded %v twice", rest)
	}
}

func argument(s databases.Statement) any {
	if len(s.Args) < 2 {
		return nil
	}
	return s.Args[1]
}
