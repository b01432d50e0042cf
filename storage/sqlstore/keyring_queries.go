package sqlstore

import (
	"strings"

	"github.com/jmoiron/sqlx"
)

const (
	keyIntegrationColumns = "integration, credential, n"
	keySecretColumns      = "id, credential, n, sealed"
)

// keyringQueries are the statements of a [Keyring].
type keyringQueries struct {
	byKey, byIntegration         string
	lock                         string
	add, addIntegration, updated string
	addSecret, revokeSecret      string
	remove                       [3]string
}

func newKeyringQueries(d Dialect) keyringQueries {
	q := func(parts ...string) string { return sqlx.Rebind(d.bind, strings.Join(parts, " ")) }
	const named = "k.integration = (SELECT credential FROM bonafide_credential_integrations WHERE integration = ?)"
	return keyringQueries{
		byKey:          q(wholeCredential("k.api_key = ?")),
		byIntegration:  q(wholeCredential(named)),
		lock:           q("SELECT k.integration FROM bonafide_credentials AS k WHERE", named, d.lock),
		add:            q(insert("bonafide_credentials", "integration, api_key, active, signing"), unlessTaken),
		addIntegration: q(insert("bonafide_credential_integrations", keyIntegrationColumns), unlessTaken),
		updated:        q("UPDATE bonafide_credentials SET active = ?, signing = ? WHERE integration = ?"),
		addSecret:      q(insert("bonafide_secrets", keySecretColumns)),
		revokeSecret:   q("DELETE FROM bonafide_secrets WHERE id = ?"),
		remove: [3]string{
			q("DELETE FROM bonafide_secrets WHERE credential = ?"),
			q("DELETE FROM bonafide_credential_integrations WHERE credential = ?"),
			q("DELETE FROM bonafide_credentials WHERE integration = ?"),
		},
	}
}

// wholeCredential finds one credential as it is at one moment, by a single statement: first a row for each of its
// integrations, the own one first, then a row for each secret, oldest first. It takes its parameter twice.
func wholeCredential(where string) string {
	const credential = "SELECT k.integration, k.api_key, k.active, k.signing, "
	return credential + "0 AS part, i.n AS n, i.integration AS id, NULL AS sealed FROM bonafide_credentials AS k" +
		" JOIN bonafide_credential_integrations AS i ON i.credential = k.integration WHERE " + where +
		" UNION ALL " +
		credential + "1, s.n, s.id, s.sealed FROM bonafide_credentials AS k" +
		" JOIN bonafide_secrets AS s ON s.credential = k.integration WHERE " + where +
		" ORDER BY part, n"
}
