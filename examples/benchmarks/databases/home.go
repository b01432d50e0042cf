package databases

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

// Home is where databases are made. What it makes is new each time, but for what is filled, which stays in its folder
// for the next run. It is safe for concurrent use.
type Home struct {
	dir     string
	scratch string // a folder in it, of what ends with the run
	made    atomic.Int64
	server  *server
	why     error // there is none
}

// Open makes the folder, and finds a PostgreSQL server: the one at the address, or, without one, one of its own. That
// there is none is no error here: [Home.Postgres] says so.
func Open(ctx context.Context, dir, postgres string) (*Home, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return nil, err
	}
	h := &Home{dir: dir}
	if h.scratch, err = os.MkdirTemp(dir, "run-"); err != nil {
		return nil, err
	}
	if postgres != "" {
		h.server = &server{url: postgres}
	} else {
		h.server, h.why = start(ctx, dir)
	}
	if h.why != nil {
		return h, nil
	}
	if h.why = h.server.await(ctx); h.why != nil {
		h.server.stop()
	}
	return h, nil
}

// Dir is a new folder, which ends with the run.
func (h *Home) Dir() (string, error) {
	return os.MkdirTemp(h.scratch, "")
}

// Close stops the server, if it is one of ours, and removes what ends with the run.
func (h *Home) Close() error {
	if h.why == nil {
		h.server.stop()
	}
	return os.RemoveAll(h.scratch)
}

// Missing says why there is no server; nil: there is one.
func (h *Home) Missing() error {
	if h.why == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", measure.ErrNoServer, h.why)
}

// Versions are those of the two databases.
func (h *Home) Versions(ctx context.Context) (sqlite, postgres string) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err == nil {
		defer db.Close()
		err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&sqlite)
	}
	if err != nil {
		sqlite = "unknown"
	}
	if h.why != nil {
		return sqlite, "none"
	}
	if err := h.server.admin.QueryRowContext(ctx, "SHOW server_version").Scan(&postgres); err != nil {
		return sqlite, "unknown"
	}
	var sync string
	if err := h.server.admin.QueryRowContext(ctx, "SHOW fsync").Scan(&sync); err == nil && sync != "on" {
		postgres += " (fsync " + sync + ")"
	}
	return sqlite, postgres
}
