package verifa

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// resourceKey is what the audit log calls an API key.
const resourceKey = "api_key"

// Keys are the API keys of this dialect, kept by the engine beside the sessions. Of their texts it has the SHA-256.
// Every change is written to the audit log of the tenant of the key's integration, in the same write. It is made by
// [NewKeys] and safe for concurrent use; what one process changes all see at once.
type Keys struct{ engine *session.Engine }

var _ auth.APIKeys = (*Keys)(nil)

// NewKeys finds and keeps keys in the engine's store. It panics when engine is nil.
func NewKeys(engine *session.Engine) *Keys {
	if engine == nil {
		panic("verifa: NewKeys needs an engine")
	}
	return &Keys{engine}
}

// ErrKeyEnvironment says that a key is for the sandbox and its integration is live, or the other way round.
var ErrKeyEnvironment = errors.New("verifa: the key and its integration are not of one environment")

// ByHash implements [auth.APIKeys].
func (k *Keys) ByHash(ctx context.Context, hash [32]byte) (auth.APIKey, error) {
	kept, err := k.find(ctx, session.EntryQuery{Name: hex.EncodeToString(hash[:])})
	return kept.key, err
}

// Create makes a key for an integration, in the environment of that, and gives its text, which is shown once to whoever
// asked for it. Of like, Publishable, Label, Note, Scopes, ExpiresAt, AllowedIPs, AllowedOrigins, Version and Inflection
// are taken. Default of Scopes: [auth.DefaultScopes], or of a publishable key the only one that it can have.
//
// Errors: [session.ErrNotFound] when there is no such integration; what [auth.APIKey.Validate] finds wrong.
func (k *Keys) Create(ctx context.Context, integration uuid.UUID, like auth.APIKey) (auth.KeyText, auth.APIKey, error) {
	in, err := k.engine.For(integration).Integration(ctx)
	if err != nil {
		return auth.KeyText{}, auth.APIKey{}, err
	}
	text, made := auth.GenerateAPIKey(like.Publishable, in.Sandbox)
	like.Integration, like.Sandbox, like.Active = integration, in.Sandbox, true
	like.ID, like.Hash, like.Prefix = session.NewID(k.engine.Now()), made.Hash, made.Prefix
	if like.Scopes == nil || like.Publishable {
		like.Scopes = made.Scopes
	}
	key, err := k.Put(ctx, like)
	if err != nil {
		return auth.KeyText{}, auth.APIKey{}, err
	}
	return text, key, nil
}

// Put makes a key known, whose text the host has: [auth.ParseAPIKey] says its Hash, Prefix and kind. A key of that hash
// that is known becomes as given, but for its ID and CreatedAt, and where it is so already nothing is done. Default of ID
// and CreatedAt: new.
//
// Errors: [session.ErrNotFound] when there is no such integration; [ErrKeyEnvironment]; what [auth.APIKey.Validate]
// finds wrong; [auth.ErrDuplicateAPIKey] when the ID is that of another key; [session.ErrConflict] when somebody else
// changes it at the same time.
func (k *Keys) Put(ctx context.Context, key auth.APIKey) (auth.APIKey, error) {
	in, err := k.engine.For(key.Integration).Integration(ctx)
	if err != nil {
		return auth.APIKey{}, err
	}
	if in.Sandbox != key.Sandbox {
		return auth.APIKey{}, ErrKeyEnvironment
	}
	kept, err := k.find(ctx, session.EntryQuery{Name: hex.EncodeToString(key.Hash[:])})
	switch {
	case err == nil:
		key.ID, key.CreatedAt = kept.key.ID, kept.key.CreatedAt
	case !errors.Is(err, auth.ErrUnknownAPIKey):
		return auth.APIKey{}, err
	}
	if key.ID == uuid.Nil {
		key.ID = session.NewID(k.engine.Now())
	}
	if key.CreatedAt.IsZero() {
		key.CreatedAt = k.engine.Now()
	}
	what := "created"
	if kept.entry.Version > 0 {
		what = "updated"
	}
	return k.write(ctx, keptKey{key, kept.entry}, what)
}

// Revoke has a key be good for nothing any more. It stays known, as one that is not active. Of one that is revoked it
// does nothing.
//
// Errors: [auth.ErrUnknownAPIKey]; [session.ErrConflict] when somebody else changes it at the same time.
func (k *Keys) Revoke(ctx context.Context, id uuid.UUID) error {
	if id == uuid.Nil {
		return auth.ErrUnknownAPIKey
	}
	kept, err := k.find(ctx, session.EntryQuery{ID: id})
	if err != nil {
		return err
	}
	kept.key.Active = false
	_, err = k.write(ctx, kept, "revoked")
	return err
}

// List gives the keys of an integration, also those that are revoked, newest first. It looks at all keys of the store.
func (k *Keys) List(ctx context.Context, integration uuid.UUID) (keys []auth.APIKey, err error) {
	for q := (session.EntryQuery{Kind: session.EntryKey, N: 1000}); ; {
		page, err := k.engine.Entries(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, entry := range page {
			key, err := readKey(entry)
			if err != nil {
				return nil, err
			}
			if key.Integration == integration {
				keys = append(keys, key)
			}
		}
		if len(page) < q.N {
			return keys, nil
		}
		q.After = page[len(page)-1].ID
	}
}

// keptKey is a key and how it is kept; the zero entry: it is not yet.
type keptKey struct {
	key   auth.APIKey
	entry session.Entry
}

// find finds a key. They are of no tenant: who calls is only known by the key.
func (k *Keys) find(ctx context.Context, q session.EntryQuery) (keptKey, error) {
	q.Kind, q.N = session.EntryKey, 1
	found, err := k.engine.Entries(ctx, q)
	if err != nil {
		return keptKey{}, err
	}
	if len(found) == 0 {
		return keptKey{}, auth.ErrUnknownAPIKey
	}
	key, err := readKey(found[0])
	return keptKey{key, found[0]}, err
}

func readKey(entry session.Entry) (key auth.APIKey, err error) {
	if err := json.Unmarshal(entry.Body, &key); err != nil {
		return key, fmt.Errorf("verifa: the API key %s cannot be read", entry.ID)
	}
	return key, nil
}

// write keeps a key, if it is another than before, and notes what was done.
func (k *Keys) write(ctx context.Context, kept keptKey, what string) (auth.APIKey, error) {
	key := kept.key
	if err := key.Validate(); err != nil {
		return auth.APIKey{}, err
	}
	body, err := json.Marshal(key)
	if err != nil {
		return auth.APIKey{}, fmt.Errorf("verifa: an API key: %w", err)
	}
	if string(body) == string(kept.entry.Body) {
		return key, nil
	}
	entry := session.Entry{
		Kind: session.EntryKey, ID: key.ID, Name: hex.EncodeToString(key.Hash[:]), Version: kept.entry.Version + 1, Body: body,
	}
	_, err = k.engine.For(key.Integration).PutEntry(ctx, entry, resourceKey+"."+what, resourceKey)
	if errors.Is(err, session.ErrExists) {
		err = auth.ErrDuplicateAPIKey
	}
	return key, err
}
