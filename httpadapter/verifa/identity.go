package verifa

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var readIdentities = []string{"identities:read"}

const identitiesPages = "api-reference/identities/"

var identityRoutes = []route{
	{method: http.MethodGet, path: "/api/v1/identities/{id}", handle: readIdentity, scopes: readIdentities,
		does:    "a person, by its id or by the external reference of its sessions",
		page:    identitiesPages + "get-identity",
		differs: "an identity is there from when the first session of an external reference was decided"},
	{method: http.MethodGet, path: "/api/v1/identities/{id}/sessions", handle: listIdentitySessions, scopes: readIdentities,
		does: "lists a person's sessions, newest first",
		page: identitiesPages + "list-identity-sessions"},
	{method: http.MethodDelete, path: "/api/v1/identities/{id}", handle: redactIdentity, scopes: redactScopes,
		does:    "erases everything about a person from all sessions, for good",
		page:    identitiesPages + "redact-identity",
		differs: "all sessions of the person are redacted"},
	{method: http.MethodGet, path: "/api/v1/identities/{id}/export", handle: exportIdentity, scopes: readIdentities,
		does:    "everything that is known about a person, of all sessions",
		page:    "api-details/data-access",
		differs: "links, relationships and face embeddings are not kept: their lists are empty"},
}

// identityView is a person (https://docs.withverifa.com/core-concepts/identities).
type identityView struct {
	ID          string  `json:"id"`
	ExternalRef *string `json:"external_ref"`
	Status      string  `json:"status"`
	IsSandbox   bool    `json:"is_sandbox"`
	LastSession *string `json:"last_session_id"`
	CreatedAt   moment  `json:"created_at"`
	UpdatedAt   moment  `json:"updated_at"`
}

// identityWord is this language's word for what was decided last about a person.
func identityWord(last session.Status, redacted bool) string {
	if redacted {
		return "redacted"
	}
	return words[last].result
}

// identity is the person that the path names, by its id or by a reference. That one has the form of the other makes no
// difference.
func (x *exchange) identity() (session.Identity, error) {
	name := x.r.PathValue("id")
	id, ok := parseID(prefixIdentity, name)
	i, err := session.Identity{}, session.ErrNotFound
	if ok {
		i, err = x.engine.Identity(x.r.Context(), id, "")
	}
	if errors.Is(err, session.ErrNotFound) {
		i, err = x.engine.Identity(x.r.Context(), uuid.Nil, name)
	}
	return i, orMissing(err, "Identity")
}

// identityOf shows a person with the reference, which stands in the sessions.
func (x *exchange) identityOf(i session.Identity) (*identityView, error) {
	v := &identityView{
		ID: idText(prefixIdentity, i.ID), Status: identityWord(i.Status, !i.RedactedAt.IsZero()), IsSandbox: i.Sandbox,
		CreatedAt: moment(i.CreatedAt), UpdatedAt: moment(i.UpdatedAt),
	}
	if i.Session != uuid.Nil {
		v.LastSession = new(idText(prefixSession, i.Session))
	}
	list, ok := i.Sessions()
	if !ok {
		return v, nil
	}
	list.N = 1
	newest, err := x.engine.List(x.r.Context(), list)
	if err != nil || len(newest) == 0 {
		return v, err
	}
	s, err := x.silent().Get(x.r.Context(), newest[0].ID)
	if errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrErased) {
		return v, nil // it went meanwhile
	}
	if err != nil {
		return nil, err
	}
	v.ExternalRef = s.Facts.ExternalRef
	return v, nil
}

// readIdentity: https://docs.withverifa.com/api-reference/identities/get-identity
func readIdentity(x *exchange) error {
	i, err := x.identity()
	if err != nil {
		return err
	}
	v, err := x.identityOf(i)
	if err != nil {
		return err
	}
	if err := x.engine.RecordAudit(x.r.Context(), "api.identity.read", "identity", i.ID.String()); err != nil {
		return err
	}
	return x.answer(http.StatusOK, v)
}

// listIdentitySessions: https://docs.withverifa.com/api-reference/identities/list-identity-sessions
func listIdentitySessions(x *exchange) error {
	i, err := x.identity()
	if err != nil {
		return err
	}
	q := x.query()
	p := q.page(50)
	if err := q.err(); err != nil {
		return err
	}
	var found []session.Session
	total := 0
	if list, ok := i.Sessions(); ok {
		list.After, list.Skip, list.N = p.after, p.offset, p.limit+1
		if found, total, err = x.search(list); err != nil {
			return err
		}
	}
	shown, err := x.opened(found)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, listedOf(p, total, shown, func(s *session.Snapshot) uuid.UUID { return s.ID }, x.wholeOf))
}

// redactIdentity: https://docs.withverifa.com/api-reference/identities/redact-identity
func redactIdentity(x *exchange) error {
	if err := x.nothing(); err != nil {
		return err
	}
	return x.changes(nil, func() (int, any, error) {
		i, err := x.identity() // only now: once redacted it is not found by its reference any more
		if err != nil {
			return 0, nil, err
		}
		status := "redacted"
		if !i.RedactedAt.IsZero() {
			status = "already_redacted"
		}
		sessions, documents, err := x.engine.RedactIdentity(x.r.Context(), i.ID)
		if err != nil {
			return 0, nil, err
		}
		return http.StatusOK, struct {
			IdentityID string `json:"identity_id"`
			Status     string `json:"status"`
			Sessions   int    `json:"sessions_redacted"`
			Documents  int    `json:"documents_removed"`
		}{idText(prefixIdentity, i.ID), status, sessions, documents}, nil
	})
}
