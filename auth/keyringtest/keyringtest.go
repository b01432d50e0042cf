// Package keyringtest says whether an [auth.Keyring] keeps its contract. A host that implements one calls [Run]
// from a test of its own, or [RunAdmin] when the keyring also has the verbs by which its host changes it. For
// [auth.APIKeys] there is [RunAPIKeys].
package keyringtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// Run tests keyring, which must hold the known credentials and may hold others. Among the known ones there must
// be an inactive one, and one whose signing secret is not its oldest: without them the test would prove too
// little, and fails. Where keys may be flexible, one of them should be among the known ones. Run changes nothing
// in the keyring. It is most useful under the race detector.
func Run(t testing.TB, keyring auth.Keyring, known ...auth.Credential) {
	t.Helper()
	if !slices.ContainsFunc(known, func(c auth.Credential) bool { return !c.Active }) ||
		!slices.ContainsFunc(known, func(c auth.Credential) bool { return c.Signing > 0 }) {
		t.Errorf("keyringtest: the known credentials lack an inactive one, or one that signs with a later secret")
		return
	}
	s := suite{t, t.Context(), keyring, known}
	s.knownMustBeFoundEveryWay()
	s.unknownMustBeErrUnknownKey()
	s.returnedMustBeTheCallersOwn()
	s.bothMustBeSafeForConcurrentUse()
	s.endedContextMustNotMakeAKnownKeyUnknown()
}

type suite struct {
	testing.TB
	ctx     context.Context
	keyring auth.Keyring
	known   []auth.Credential
}

type lookup struct {
	name string
	find func(context.Context, uuid.UUID) (auth.Credential, error)
	ids  func(auth.Credential) []uuid.UUID
}

func lookups(keyring auth.Keyring) []lookup {
	return []lookup{
		{"ByKey", keyring.ByKey, func(c auth.Credential) []uuid.UUID { return []uuid.UUID{c.APIKey} }},
		{"ByIntegration", keyring.ByIntegration, auth.Credential.Integrations},
	}
}

func (s suite) knownMustBeFoundEveryWay() {
	s.Helper()
	s.mustFindAll("a known credential MUST be found by its API key and by each of its integrations, an inactive one too")
}

func (s suite) mustFindAll(rule string) {
	s.Helper()
	for _, want := range s.known {
		mustFind(s, s.ctx, s.keyring, want, rule)
	}
}

// mustFind demands the credential, by all of its ids.
func mustFind(t testing.TB, ctx context.Context, keyring auth.Keyring, want auth.Credential, rule string) {
	t.Helper()
	for _, by := range lookups(keyring) {
		for _, id := range by.ids(want) {
			got, err := by.find(ctx, id)
			if err != nil {
				t.Errorf("%s: %s(%s): got error %v, want the credential", rule, by.name, id, err)
				continue
			}
			if err := got.Validate(); err != nil {
				t.Errorf("%s, and be valid: %s(%s): %v", rule, by.name, id, err)
			}
			if !same(got, want) {
				t.Errorf("%s: %s(%s): got %+v, want %+v with equal secrets", rule, by.name, id, got, want)
			}
		}
	}
}

// mustNotKnow demands that none of the credential's ids finds anything.
func mustNotKnow(t testing.TB, ctx context.Context, keyring auth.Keyring, c auth.Credential, rule string) {
	t.Helper()
	for _, by := range lookups(keyring) {
		for _, id := range by.ids(c) {
			if got, err := by.find(ctx, id); !errors.Is(err, auth.ErrUnknownKey) {
				t.Errorf("%s: %s(%s): got %+v and error %v, want ErrUnknownKey", rule, by.name, id, got, err)
			}
		}
	}
}

func (s suite) unknownMustBeErrUnknownKey() {
	s.Helper()
	for _, id := range []uuid.UUID{uuid.Nil, uuid.New(), uuid.Max} {
		mustNotKnow(s, s.ctx, s.keyring, auth.Credential{APIKey: id, Integration: id}, "what is not known MUST be ErrUnknownKey")
	}
}

func (s suite) returnedMustBeTheCallersOwn() {
	s.Helper()
	for _, want := range s.known {
		for _, by := range lookups(s.keyring) {
			spoiled, err := by.find(s.ctx, by.ids(want)[0])
			if err != nil {
				continue // Reported already.
			}
			for i := range spoiled.Secrets {
				spoiled.Secrets[i] = auth.GenerateSecret()
			}
			clear(spoiled.Flexible)
		}
	}
	s.mustFindAll("a returned credential MUST be the caller's own")
}

func (s suite) bothMustBeSafeForConcurrentUse() {
	s.Helper()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() { s.mustFindAll("both MUST be safe for concurrent use") })
	}
	callers.Wait()
}

func (s suite) endedContextMustNotMakeAKnownKeyUnknown() {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	for _, want := range s.known {
		for _, by := range lookups(s.keyring) {
			id := by.ids(want)[0]
			got, err := by.find(ctx, id)
			if answered := err == nil && same(got, want); !answered && !errors.Is(err, context.Canceled) {
				s.Errorf("when ctx has ended, the error MUST wrap that of ctx: %s(%s): got %+v and error %v",
					by.name, id, got, err)
			}
		}
	}
}

func same(a, b auth.Credential) bool {
	return a.APIKey == b.APIKey && a.Integration == b.Integration && a.Active == b.Active && a.Signing == b.Signing &&
		slices.Equal(a.Flexible, b.Flexible) && slices.EqualFunc(a.Secrets, b.Secrets, (*auth.Secret).Equal)
}
