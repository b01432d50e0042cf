// Package keyringtest says whether an [auth.Keyring] keeps its contract. A host that implements one calls [Run]
// from a test of its own.
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
// little, and fails. Run changes nothing in the keyring. It is most useful under the race detector.
func Run(t testing.TB, keyring auth.Keyring, known ...auth.Credential) {
	t.Helper()
	if !slices.ContainsFunc(known, func(c auth.Credential) bool { return !c.Active }) ||
		!slices.ContainsFunc(known, func(c auth.Credential) bool { return c.Signing > 0 }) {
		t.Errorf("keyringtest: the known credentials lack an inactive one, or one that signs with a later secret")
		return
	}
	s := suite{t, t.Context(), keyring, known}
	s.knownMustBeFoundBothWays()
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
	id   func(auth.Credential) uuid.UUID
}

func (s suite) lookups() []lookup {
	return []lookup{
		{"ByKey", s.keyring.ByKey, func(c auth.Credential) uuid.UUID { return c.APIKey }},
		{"ByIntegration", s.keyring.ByIntegration, func(c auth.Credential) uuid.UUID { return c.Integration }},
	}
}

func (s suite) knownMustBeFoundBothWays() {
	s.Helper()
	s.mustFindAll("a known credential MUST be found both ways, an inactive one too")
}

func (s suite) mustFindAll(rule string) {
	s.Helper()
	for _, want := range s.known {
		for _, by := range s.lookups() {
			got, err := by.find(s.ctx, by.id(want))
			if err != nil {
				s.Errorf("%s: %s(%s): got error %v, want the credential", rule, by.name, by.id(want), err)
				continue
			}
			if err := got.Validate(); err != nil {
				s.Errorf("%s, and be valid: %s(%s): %v", rule, by.name, by.id(want), err)
			}
			if !same(got, want) {
				s.Errorf("%s: %s(%s): got %+v, want %+v with equal secrets", rule, by.name, by.id(want), got, want)
			}
		}
	}
}

func (s suite) unknownMustBeErrUnknownKey() {
	s.Helper()
	for _, id := range []uuid.UUID{uuid.Nil, uuid.New(), uuid.Max} {
		for _, by := range s.lookups() {
			if got, err := by.find(s.ctx, id); !errors.Is(err, auth.ErrUnknownKey) {
				s.Errorf("what is not known MUST be ErrUnknownKey: %s(%s): got %+v and error %v", by.name, id, got, err)
			}
		}
	}
}

func (s suite) returnedMustBeTheCallersOwn() {
	s.Helper()
	for _, want := range s.known {
		for _, by := range s.lookups() {
			spoiled, err := by.find(s.ctx, by.id(want))
			if err != nil {
				continue // Reported already.
			}
			for i := range spoiled.Secrets {
				spoiled.Secrets[i] = auth.GenerateSecret()
			}
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
		for _, by := range s.lookups() {
			got, err := by.find(ctx, by.id(want))
			if answered := err == nil && same(got, want); !answered && !errors.Is(err, context.Canceled) {
				s.Errorf("when ctx has ended, the error MUST wrap that of ctx: %s(%s): got %+v and error %v",
					by.name, by.id(want), got, err)
			}
		}
	}
}

func same(a, b auth.Credential) bool {
	return a.APIKey == b.APIKey && a.Integration == b.Integration && a.Active == b.Active && a.Signing == b.Signing &&
		slices.EqualFunc(a.Secrets, b.Secrets, (*auth.Secret).Equal)
}
