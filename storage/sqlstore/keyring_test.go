package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/auth/keyringtest"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

var vaultKey = [32]byte{1, 2, 3}

func newKeyring(t testing.TB, db *sql.DB) *sqlstore.Keyring {
	t.Helper()
	return keyringOf(t, newStore(t, db))
}

func keyringOf(t testing.TB, store *sqlstore.Store) *sqlstore.Keyring {
	t.Helper()
	keyring, err := store.Keyring(auth.NewVault(vaultKey))
	if err != nil {
		t.Fatal(err)
	}
	return keyring
}

// someKeys is a credential with so many secrets and a flexible integration.
func someKeys(secrets int) auth.Credential {
	c := auth.Credential{APIKey: uuid.New(), Integration: newID(), Flexible: []uuid.UUID{newID()}, Active: true}
	for range secrets {
		c.Secrets = append(c.Secrets, auth.GenerateSecret())
	}
	return c
}

// added is a new keyring that knows the credential.
func added(t testing.TB, on kind, db *sql.DB, c auth.Credential) *sqlstore.Keyring {
	t.Helper()
	keyring := on.keyring(t, db)
	done(t, "Add", keyring.Add(t.Context(), c))
	return keyring
}

func done(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: got %v, want nil", what, err)
	}
}

// verifies says whether a secret's signature is accepted.
func verifies(t testing.TB, keyring *sqlstore.Keyring, c auth.Credential, secret *auth.Secret) bool {
	t.Helper()
	found, err := keyring.ByKey(t.Context(), c.APIKey)
	done(t, "ByKey", err)
	msg := []byte("a message")
	return found.Verify(string(secret.Sign(nil, msg)), msg) != nil
}

func TestKeyringWithAPool(t *testing.T) {
	t.Parallel()
	keyringtest.RunAdmin(t, func(t testing.TB) keyringtest.Admin { return newKeyring(t, migrated(t, "sqlite3", 8)) })
}

func TestKeyringWithAPoolOfOne(t *testing.T) {
	t.Parallel()
	keyringtest.RunAdmin(t, func(t testing.TB) keyringtest.Admin { return newKeyring(t, migrated(t, "sqlite3", 1)) })
}

// twoProcesses changes in one and looks in another, but for what is added: that comes from both, in turns.
type twoProcesses struct {
	*sqlstore.Keyring
	other *sqlstore.Keyring
	turns atomic.Int64
}

func (p *twoProcesses) either() *sqlstore.Keyring {
	if p.turns.Add(1)%2 == 0 {
		return p.Keyring
	}
	return p.other
}

func (p *twoProcesses) Add(ctx context.Context, c auth.Credential) error {
	return p.either().Add(ctx, c)
}

func (p *twoProcesses) AddSecret(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error {
	return p.either().AddSecret(ctx, integration, secret)
}

func (p *twoProcesses) ByKey(ctx context.Context, apiKey uuid.UUID) (auth.Credential, error) {
	return p.other.ByKey(ctx, apiKey)
}

func (p *twoProcesses) ByIntegration(ctx context.Context, id uuid.UUID) (auth.Credential, error) {
	return p.other.ByIntegration(ctx, id)
}

func TestKeyringOfTwoProcesses(t *testing.T) {
	t.Parallel()
	keyringtest.RunAdmin(t, func(t testing.TB) keyringtest.Admin {
		file := migratedFile(t)
		return &twoProcesses{
			Keyring: newKeyring(t, open(t, "sqlite3", file, 4)), other: newKeyring(t, open(t, "sqlite3", file, 4)),
		}
	})
}

func TestARevocationIsSeenByTheNextCallOfAnotherProcess(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		file := on.file(t)
		c := someKeys(2)
		here, there := added(t, on, on.open(t, on.driver, file, 2), c), on.keyring(t, on.open(t, on.driver, file, 2))
		for range 2 { // the second time from what is prepared
			if !verifies(t, there, c, c.Secrets[0]) {
				t.Fatal("a live secret does not verify in the other process")
			}
		}
		done(t, "RevokeSecret", here.RevokeSecret(t.Context(), c.Flexible[0], c.Secrets[0]))
		if verifies(t, there, c, c.Secrets[0]) {
			t.Error("a revoked secret verifies in the other process")
		}
		done(t, "AddSecret", here.AddSecret(t.Context(), c.Integration, c.Secrets[0]))
		if !verifies(t, there, c, c.Secrets[0]) || !verifies(t, there, c, c.Secrets[1]) {
			t.Error("what was revoked and added again does not verify in the other process")
		}
		done(t, "Remove", here.Remove(t.Context(), c.Integration))
		if _, err := there.ByKey(t.Context(), c.APIKey); !errors.Is(err, auth.ErrUnknownKey) {
			t.Errorf("ByKey in the other process after Remove: got %v, want ErrUnknownKey", err)
		}
	})
}

