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
		file := filepath.Join(c.data, "bonafide.db")
		if exists(filepath.Join(c.data, "postgres.master")) && !exists(file) {
			return fmt.Errorf("-db is not given, and %s has the master key of a PostgreSQL database and no SQLite database: name "+
				"the former, as by BONAFIDE_DB, or say -db sqlite:%s to begin the latter", c.data, file)
		}
		c.db = "sqlite:" + file
	}
	switch kind, path, _ := strings.Cut(c.db, ":"); {
	case c.db == "memory:":
	case kind == "sqlite" && path != "" && !strings.HasPrefix(path, ":") && !strings.HasPrefix(path, "file:"):
		c.sqlitePath, c.beside = path, path
	case isPostgres(c.db):
		if c.postgres, err = parsePostgres("-db", c.db); err != nil {
			return err
		}
		c.beside = filepath.Join(c.data, "postgres")
	default:
		return errors.New("-db is neither memory: nor sqlite:PATH nor postgres://USER@HOST/DATABASE")
	}
	if info, err := os.Stat(c.sqlitePath); err == nil && info.IsDir() {
		return fmt.Errorf("-db %q is a folder, and must be a file", c.db)
	}
	for _, check := range []func() error{c.checkKeeper, c.checkSynchronous, c.checkConnections, c.checkBlobs} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
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

// shownSynchronous says how far the database writes before it answers, if that is known here.
func (c *config) shownSynchronous() string {
	switch {
	case c.postgres != nil:
		return "as PostgreSQL is told"
	case c.sqlitePath == "":
		return "never"
	}
	return cmp.Or(c.synchronous, "full")
}

func (c *config) checkConnections() error {
	if c.maxConnections < 2 || c.maxConnections > 1000 {
		return fmt.Errorf("-max-connections %d must be between 2 and 1000", c.maxConnections)
	}
	return nil
}

func isPostgres(db string) bool {
	return strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
}

// parsePostgres reads the address of a database that a flag gives. Its errors may hold a password, so none is passed on
// but that of a file, such as one of certificates.
func parsePostgres(flag, db string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(db)
	var file *fs.PathError
	switch {
	case errors.As(err, &file):
		return nil, fmt.Errorf("%s names a file that cannot be read: %w", flag, file)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read as postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE; a password needs "+
			"%%XX for other characters than letters and digits, and a parameter, as sslmode, a value that there is", flag)
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
	return shownPostgres(c.postgres)
}

// shownPostgres is an address by who asks for what where, and nothing else of it.
func shownPostgres(at *pgx.ConnConfig) string {
	return (&url.URL{
		Scheme: "postgres", User: url.User(at.User), Path: "/" + at.Database,
		Host: net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port))),
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
