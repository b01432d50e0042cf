package trial_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// Whose sessions there are: of each language one integration.
var (
	veriffID = uuid.MustParse("11111111-0000-4000-8000-000000000001")
	verifaID = uuid.MustParse("22222222-0000-4000-8000-000000000001")
)

// Who asks. These are no secrets: they are made up, and everybody in this folder has them.
var (
	clientID  = uuid.MustParse("11111111-0000-4000-8000-00000000000a")
	engineKey = session.Key{1, 2, 3}
	masterKey = session.Key{4, 5, 6}
)

const (
	clientKey    = "vk_live_" + "made0up0for0the0trial"
	clientSecret = "made-up-for-the-trial-made-up-for-the-trial"
)

// creations is how many sessions may be created in Veriff's language, so few that it is felt.
var creations = session.Rule{N: 6, Window: 400 * time.Millisecond}

// place is where a house keeps what it has, which other processes open too.
type place struct {
	Dir      string // of the keys, the media and the database, if that is a file
	Postgres string // URL of the database; empty: it is SQLite's
	Hooks    string // URL that is told of everything; empty: nobody is
	Skew     time.Duration
	// BreaksAt has the process end by SIGKILL at this operation of the one call that it is asked for, before it or,
	// with Late, when it was done; 0: nowhere.
	BreaksAt int
	Late     bool
}

// house is everything that a server is made of.
type house struct {
	engine *session.Engine
	store  session.Store
	keeper *filekeeper.Keeper
	blobs  *fileblobs.Blobs
	ring   *auth.Ring
	db     *sql.DB
	line   *faulty.Line
}

// open opens a place.
func (p place) open(ctx context.Context) (*house, error) {
	h := &house{}
	driver, dsn, dialect := "sqlite3", sqlstore.SQLiteDSN(filepath.Join(p.Dir, "db")), sqlstore.SQLite()
	if p.Postgres != "" {
		driver, dsn, dialect = "pgx", p.Postgres, sqlstore.Postgres()
	}
	var err error
	if h.db, err = sql.Open(driver, dsn); err != nil {
		return nil, err
	}
	h.db.SetMaxOpenConns(16)
	h.db.SetMaxIdleConns(16)
	if err = h.furnish(ctx, p, dialect); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) furnish(ctx context.Context, p place, dialect sqlstore.Dialect) error {
	err := sqlstore.Migrate(ctx, h.db, dialect)
	if err != nil {
		return err
	}
	if h.store, err = sqlstore.New(h.db, dialect); err != nil {
		return err
	}
	if h.keeper, err = filekeeper.Open(filepath.Join(p.Dir, "keys"), masterKey); err != nil {
		return err
	}
	if h.blobs, err = fileblobs.Open(filepath.Join(p.Dir, "media")); err != nil {
		return err
	}
	secret, err := auth.NewSecret(clientSecret)
	if err != nil {
		return err
	}
	h.ring, err = auth.NewRing(auth.Credential{APIKey: clientID, Integration: veriffID, Active: true, Secrets: []*auth.Secret{secret}})
	if err != nil {
		return err
	}
	secrets := new(verifa.EndpointSecrets)
	sender, err := webhook.New(h.ring, webhook.Config{
		AllowPrivate: true, Schemes: map[string]webhook.Scheme{verifa.Format: webhook.Verifa(secrets)},
	})
	if err != nil {
		return err
	}
	line := p.line()
	h.engine, err = session.New(line.Store(h.store), session.Config{
		Integrations: p.integrations(), Clock: skewed(p.Skew), Keeper: line.Keeper(h.keeper), Key: engineKey, Blobs: line.Blobs(h.blobs),
		Decider: deciding{}, Renderers: httpadapter.Renderers(), Deliverer: sender,
	})
	secrets.Use(h.engine)
	h.line = line
	return err
}

func (h *house) close() {
	if h.keeper != nil {
		_ = h.keeper.Close()
	}
	_ = h.db.Close()
}

// skewed is a clock that is so far ahead.
type skewed time.Duration

func (s skewed) Now() time.Time { return time.Now().Add(time.Duration(s)) }

func (p place) integrations() session.Fixed {
	spoken := verifa.Policy(verifa.Enterprise(), false)
	spoken.Lifetime, spoken.RequiresDocuments, spoken.Create, spoken.Submit = 0, false, session.Unlimited(), session.Unlimited()
	veriffs := session.Integration{ID: veriffID, Policy: session.Policy{
		Deletion: true, InProgress: -1, Review: true, Audit: true, Resume: true, Create: []session.Rule{creations}, Delete: session.Unlimited(),
	}}
	if p.Hooks != "" {
		veriffs.Endpoints = []session.Endpoint{{
			ID: veriffID, URL: p.Hooks + "/veriff", Format: veriff.Format, Retry: session.Retry{After: []time.Duration{20 * time.Millisecond}, Tries: 1000},
		}}
	}
	called := session.Policy{
		Deletion: true, Resume: true, Resubmissions: 1000, InProgress: -1, Create: session.Unlimited(), Delete: session.Unlimited(),
	}
	return session.Fixed{veriffs, {ID: verifaID, Dialect: verifa.Dialect, Policy: spoken}, {ID: verifiedID, Policy: called}}
}

// deciding decides by first names, and leaves the sessions of histories to who calls.
type deciding struct{}

func (deciding) Decide(ctx context.Context, c session.Case) (decision.Verdict, error) {
	if c.Integration == verifiedID {
		return decision.Verdict{}, session.ErrWait
	}
	return session.Sandbox{}.Decide(ctx, c)
}

// keys are those of Verifa's language.
func keys() (*auth.APIKeyRing, error) {
	key, err := auth.ParseAPIKey(clientKey)
	if err != nil {
		return nil, err
	}
	key.ID, key.Integration, key.Active, key.Scopes = verifaID, verifaID, true, auth.AllScopes()
	return auth.NewAPIKeyRing(key)
}

// hook has Verifa's events told too. It is done once for a place.
func (h *house) hook(ctx context.Context, url string) error {
	_, err := h.engine.For(verifaID).AddEndpoint(ctx, session.StoredEndpoint{Endpoint: session.Endpoint{
		URL: url + "/verifa", Format: verifa.Format, Retry: session.Retry{After: []time.Duration{20 * time.Millisecond}, Tries: 1000, Any2xx: true},
	}}, "whsec_"+strings.Repeat("ab", 32))
	return err
}

// settled does everything that is due, again and again as time goes by: what processes have left that are dead comes
// back then.
func (p place) settled(ctx context.Context, until time.Duration) error {
	for _, at := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour, until} {
		later := p
		later.Skew += at
		h, err := later.open(ctx)
		if err != nil {
			return err
		}
		_, err = h.engine.Settle(ctx)
		h.close()
		if err != nil {
			return fmt.Errorf("settle %s later: %w", at, err)
		}
	}
	return nil
}
