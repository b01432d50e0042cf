package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// checkStorage reads -db, -data and -synchronous. What is not read of -db is never repeated, as it may be an address
// with a password.
func (c *config) checkStorage() (err error) {
	if c.data == "" {
		return errors.New("-data is empty: it must name a folder")
	}
	if c.db == "" {
		c.db = "sqlite:" + filepath.Join(c.data, "bonafide.db")
	}
	switch kind, path, _ := strings.Cut(c.db, ":"); {
	case c.db == "memory:" && c.masterKey+c.previousMaster != "":
		return errors.New("-master-key and -previous-master-key are for a database that is kept, and -db memory: has none")
	case c.db == "memory:":
	case kind == "sqlite" && path != "" && !strings.HasPrefix(path, ":") && !strings.HasPrefix(path, "file:"):
		c.sqlitePath, c.beside = path, path
	case isPostgres(c.db):
		if c.postgres, err = parsePostgres(c.db); err != nil {
			return err
		}
		c.beside = filepath.Join(c.data, "postgres")
	default:
		return errors.New("-db is neither memory: nor sqlite:PATH nor postgres://USER@HOST/DATABASE")
	}
	if info, err := os.Stat(c.sqlitePath); err == nil && info.IsDir() {
		return fmt.Errorf("-db %q is a folder, and must be a file", c.db)
	}
	if c.beside != "" {
		c.masterKey = cmp.Or(c.masterKey, c.beside+".master")
	}
	if err := c.checkSynchronous(); err != nil {
		return err
	}
	return c.checkBlobs()
}

func (c *config) checkSynchronous() error {
	switch {
	case c.synchronous == "":
		return nil
	case c.sqlitePath == "":
		return errors.New("-synchronous is for SQLite, and -db is another: PostgreSQL is told by its own synchronous_commit")
	case c.synchronous != "full" && c.synchronous != "normal":
		return fmt.Errorf("-synchronous %q is neither full nor normal", c.synchronous)
	}
	return nil
}

func isPostgres(db string) bool {
	return strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
}

// parsePostgres reads the address of a database. Its errors may hold a password, so none is passed on but that of a
// file, such as one of certificates.
func parsePostgres(db string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(db)
	var file *fs.PathError
	switch {
	case errors.As(err, &file):
		return nil, fmt.Errorf("-db names a file that cannot be read: %w", file)
	case err != nil:
		return nil, errors.New("-db cannot be read as postgres://USER:PASSWORD@HOST:PORT/DATABASE; a password needs %XX for " +
			"other characters than letters and digits")
	}
	return cfg, nil
}

// hasPassword reports whether db is an address with a password in it.
func hasPassword(db string) bool {
	u, err := url.Parse(db)
	if !isPostgres(db) || err != nil {
		return isPostgres(db)
	}
	_, given := u.User.Password()
	return given || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// shownDB is -db without what may be secret.
func (c *config) shownDB() string {
	if c.postgres == nil {
		return c.db
	}
	return (&url.URL{
		Scheme: "postgres", User: url.User(c.postgres.User), Path: "/" + c.postgres.Database,
		Host: net.JoinHostPort(c.postgres.Host, strconv.Itoa(int(c.postgres.Port))),
	}).String()
}

// shownArgument is an argument, unless it may be an address or a setting that was given without its flag: that may be, or
// hold, a password.
func shownArgument(arg string) string {
	if strings.ContainsAny(arg, "=@") || strings.Contains(arg, "://") {
		return "…"
	}
	return arg
}
