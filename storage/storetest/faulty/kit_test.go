package faulty_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

var (
	tenant   = uuid.MustParse("7c9d0a51-0000-4000-8000-000000000001")
	endpoint = uuid.MustParse("e0000000-0000-4000-8000-000000000001")
)

// stores are those on which commands are interrupted.
func stores() map[string]func(t *testing.T) session.Store {
	return map[string]func(t *testing.T) session.Store{
		"memory": func(*testing.T) session.Store { return memstore.New() },
		"SQLite": onSQLite,
	}
}

// onSQLite is a store in a file that a crash of the machine may lose: here only calls fail.
func onSQLite(t *testing.T) session.Store {
	t.Helper()
	dsn := strings.TrimSuffix(sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "db")), "FULL") + "OFF"
	db, err := sql.Open("sqlite3", dsn)
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	ok(t, sqlstore.Migrate(t.Context(), db, sqlstore.SQLite()))
	store, err := sqlstore.New(db, sqlstore.SQLite())
	ok(t, err)
	return store
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bench is an engine that hangs on a line, and what is behind the line.
type bench struct {
	*session.Engine
	t        *testing.T
	ctx      context.Context
	clock    *clock.Mock
	store    session.Store
	blobs    *media.MemoryBlobs
	receiver *sessiontest.Receiver
	line     *faulty.Line
	id       uuid.UUID // of the session that the command is for
	blob     string    // that was uploaded last
}

// newBench is one over a store that others may share: each has a tenant of its own.
func newBench(t *testing.T, store session.Store, line *faulty.Line) *bench {
	t.Helper()
	b := &bench{
		t: t, ctx: t.Context(), clock: sessiontest.NewClock(), store: store,
		blobs: media.NewMemoryBlobs(), receiver: &sessiontest.Receiver{}, line: line,
	}
	in := session.Integration{
		ID: uuid.New(),
		Policy: session.Policy{
			Deletion: true, Review: true, Resume: true, Reprocess: true, Audit: true, Lifetime: time.Hour,
			Create: []session.Rule{{N: 1000, Window: time.Hour}},
		},
		Endpoints: []session.Endpoint{{ID: endpoint, Format: sessiontest.Format}},
	}
	engine, err := session.New(line.Store(store), session.Config{
		Integrations: session.Fixed{in}, Clock: b.clock, Keeper: line.Keeper(session.NewMemoryKeeper()), Key: session.Key{1},
		Blobs: line.Blobs(b.blobs), Decider: session.Sandbox{}, Deliverer: b.receiver,
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	ok(t, err)
	b.Engine = engine.For(in.ID)
	return b
}

func (b *bench) tenant() uuid.UUID {
	in, err := b.Integration(b.ctx)
	ok(b.t, err)
	return in.Tenant
}

// create makes a session, which the sandbox decides by the first name.
func (b *bench) create(firstName string) uuid.UUID {
	b.t.Helper()
	s, err := b.Create(b.ctx, session.Facts{ExternalRef: new("customer-17"), Person: session.Person{FirstName: firstName}})
	ok(b.t, err)
	return s.ID
}

func (b *bench) upload(e *session.Engine) error {
	m, err := e.Upload(b.ctx, b.id, session.Upload{Context: media.DocumentFront, Content: strings.NewReader(png)})
	if err == nil {
		b.blob = m.Blob
	}
	return err
}

func (b *bench) settle() {
	b.t.Helper()
	_, err := b.Settle(b.ctx)
	ok(b.t, err)
}

// ids are those of all sessions of the tenant, deleted ones too.
func (b *bench) ids() []uuid.UUID {
	b.t.Helper()
	list, err := b.store.Query(b.ctx, session.Query{Tenant: b.tenant(), N: 1000, Bare: true})
	ok(b.t, err)
	all := []uuid.UUID{}
	for _, s := range list {
		all = append(all, s.ID)
	}
	for _, s := range list {
		if s.ID == b.id {
			return all
		}
	}
	if b.id != uuid.Nil {
		all = append(all, b.id)
	}
	return all
}

// shape is what there is, without ids and times, and without what follows by itself: leases and the end of an erasure.
func (b *bench) shape() string {
	b.t.Helper()
	var all []string
	for _, id := range b.ids() {
		rec, err := b.store.Load(b.ctx, session.Ref{Tenant: b.tenant(), ID: id, Deleted: true}, 0xff)
		ok(b.t, err)
		var kinds []string
		for _, e := range rec.Events {
			switch e.Kind {
			case session.EventDeciding, session.EventErasing, session.EventErased, session.EventPutOff:
			default:
				kinds = append(kinds, string(e.Kind))
			}
		}
		list, err := b.store.Deliveries(b.ctx, session.DeliveryQuery{Tenant: b.tenant(), Session: id, N: 1000})
		ok(b.t, err)
		told := 0
		for _, d := range list {
			if d.State != session.DeliveryErased {
				told++
			}
		}
		all = append(all, fmt.Sprintf("%s %v: %d attempts, %d decisions, %d media, deleted %t, redacted %t", rec.Session.Status, kinds,
			len(rec.Attempts), len(rec.Decisions), len(rec.Media), !rec.Session.DeletedAt.IsZero(), !rec.Session.RedactedAt.IsZero()))
	}
	return strings.Join(all, "\n")
}

// whole fails the test for everything that is there by halves.
func (b *bench) whole(when string) {
	b.t.Helper()
	for _, id := range b.ids() {
		faults, err := faulty.Torn(b.ctx, b.store, b.blobs, b.tenant(), id)
		ok(b.t, err)
		for _, fault := range faults {
			b.t.Errorf("%s: %s", when, fault)
		}
	}
	report, err := b.VerifyAudit(b.ctx)
	ok(b.t, err)
	for _, fault := range report.Faults {
		b.t.Errorf("%s: the audit log: %+v", when, fault)
	}
}

// png is a picture of one pixel.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
