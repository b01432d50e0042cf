package keyringtest

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// SomeAPIKeys are keys to fill [auth.APIKeys] with before [RunAPIKeys] asks them: one of each kind, of which one is
// not active, one has expired, one has something in every field, and one has lists that are empty. Their times are
// whole microseconds in UTC. Each call makes others.
func SomeAPIKeys() []auth.APIKey {
	var keys []auth.APIKey
	for _, publishable := range []bool{false, true} {
		for _, sandbox := range []bool{false, true} {
			_, key := auth.GenerateAPIKey(publishable, sandbox)
			key.Integration = uuid.New()
			key.CreatedAt = time.Date(2026, 2, 1, 12, 0, 0, 123456000, time.UTC)
			keys = append(keys, key)
		}
	}
	keys[0].Active = false
	keys[1].ExpiresAt = keys[1].CreatedAt.Add(time.Hour)
	keys[2].AllowedIPs, keys[2].AllowedOrigins = []netip.Prefix{}, []string{}
	full := &keys[3]
	full.Label, full.Note = "Shop – 王", "for the page of\nthe shop"
	full.ExpiresAt = full.CreatedAt.AddDate(100, 0, 0)
	full.AllowedIPs = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	full.AllowedOrigins = []string{"https://shop.example", "http://localhost:3000"}
	full.Version, full.Inflection = "2026-01-01", "kebab"
	return keys
}

// RunAPIKeys tests keys, which must hold the known ones and may hold others. Among the known ones there must be one
// that is not active, one that has something in every field, and one whose AllowedIPs and AllowedOrigins are empty
// but not nil, as among those of [SomeAPIKeys]: without them the test would prove too little, and fails. It changes
// nothing in keys. It is most useful under the race detector.
func RunAPIKeys(t testing.TB, keys auth.APIKeys, known ...auth.APIKey) {
	t.Helper()
	if !slices.ContainsFunc(known, func(k auth.APIKey) bool { return !k.Active }) ||
		!slices.ContainsFunc(known, everyField) || !slices.ContainsFunc(known, allowsNobody) {
		t.Errorf("keyringtest: the known API keys lack an inactive one, one with all fields, or one that allows nobody")
		return
	}
	s := keySuite{t, t.Context(), keys, known}
	s.mustFindAll("a known key MUST be found by its Hash, an inactive or expired one too, with each field as the host has it")
	s.unknownMustBeErrUnknownAPIKey()
	s.returnedMustBeTheCallersOwn()
	s.byHashMustBeSafeForConcurrentUse()
	s.endedContextMustNotMakeAKnownKeyUnknown()
}

func everyField(key auth.APIKey) bool {
	for _, field := range reflect.ValueOf(key).Fields() {
		// Kind and environment are looked at by those of the other keys.
		if field.IsZero() && field.Kind() != reflect.Bool {
			return false
		}
	}
	return len(key.AllowedIPs) > 0 && len(key.AllowedOrigins) > 0
}

func allowsNobody(key auth.APIKey) bool {
	return key.AllowedIPs != nil && len(key.AllowedIPs) == 0 && key.AllowedOrigins != nil && len(key.AllowedOrigins) == 0
}

type keySuite struct {
	testing.TB
	ctx   context.Context
	keys  auth.APIKeys
	known []auth.APIKey
}

func (s keySuite) mustFindAll(rule string) {
	s.Helper()
	for _, want := range s.known {
		got, err := s.keys.ByHash(s.ctx, want.Hash)
		if err != nil {
			s.Errorf("%s: ByHash of %s…: got error %v, want the key", rule, want.Prefix, err)
			continue
		}
		if err := got.Validate(); err != nil {
			s.Errorf("%s, and be valid: ByHash of %s…: %v", rule, want.Prefix, err)
		}
		if !sameKey(got, want) {
			s.Errorf("%s: ByHash of %s…: got %+v, want %+v", rule, want.Prefix, got, want)
		}
	}
}

func (s keySuite) unknownMustBeErrUnknownAPIKey() {
	s.Helper()
	near := s.known[0].Hash
	near[len(near)-1] ^= 1
	_, other := auth.GenerateAPIKey(false, false)
	for name, hash := range map[string][32]byte{"zero": {}, "another": other.Hash, "one bit beside a known one": near} {
		if got, err := s.keys.ByHash(s.ctx, hash); !errors.Is(err, auth.ErrUnknownAPIKey) {
			s.Errorf("what is not known MUST be ErrUnknownAPIKey: ByHash of the hash %q: got %+v and error %v", name, got, err)
		}
	}
}

func (s keySuite) returnedMustBeTheCallersOwn() {
	s.Helper()
	for _, want := range s.known {
		spoiled, err := s.keys.ByHash(s.ctx, want.Hash)
		if err != nil {
			continue // Reported already.
		}
		clear(spoiled.Scopes)
		clear(spoiled.AllowedIPs)
		clear(spoiled.AllowedOrigins)
	}
	s.mustFindAll("a returned key MUST be the caller's own")
}

func (s keySuite) byHashMustBeSafeForConcurrentUse() {
	s.Helper()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() { s.mustFindAll("ByHash MUST be safe for concurrent use") })
	}
	callers.Wait()
}

func (s keySuite) endedContextMustNotMakeAKnownKeyUnknown() {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	for _, want := range s.known {
		got, err := s.keys.ByHash(ctx, want.Hash)
		if answered := err == nil && sameKey(got, want); !answered && !errors.Is(err, context.Canceled) {
			s.Errorf("when ctx has ended, the error MUST wrap that of ctx: ByHash of %s…: got %+v and error %v", want.Prefix, got, err)
		}
	}
}

// sameKey compares all fields; times as moments, and a list that is nil is not one that is empty. But no scopes are
// no scopes.
func sameKey(a, b auth.APIKey) bool {
	sameTimes := a.CreatedAt.Equal(b.CreatedAt) && a.ExpiresAt.Equal(b.ExpiresAt) &&
		a.CreatedAt.IsZero() == b.CreatedAt.IsZero() && a.ExpiresAt.IsZero() == b.ExpiresAt.IsZero()
	sameScopes := slices.Equal(a.Scopes, b.Scopes)
	a.CreatedAt, a.ExpiresAt, a.Scopes = b.CreatedAt, b.ExpiresAt, b.Scopes
	return sameTimes && sameScopes && reflect.DeepEqual(a, b)
}
