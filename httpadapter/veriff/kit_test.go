package veriff_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/uuid"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// morning is when everything begins in these tests.
var morning = time.Date(2031, 3, 5, 9, 0, 0, 123456000, time.UTC)

// The integrations: ours, one of another tenant, and one that is not active.
var (
	ours     = party("11111111", "first secret of ours", "second secret of ours")
	theirs   = party("22222222", "secret of theirs")
	inactive = party("33333333", "secret of nobody")
	stranger = uuid.MustParse("99999999-0000-4000-8000-000000000001")
)

func party(digits string, secrets ...string) auth.Credential {
	c := auth.Credential{
		APIKey:      uuid.MustParse(digits + "-0000-4000-8000-000000000001"),
		Integration: uuid.MustParse(digits + "-0000-4000-8000-000000000002"),
		Active:      true,
	}
	for _, text := range secrets {
		c.Secrets = append(c.Secrets, must(auth.NewSecret(text)))
	}
	return c
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// backends are the stores on which the adapter is tested.
var backends = []struct {
	name string
	open func(testing.TB) session.Store
}{
	{"memory", func(testing.TB) session.Store { return memstore.New() }},
	{"sqlite", func(t testing.TB) session.Store {
		db, err := sql.Open("sqlite3", sqlstore.SQLiteDSN(filepath.Join(t.TempDir(), "bonafide.db")))
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
		return store
	}},
}

// onEach runs a test on every backend.
func onEach(t *testing.T, s setup, test func(*testing.T, *house)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s := s
			s.store = b.open(t)
			test(t, newHouse(t, s))
		})
	}
}

// setup is how a house differs from the usual one.
type setup struct {
	store  session.Store
	policy func(*session.Policy)
	config veriff.Config
	keys   auth.Keyring
	blobs  media.Blobs
	prefix string // where the handler is mounted

	screener session.Screener // default: lists
	endpoint session.Endpoint // default: one that is told of everything but full auto
	decider  session.Decider  // default: one that leaves nearly all to be decided by hand
}

// house is an adapter with everything around it.
type house struct {
	testing.TB
	clock   *clock.Mock
	ring    *auth.Ring
	engine  *session.Engine // acts for ours
	handler http.Handler
	server  *httptest.Server
	prefix  string
	log     *lockedBuffer

	mu   sync.Mutex
	told []string // bodies of webhooks of ours, in the order of delivery
}

func newHouse(t testing.TB, s setup) *house {
	t.Helper()
	h := &house{TB: t, clock: clock.NewMock(), prefix: s.prefix, log: &lockedBuffer{}}
	h.clock.Set(morning)
	asleep := inactive
	asleep.Active = false
	h.ring = must(auth.NewRing(ours, theirs, asleep))
	policy := session.Policy{Deletion: true, Review: true}
	if s.policy != nil {
		s.policy(&policy)
	}
	if s.store == nil {
		s.store = memstore.New()
	}
	if s.keys == nil {
		s.keys = h.ring
	}
	if s.blobs == nil {
		s.blobs = media.NewMemoryBlobs()
	}
	if s.screener == nil {
		s.screener = lists{}
	}
	if s.endpoint.Format == "" {
		s.endpoint = session.Endpoint{URL: "https://receiver.example/", Format: veriff.Format}
	}
	s.endpoint.ID = uuid.MustParse("11111111-0000-4000-8000-000000000003")
	if s.decider == nil {
		s.decider = session.DeciderFunc(h.verdict)
	}
	engine, err := session.New(s.store, session.Config{
		Integrations: session.Fixed{
			{ID: ours.Integration, Policy: policy, Endpoints: []session.Endpoint{s.endpoint}},
			{ID: theirs.Integration, Policy: policy},
			{ID: inactive.Integration, Tenant: ours.Integration},
		},
		Clock: h.clock, Keeper: session.NewMemoryKeeper(), Blobs: s.blobs, NewID: ids(),
		Renderers: map[string]session.Renderer{
			veriff.Format: veriff.Renderer{}, veriff.FormatFullAuto: veriff.FullAutoRenderer{},
		},
		Deliverer: h, Decider: s.decider, Screener: s.screener, Registry: session.SandboxRegistry{},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.engine = engine.For(ours.Integration)
	if s.config.Log == nil {
		s.config.Log = slog.New(slog.NewTextHandler(h.log, nil))
	}
	if h.handler, err = veriff.New(engine, s.keys, s.config); err != nil {
		t.Fatal(err)
	}
	if s.prefix != "" {
		mux := http.NewServeMux()
		mux.Handle(s.prefix+"/", http.StripPrefix(s.prefix, h.handler))
		h.handler = mux
	}
	h.server = httptest.NewServer(h.handler)
	h.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(h.server.Close)
	return h
}

// ids makes identifiers that count, so that bodies are the same in every run.
func ids() func(time.Time) uuid.UUID {
	var n atomic.Uint64
	return func(time.Time) uuid.UUID {
		id := uuid.UUID{6: 0x40, 8: 0x80}
		binary.BigEndian.PutUint32(id[:], uint32(n.Add(1)))
		return id
	}
}

// verdict leaves nearly all sessions to be decided by hand; only a decider can ask for a review.
func (h *house) verdict(_ context.Context, c session.Case) (v decision.Verdict, err error) {
	switch c.Facts.Person.FirstName {
	case "Review":
		return decision.Verdict{Outcome: decision.Review}, nil
	case "Fail":
		return v, io.ErrUnexpectedEOF
	}
	return v, session.ErrWait
}

// Deliver keeps what is told.
func (h *house) Deliver(_ context.Context, _ session.Endpoint, d session.Delivery) session.Try {
	h.checkWebhook(d.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, string(d.Body))
	return session.Try{Status: http.StatusOK}
}

// get reads one thing of a session.
func (h *house) get(id, what string) result {
	h.Helper()
	return h.do(call{method: "GET", path: "/v1/sessions/" + id + what})
}

// webhooks does what is due and gives what was told since the last time.
func (h *house) webhooks() []string {
	h.Helper()
	h.settle()
	h.mu.Lock()
	defer h.mu.Unlock()
	told := h.told
	h.told = nil
	return told
}

func (h *house) settle() {
	h.Helper()
	if _, err := h.engine.Settle(context.Background()); err != nil {
		h.Fatal(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
