package examples_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// keepers are those whose keys outlive a process.
var keepers = map[string]func(t *testing.T, dir string, master session.Key) session.Keeper{
	"keys in a file": func(t *testing.T, dir string, master session.Key) session.Keeper {
		keeper, err := filekeeper.Open(filepath.Join(dir, "slots"), master)
		ok(t, err)
		t.Cleanup(func() { _ = keeper.Close() })
		return keeper
	},
	"keys in a database": func(t *testing.T, dir string, master session.Key) session.Keeper {
		db := openDatabase(t, sqlkeeper.SQLiteDSN(filepath.Join(dir, "keys.db")))
		ok(t, sqlkeeper.Migrate(t.Context(), db, sqlkeeper.SQLite()))
		keeper, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
		ok(t, err)
		return keeper
	},
}

func openDatabase(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn)
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// depot is an engine on files: its sessions in SQLite, its keys and its media each in a place of their own.
type depot struct {
	*testing.T
	*session.Engine
	cfg session.Config
}

// openDepot opens the sessions in dir with the keys and media of another depot, or with new ones.
func openDepot(t *testing.T, dir string, cfg session.Config) *depot {
	t.Helper()
	db := openDatabase(t, sqlstore.SQLiteDSN(filepath.Join(dir, "sessions.db")))
	ok(t, sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()))
	store, err := sqlstore.New(db, sqlstore.SQLite())
	ok(t, err)
	cfg.Integrations = session.Fixed{{
		Policy:    session.Policy{Deletion: true, Review: true, Identities: true, Links: true, Audit: true},
		Endpoints: []session.Endpoint{{ID: uuid.UUID{1}, Format: sessiontest.Format}},
	}}
	cfg.Renderers = map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}}
	engine, err := session.New(store, cfg)
	ok(t, err)
	return &depot{T: t, Engine: engine, cfg: cfg}
}

// bird is in everything about a person, also in what the photograph shows.
const bird = "canary-bird"

// verified is a session with everything about a person, decided.
func (d *depot) verified() *session.Snapshot {
	d.Helper()
	ctx := d.Context()
	once := session.Once{Key: bird, Scope: uuid.NewString(), Encode: func(result any) ([]byte, error) { return json.Marshal(result) }}
	s, err := d.Once(once).Create(ctx, session.Facts{
		ExternalRef: new(bird), Callback: "https://shop.example/" + bird, Address: bird, Tags: []string{bird},
		Metadata: json.RawMessage(`{"k":"` + bird + `"}`), Invite: &session.Invite{Name: bird, Email: bird + "@people.example"},
		Person:    session.Person{FirstName: bird, LastName: bird, IDNumber: bird, Email: bird, PhoneNumber: bird},
		Document:  session.Document{Number: bird},
		Residence: session.Residence{Line1: bird, City: bird},
	})
	ok(d.T, err)
	_, err = d.Agree(ctx, s.ID, session.Agreement{Version: bird, IP: "192.0.2.77"})
	ok(d.T, err)
	_, err = d.Give(ctx, s.ID, json.RawMessage(`{"k":"`+bird+`"}`))
	ok(d.T, err)
	_, err = d.Collect(ctx, s.ID, session.Device{Provider: bird, Fingerprint: bird, IPv4: "192.0.2.77"})
	ok(d.T, err)
	photograph := append([]byte(read(d.T, "testdata/face.jpg")), bytes.Repeat([]byte(bird), 10_000)...)
	_, err = d.Upload(ctx, s.ID, session.Upload{Context: media.Face, Content: bytes.NewReader(photograph)})
	ok(d.T, err)
	_, err = d.Submit(ctx, s.ID)
	ok(d.T, err)
	_, err = d.Settle(ctx)
	ok(d.T, err)
	_, err = d.Annotate(ctx, s.ID, bird, bird)
	ok(d.T, err)
	_, err = d.Decide(ctx, s.ID, decision.Verdict{Outcome: decision.Declined, Record: decision.Record{Person: &decision.Person{LastName: bird}}})
	ok(d.T, err)
	s, err = d.Get(ctx, s.ID)
	ok(d.T, err)
	return s
}

// nothingSaid: no file below dir has anything about a person in clear, at whatever time.
func nothingSaid(t *testing.T, dir, when string) {
	t.Helper()
	files := 0
	ok(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(bird)) || bytes.Contains(text, []byte("192.0.2.77")) || strings.Contains(path, bird) {
			t.Errorf("%s, %s says who somebody is", when, path)
		}
		return err
	}))
	if files < 3 {
		t.Errorf("%s there are %d files only", when, files)
	}
}

// copyFiles is a backup of a folder, as a tool of the host's makes it.
func copyFiles(t *testing.T, from string) (to string) {
	t.Helper()
	to = t.TempDir()
	ok(t, os.CopyFS(to, os.DirFS(from)))
	return to
}

