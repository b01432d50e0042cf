package session_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// onDisk is a bench whose sessions, keys and media are in files, and the folder they are in.
func onDisk(t *testing.T) (*bench, *sql.DB, *sqlstore.Store, string) {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(filepath.Join(dir, "idv.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.SQLite())
	if err != nil {
		t.Fatal(err)
	}
	master, err := filekeeper.LoadMaster(filepath.Join(dir, "idv.master"))
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := filekeeper.Open(filepath.Join(dir, "idv.keys"), master)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keeper.Close() })
	blobs, err := fileblobs.Open(filepath.Join(dir, "media"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, ctx: t.Context(), clock: sessiontest.NewClock(), store: store, receiver: &sessiontest.Receiver{}}
	b.in = session.Integration{
		ID: tenant, Policy: session.Policy{Deletion: true, Review: true},
		Endpoints: []session.Endpoint{{ID: endpoint, Format: sessiontest.Format}},
	}
	engine, err := session.New(store, session.Config{
		Clock: b.clock, Keeper: keeper, Blobs: blobs, Decider: session.Sandbox{}, Deliverer: b.receiver,
		Renderers:    map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
		Integrations: session.Fixed{b.in},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Engine = engine.For(tenant)
	return b, db, store, dir
}

// TestNothingOfThePersonOnDisk: what was given, shown and concluded is found in no file by its text.
func TestNothingOfThePersonOnDisk(t *testing.T) {
	t.Parallel()
	b, _, _, dir := onDisk(t)
	canary := func(s string) string { return "canary-" + s }
	photo := append(bytes.Clone(png), canary("photo")...)
	facts := session.Facts{
		ExternalRef: new(canary("reference")), EndUserID: new("0f7c1a52-9d3e-4c1b-8a44-5b1de0ca0a11"),
		Callback: "https://" + canary("callback") + ".example", Address: canary("address"),
		Person: session.Person{
			FirstName: canary("first"), LastName: canary("last"), FullName: canary("full"), IDNumber: canary("number"),
			PhoneNumber: canary("phone"), Email: canary("email"), Gender: canary("gender"),
		},
		Document: session.Document{Number: canary("document"), Country: canary("country")},
		Consents: []session.Consent{{Type: canary("consent")}},
	}
	s, err := b.Create(b.ctx, facts)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.Upload(b.ctx, s.ID, session.Upload{Context: media.Face, Content: bytes.NewReader(photo)})
	if err != nil {
		t.Fatal(err)
	}
	b.submit(s.ID)
	b.settle()
	record := decision.Record{
		Reason: canary("reason"), IP: canary("ip"), Additional: &decision.Additional{Other: []byte(`{"a":"` + canary("additional") + `"}`)},
		Person: &decision.Person{FirstName: canary("read")}, Document: &decision.Document{Number: canary("seen")},
	}
	if _, err := b.Decide(b.ctx, s.ID, decision.Verdict{Outcome: decision.Approved, Record: record}); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.get(s.ID); *got.Facts.ExternalRef != canary("reference") || got.Decisions[0].Record.Reason != canary("reason") {
		t.Fatalf("it does not come back: %+v", got)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		for _, secret := range []string{"canary", m.SHA256, *facts.EndUserID, string(png)} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("searched %d files, %v", files, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "idv.master")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the master key: %v, %v", info.Mode(), err)
	}
}

// TestBackupOfDeleted: a copy of the database made before a deletion yields nothing with the keys of today.
func TestBackupOfDeleted(t *testing.T) {
	t.Parallel()
	b, db, _, dir := onDisk(t)
	id := b.to(session.StatusApproved)
	backup := filepath.Join(dir, "backup.db")
	if _, err := db.ExecContext(b.ctx, `VACUUM INTO ?`, backup); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Delete(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.settle()
	old, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(backup))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	store, err := sqlstore.New(old, sqlstore.SQLite())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Engine.With(store).Get(b.ctx, id); !errors.Is(err, session.ErrErased) {
		t.Errorf("from the backup: %v, want ErrErased", err)
	}
}

// TestHostTransaction: the host's row and the engine's verbs are there together, or none of them is; a refusal
// spoils nothing.
func TestHostTransaction(t *testing.T) {
	t.Parallel()
	b, db, store, _ := onDisk(t)
	if _, err := db.ExecContext(b.ctx, `CREATE TABLE accounts (session TEXT)`); err != nil {
		t.Fatal(err)
	}
	within := func(end func(*sql.Tx) error) session.Session {
		t.Helper()
		tx, err := db.BeginTx(b.ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		e := b.Engine.With(store.Tx(tx))
		s, err := e.Create(b.ctx, session.Facts{Person: session.Person{FirstName: "Approve"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Decide(b.ctx, s.ID, decision.Verdict{Outcome: decision.Approved}); !errors.Is(err, session.ErrTransition) {
			t.Errorf("a verb that is refused: %v", err)
		}
		if _, err := e.Submit(b.ctx, s.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(b.ctx, `INSERT INTO accounts VALUES (?)`, s.ID.String()); err != nil {
			t.Fatal(err)
		}
		if err := end(tx); err != nil {
			t.Fatal(err)
		}
		return s.Session
	}
	kept, gone := within((*sql.Tx).Commit), within((*sql.Tx).Rollback)
	b.settle()
	if got := b.get(kept.ID).Status; got != session.StatusApproved {
		t.Errorf("committed: %s", got)
	}
	if _, err := b.Get(b.ctx, gone.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("rolled back: %v, want ErrNotFound", err)
	}
	var accounts int
	if err := db.QueryRowContext(b.ctx, `SELECT count(*) FROM accounts`).Scan(&accounts); err != nil || accounts != 1 {
		t.Errorf("%d accounts, %v; want 1", accounts, err)
	}
	if told := len(b.receiver.Kinds(gone.ID)); told != 0 {
		t.Errorf("told of %d events that were rolled back", told)
	}
}

// TestHostTransactionRate: permits that are rolled back are free again, and a refusal within is not remembered
// outside.
func TestHostTransactionRate(t *testing.T) {
	t.Parallel()
	b, db, store, _ := onDisk(t)
	tx, err := db.BeginTx(b.ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := b.Engine.With(store.Tx(tx))
	for range 600 {
		if _, err := e.Create(b.ctx, session.Facts{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Create(b.ctx, session.Facts{}); !errors.Is(err, session.ErrLimited) {
		t.Errorf("number 601: %v, want ErrLimited", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	b.create("after the rollback")
}

// TestCancelled: a ctx that has ended stops a verb without effect.
func TestCancelled(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	for name, do := range map[string]func() error{
		"create": func() error { _, err := b.Create(ctx, session.Facts{}); return err },
		"submit": func() error { _, err := b.Submit(ctx, id); return err },
		"get":    func() error { _, err := b.Get(ctx, id); return err },
		"settle": func() error { _, err := b.Settle(ctx); return err },
		"upload": func() error {
			_, err := b.Upload(ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(png)})
			return err
		},
	} {
		if err := do(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
	if s := b.get(id); s.Status != session.StatusCreated || s.Seq != 1 || b.blobs.Len() != 0 {
		t.Errorf("then %s at seq %d with %d blobs", s.Status, s.Seq, b.blobs.Len())
	}
}
