package sqlstore_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// What was prepared before the damage opens no more than what was not.
func TestSecretsAreOpenedOnlyWhereTheyWereSealed(t *testing.T) {
	t.Parallel()
	const change, moved = "UPDATE bonafide_secrets SET ", "credential = ?1, n = n + 10 WHERE credential = ?2"
	const mine, theirs = " WHERE credential = ?1 AND ?2 <> ''", "(SELECT sealed FROM bonafide_secrets WHERE credential = ?2)"
	const another = "CASE substr(sealed, 41, 1) WHEN x'55' THEN x'56' ELSE x'55' END"
	rows := []struct {
		name  string
		spoil string // of ?1, with the help of ?2
	}{
		{"a byte is changed", change + "sealed = substr(sealed, 1, 40) || " + another + " || substr(sealed, 42)" + mine},
		{"cut off", change + "sealed = substr(sealed, 1, 12)" + mine},
		{"empty", change + "sealed = x''" + mine},
		{"under another id", change + "id = randomblob(16)" + mine},
		{"moved to another credential", change + moved},
		{"copied from another credential", change + "sealed = " + theirs + " WHERE credential = ?1"},
	}
	for _, row := range rows {
		for _, warm := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, prepared %v", row.name, warm), func(t *testing.T) {
				t.Parallel()
				db := migrated(t, "sqlite3", 1)
				mine, theirs := someKeys(1), someKeys(1)
				keyring := added(t, onSQLite(), db, mine)
				done(t, "Add", keyring.Add(t.Context(), theirs))
				if warm {
					verifies(t, keyring, mine, mine.Secrets[0])
					verifies(t, keyring, theirs, theirs.Secrets[0])
				}
				exec(t, db, row.spoil, mine.Integration[:], theirs.Integration[:])
				mustNotOpen(t, keyring, mine)
			})
		}
	}
}

func TestSecretsAreNotOpenedByAnotherKey(t *testing.T) {
	t.Parallel()
	db, c := migrated(t, "sqlite3", 1), someKeys(1)
	added(t, onSQLite(), db, c)
	keyring, err := newStore(t, db).Keyring(auth.NewVault([32]byte{1, 2, 4}))
	done(t, "Keyring", err)
	mustNotOpen(t, keyring, c)
}

func mustNotOpen(t *testing.T, keyring *sqlstore.Keyring, c auth.Credential) {
	t.Helper()
	got, err := keyring.ByKey(t.Context(), c.APIKey)
	if !errors.Is(err, auth.ErrVault) || errors.Is(err, auth.ErrUnknownKey) || got.APIKey != uuid.Nil {
		t.Errorf("ByKey: got %+v and %v, want none and ErrVault", got, err)
	}
	if err = keyring.AddSecret(t.Context(), c.Integration, auth.GenerateSecret()); !errors.Is(err, auth.ErrVault) {
		t.Errorf("AddSecret: got %v, want ErrVault", err)
	}
}

