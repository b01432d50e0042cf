package databases

import (
	"context"
	"fmt"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

var postgresNumbers = numbers{
	series: "generate_series(1, %d) AS n(i)",
	id: fmt.Sprintf("decode(lpad(to_hex(%d + n.i), 12, '0') || '40008000' || lpad(to_hex(n.i), 12, '0'), 'hex')",
		epoch),
}

// FilledPostgres is a database that is filled so, made now or in an earlier run, by its name and its address. It is not
// to be written to.
func (h *Home) FilledPostgres(ctx context.Context, f Filling) (name, at string, err error) {
	if err := h.Missing(); err != nil {
		return "", "", err
	}
	if name, err = f.name(sqlstore.Postgres()); err != nil {
		return "", "", err
	}
	name = "bonafide_" + name
	there := false
	const isThere = "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)"
	err = h.server.admin.QueryRowContext(ctx, isThere, name).Scan(&there)
	if err != nil || there {
		return name, h.server.address(name), err
	}
	draft := name + "_draft"
	if _, err := h.server.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+draft); err != nil {
		return "", "", err
	}
	if err := h.create(ctx, draft, "template1"); err != nil {
		return "", "", err
	}
	if err := f.intoPostgres(ctx, h.server.address(draft)); err != nil {
		return "", "", err
	}
	_, err = h.server.admin.ExecContext(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return name, h.server.address(name), err
}

func (f Filling) intoPostgres(ctx context.Context, at string) error {
	db, err := OpenPostgres(at, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := f.begin(ctx, db, sqlstore.Postgres()); err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := f.fill(ctx, conn, postgresNumbers); err != nil {
		return err
	}
	for _, statement := range []string{"VACUUM (FREEZE, ANALYZE)", "CHECKPOINT"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// CopyPostgres is a new database with all that a filled one has, by its address, which is removed by drop.
func (h *Home) CopyPostgres(ctx context.Context, name string) (at string, drop func() error, err error) {
	return h.copyOf(ctx, name)
}
