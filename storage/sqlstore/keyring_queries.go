package sqlstore

import (
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

const (
	keyIntegrationColumns = "integration, credential, n"
	keySecretColumns      = "id, credential, n, sealed"
)

// keyringQueries are the statements of a [Keyring].
type keyringQueries struct {
	byKey, byIntegration    lookup
	lock                    lookup
	add, addIntegration     string
	setActive, setSigning   string
	addSecret, revokeSecret string
	remove                  [3]string
}

// lookup is a query that takes one id as all of its parameters.
type lookup struct {
	query string
	takes int
}

func (l lookup) args(id uuid.UUID) []any { return slices.Repeat([]any{idOf(id)}, l.takes) }

func newKeyringQueries(d Dialect) keyringQueries {
	q := func(parts ...string) string { return sqlx.Rebind(d.engine.Bind, strings.Join(parts, " ")) }
	find := func(parts ...string) lookup {
		query := strings.Join(parts, " ")
		return lookup{q(query), strings.Count(query, "?")}
	}
	// An own integration whose row is missing still names its credential: one that is damaged can be removed.
	const named = "k.integration = coalesce(" +
		"(SELECT credential FROM bonafide_credential_integrations WHERE integration = ?), ?)"
	return keyringQueries{
		byKey:          find(wholeCredential("k.api_key = ?")),
		byIntegration:  find(wholeCredential(named)),
		lock:           find("SELECT k.integration FROM bonafide_credentials AS k WHERE", named, d.lock),
		add:            q(insert("bonafide_credentials", "integration, api_key, active, signing"), unlessTaken),
		addIntegration: q(insert("bonafide_credential_integrations", keyIntegrationColumns), unlessTaken),
		setActive:      q("UPDATE bonafide_credentials SET active = ? WHERE integration = ?"),
		setSigning:     q("UPDATE bonafide_credentials SET signing = ? WHERE integration = ?"),
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
// integrations, the own one first, then a row for each secret, oldest first. One without integrations has a first
// row all the same, numbered -1: it is damaged, and not unknown.
func wholeCredential(where string) string {
	const credential = "SELECT k.integration, k.api_key, k.active, k.signing, "
	return credential + "0 AS part, coalesce(i.n, -1) AS n, coalesce(i.integration, k.integration) AS id," +
		" NULL AS sealed FROM bonafide_credentials AS k" +
		" LEFT JOIN bonafide_credential_integrations AS i ON i.credential = k.integration WHERE " + where +
		" UNION ALL " +
		credential + "1, s.n, s.id, s.sealed FROM bonafide_credentials AS k" +
		" JOIN bonafide_secrets AS s ON s.credential = k.integration WHERE " + where +
		" ORDER BY part, n"
}