func TestTheSameSecretEachTime(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		c := someKeys(3)
		keyring := added(t, on, on.migrated(t, on.driver, 1), c)
		first, err := keyring.ByKey(t.Context(), c.APIKey)
		done(t, "ByKey", err)
		again, err := keyring.ByIntegration(t.Context(), c.Flexible[0])
		done(t, "ByIntegration", err)
		if !slices.Equal(first.Secrets, again.Secrets) {
			t.Error("a second look-up gave other Secrets, which hold no prepared states")
		}
		done(t, "RevokeSecret", keyring.RevokeSecret(t.Context(), c.Integration, c.Secrets[1]))
		last, err := keyring.ByKey(t.Context(), c.APIKey)
		done(t, "ByKey", err)
		if want := []*auth.Secret{first.Secrets[0], first.Secrets[2]}; !slices.Equal(last.Secrets, want) {
			t.Error("a look-up after a revocation gave other Secrets")
		}
	})
}

// A process that has met very many credentials does not hold them all.
func TestWhatIsPreparedIsBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: it adds thousands of credentials")
	}
	const many = 4096 + 100
	keyring := newKeyring(t, migrated(t, "sqlite3", 1))
	first := map[uuid.UUID]*auth.Secret{}
	for range many {
		c := auth.Credential{APIKey: uuid.New(), Integration: newID(), Secrets: []*auth.Secret{auth.GenerateSecret()}}
		done(t, "Add", keyring.Add(t.Context(), c))
		found, err := keyring.ByKey(t.Context(), c.APIKey)
		done(t, "ByKey", err)
		first[c.APIKey] = found.Secrets[0]
	}
	kept := 0
	for apiKey, secret := range first {
		found, err := keyring.ByKey(t.Context(), apiKey)
		done(t, "ByKey", err)
		if !found.Secrets[0].Equal(secret) {
			t.Fatalf("ByKey(%s): got another secret than before", apiKey)
		}
		if found.Secrets[0] == secret {
			kept++
		}
	}
	if kept == 0 || kept > 4096 {
		t.Errorf("prepared secrets of %d credentials: got %d, want 1 to 4096", many, kept)
	}
}

// The write-ahead log is looked at too, and what was revoked and removed.
func TestTheDatabaseHoldsNoSecretInClear(t *testing.T) {
	t.Parallel()
	file := migratedFile(t)
	db := open(t, "sqlite3", file, 1)
	c, gone := someKeys(3), someKeys(1)
	keyring := added(t, onSQLite(), db, c)
	later := auth.GenerateSecret()
	done(t, "Add", keyring.Add(t.Context(), gone))
	done(t, "AddSecret", keyring.AddSecret(t.Context(), c.Integration, later))
	done(t, "RevokeSecret", keyring.RevokeSecret(t.Context(), c.Integration, c.Secrets[0]))
	done(t, "Remove", keyring.Remove(t.Context(), gone.Integration))
	var written []byte
	for _, name := range []string{file, file + "-wal"} {
		part, err := os.ReadFile(name)
		done(t, "ReadFile", err)
		written = append(written, part...)
	}
	if !bytes.Contains(written, c.APIKey[:]) {
		t.Fatal("the API key is not in the files, so the test looks at the wrong ones")
	}
	for i, secret := range slices.Concat(c.Secrets, gone.Secrets, []*auth.Secret{later}) {
		id := uuid.MustParse(secret.Reveal())
		if bytes.Contains(written, []byte(secret.Reveal())) || bytes.Contains(written, id[:]) {
			t.Errorf("secret %d stands in clear in the database", i)
		}
	}
}

func TestAKeyringNeedsAVault(t *testing.T) {
	t.Parallel()
	if _, err := newStore(t, migrated(t, "sqlite3", 1)).Keyring(nil); err == nil {
		t.Error("Keyring without a vault: got nil, want an error")
	}
}

