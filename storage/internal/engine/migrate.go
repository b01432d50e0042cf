package engine

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrations gives the engine's own of a package's, which stand in migrations/ and the engine's name. The zero Engine
// has none: the file system then answers fs.ErrNotExist.
func (e Engine) Migrations(of embed.FS) fs.FS {
	sub, err := fs.Sub(of, "migrations/"+e.Name)
	if err != nil {
		return embed.FS{}
	}
	return sub
}

// Migrate applies what is not yet applied of a schema's migrations, of which there are so many, and records it in a
// table of that name. Several processes may do so at once. The database stays open.
func (e Engine) Migrate(ctx context.Context, db *sql.DB, migrations fs.FS, record string, n int) error {
	store, err := database.NewStore(e.Goose, record)
	if err != nil {
		return err
	}
	// The provider is never closed: that would close the host's database.
	provider, err := goose.NewProvider(goose.DialectCustom, db, migrations,
		goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	// Of processes that start at once all but one may fail, as the tables are there already when they come to make
	// them. Each migration is one transaction, so the next try finds what the winner did: a process can lose once
	// for each of them, and once for the record.
	for tries := 3 + n; ; {
		_, err = provider.Up(ctx)
		if err == nil {
			return nil
		}
		if !e.Busy(err) {
			tries--
		}
		if tries == 0 || !Pause(ctx, 20*time.Millisecond) {
			return cmp.Or(ctx.Err(), err)
		}
	}
}
