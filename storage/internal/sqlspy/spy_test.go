package sqlspy_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
)

var errFault = errors.New("the disk is on fire")

// open gives a database with a table, of which the spy has seen nothing yet.
func open(t *testing.T, spy *sqlspy.Spy) *sql.DB {
	t.Helper()
	db, err := sql.Open(spy.Name, filepath.Join(t.TempDir(), "any.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
		t.Fatal(err)
	}
	spy.Taken()
	return db
}

func add(t *testing.T, db *sql.DB) error {
	_, err := db.ExecContext(t.Context(), "INSERT INTO a VALUES (?)", 7)
	return err
}

func count(t *testing.T, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM a").Scan(&n)
	return n, err
}

func TestTaken(t *testing.T) {
	t.Parallel()
	spy, other := sqlspy.New(&sqlite3.SQLiteDriver{}), sqlspy.New(&sqlite3.SQLiteDriver{})
	db := open(t, spy)
	if err := add(t, db); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, db); n != 1 || err != nil {
		t.Errorf("got %d rows (%v), want 1", n, err)
	}
	seen := spy.Taken()
	if len(seen) != 2 || seen[0].Query != "INSERT INTO a VALUES (?)" || len(seen[0].Args) != 1 || seen[0].Args[0].Value != int64(7) ||
		!strings.HasPrefix(seen[1].Query, "SELECT") {
		t.Errorf("got %+v, want what was run", seen)
	}
	if again := spy.Taken(); len(again) != 0 || len(other.Taken()) != 0 {
		t.Errorf("got %+v once more, want it once, and of one spy", again)
	}
}

// TestOn: a statement that fails before is not run, and one that fails after it was.
func TestOn(t *testing.T) {
	t.Parallel()
	fault := func(query string) error {
		if strings.HasPrefix(query, "INSERT") {
			return errFault
		}
		return nil
	}
	for _, row := range []struct {
		name          string
		before, after func(string) error
		want          error
		rows          int
	}{
		{"neither", nil, nil, nil, 1}, {"before", fault, nil, errFault, 0}, {"after", nil, fault, errFault, 1},
	} {
		spy := sqlspy.New(&sqlite3.SQLiteDriver{})
		db := open(t, spy)
		spy.On(row.before, row.after)
		if err := add(t, db); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
		if n, err := count(t, db); n != row.rows || err != nil {
			t.Errorf("%s: got %d rows (%v), want %d", row.name, n, err, row.rows)
		}
		spy.On(func(string) error { return errFault }, nil)
		if _, err := count(t, db); !errors.Is(err, errFault) {
			t.Errorf("%s: a query that fails: got %v, want %v", row.name, err, errFault)
		}
	}
}

// TestAfterAFaultNothingFollows: what failed by itself is not told as done.
func TestAfterAFaultNothingFollows(t *testing.T) {
	t.Parallel()
	spy := sqlspy.New(&sqlite3.SQLiteDriver{})
	db := open(t, spy)
	spy.On(nil, func(query string) error { return errFault })
	if _, err := db.ExecContext(t.Context(), "INSERT INTO missing VALUES (1)"); err == nil || errors.Is(err, errFault) {
		t.Errorf("got %v, want SQLite's own error", err)
	}
}

func TestNewSkipping(t *testing.T) {
	t.Parallel()
	spy := sqlspy.NewSkipping(&sqlite3.SQLiteDriver{}, func(query string) bool { return strings.HasPrefix(query, "INSERT") })
	db := open(t, spy)
	result, err := db.ExecContext(t.Context(), "INSERT INTO a VALUES (1)")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); n != 0 || err != nil {
		t.Errorf("got %d rows changed (%v), want 0", n, err)
	}
	if n, err := count(t, db); n != 0 || err != nil {
		t.Errorf("got %d rows (%v), want 0", n, err)
	}
}

// poor is a driver whose connections can do nothing more than they must.
type poor struct{ driver.Conn }

func (p *poor) Open(string) (driver.Conn, error) { return p, nil }
func (p *poor) Close() error                     { p.Conn = nil; return nil }

func TestAPoorDriverIsRefused(t *testing.T) {
	t.Parallel()
	db, err := sql.Open(sqlspy.New(&poor{}).Name, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "sqlspy") {
		t.Errorf("got %v, want that the spy refuses it", err)
	}
}
