package databases

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

var sqliteNumbers = numbers{
	series: "(WITH RECURSIVE count(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM count WHERE i < %d) " +
		"SELECT i FROM count) AS n",
	id: fmt.Sprintf("unhex(printf('%%012x40008000%%012x', %d + n.i, n.i))", epoch),
}

// FilledSQLite is a file that is filled so, made now or in an earlier run. It is not to be written to.
func (h *Home) FilledSQLite(ctx context.Context, f Filling) (file string, err error) {
	name, err := f.name(sqlstore.SQLite())
	if err != nil {
		return "", err
	}
	file = filepath.Join(h.dir, name)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	dir, err := h.Dir()
	if err != nil {
		return "", err
	}
	draft := filepath.Join(dir, "db")
	if err := f.intoSQLite(ctx, draft); err != nil {
		return "", err
	}
	return file, os.Rename(draft, file)
}

func (f Filling) intoSQLite(ctx context.Context, file string) (err error) {
	db, err := openPool("sqlite3", DSN(file, true), 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := f.begin(ctx, db, sqlstore.SQLite()); err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The journal of a statement that writes gigabytes would be as large again: the draft is thrown away if it fails.
	for _, pragma := range []string{
		"journal_mode = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY",
	} {
		if _, err := conn.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	if err := f.fill(ctx, conn, sqliteNumbers); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}

// Copy is a copy of a file in a folder of its own, written to the disk.
func (h *Home) Copy(file string) (to string, err error) {
	dir, err := h.Dir()
	if err != nil {
		return "", err
	}
	from, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to = filepath.Join(dir, "db")
	out, err := os.Create(to)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, from)
	return to, errors.Join(err, out.Sync(), out.Close())
}