// A change whose last statement fails, or whose commit does, has changed nothing, and says nothing of a secret.
func TestAChangeThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		c, other := someKeys(2), someKeys(1)
		secret := auth.GenerateSecret()
		rows := []struct {
			name, statement string
			change          func(context.Context, *sqlstore.Keyring) error
			want            error
		}{
			{"Add", "INSERT INTO bonafide_credential_integrations", func(ctx context.Context, k *sqlstore.Keyring) error {
				return k.Add(ctx, other)
			}, errFault},
			{"Remove", "DELETE FROM bonafide_credentials", func(ctx context.Context, k *sqlstore.Keyring) error {
				return k.Remove(ctx, c.Integration)
			}, errFault},
			{"AddSecret", "UPDATE bonafide_credentials", func(ctx context.Context, k *sqlstore.Keyring) error {
				return k.AddSecret(ctx, c.Integration, secret)
			}, errFault},
			{"RevokeSecret", "UPDATE bonafide_credentials", func(ctx context.Context, k *sqlstore.Keyring) error {
				return k.RevokeSecret(ctx, c.Integration, c.Secrets[0])
			}, errFault},
			{"SetActive, at the commit", "COMMIT", func(ctx context.Context, k *sqlstore.Keyring) error {
				return k.SetActive(ctx, c.Integration, false)
			}, session.ErrUnknown},
		}
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				spy := on.spy()
				keyring := added(t, on, on.migrated(t, spy.Name, 1), c)
				spy.On(fail(1, row.statement, errFault), nil)
				err := row.change(t.Context(), keyring)
				if !errors.Is(err, row.want) || strings.Contains(err.Error(), secret.Reveal()) {
					t.Errorf("got %v, want %v", err, row.want)
				}
				spy.On(nil, nil)
				got, err := keyring.ByKey(t.Context(), c.APIKey)
				done(t, "ByKey", err)
				if !got.Active || !slices.EqualFunc(got.Secrets, c.Secrets, (*auth.Secret).Equal) {
					t.Errorf("after a change that failed: got %+v, want %+v", got, c)
				}
				if _, err := keyring.ByKey(t.Context(), other.APIKey); !errors.Is(err, auth.ErrUnknownKey) {
					t.Errorf("ByKey of what was not added: got %v, want ErrUnknownKey", err)
				}
			})
		}
	})
}

// A keyring whose database is away must not call a key unknown.
func TestADatabaseThatFailsKnowsNoStrangers(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		c := someKeys(1)
		spy := on.spy()
		keyring := added(t, on, on.migrated(t, spy.Name, 1), c)
		spy.On(fail(1, "SELECT k.integration", errFault), nil)
		if _, err := keyring.ByKey(t.Context(), c.APIKey); !errors.Is(err, errFault) || errors.Is(err, auth.ErrUnknownKey) {
			t.Errorf("ByKey: got %v, want %v and not ErrUnknownKey", err, errFault)
		}
	})
}

// Every look-up of every verb goes by an index, and one by key or integration is a single statement.
func TestKeyringPlans(t *testing.T) {
	t.Parallel()
	spy := newSpy()
	db := migrated(t, spy.Name, 1)
	c, next := someKeys(2), auth.GenerateSecret()
	keyring := newKeyring(t, db)
	rows := []struct {
		name string
		run  func(context.Context) error
	}{
		{"Add", func(ctx context.Context) error { return keyring.Add(ctx, c) }},
		{"ByKey", func(ctx context.Context) error { _, err := keyring.ByKey(ctx, c.APIKey); return err }},
		{"ByIntegration", func(ctx context.Context) error { _, err := keyring.ByIntegration(ctx, c.Flexible[0]); return err }},
		{"AddSecret", func(ctx context.Context) error { return keyring.AddSecret(ctx, c.Integration, next) }},
		{"RevokeSecret", func(ctx context.Context) error { return keyring.RevokeSecret(ctx, c.Integration, next) }},
		{"Remove", func(ctx context.Context) error { return keyring.Remove(ctx, c.Integration) }},
	}
	for _, row := range rows {
		spy.Taken()
		done(t, row.name, row.run(t.Context()))
		seen := spy.Taken()
		if strings.HasPrefix(row.name, "By") && len(seen) != 1 {
			t.Errorf("%s: got %d statements, want 1", row.name, len(seen))
		}
		for _, statement := range seen {
			if verb, _, _ := strings.Cut(statement.Query, " "); verb != "SELECT" && verb != "UPDATE" && verb != "DELETE" {
				continue
			}
			args := make([]any, len(statement.Args))
			for i, arg := range statement.Args {
				args[i] = arg.Value
			}
			for _, found := range (&planned{db: db}).found(t, statement.Query, args) {
				if strings.Contains(found, "SCAN") {
					t.Errorf("%s: %s: %s", row.name, statement.Query, found)
				}
			}
		}
	}
}

func BenchmarkKeyringByKey(b *testing.B) {
	c := someKeys(2)
	keyring := added(b, onSQLite(), migrated(b, "sqlite3", 1), c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keyring.ByKey(b.Context(), c.APIKey); err != nil {
			b.Fatal(err)
		}
	}
}