// TestBackups: whoever has the database as it was before an erasure, its write-ahead log among it, and the keys as they
// are today, reads nothing of who was erased; restored, it is brought up to date; and no file ever says anything.
func TestBackups(t *testing.T) {
	t.Parallel()
	for name, open := range keepers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, master := t.TempDir(), session.NewKey()
			sessions, keys, photographs := filepath.Join(dir, "db"), filepath.Join(dir, "keys"), filepath.Join(dir, "media")
			for _, d := range []string{sessions, keys} {
				ok(t, os.Mkdir(d, 0o700))
			}
			blobs, err := fileblobs.Open(photographs)
			ok(t, err)
			t.Cleanup(func() { _ = blobs.Close() })
			cfg := session.Config{Keeper: open(t, keys, master), Blobs: blobs, Key: session.NewKey(), Clock: sessiontest.NewClock()}
			d := openDepot(t, sessions, cfg)
			redacted, deleted, kept := d.verified(), d.verified(), d.verified()
			nothingSaid(t, dir, "before")
			backup := copyFiles(t, sessions)

			receipt, err := d.Redact(t.Context(), redacted.ID)
			ok(t, err)
			ok(t, receipt.Verify(d.ReceiptKey()))
			_, err = d.Delete(t.Context(), deleted.ID)
			ok(t, err)
			_, err = d.Settle(t.Context())
			ok(t, err)
			nothingSaid(t, dir, "after")
			d.blobsOf(photographs, kept)

			restored := openDepot(t, backup, cfg)
			for _, s := range []*session.Snapshot{redacted, deleted} {
				restored.unreadable(s)
			}
			n, err := restored.ReapplyErasures(t.Context())
			if err != nil || n != 2 {
				t.Errorf("%d erasures were made again, %v, want 2", n, err)
			}
			_, err = restored.Settle(t.Context())
			ok(t, err)
			for _, s := range []*session.Snapshot{redacted, deleted} {
				restored.forgotten(s)
			}
			if s, err := restored.Get(t.Context(), kept.ID); err != nil || s.Facts.Person.LastName != bird {
				t.Errorf("who was not erased: %v, %v", s, err)
			}
			nothingSaid(t, backup, "restored")
			restored.blobsOf(photographs, kept)
		})
	}
}

// unreadable: every way to a person whose key is destroyed ends.
func (d *depot) unreadable(s *session.Snapshot) {
	d.Helper()
	ctx := d.Context()
	for way, read := range map[string]func() error{
		"get":    func() error { _, err := d.Get(ctx, s.ID); return err },
		"export": func() error { _, err := d.Export(ctx, s.ID); return err },
		"file":   func() error { return d.readFile(ctx, s.Media[0].ID) },
		"link":   func() error { _, _, err := d.ByLink(ctx, s.LinkToken()); return err },
		"key":    func() error { _, err := d.cfg.Keeper.Open(ctx, s.ID, s.Key); return err },
	} {
		if err := read(); !errors.Is(err, session.ErrErased) {
			d.Errorf("%s from a backup: %v, want ErrErased", way, err)
		}
	}
	list, err := d.Deliveries(ctx, session.DeliveryQuery{Session: s.ID})
	ok(d.T, err)
	for _, told := range list {
		if told.Body != nil {
			d.Errorf("a webhook from a backup: %s", told.Body)
		}
	}
}

func (d *depot) readFile(ctx context.Context, id uuid.UUID) error {
	f, err := d.File(ctx, id)
	if err != nil {
		return err
	}
	r, err := f.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	_, err = io.ReadAll(r)
	return err
}

// forgotten: what came back with the backup is erased again.
func (d *depot) forgotten(s *session.Snapshot) {
	d.Helper()
	got, err := d.Get(d.Context(), s.ID)
	if err != nil || got.RedactedAt.IsZero() || got.Key != nil || got.Sealed != nil || len(got.Media) > 0 || got.Ref != (session.BlindIndex{}) {
		d.Errorf("brought up to date: %+v, %v", got.Session, err)
	}
	receipt, err := d.Redact(d.Context(), s.ID)
	if err != nil || receipt.Verify(d.ReceiptKey()) != nil || receipt.DestroyedAt.Before(receipt.RequestedAt) {
		d.Errorf("its receipt: %+v, %v", receipt, err)
	}
}

// blobsOf: of all blobs those of one session alone are left, and no file that was being written.
func (d *depot) blobsOf(dir string, s *session.Snapshot) {
	d.Helper()
	var names []string
	ok(d.T, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	}))
	if len(names) != 1 || !strings.HasSuffix(s.Media[0].Blob, names[0]) {
		d.Errorf("the files %v are left, want that of %s alone", names, s.Media[0].Blob)
	}
}
