package verifa_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/auth/keyringtest"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// newKeys is an engine in memory with integrations for the keys, live or sandbox as each is.
func newKeys(t *testing.T, keys ...auth.APIKey) (*session.Engine, *verifa.Keys) {
	t.Helper()
	integrations := session.Fixed{
		{ID: liveID, Tenant: tenantID, Dialect: verifa.Dialect, Policy: verifa.Policy(plan, false)},
		{ID: sandboxID, Tenant: tenantID, Sandbox: true, Dialect: verifa.Dialect, Policy: verifa.Policy(plan, true)},
	}
	for _, k := range keys {
		integrations = append(integrations, session.Integration{ID: k.Integration, Sandbox: k.Sandbox, Dialect: verifa.Dialect})
	}
	engine := must(session.New(memstore.New(), session.Config{Integrations: integrations, Clock: sessiontest.NewClock()}))
	return engine, verifa.NewKeys(engine)
}

func TestKeysKeepTheContract(t *testing.T) {
	t.Parallel()
	known := keyringtest.SomeAPIKeys()
	_, keys := newKeys(t, known...)
	for _, key := range known {
		if _, err := keys.Put(t.Context(), key); err != nil {
			t.Fatalf("Put of %s…: %v", key.Prefix, err)
		}
	}
	keyringtest.RunAPIKeys(t, keys, known...)
}

// noted are the lines of the log about API keys, oldest first.
func noted(t *testing.T, engine *session.Engine, integration uuid.UUID) (what []string) {
	t.Helper()
	for _, a := range must(engine.For(integration).Events(t.Context(), session.AuditList{Resource: "api_key"})).Audited {
		what = append(what, a.What)
	}
	slices.Reverse(what)
	return what
}

func TestKeysFromCreationToRevocation(t *testing.T) {
	t.Parallel()
	engine, keys := newKeys(t)
	text, key, err := keys.Create(t.Context(), sandboxID, auth.APIKey{Label: "shop", Scopes: []string{"sessions:read"}, Version: "2026-01-01"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.Reveal(), "vk_sandbox_") || !key.Sandbox || key.Integration != sandboxID || key.Label != "shop" || !slices.Equal(key.Scopes, []string{"sessions:read"}) {
		t.Errorf("got %+v, want a sandbox key with what was asked for", key)
	}
	parsed := must(auth.ParseAPIKey(text.Reveal()))
	found, err := keys.ByHash(t.Context(), parsed.Hash)
	if err != nil || found.ID != key.ID || found.Usable(engine.Now()) != nil {
		t.Errorf("ByHash: got %+v and error %v, want the key", found, err)
	}
	again, err := keys.Put(t.Context(), key)
	if err != nil || again.ID != key.ID {
		t.Errorf("Put of the same: got %+v and error %v, want it as it is", again, err)
	}
	for range 2 {
		if err := keys.Revoke(t.Context(), key.ID); err != nil {
			t.Errorf("Revoke: %v", err)
		}
	}
	if found, err := keys.ByHash(t.Context(), parsed.Hash); err != nil || found.Active {
		t.Errorf("ByHash of a revoked key: got %+v and error %v, want it, not active", found, err)
	}
	if got, want := noted(t, engine, sandboxID), []string{"api_key.created", "api_key.revoked"}; !slices.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}
	if got := noted(t, engine, liveID); len(got) > 0 {
		t.Errorf("the log of the live environment has %v, want nothing", got)
	}
	if list, err := keys.List(t.Context(), sandboxID); err != nil || len(list) != 1 || list[0].ID != key.ID {
		t.Errorf("List: got %+v and error %v, want the key", list, err)
	}
	if list, err := keys.List(t.Context(), liveID); err != nil || len(list) != 0 {
		t.Errorf("List of another integration: got %+v and error %v, want none", list, err)
	}
}

// TestAKeyWhoseTextTheHostHas: it is known by the same id however often it is put.
func TestAKeyWhoseTextTheHostHas(t *testing.T) {
	t.Parallel()
	engine, keys := newKeys(t)
	key := must(auth.ParseAPIKey(liveKey))
	key.Integration, key.Active, key.Scopes = liveID, true, auth.AllScopes()
	first := must(keys.Put(t.Context(), key))
	second := must(keys.Put(t.Context(), key))
	key.Label = "server"
	third := must(keys.Put(t.Context(), key))
	if first.ID == uuid.Nil || second.ID != first.ID || third.ID != first.ID || third.Label != "server" {
		t.Errorf("got %+v, %+v and %+v, want one key, with a label at last", first, second, third)
	}
	if got, want := noted(t, engine, liveID), []string{"api_key.created", "api_key.updated"}; !slices.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	_, keys := newKeys(t)
	good := must(auth.ParseAPIKey(liveKey))
	good.Integration, good.Active = liveID, true
	good = must(keys.Put(t.Context(), good))
	_, other := auth.GenerateAPIKey(false, false)
	for _, c := range []struct {
		name   string
		change func(*auth.APIKey)
		want   error
	}{
		{"another environment", func(k *auth.APIKey) { k.Integration = sandboxID }, verifa.ErrKeyEnvironment},
		{"no integration", func(k *auth.APIKey) { k.Integration = uuid.New() }, session.ErrNotFound},
		{"an unknown scope", func(k *auth.APIKey) { k.Integration, k.Scopes = liveID, []string{"all"} }, auth.ErrKeyScopes},
		{"the id of another", func(k *auth.APIKey) { k.Integration, k.ID = liveID, good.ID }, auth.ErrDuplicateAPIKey},
	} {
		key := other
		c.change(&key)
		if got, err := keys.Put(t.Context(), key); !errors.Is(err, c.want) {
			t.Errorf("%s: got %+v and error %v, want %v", c.name, got, err, c.want)
		}
	}
	if _, _, err := keys.Create(t.Context(), uuid.New(), auth.APIKey{}); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Create without an integration: got %v, want ErrNotFound", err)
	}
	for _, id := range []uuid.UUID{uuid.Nil, uuid.New()} {
		if err := keys.Revoke(t.Context(), id); !errors.Is(err, auth.ErrUnknownAPIKey) {
			t.Errorf("Revoke of %s: got %v, want ErrUnknownAPIKey", id, err)
		}
	}
	text, pub, err := keys.Create(t.Context(), liveID, auth.APIKey{Publishable: true, Scopes: auth.AllScopes(), ExpiresAt: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil || !strings.HasPrefix(text.Reveal(), "vk_pub_live_") || !slices.Equal(pub.Scopes, []string{"sessions:create"}) {
		t.Errorf("Create of a publishable key: got %+v and error %v, want the one scope that it can have", pub, err)
	}
}
