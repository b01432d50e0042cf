package sqlstore_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

func TestAKeyAndTheHostsRowAreWrittenTogether(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		rows := []struct {
			name string
			end  func(*sql.Tx) error
			want int
		}{{"rolled back", (*sql.Tx).Rollback, 0}, {"committed", (*sql.Tx).Commit, 1}}
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				db, store := host(t, on, 1)
				c := someKeys(1)
				tx := begin(t, db)
				within := keyringOf(t, store.Tx(tx))
				order(t, tx, creation(newID()))
				done(t, "Add", within.Add(t.Context(), c))
				if _, err := within.ByKey(t.Context(), c.APIKey); err != nil {
					t.Errorf("ByKey within the transaction: got %v, want nil", err)
				}
				done(t, row.name, row.end(tx))
				known := 0
				switch _, err := keyringOf(t, store).ByKey(t.Context(), c.APIKey); {
				case err == nil:
					known = 1
				case !errors.Is(err, auth.ErrUnknownKey):
					t.Errorf("ByKey: got %v, want nil or ErrUnknownKey", err)
				}
				if orders := count(t, db, "SELECT count(*) FROM orders"); known != row.want || orders != row.want {
					t.Errorf("got %d keys and %d rows of the host's, want %d and %[3]d", known, orders, row.want)
				}
			})
		}
	})
}

func TestARollbackTakesBackEveryChangeOfAKey(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		keyring := keyringOf(t, store)
		c, removed, next := someKeys(2), someKeys(1), auth.GenerateSecret()
		done(t, "Add", errors.Join(keyring.Add(t.Context(), c), keyring.Add(t.Context(), removed)))
		tx := begin(t, db)
		within := keyringOf(t, store.Tx(tx))
		done(t, "the changes", errors.Join(
			within.AddSecret(t.Context(), c.Integration, next),
			within.SignWith(t.Context(), c.Flexible[0], next),
			within.RevokeSecret(t.Context(), c.Integration, c.Secrets[0]),
			within.SetActive(t.Context(), c.Integration, false),
			within.Remove(t.Context(), removed.Integration),
		))
		seen, err := within.ByIntegration(t.Context(), c.Integration)
		done(t, "ByIntegration", err)
		if seen.Active || !seen.Signer().Equal(next) || len(seen.Secrets) != 2 {
			t.Errorf("within the transaction: got %+v, want it changed", seen)
		}
		done(t, "Rollback", tx.Rollback())
		for _, want := range []auth.Credential{c, removed} {
			got, err := keyring.ByKey(t.Context(), want.APIKey)
			done(t, "ByKey", err)
			if !got.Active || got.Signing != 0 || !slices.EqualFunc(got.Secrets, want.Secrets, (*auth.Secret).Equal) {
				t.Errorf("after the rollback: got %+v, want %+v", got, want)
			}
		}
	})
}

// An id that is taken shows only after others were written.
func TestARefusedKeyDoesNotSpoilTheHostsTransaction(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db, store := host(t, on, 1)
		keyring := keyringOf(t, store)
		there, refused, good := someKeys(5), someKeys(1), someKeys(1)
		refused.Flexible = append(refused.Flexible, there.Flexible[0])
		done(t, "Add", keyring.Add(t.Context(), there))
		tx := begin(t, db)
		within := keyringOf(t, store.Tx(tx))
		for _, row := range []struct {
			name      string
			got, want error
		}{
			{"Add with a taken integration", within.Add(t.Context(), refused), auth.ErrDuplicateKey},
			{"a sixth secret", within.AddSecret(t.Context(), there.Integration, auth.GenerateSecret()), auth.ErrTooManySecrets},
			{"Remove a stranger", within.Remove(t.Context(), newID()), auth.ErrUnknownKey},
			{"Add", within.Add(t.Context(), good), nil},
		} {
			if !errors.Is(row.got, row.want) {
				t.Errorf("%s: got %v, want %v", row.name, row.got, row.want)
			}
		}
		order(t, tx, creation(newID()))
		done(t, "Commit", tx.Commit())
		if _, err := keyring.ByKey(t.Context(), good.APIKey); err != nil {
			t.Errorf("the key that was added: got %v, want nil", err)
		}
		if _, err := keyring.ByKey(t.Context(), refused.APIKey); !errors.Is(err, auth.ErrUnknownKey) {
			t.Errorf("the key that was refused: got %v, want ErrUnknownKey", err)
		}
		refused.Flexible = refused.Flexible[:1]
		done(t, "Add, when no integration is taken", keyring.Add(t.Context(), refused))
	})
}

func TestAKeyInATransactionThatMustBeRunAgain(t *testing.T) {
	t.Parallel()
	db, store := host(t, onSQLite(), 4)
	keyring, c := keyringOf(t, store), someKeys(1)
	done(t, "Add", keyring.Add(t.Context(), c))
	conn, err := db.Conn(t.Context())
	done(t, "Conn", err)
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN DEFERRED"); err != nil {
		t.Fatal(err)
	}
	within := keyringOf(t, store.Tx(conn))
	_, err = within.ByKey(t.Context(), c.APIKey)
	done(t, "ByKey", err)
	apply(t, store, creation(newID()))
	if err := within.SetActive(t.Context(), c.Integration, false); !errors.Is(err, session.ErrRetry) {
		t.Errorf("SetActive in a transaction that is too late: got %v, want ErrRetry", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

// Who waits for SQLite's lock polls, and may starve; who waits in the line does not.
func TestAStoreAndItsKeyringWaitInOneLine(t *testing.T) {
	t.Parallel()
	spy := newSpy()
	file := migratedFile(t)
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t, open(t, spy.Name, file, 4))
		keyring := keyringOf(t, store)
		writing, goOn := make(chan bool), make(chan bool)
		spy.On(func(query string) error {
			if query == "COMMIT" {
				writing <- true
				<-goOn
			}
			return nil
		}, nil)
		errs := make(chan error, 2)
		go func() { errs <- errors.Join(store.Apply(t.Context(), creation(newID()))...) }()
		<-writing
		spy.Taken()
		go func() { errs <- keyring.Add(t.Context(), someKeys(1)) }()
		synctest.Wait()
		if seen := spy.Taken(); len(seen) != 0 {
			t.Errorf("the keyring, while the store was writing, ran %q, want nothing", seen[0].Query)
		}
		goOn <- true
		<-writing
		goOn <- true
		done(t, "Apply and Add", errors.Join(<-errs, <-errs))
	})
}
