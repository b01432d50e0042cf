package rows

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// integration is the one that all sessions are of.
var integration = uuid.UUID{0: 9, 6: 0x40, 8: 0x80, 15: 9}

// policy counts every creation exactly and refuses none: nobody makes 600 in a microsecond.
func policy() session.Policy {
	return session.Policy{Create: []session.Rule{{N: most, Window: window}}}
}

// facts are such that a session has 1.3 KB of sealed bytes.
func facts() session.Facts {
	ref := "customer-4711"
	note := strings.Repeat("all of it is made up. ", 50)
	metadata, _ := json.Marshal(map[string]string{"note": note}) // of a text it cannot fail
	return session.Facts{
		ExternalRef: &ref, Metadata: metadata,
		Person: session.Person{FirstName: "Imagina", LastName: "Ficticia", Email: "imagina@shop.example"},
	}
}

// house is an engine on a database, with keys in a file as in production.
type house struct {
	*session.Engine
	store  *sqlstore.Store
	db     *sql.DB
	keeper *filekeeper.Keeper
}

func newHouse(home *databases.Home, db *sql.DB, d sqlstore.Dialect) (*house, error) {
	dir, err := home.Dir()
	if err != nil {
		return nil, err
	}
	h := &house{db: db}
	if h.store, err = sqlstore.New(db, d); err != nil {
		return nil, err
	}
	if h.keeper, err = filekeeper.Open(filepath.Join(dir, "slots"), session.NewKey()); err != nil {
		return nil, err
	}
	engine, err := session.New(h.store, session.Config{
		Integrations: session.Fixed{{ID: integration, Policy: policy()}},
		Keeper:       h.keeper,
		Key:          session.NewKey(),
		Blobs:        media.NewMemoryBlobs(), // nothing is uploaded
	})
	if err != nil {
		return nil, errors.Join(err, h.keeper.Close())
	}
	h.Engine = engine.For(integration)
	return h, nil
}

func (h *house) close() { _ = errors.Join(h.keeper.Close(), h.db.Close()) }

// create makes a session.
func (h *house) create(ctx context.Context, _ int) error {
	_, err := h.Create(ctx, facts())
	return err
}

// counted demands that a table has so many rows.
func counted(ctx context.Context, db *sql.DB, from string, want int) error {
	got := 0
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+from).Scan(&got); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s has %d rows, and %d were counted", from, got, want)
	}
	return nil
}

// bare is a table that a peer inserts into, one row of so many bytes at a time.
type bare struct {
	db     *sqlx.DB
	insert *sqlx.Stmt
	row    []byte
}

func newBare(db *sqlx.DB, bytes string, size int) (*bare, error) {
	if _, err := db.Exec("CREATE TABLE bare (id " + bytes + " NOT NULL PRIMARY KEY, body " + bytes + ")"); err != nil {
		return nil, err
	}
	insert, err := db.Preparex(db.Rebind("INSERT INTO bare (id, body) VALUES (?, ?)"))
	return &bare{db, insert, make([]byte, size-len(uuid.UUID{}))}, err
}

// add inserts one row and commits it.
func (b *bare) add(ctx context.Context, _ int) error {
	id := session.NewID(time.Now())
	_, err := b.insert.ExecContext(ctx, id[:], b.row)
	return err
}

// creations lets sessions be created against a peer, and looks at what is there afterwards.
func creations(ctx context.Context, s measure.Setting, ours, theirs measure.Side, left func(ours, theirs int) error) (
	r measure.Result, err error) {
	var created, added measure.Tally
	r.Rounds, err = s.Hold(ctx, measure.Contest{Ours: created.Count(ours), Theirs: []measure.Side{added.Count(theirs)}})
	if err == nil {
		err = left(created.Done, added.Done)
	}
	return r, err
}
