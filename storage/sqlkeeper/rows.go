package sqlkeeper

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// conn is what a statement is run on: a pool, or a connection of it.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// errRow: a column has not the length that it was written with.
var errRow = errors.New("a row is damaged")

// scanRow reads a row, with its number.
func scanRow(scan func(...any) error) (n int64, r row, err error) {
	var id, name, master, nonce, wrapped []byte
	if err := scan(&n, &id, &name, &master, &nonce, &wrapped); err != nil {
		return 0, row{}, err
	}
	ok := fill(r.session[:], id) && fill(r.name[:], name) && fill(r.master[:], master) &&
		fill(r.nonce[:], nonce) && fill(r.wrapped[:], wrapped)
	if !ok {
		return n, row{}, errRow
	}
	return n, r, nil
}

func fill(field, column []byte) bool {
	return copy(field, column) == len(field) && len(column) == len(field)
}

// inUse says which master keys the rows are wrapped by.
type inUse struct {
	current  masterName
	previous masterName // zeros when the master key is not being replaced
}

// readInUse answers sql.ErrNoRows for a database that never had a master key.
func readInUse(ctx context.Context, c conn, query string) (u inUse, err error) {
	var current, previous []byte
	if err := c.QueryRowContext(ctx, query).Scan(&current, &previous); err != nil {
		return inUse{}, err
	}
	if !fill(u.current[:], current) || previous != nil && !fill(u.previous[:], previous) {
		return inUse{}, fmt.Errorf("the record of the master key: %w", errRow)
	}
	return u, nil
}

// inUse reads it outside of a transaction.
func (k *Keeper) inUse(ctx context.Context) (u inUse, err error) {
	err = anew(ctx, k.dialect, func() (err error) {
		u, err = readInUse(ctx, k.db, k.queries.masters)
		return err
	})
	return u, err
}
