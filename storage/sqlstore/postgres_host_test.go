package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// The host's transaction is of one instant, and somebody writes after it: it must be run again.
func TestTxOfOneInstantThatMustBeRunAgain(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	there, keys := creation(newID()), someKeys(1)
	there.Entries = []session.Entry{entryOf(there.Session.Tenant, "name")}
	late, other := step(there.Session), step(there.Session)
	late.Base, other.Base = 1, 1
	named, taken := there.Entries[0], there.Entries[0]
	named.Version, taken.Version = 2, 2
	fresh := creation(newID())
	for _, test := range []struct {
		name         string
		theirs, ours session.Change
	}{
		{"a session", other, late},
		{"an entry", session.Change{ID: newID(), Entries: []session.Entry{taken}},
			session.Change{ID: newID(), Entries: []session.Entry{named}}},
		{"a new session", fresh, fresh},
	} {
		for _, level := range []sql.IsolationLevel{sql.LevelRepeatableRead, sql.LevelSerializable} {
			t.Run(fmt.Sprintf("%s, %s", test.name, level), func(t *testing.T) {
				t.Parallel()
				db, store := host(t, on, 4)
				apply(t, store, there)
				tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = tx.Rollback() }()
				if load(t, store.Tx(tx), there) == nil {
					t.Fatal("the session is not there")
				}
				apply(t, store, test.theirs)
				if err := first(store.Tx(tx).Apply(t.Context(), test.ours)); !errors.Is(err, session.ErrRetry) {
					t.Errorf("Apply: got %v, want ErrRetry", err)
				}
			})
		}
	}
	t.Run("a key", func(t *testing.T) {
		t.Parallel()
		db, store := host(t, on, 4)
		keyring := keyringOf(t, store)
		done(t, "Add", keyring.Add(t.Context(), keys))
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable})
		done(t, "BeginTx", err)
		defer func() { _ = tx.Rollback() }()
		within := keyringOf(t, store.Tx(tx))
		_, err = within.ByKey(t.Context(), keys.APIKey)
		done(t, "ByKey", err)
		done(t, "AddSecret", keyring.AddSecret(t.Context(), keys.Integration, auth.GenerateSecret()))
		done(t, "SetActive", keyring.SetActive(t.Context(), keys.Integration, true))
		if err := within.SetActive(t.Context(), keys.Integration, false); !errors.Is(err, session.ErrRetry) {
			t.Errorf("SetActive: got %v, want ErrRetry", err)
		}
	})
}

// The host has a goose of its own, and tables, in the same schema.
func TestMigrateBesideTheHostsGoose(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := on.open(t, on.driver, on.newFile(t), 2)
		exec(t, db, "CREATE TABLE goose_db_version (id BIGINT PRIMARY KEY, version_id BIGINT NOT NULL)")
		exec(t, db, "INSERT INTO goose_db_version (id, version_id) VALUES (1, 77)")
		exec(t, db, "CREATE TABLE sessions (id BIGINT)")
		for range 2 {
			if err := sqlstore.Migrate(t.Context(), db, on.dialect); err != nil {
				t.Fatal(err)
			}
		}
		apply(t, on.store(t, db), creation(newID()))
		if n := count(t, db, "SELECT sum(version_id) FROM goose_db_version"); n != 77 {
			t.Errorf("the host's versions: got %d, want 77", n)
		}
	})
}

// Three processes with eight callers each want what is there for a third of them.
func TestPermitsOfThreeProcesses(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	file := on.file(t)
	const processes, callers, each, n = 3, 8, 6, 48
	var wg sync.WaitGroup
	errs := make([][]error, processes*callers)
	for p := range processes {
		store := on.store(t, on.open(t, on.driver, file, callers))
		for c := range callers {
			wg.Go(func() {
				for range each {
					change := creation(newID())
					change.Permits = []session.Permit{{Key: "key", At: now, Rules: []session.Rule{
						{N: n, Window: time.Hour}, {N: n + 1, Window: time.Minute},
					}}}
					i := p*callers + c
					errs[i] = append(errs[i], first(store.Apply(t.Context(), change)))
				}
			})
		}
	}
	wg.Wait()
	given := 0
	for _, of := range errs {
		for _, err := range of {
			var limited *session.RateError
			switch {
			case err == nil:
				given++
			case !errors.As(err, &limited) || !limited.Retry.Equal(now.Add(time.Hour)):
				t.Errorf("Apply: got %v, want a refusal until %v", err, now.Add(time.Hour))
			}
		}
	}
	db := on.open(t, on.driver, file, 1)
	if rows := count(t, db, "SELECT count(*) FROM bonafide_sessions"); given != n || rows != n {
		t.Errorf("got %d permits and %d sessions of %d, want %d", given, rows, processes*callers*each, n)
	}
	if log := count(t, db, "SELECT n FROM bonafide_permit_logs"); log != n {
		t.Errorf("permits in the log: got %d, want %d", log, n)
	}
}

// What is no hash, no id, no flag and no secret is an error, and nobody guesses what it was.
func TestDamagedRowsOfPostgres(t *testing.T) {
	t.Parallel()
	on := onPostgres()
	for _, damage := range []string{
		`UPDATE bonafide_sessions SET head = '\x00'`,
		`UPDATE bonafide_sessions SET ref = '\x00'`,
		`UPDATE bonafide_sessions SET sandbox = 7`,
		`UPDATE bonafide_events SET hash = '\x00'`,
		`UPDATE bonafide_entries SET session = '\x00'`,
		`UPDATE bonafide_secrets SET sealed = substr(sealed, 1, 12)`,
		`UPDATE bonafide_secrets SET id = CAST('0123456789abcdef' AS BYTEA)`,
		`UPDATE bonafide_credentials SET active = 7`,
		`UPDATE bonafide_credentials SET signing = '\x00'`,
		`DELETE FROM bonafide_credential_integrations WHERE n = 0`,
	} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			db := on.migrated(t, on.driver, 1)
			store, c, keys := on.store(t, db), creation(newID()), someKeys(1)
			c.Entries = []session.Entry{entryOf(c.Session.Tenant, "name")}
			apply(t, store, c)
			added(t, on, db, keys)
			exec(t, db, damage)
			ref := session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID}
			_, loading := store.Load(t.Context(), ref, session.PartEvents)
			q := session.EntryQuery{Tenant: ref.Tenant, Kind: session.EntryAnswer, N: 1}
			_, listing := store.Entries(t.Context(), q)
			_, finding := on.keyring(t, db).ByKey(t.Context(), keys.APIKey)
			err := errors.Join(loading, listing, finding)
			if err == nil || isNotFound(err) || errors.Is(err, auth.ErrUnknownKey) {
				t.Errorf("Load, Entries and ByKey: got %v, want an error of another kind than of what is not there", err)
			}
			if strings.Contains(damage, "secrets") && loading != nil {
				t.Errorf("Load: got %v, want nil", loading)
			}
		})
	}
}
