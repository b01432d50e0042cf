package veriff

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// cluster is what the member "cid" of a session token says. It is read by nobody here.
const cluster = "bonafide"

// tokenKey is the key of the session's token. It goes with the session's other keys.
func tokenKey(s *session.Snapshot) [32]byte { return s.Derive("veriff session token") }

// sessionToken is the token in the session's link. The end of a session can move, and its token with it; the
// older ones stay good.
func sessionToken(s *session.Snapshot) string {
	return auth.Token{
		Session: s.ID, Integration: s.Integration, Vendor: s.Tenant, Cluster: cluster,
		IssuedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt,
	}.Sign(tokenKey(s))
}

// byLink finds the session of the link that was followed, acting as the person. Whatever is wrong with the
// link, it finds nothing.
func (x *exchange) byLink() (*session.Engine, *session.Snapshot, error) {
	text := x.r.PathValue("token")
	integration, ok := claimedIntegration(text)
	if !ok {
		return nil, nil, resourceUnknown
	}
	engine := x.adapter.engine.For(integration).As(session.ActorPerson)
	var s *session.Snapshot
	_, err := auth.VerifyToken(text, func(id uuid.UUID) (key [32]byte, err error) {
		if s, err = engine.Get(x.r.Context(), id); err != nil {
			return key, err
		}
		return tokenKey(s), nil
	})
	if err != nil {
		return nil, nil, err
	}
	return engine, s, nil
}

// claimedIntegration reads, unverified, whose session a token says it opens: there the key is looked for that
// verifies it.
func claimedIntegration(text string) (id uuid.UUID, ok bool) {
	parts := strings.Split(text, ".")
	if len(text) > auth.MaxTokenLength || len(parts) != 3 {
		return id, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return id, false
	}
	var claims struct {
		Integration uuid.UUID `json:"iid"`
	}
	return claims.Integration, json.Unmarshal(payload, &claims) == nil && claims.Integration != uuid.Nil
}
