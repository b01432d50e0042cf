package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// engineKeyID is what the keeper has the engine's own key under. It is no session's id, which has the form of version 4.
var engineKeyID = uuid.NewSHA1(uuid.Nil, []byte("bonafide example server: the engine's own key"))

// engineKey is the engine's own key, made at the first start. The keeper has it, so that it is sealed by the master
// key, and stays the same when that is changed; the database has no more than the keeper's ref.
func engineKey(ctx context.Context, db *sql.DB, keeper session.Keeper) (key session.Key, err error) {
	if err := makeTable(ctx, db); err != nil {
		return key, err
	}
	ref, err := findEngineKey(ctx, db)
	if errors.Is(err, sql.ErrNoRows) {
		if _, ref, err = keeper.Make(ctx, engineKeyID); err != nil {
			return key, err
		}
		// Of two processes that start at once one is first, and both read what it wrote.
		const keep = `INSERT INTO example_server (name, ref) VALUES ('engine key', $1) ON CONFLICT DO NOTHING`
		if _, err := db.ExecContext(ctx, keep, ref); err != nil {
			return key, err
		}
		ref, err = findEngineKey(ctx, db)
	}
	if err != nil {
		return key, err
	}
	return keeper.Open(ctx, engineKeyID, ref)
}

// makeTable makes the one table of the example's own. SQLite takes any word for a type.
func makeTable(ctx context.Context, db *sql.DB) error {
	try := func() error {
		_, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS example_server (name TEXT PRIMARY KEY, ref BYTEA NOT NULL)`)
		return err
	}
	// Of two processes that make it at once in PostgreSQL one may fail, and finds it when it comes again.
	if try() == nil {
		return nil
	}
	return try()
}

// findEngineKey gives the keeper's ref of the engine's own key, or sql.ErrNoRows.
func findEngineKey(ctx context.Context, db *sql.DB) (ref []byte, err error) {
	err = db.QueryRowContext(ctx, `SELECT ref FROM example_server WHERE name = 'engine key'`).Scan(&ref)
	return ref, err
}

// replaceMaster does what -previous-master-key asks for, and closes the channel when that is over.
func (s *server) replaceMaster(ctx context.Context, cfg *config, log *slog.Logger) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if cfg.previousMaster == "" {
			return
		}
		if err := s.changeMaster(ctx, cfg.masterKey, log); err != nil {
			log.Error("give -previous-master-key at the next start again", "error", err)
		}
	}()
	return done
}

// changeMaster has the master key of a file seal all keys, while the server serves.
func (s *server) changeMaster(ctx context.Context, path string, log *slog.Logger) error {
	if _, shared := s.keeper.(*sqlkeeper.Keeper); shared {
		if err := mustBeCopied(path); err != nil {
			return err
		}
	}
	master, err := filekeeper.LoadMaster(path)
	if err != nil {
		return err
	}
	if s.isUnder(master) {
		log.Info("the master key was that of the file already: -previous-master-key is not needed any more", "file", path)
		return nil
	}
	if err := s.keeper.Rotate(ctx, master); err != nil {
		return fmt.Errorf("the master key was not changed to that of %s, and both are needed until it is: %w", path, err)
	}
	if err := s.recordMaster(ctx); err != nil {
		return fmt.Errorf("the master key is that of %s now, and that could not be written to the audit log: %w", path, err)
	}
	log.Info("the master key is that of the file now, and the previous one opens nothing any more", "file", path)
	return nil
}

// recordMaster writes into every audit log that the master key was changed. The keys of all tenants are sealed by it.
func (s *server) recordMaster(ctx context.Context) error {
	var failed error
	for _, m := range s.directory.Load().members {
		in, err := s.engine.For(m.ID).Integration(ctx)
		if err == nil && in.Policy.Audit {
			err = s.engine.For(m.ID).RecordAudit(ctx, "master_key.rotated", "master_key", "")
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// eraseAgain erases, in a database that was put back from a backup, what was erased since.
func (s *server) eraseAgain(ctx context.Context, log *slog.Logger) error {
	for _, m := range s.directory.Load().members {
		n, err := s.engine.For(m.ID).ReapplyErasures(ctx)
		log.Info("erased again what was erased since the backup", "integration", m.label(), "sessions", n)
		if err != nil {
			return err
		}
	}
	return nil
}
