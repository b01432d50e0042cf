package sqlkeeper_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keepertest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(postgrestest.Tests{M: m}) }

var databases atomic.Int64

// newDatabase makes a database that goes with the test, and gives its URL. A schema would not do: whether the
// sessions are beside the keys is asked of the whole database.
func newDatabase(t testing.TB) string {
	t.Helper()
	at, err := url.Parse(postgrestest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	db := openPostgres(t, "pgx", at.String(), 1)
	name := fmt.Sprintf("bonafide_keys_%d_%d", os.Getpid(), databases.Add(1))
	exec(t, db, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	at.Path = "/" + name
	return at.String()
}

func openPostgres(t testing.TB, driver, at string, pool int) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(pool)
	db.SetMaxIdleConns(pool)
	return db
}

func migratedPostgres(t testing.TB, driver, at string, pool int) *sql.DB {
	t.Helper()
	return migrate(t, openPostgres(t, driver, at, pool), sqlkeeper.Postgres())
}

func onPostgres(t testing.TB, db *sql.DB, masters ...session.Key) *sqlkeeper.Keeper {
	t.Helper()
	return keeperOf(t, db, sqlkeeper.Postgres(), masters...)
}

// perName gives one schema for each name of a test, which may open it several times. All are in one database, where
// nobody has sessions: to make a database takes longer than most tests.
func perName(t *testing.T) func(*testing.T) *sql.DB {
	var mu sync.Mutex
	at, schemas := newDatabase(t), map[string]string{}
	whole := openPostgres(t, "pgx", at, 1)
	return func(sub *testing.T) *sql.DB {
		mu.Lock()
		defer mu.Unlock()
		schema := schemas[sub.Name()]
		if schema == "" {
			schema = fmt.Sprintf("keys_%d", len(schemas))
			exec(sub, whole, "CREATE SCHEMA "+schema)
			schemas[sub.Name()] = schema
		}
		return migratedPostgres(sub, "pgx", at+"&search_path="+schema, 4)
	}
}

func TestKeeperOnPostgres(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t)
	open, master := perName(t), session.NewKey()
	keepertest.Run(t, func(t *testing.T) session.Keeper {
		db := open(t)
		return process{onPostgres(t, db, master), db}
	})
}

func TestKeeperRotatesOnPostgres(t *testing.T) {
	t.Parallel()
	postgrestest.URL(t)
	open := perName(t)
	keepertest.RunRotation(t, func(t *testing.T, masters ...session.Key) (keepertest.Rotator, error) {
		db := open(t)
		k, err := sqlkeeper.New(db, sqlkeeper.Postgres(), masters[0], masters[1:]...)
		if err != nil {
			return nil, err
		}
		return process{k, db}, nil
	})
}

func TestManyStartAtOnceOnPostgres(t *testing.T) {
	t.Parallel()
	at, master := newDatabase(t), session.NewKey()
	all := make([]given, 4)
	var starting sync.WaitGroup
	for i := range all {
		db := openPostgres(t, "pgx", at, 2)
		starting.Go(func() {
			if err := sqlkeeper.Migrate(t.Context(), db, sqlkeeper.Postgres()); err != nil {
				t.Errorf("Migrate: %v", err)
				return
			}
			k, err := sqlkeeper.New(db, sqlkeeper.Postgres(), master)
			if err != nil {
				t.Errorf("New: %v", err)
				return
			}
			id := uuid.New()
			key, ref, err := k.Make(t.Context(), id)
			if all[i] = (given{id, key, ref}); err != nil {
				t.Errorf("Make: %v", err)
			}
		})
	}
	starting.Wait()
	k := onPostgres(t, openPostgres(t, "pgx", at, 1), master)
	for _, g := range all {
		mustOpen(t, k, g, "after all have started")
	}
}

// The keys are refused wherever in the database the sessions are: a backup takes all of it along.
func TestTheDatabaseOfTheSessionsIsRefusedOnPostgres(t *testing.T) {
	t.Parallel()
	at := newDatabase(t)
	keys := migratedPostgres(t, "pgx", at, 1)
	beside := openPostgres(t, "pgx", at, 1)
	exec(t, beside, "CREATE SCHEMA sessions")
	exec(t, beside, "SET search_path = sessions")
	if err := sqlstore.Migrate(t.Context(), beside, sqlstore.Postgres()); !errors.Is(err, sqlstore.ErrKeys) {
		t.Errorf("sqlstore.Migrate of the keys' database: got %v, want %v", err, sqlstore.ErrKeys)
	}
	onPostgres(t, keys, session.NewKey())                      // nothing was changed
	exec(t, beside, "CREATE TABLE bonafide_sessions (id INT)") // by a tool of the host's
	if err := sqlkeeper.Migrate(t.Context(), keys, sqlkeeper.Postgres()); !errors.Is(err, sqlkeeper.ErrStore) {
		t.Errorf("Migrate: got %v, want %v", err, sqlkeeper.ErrStore)
	}
	if _, err := sqlkeeper.New(keys, sqlkeeper.Postgres(), session.NewKey()); !errors.Is(err, sqlkeeper.ErrStore) {
		t.Errorf("New: got %v, want %v", err, sqlkeeper.ErrStore)
	}
}

