package rows

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

func createOnSQLite(home *databases.Home) []measure.Row {
	row := func(writers int, aim float64) measure.Row {
		return measure.Row{
			Name:    fmt.Sprintf("create on SQLite, FULL, %d writers", writers),
			Against: "sqlx insert of the same bytes, one commit each",
			Aim:     measure.Aim{AtLeast: aim},
			Note: "Engine.Create of 1.3 KB of facts, sealed, with keys in a file, an exact rate rule, attempt and event. " +
				"The peer puts as many bytes into one row by a prepared statement, in a file of its own with the same " +
				"settings, through a pool of one connection, which is quicker for it than more.",
			Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
				return createAgainstInsert(ctx, s, home, writers)
			},
		}
	}
	return []measure.Row{row(16, 5), row(64, 8)}
}

func createAgainstInsert(ctx context.Context, s measure.Setting, home *databases.Home, writers int) (
	r measure.Result, err error) {
	size, err := bytesOfCreation(ctx, home)
	if err != nil {
		return r, err
	}
	db, _, err := home.Migrated(ctx, false, 4)
	if err != nil {
		return r, err
	}
	h, err := newHouse(home, db, sqlstore.SQLite())
	if err != nil {
		return r, err
	}
	defer h.close()
	theirs, _, err := home.SQLite(false, 1)
	if err != nil {
		return r, err
	}
	defer theirs.Close()
	b, err := newBare(sqlx.NewDb(theirs, "sqlite3"), "BLOB", size)
	if err != nil {
		return r, err
	}
	ours, peer := measure.Crowd(writers, h.create), measure.Crowd(writers, b.add)
	return creations(ctx, s, ours, peer, func(created, added int) error {
		return errors.Join(
			counted(ctx, db, "bonafide_sessions", created), counted(ctx, db, "bonafide_events", created),
			counted(ctx, theirs, "bare", added),
		)
	})
}

// bytesOfCreation is how many bytes a creation gives to the database.
func bytesOfCreation(ctx context.Context, home *databases.Home) (int, error) {
	recorded, err := recordCreations(ctx, home, false, 1)
	if err != nil {
		return 0, err
	}
	size := 0
	for _, statement := range recorded[0] {
		if statement.Query {
			continue
		}
		for _, arg := range statement.Args {
			switch v := arg.(type) {
			case []byte:
				size += len(v)
			case string:
				size += len(v)
			case nil:
			default:
				size += 8
			}
		}
	}
	return size, nil
}
