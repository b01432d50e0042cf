package auth_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

func mustKeys(t testing.TB, keys ...auth.APIKey) *auth.APIKeyRing {
	t.Helper()
	ring, err := auth.NewAPIKeyRing(keys...)
	if err != nil {
		t.Fatalf("NewAPIKeyRing: got %v, want no error", err)
	}
	return ring
}

// expectKeys demands that the keys, and not the gone one, are found as they are.
func expectKeys(t *testing.T, what string, ring *auth.APIKeyRing, gone auth.KeyHash, keys ...auth.APIKey) {
	t.Helper()
	for _, want := range keys {
		if got, err := ring.ByHash(t.Context(), want.Hash); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: ByHash: got %+v and %v, want %+v", what, got, err, want)
		}
	}
	if got, err := ring.ByHash(t.Context(), gone); !errors.Is(err, auth.ErrUnknownAPIKey) || !reflect.DeepEqual(got, auth.APIKey{}) {
		t.Errorf("%s: ByHash of an unknown hash: got %+v and %v, want ErrUnknownAPIKey", what, got, err)
	}
}

func TestNewAPIKeyRingRefuses(t *testing.T) {
	t.Parallel()
	good, sameID, sameHash := mustKey(t, keyText), mustKey(t, "vk_live_0000000000000000"), mustKey(t, keyText)
	sameID.ID = good.ID
	tests := []struct {
		name string
		keys []auth.APIKey
		want []error
	}{
		{"not valid", []auth.APIKey{{}}, []error{auth.ErrKeyID, auth.ErrKeyHash}},
		{"an id twice", []auth.APIKey{good, sameID}, []error{auth.ErrDuplicateAPIKey}},
		{"a hash twice", []auth.APIKey{good, sameHash}, []error{auth.ErrDuplicateAPIKey}},
		{"all faults in one error", []auth.APIKey{{}, good, good}, []error{auth.ErrKeyPrefix, auth.ErrDuplicateAPIKey}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ring, err := auth.NewAPIKeyRing(test.keys...)
			if ring != nil {
				t.Errorf("NewAPIKeyRing: got a ring, want none")
			}
			for _, want := range test.want {
				if !errors.Is(err, want) {
					t.Errorf("NewAPIKeyRing: got %v, want %v in it", err, want)
				}
			}
		})
	}
}

func TestTheZeroAPIKeyRingKnowsNobody(t *testing.T) {
	t.Parallel()
	var ring auth.APIKeyRing
	expectKeys(t, "zero", &ring, auth.KeyHash{})
	if err := ring.Remove(uuid.New()); !errors.Is(err, auth.ErrUnknownAPIKey) {
		t.Errorf("Remove: got %v, want ErrUnknownAPIKey", err)
	}
	if err := ring.Replace(mustKey(t, keyText)); !errors.Is(err, auth.ErrUnknownAPIKey) {
		t.Errorf("Replace: got %v, want ErrUnknownAPIKey", err)
	}
}

func TestAPIKeyRingChanges(t *testing.T) {
	t.Parallel()
	first, second, third := mustKey(t, keyText), mustKey(t, "vk_live_2222222222222222"), mustKey(t, "vk_sandbox_3333333333333333")
	ring := mustKeys(t, first, second)
	expectKeys(t, "made", ring, third.Hash, first, second)

	same := third
	same.ID = first.ID
	for name, refused := range map[string]struct {
		err  error
		want error
	}{
		"Add of an id that is there":      {ring.Add(same), auth.ErrDuplicateAPIKey},
		"Add of what is not valid":        {ring.Add(auth.APIKey{}), auth.ErrKeyID},
		"Replace of an unknown id":        {ring.Replace(third), auth.ErrUnknownAPIKey},
		"Replace by what is not valid":    {ring.Replace(auth.APIKey{ID: first.ID}), auth.ErrKeyHash},
		"Replace by the text of another":  {ring.Replace(withID(second, first.ID)), auth.ErrDuplicateAPIKey},
		"Remove of an unknown id":         {ring.Remove(third.ID), auth.ErrUnknownAPIKey},
		"Remove of the nil UUID":          {ring.Remove(uuid.Nil), auth.ErrUnknownAPIKey},
		"Add of a hash that is there":     {ring.Add(withID(second, third.ID)), auth.ErrDuplicateAPIKey},
		"Add of a key that is there, too": {ring.Add(first), auth.ErrDuplicateAPIKey},
	} {
		if !errors.Is(refused.err, refused.want) {
			t.Errorf("%s: got %v, want %v", name, refused.err, refused.want)
		}
	}
	expectKeys(t, "after what was refused", ring, third.Hash, first, second)

	first.Active, first.Scopes = false, []string{"sessions:read"}
	if err := ring.Replace(first); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	expectKeys(t, "with other rights", ring, third.Hash, first, second)

	old := first.Hash
	if err := ring.Replace(same); err != nil {
		t.Fatalf("Replace with another text: %v", err)
	}
	expectKeys(t, "with another text", ring, old, same, second)

	if err := ring.Remove(second.ID); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	expectKeys(t, "removed", ring, second.Hash, same)
	if err := ring.Add(first); !errors.Is(err, auth.ErrDuplicateAPIKey) { // its id is that of the other text
		t.Errorf("Add: got %v, want ErrDuplicateAPIKey", err)
	}
	if err := ring.Add(second); err != nil {
		t.Errorf("Add of what was removed: %v", err)
	}
	expectKeys(t, "added again", ring, old, same, second)
}

func withID(key auth.APIKey, id uuid.UUID) auth.APIKey {
	key.ID = id
	return key
}

func TestAPIKeyRingKeepsNoListOfItsCallers(t *testing.T) {
	t.Parallel()
	want := fullKey(t)
	given := fullKey(t)
	want.ID, want.Integration = given.ID, given.Integration
	ring := mustKeys(t, given)
	clear(given.Scopes)
	clear(given.AllowedIPs)
	clear(given.AllowedOrigins)
	expectKeys(t, "after a list was spoiled that was given to NewAPIKeyRing", ring, auth.KeyHash{}, want)

	replacing := want
	replacing.Scopes = []string{"sessions:read"}
	if err := ring.Replace(replacing); err != nil {
		t.Fatal(err)
	}
	replacing.Scopes[0] = "spoiled"
	want.Scopes = []string{"sessions:read"}
	expectKeys(t, "after a list was spoiled that was given to Replace", ring, auth.KeyHash{}, want)
}