// Whatever the server's and the host's setting, a write is synced; one that asks for more than that stays.
func TestTheKeeperSetsWhatItNeedsOnPostgres(t *testing.T) {
	t.Parallel()
	db := migratedPostgres(t, "pgx", newDatabase(t), 1)
	k := onPostgres(t, db, session.NewKey())
	for set, want := range map[string]string{"off": "on", "remote_apply": "remote_apply"} {
		exec(t, db, "SET synchronous_commit = "+set)
		makeKey(t, k)
		var got string
		if err := db.QueryRowContext(t.Context(), "SHOW synchronous_commit").Scan(&got); err != nil || got != want {
			t.Errorf("synchronous_commit after %s: got %s, %v, want %s", set, got, err, want)
		}
	}
}

// What the server keeps of a key that was destroyed is what OnlyWraps admits. That is not asserted of the log,
// which keeps more; and the row itself has nothing but zeros.
func TestWhatPostgresKeepsOfADestroyedKey(t *testing.T) {
	t.Parallel()
	db := migratedPostgres(t, "pgx", newDatabase(t), 1)
	k := onPostgres(t, db, session.NewKey())
	g := makeKey(t, k)
	read := func(name string) (column []byte) {
		if err := db.QueryRowContext(t.Context(), "SELECT "+name+" FROM bonafide_keys WHERE n = $1", rowOf(g)).Scan(&column); err != nil {
			t.Fatal(err)
		}
		return column
	}
	wrapped := read("wrapped")
	mustDestroy(t, k, g)
	for _, name := range []string{"master", "nonce", "wrapped"} {
		if left := read(name); len(bytes.Trim(left, "\x00")) > 0 {
			t.Errorf("%s of a destroyed row is %x, want zeros", name, left)
		}
	}
	exec(t, db, "CHECKPOINT")
	var file []byte
	if err := db.QueryRowContext(t.Context(), "SELECT pg_read_binary_file(pg_relation_filepath('bonafide_keys'))").Scan(&file); err != nil {
		if os.Getenv(postgrestest.EnvServer) == "" {
			t.Fatalf("the files of the server that was started here cannot be read: %v", err)
		}
		t.Skipf("SKIPPED: the server's files cannot be read: %v", err)
	}
	if kept := bytes.Contains(file, wrapped); !kept || !k.OnlyWraps() {
		t.Errorf("the file keeps the wrapped key: %v, OnlyWraps: %v; want both, or the comments of both to be mended", kept, k.OnlyWraps())
	}
}

// Receipts say of backups no more than the keeper can promise.
func TestReceipts(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		keeper func(*testing.T) *sqlkeeper.Keeper
		want   string
	}{
		"sqlite": {func(t *testing.T) *sqlkeeper.Keeper {
			return newKeeper(t, migrated(t, quick(), newFile(t), 1), session.NewKey())
		}, "unreadable"},
		"postgres": {func(t *testing.T) *sqlkeeper.Keeper {
			return onPostgres(t, migratedPostgres(t, "pgx", newDatabase(t), 2), session.NewKey())
		}, "readable until their own end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine, err := session.New(memstore.New(), session.Config{Keeper: row.keeper(t)})
			if err != nil {
				t.Fatal(err)
			}
			s, err := engine.Create(t.Context(), session.Facts{Person: session.Person{FirstName: "Ada"}})
			if err != nil {
				t.Fatal(err)
			}
			if receipt, err := engine.Redact(t.Context(), s.ID); err != nil || receipt.Backups != row.want {
				t.Errorf("the receipt says of backups %q, %v, want %q", receipt.Backups, err, row.want)
			}
		})
	}
}

// A server that is not there is the keeper's error, and no key is taken for erased.
func TestAServerThatIsAway(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	db := migratedPostgres(t, "pgx", at.String(), 1)
	k := onPostgres(t, db, session.NewKey())
	g := makeKey(t, k)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := k.Open(ctx, g.id, g.ref); !errors.Is(err, session.ErrKeeper) || errors.Is(err, session.ErrErased) {
		t.Errorf("Open: %v, want %v", err, session.ErrKeeper)
	}
	if err := k.Destroy(ctx, g.id, g.ref); !errors.Is(err, session.ErrKeeper) || strings.Contains(err.Error(), at.String()) {
		t.Errorf("Destroy: %v, want %v", err, session.ErrKeeper)
	}
}

// Who makes or opens a key while the server restarts waits for it.
func TestAServerThatRestarts(t *testing.T) {
	t.Parallel()
	server := postgrestest.New(t)
	k := onPostgres(t, migratedPostgres(t, "pgx", server.URL(), 2), session.NewKey())
	g := makeKey(t, k)
	for range 2 {
		server.Kill()
		var waiting sync.WaitGroup
		waiting.Go(func() { mustOpen(t, k, g, "while the server restarts") })
		waiting.Go(func() {
			if _, _, err := k.Make(t.Context(), uuid.New()); err != nil {
				t.Errorf("Make while the server restarts: %v", err)
			}
		})
		server.Start()
		waiting.Wait()
	}
}
