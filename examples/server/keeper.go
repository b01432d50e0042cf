package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// keeper keeps the keys of the sessions: in a file, or in a database of their own.
type keeper interface {
	session.Keeper
	Rotate(ctx context.Context, master session.Key) error
}

var (
	_ keeper = (*filekeeper.Keeper)(nil)
	_ keeper = (*sqlkeeper.Keeper)(nil)
)

// checkKeeper reads -keys, and completes it and -master-key. What is not read of -keys is never repeated, as it may be
// an address with a password.
func (c *config) checkKeeper() (err error) {
	switch {
	case c.beside == "" && c.keys+c.masterKey+c.previousMaster+c.nextMaster != "":
		return errors.New("-keys, -master-key, -previous-master-key and -next-master-key are for a database that is kept, and -db " +
			"memory: has none")
	case c.previousMaster != "" && c.nextMaster != "":
		return errors.New("-previous-master-key and -next-master-key are of two changes: end the first before the second")
	case c.beside == "":
		return nil
	case isPostgres(c.keys):
		if c.keysPostgres, err = parsePostgres("-keys", c.keys); err != nil {
			return err
		}
	case mayBeAddress(c.keys):
		return errors.New("-keys is neither a file nor postgres://USER@HOST/DATABASE")
	}
	if c.keys != "" && c.sqlitePath != "" && filepath.Clean(c.keys) == filepath.Clean(c.sqlitePath) || sameDatabase(c.keysPostgres, c.postgres) {
		return errors.New("-keys is the database of -db: name another, which no backup of that one takes along")
	}
	c.keys = cmp.Or(c.keys, c.beside+".keys")
	c.masterKey = cmp.Or(c.masterKey, c.beside+".master")
	return nil
}

func sameDatabase(a, b *pgx.ConnConfig) bool {
	return a != nil && b != nil && a.Host == b.Host && a.Port == b.Port && a.Database == b.Database
}

// mayBeAddress reports whether a text that should be a file may be meant as a database, in whatever form: no file that
// anybody wants for keys has such signs in its name.
func mayBeAddress(text string) bool {
	return strings.ContainsAny(strings.TrimPrefix(text, filepath.VolumeName(text)), "=@:")
}

// shownKeys is -keys without what may be secret.
func (c *config) shownKeys() string {
	if c.keysPostgres == nil {
		return c.keys
	}
	return shownPostgres(c.keysPostgres)
}

// openKeeper opens the keys of the sessions with the master key, and the previous one where it is being changed. Those of
// a database that was used before have to be there: new ones would be made in their place.
func (d *depot) openKeeper(ctx context.Context, cfg *config, used bool) error {
	if cfg.keysPostgres != nil {
		return d.openKeyDatabase(ctx, cfg, used)
	}
	made := exists(cfg.keys)
	if used && !made {
		return fmt.Errorf("%s is missing, without which nothing in the database can be read: put it back, or name with -keys "+
			"where the keys are", cfg.keys)
	}
	if made && cfg.previousMaster == "" && !exists(cfg.masterKey) {
		return fmt.Errorf("the master key %s is missing, without which nobody can be read: put it back, "+
			"or name it with -master-key", cfg.masterKey)
	}
	masters, err := loadMasters(cfg)
	if err != nil {
		return err
	}
	file, err := filekeeper.Open(cfg.keys, masters[0], masters[1:]...)
	if err != nil {
		return notTheirs(cfg, err)
	}
	d.keeper = file
	d.closeFirst(file.Close)
	d.isUnder = func(master session.Key) bool {
		again, err := filekeeper.Open(cfg.keys, master)
		return err == nil && again.Close() == nil
	}
	return nil
}

// openKeyDatabase opens the keys where servers of many machines have them.
func (d *depot) openKeyDatabase(ctx context.Context, cfg *config, used bool) error {
	db := openPool(cfg.keysPostgres, cfg.maxConnections/2) // each key takes one for as long as it is read or written
	d.closeFirst(db.Close)
	sessions := d.ping
	d.ping = func(ctx context.Context) error { return cmp.Or(sessions(ctx), db.PingContext(ctx)) }
	made, err := hasKeys(ctx, db)
	switch {
	case err != nil:
		return fmt.Errorf("-keys %s cannot be opened: %w", cfg.shownKeys(), err)
	case used && !made:
		return fmt.Errorf("%s has no keys, without which nothing in the database can be read: name with -keys where they are",
			cfg.shownKeys())
	case made:
		if err := mustBeCopied(cfg.masterKey); err != nil {
			return err
		}
	}
	masters, err := loadMasters(cfg)
	if err != nil {
		return err
	}
	switch err := sqlkeeper.Migrate(ctx, db, sqlkeeper.Postgres()); {
	case errors.Is(err, sqlkeeper.ErrStore):
		return fmt.Errorf("-keys %s is a database of sessions: name another, which no backup of theirs takes along", cfg.shownKeys())
	case err != nil:
		return fmt.Errorf("-keys %s cannot be opened: %w", cfg.shownKeys(), err)
	}
	k, err := sqlkeeper.New(db, sqlkeeper.Postgres(), masters[0], masters[1:]...)
	if err != nil {
		return notTheirs(cfg, err)
	}
	d.keeper = k
	d.isUnder = func(master session.Key) bool {
		_, err := sqlkeeper.New(db, sqlkeeper.Postgres(), master)
		return err == nil
	}
	return nil
}

// hasKeys reports whether a keeper has been at work in the database.
func hasKeys(ctx context.Context, db *sql.DB) (made bool, err error) {
	const count = `SELECT count(*) > 0 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'bonafide_keys'`
	err = db.QueryRowContext(ctx, count).Scan(&made)
	return made, err
}

// mustBeCopied refuses a master key that would be made on this machine, where other machines have to have the same.
func mustBeCopied(master string) error {
	if exists(master) {
		return nil
	}
	return fmt.Errorf("the master key %s is missing, and is not made, as other servers have the keys too: put a copy of "+
		"theirs there, or name it with -master-key", master)
}

// loadMasters gives the master key, and beside it the previous or the next one, if there is one.
func loadMasters(cfg *config) (masters []session.Key, err error) {
	files := []string{cfg.masterKey}
	for _, other := range []struct{ flag, file string }{
		{"-previous-master-key", cfg.previousMaster}, {"-next-master-key", cfg.nextMaster},
	} {
		if other.file == "" {
			continue
		}
		if !exists(other.file) { // or it would be made
			return nil, fmt.Errorf("%s %s is missing", other.flag, other.file)
		}
		files = append(files, other.file)
	}
	for _, file := range files {
		key, err := filekeeper.LoadMaster(file)
		if err != nil {
			return nil, err
		}
		masters = append(masters, key)
	}
	return masters, nil
}

// notTheirs says what it means that the keys do not open.
func notTheirs(cfg *config, err error) error {
	if !errors.Is(err, session.ErrKeeper) {
		return err
	}
	return fmt.Errorf("the keys in %s cannot be opened: unless they are away, they are not those of the database, or the master "+
		"key is not theirs: name the -data or the -keys that belong to it, and as -master-key the file that seals them, or a "+
		"copy of it: %w", cfg.shownKeys(), err)
}
