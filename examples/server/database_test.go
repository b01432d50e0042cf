package main

import (
	"bytes"
	"database/sql"
	"io"
	"path/filepath"
	"testing"
)

// TestSynchronous is what the connections of the database have.
func TestSynchronous(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]int{"": 2, "full": 2, "normal": 1} {
		c, err := parseConfig([]string{"-data", t.TempDir(), "-synchronous", given}, func(string) string { return "" }, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite3", c.sqliteDSN())
		if err != nil {
			t.Fatal(err)
		}
		var got int
		if err := db.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&got); err != nil || got != want {
			t.Errorf("-synchronous %q: got %d, %v, want %d", given, got, err, want)
		}
		_ = db.Close()
	}
}

// TestPostgresAddresses: what is shown of one has no password, wherever it stands, and the files are in the folder.
func TestPostgresAddresses(t *testing.T) {
	t.Parallel()
	const want = "postgres://ada@db.example:5433/shop"
	for _, db := range []string{
		"postgres://ada:hush@db.example:5433/shop", "postgresql://ada:hush@db.example:5433/shop?search_path=idv",
		"postgres://db.example:5433/shop?user=ada&password=hush", "postgres://ada:hush@db.example:5433/shop?sslmode=disable",
	} {
		c, err := parseConfig([]string{"-db", db, "-data", "folder"}, func(string) string { return "" }, io.Discard)
		if err != nil {
			t.Fatalf("%s: %v", db, err)
		}
		if got := c.shownDB(); got != want || !hasPassword(db) {
			t.Errorf("%s is shown as %s, want %s; has a password: %v", db, got, want, hasPassword(db))
		}
		if c.masterKey != filepath.Join("folder", "postgres.master") || c.sqlitePath != "" || c.shownKeys() != filepath.Join("folder", "postgres.keys") {
			t.Errorf("%s: the master key is %s, the keys %s, the file of SQLite %q", db, c.masterKey, c.shownKeys(), c.sqlitePath)
		}
		c, err = parseConfig([]string{"-keys", db, "-data", "folder"}, func(string) string { return "" }, io.Discard)
		if err != nil || c.shownKeys() != want || c.masterKey != filepath.Join("folder", "bonafide.db.master") {
			t.Errorf("-keys %s: got %+v, %v, want %s", db, c, err, want)
		}
	}
	var help bytes.Buffer
	_, _ = parseConfig([]string{"-db", "postgres://ada:hush@h/d", "-h"}, func(string) string { return "postgres://ada:hush@h/d" }, &help)
	if bytes.Contains(help.Bytes(), []byte("hush")) || help.Len() == 0 {
		t.Errorf("the help has the password: %s", &help)
	}
	if hasPassword("postgres://ada@db.example/shop") || hasPassword("sqlite:a:b@c") {
		t.Error("an address without a password is taken for one with it")
	}
}