// A key whose rows are damaged does not work, and can be switched off and removed like any other.
func TestADamagedCredential(t *testing.T) {
	t.Parallel()
	const integrations = "UPDATE bonafide_credential_integrations SET "
	const noIntegrations = "DELETE FROM bonafide_credential_integrations"
	const last = integrations + "integration = x'ffffffffffffffffffffffffffffffff' WHERE n > 0; " // after the own one
	const unindexed = "DROP INDEX bonafide_credential_integrations_credential; "
	rows := []struct{ name, spoil string }{
		{"its own integration is missing", noIntegrations + " WHERE n = 0"},
		{"all integrations are missing", noIntegrations},
		{"its own integration is numbered as a flexible one", integrations + "n = 5 WHERE n = 0"},
		{"its own integration has a number below 0", integrations + "n = -1 WHERE n = 0"},
		{"its own integration is another one", integrations + "integration = randomblob(16) WHERE n = 0"},
		{"two integrations are numbered as its own", unindexed + last + integrations + "n = 0"},
		{"all secrets are missing", "DELETE FROM bonafide_secrets"},
		{"secrets and integrations are missing", "DELETE FROM bonafide_secrets; " + noIntegrations},
		{"a secret's id is a text", "UPDATE bonafide_secrets SET id = 'a text' WHERE n = 0"},
		{"the signing secret is none of its own", "UPDATE bonafide_credentials SET signing = randomblob(16)"},
		{"the signing secret is no id", "UPDATE bonafide_credentials SET signing = x'00'"},
		{"it is active by another number", "UPDATE bonafide_credentials SET active = 7"},
		{"it is active by a number below 0", "UPDATE bonafide_credentials SET active = -1"},
		{"it is active by a text", "UPDATE bonafide_credentials SET active = 'yes'"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			db := migrated(t, "sqlite3", 1)
			c, other := someKeys(2), someKeys(1)
			warm := added(t, onSQLite(), db, c)
			verifies(t, warm, c, c.Secrets[0])
			exec(t, db, row.spoil)
			done(t, "Add of another", warm.Add(t.Context(), other))
			for _, keyring := range []*sqlstore.Keyring{warm, newKeyring(t, db)} {
				mustBeDamaged(t, keyring, c)
			}
			done(t, "SetActive", warm.SetActive(t.Context(), c.Integration, false))
			if n := count(t, db, "SELECT count(*) FROM bonafide_credentials WHERE active = 0"); n != 1 {
				t.Errorf("after SetActive: got %d inactive credentials, want 1", n)
			}
			done(t, "Remove", warm.Remove(t.Context(), c.Integration))
			if got, err := warm.ByKey(t.Context(), c.APIKey); !errors.Is(err, auth.ErrUnknownKey) {
				t.Errorf("ByKey after Remove: got %+v and %v, want ErrUnknownKey", got, err)
			}
			done(t, "Add after Remove", warm.Add(t.Context(), c))
			for _, c := range []auth.Credential{c, other} {
				if !verifies(t, warm, c, c.Secrets[0]) {
					t.Error("a secret does not verify after the damage was removed")
				}
			}
		})
	}
}

// mustBeDamaged demands answers that neither give the credential nor call it unknown.
func mustBeDamaged(t *testing.T, keyring *sqlstore.Keyring, c auth.Credential) {
	t.Helper()
	byKey, keyErr := keyring.ByKey(t.Context(), c.APIKey)
	byIntegration, integrationErr := keyring.ByIntegration(t.Context(), c.Integration)
	for _, row := range []struct {
		name  string
		found auth.Credential
		err   error
	}{
		{"ByKey", byKey, keyErr},
		{"ByIntegration", byIntegration, integrationErr},
		{"AddSecret", auth.Credential{}, keyring.AddSecret(t.Context(), c.Integration, auth.GenerateSecret())},
		{"RevokeSecret", auth.Credential{}, keyring.RevokeSecret(t.Context(), c.Integration, c.Secrets[0])},
		{"SignWith", auth.Credential{}, keyring.SignWith(t.Context(), c.Integration, c.Secrets[1])},
	} {
		if row.err == nil || errors.Is(row.err, auth.ErrUnknownKey) || row.found.APIKey != uuid.Nil {
			t.Errorf("%s: got %+v and %v, want none and an error that is not ErrUnknownKey", row.name, row.found, row.err)
		}
	}
}

func TestWhetherASessionIsOfTheSandboxIsNeverGuessed(t *testing.T) {
	t.Parallel()
	for _, value := range []any{7, -1, 1 << 32, "yes", []byte{1}} {
		t.Run(fmt.Sprint(value), func(t *testing.T) {
			t.Parallel()
			db, store := host(t, onSQLite(), 1)
			c := creation(newID())
			apply(t, store, c)
			exec(t, db, "UPDATE bonafide_sessions SET sandbox = ?", value)
			got, err := store.Load(t.Context(), session.Ref{Tenant: c.Session.Tenant, ID: c.Session.ID}, 0)
			if err == nil || isNotFound(err) {
				t.Errorf("Load: got %+v and %v, want an error that is not ErrNotFound", got.Session, err)
			}
			c = step(c.Session)
			c.Base = 1
			if errs := store.Apply(t.Context(), c); errs == nil || isNotFound(errs[0]) {
				t.Errorf("Apply: got %v, want an error that is not ErrNotFound", errs)
			}
		})
	}
}
