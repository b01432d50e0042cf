package sqlkeeper_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// trace says in which of a database's files there are 16 bytes or more of a wrapped key, or its nonce.
func trace(t testing.TB, file string, wrapped, nonce []byte) (found []string) {
	t.Helper()
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		data, err := os.ReadFile(file + end)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		parts := [][]byte{nonce}
		for n := 16; n <= len(wrapped); n += 16 {
			parts = append(parts, wrapped[n-16:n])
		}
		for _, part := range parts {
			if bytes.Contains(data, part) {
				found = append(found, "the database"+end)
				break
			}
		}
	}
	return found
}

// inFile is a key and what the database has of it.
type inFile struct {
	given
	wrapped, nonce []byte
}

// Of a destroyed key nothing is left in the database's file nor in its write-ahead log, wherever in the file its
// row is, and however long ago it was written.
func TestDestroyLeavesNoTrace(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	db := migrated(t, "sqlite3", file, 2)
	k := newKeeper(t, db, session.NewKey())
	var all []inFile
	fresh := func() inFile {
		g := makeKey(t, k)
		return inFile{g, column(t, db, "wrapped", g), column(t, db, "nonce", g)}
	}
	for range 300 {
		all = append(all, fresh())
	}
	if found := trace(t, file, all[299].wrapped, all[299].nonce); len(found) == 0 {
		t.Fatal("what is live is not found in the files: this test tests nothing")
	}
	for i := 0; i < len(all); i += 3 {
		mustDestroy(t, k, all[i].given)
		if found := trace(t, file, all[i].wrapped, all[i].nonce); len(found) > 0 {
			t.Fatalf("key %d is destroyed and still in %v", i, found)
		}
		all = append(all, fresh())
		if len(all) > 400 {
			break
		}
	}
	if err := k.Rotate(t.Context(), session.NewKey()); err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		if found := trace(t, file, f.wrapped, f.nonce); len(found) > 0 {
			t.Fatalf("key %d is wrapped anew, and what the previous master key opens is still in %v", i, found)
		}
	}
}

// While a backup reads the database, what it needs stays in the log: Destroy says so, and is called again.
func TestDestroyBesideAReader(t *testing.T) {
	t.Parallel()
	spy, file := newSpy(), newFile(t)
	db := migrated(t, spy.Name, file, 2)
	exec(t, db, "PRAGMA busy_timeout = 0") // on one of the two connections
	db.SetMaxOpenConns(1)
	k := newKeeper(t, db, session.NewKey())
	g := makeKey(t, k)
	wrapped, nonce := column(t, db, "wrapped", g), column(t, db, "nonce", g)

	reader, err := open(t, "sqlite3", file, 1).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for _, query := range []string{"BEGIN", "SELECT count(*) FROM bonafide_keys"} {
		if _, err := reader.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	spy.On(func(query string) error {
		if strings.Contains(query, "wal_checkpoint") {
			if tries++; tries == 3 {
				cancel()
			}
		}
		return nil
	}, nil)
	if err := k.Destroy(ctx, g.id, g.ref); !errors.Is(err, context.Canceled) {
		t.Errorf("Destroy beside a reader, until ctx ends: %v, want %v", err, context.Canceled)
	}
	mustRefuse(t, k, g, session.ErrErased, "after a Destroy that was not finished")
	if found := trace(t, file, wrapped, nonce); len(found) == 0 {
		t.Fatal("nothing of the key is left: this test tests nothing")
	}
	if _, err := reader.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	mustDestroy(t, k, g)
	if found := trace(t, file, wrapped, nonce); len(found) > 0 {
		t.Errorf("after Destroy again the key is still in %v", found)
	}
}

// Whatever the host opened the database with, a write is synced and what is overwritten is overwritten.
func TestTheKeeperSetsWhatItNeeds(t *testing.T) {
	t.Parallel()
	db := migrated(t, "sqlite3", newFile(t), 1)
	exec(t, db, "PRAGMA synchronous = OFF")
	exec(t, db, "PRAGMA secure_delete = OFF")
	k := newKeeper(t, db, session.NewKey())
	makeKey(t, k)
	for pragma, want := range map[string]int{"synchronous": 2, "secure_delete": 1} {
		var got int
		if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s: got %d, %v, want %d", pragma, got, err, want)
		}
	}
}

func TestNewRefusesAJournalThatKeepsWhatIsOverwritten(t *testing.T) {
	t.Parallel()
	db := migrated(t, "sqlite3", newFile(t), 1)
	for _, mode := range []string{"persist", "delete", "off"} {
		exec(t, db, "PRAGMA journal_mode = "+mode)
		if k, err := sqlkeeper.New(db, sqlkeeper.SQLite(), session.NewKey()); k != nil || !contains(err, mode) {
			t.Errorf("New with journal mode %s = %v, %v, want an error that says so", mode, k, err)
		}
	}
}

func contains(err error, say string) bool { return err != nil && strings.Contains(err.Error(), say) }
