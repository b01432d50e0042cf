package databases

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// Postgres is a new, empty database of the server, by its address, which is removed by drop.
func (h *Home) Postgres(ctx context.Context) (at string, drop func() error, err error) {
	return h.copyOf(ctx, "template1")
}

// copyOf is a new database with all that another one has.
func (h *Home) copyOf(ctx context.Context, template string) (at string, drop func() error, err error) {
	if err := h.Missing(); err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("bonafide_run_%d_%d", os.Getpid(), h.made.Add(1))
	if err := h.create(ctx, name, template); err != nil {
		return "", nil, err
	}
	return h.server.address(name), func() error {
		_, err := h.server.admin.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		return err
	}, nil
}

func (h *Home) create(ctx context.Context, name, template string) error {
	text := "CREATE DATABASE " + name + " TEMPLATE " + template
	if template != "template1" {
		if h.server.major(ctx) >= 15 {
			text += " STRATEGY FILE_COPY"
		}
	}
	_, err := h.server.admin.ExecContext(ctx, text)
	return err
}

// major is the server's version.
func (s *server) major(ctx context.Context) (n int) {
	_ = s.admin.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int / 10000").Scan(&n)
	return n
}

// address is that of another database of the server.
func (s *server) address(name string) string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url // it has answered before
	}
	u.Path = "/" + name
	return u.String()
}

// OpenPostgres opens a database of the server with a pool of so many connections.
func OpenPostgres(at string, pool int) (*sql.DB, error) { return openPool("pgx", at, pool) }

// MigratedPostgres is a new database with the schema of sqlstore in it, open with a pool of so many connections.
func (h *Home) MigratedPostgres(ctx context.Context, pool int) (*sql.DB, func() error, error) {
	at, drop, err := h.Postgres(ctx)
	if err != nil {
		return nil, nil, err
	}
	db, err := OpenPostgres(at, pool)
	if err == nil {
		err = sqlstore.Migrate(ctx, db, sqlstore.Postgres())
	}
	return db, func() error { return closeThen(db, drop) }, err
}

func closeThen(db *sql.DB, drop func() error) error {
	_ = db.Close()
	return drop()
}
