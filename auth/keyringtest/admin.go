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

// Admin is a keyring with the verbs by which its host changes it: those of [auth.Ring], with a ctx. Each does all
// or nothing, returns the error of that Ring for what it refuses, and takes any of a credential's integrations,
// own or flexible, to name it.
type Admin interface {
	auth.Keyring
	Add(ctx context.Context, credential auth.Credential) error
	Remove(ctx context.Context, integration uuid.UUID) error
	AddSecret(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error
	RevokeSecret(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error
	SignWith(ctx context.Context, integration uuid.UUID, secret *auth.Secret) error
	SetActive(ctx context.Context, integration uuid.UUID, active bool) error
}

// RunAdmin tests the verbs of an Admin, and by [Run] what it answers. Each call of open gives an empty one. It is
// most useful under the race detector.
func RunAdmin(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	known := []auth.Credential{someCredential(2), someCredential(3), someCredential(1)}
	known[0].Active, known[0].Flexible, known[1].Signing = false, nil, 2
	Run(t, filled(t, open, known...), known...)

	changesMustDoAllOrNothing(t, open)
	addMustRefuseWhatIsNotValid(t, open)
	idsMustBelongToOneCredential(t, open)
	addedMustBeCopied(t, open)
	removedMustBeUnknown(t, open)
	activeMustBeAsTheHostSetIt(t, open)
	concurrentChangesMustNotBeLost(t, open)
	aCredentialMustBeSeenWhole(t, open)
	endedContextMustNotHalfChange(t, open)
}

// someCredential is an active one with so many secrets and two flexible integrations.
func someCredential(secrets int) auth.Credential {
	c := auth.Credential{
		APIKey: uuid.New(), Integration: uuid.New(), Flexible: []uuid.UUID{uuid.New(), uuid.New()}, Active: true,
	}
	for range secrets {
		c.Secrets = append(c.Secrets, auth.GenerateSecret())
	}
	return c
}

// filled is a new keyring that knows the credentials.
func filled(t testing.TB, open func(testing.TB) Admin, known ...auth.Credential) Admin {
	t.Helper()
	keyring := open(t)
	for i, c := range known {
		if err := keyring.Add(t.Context(), c); err != nil {
			t.Errorf("Add of credential %d: got %v, want nil", i, err)
		}
	}
	return keyring
}

func addMustRefuseWhatIsNotValid(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	const rule = "a credential that is not valid MUST be refused"
	keyring := open(t)
	rows := []struct {
		name  string
		spoil func(*auth.Credential)
		want  error
	}{
		{"no API key", func(c *auth.Credential) { c.APIKey = uuid.Nil }, auth.ErrNilID},
		{"no integration", func(c *auth.Credential) { c.Integration = uuid.Nil }, auth.ErrNilID},
		{"no secret", func(c *auth.Credential) { c.Secrets = nil }, auth.ErrNoSecret},
		{"six secrets", func(c *auth.Credential) { c.Secrets = someCredential(6).Secrets }, auth.ErrTooManySecrets},
		{"the same secret twice", func(c *auth.Credential) { c.Secrets[1] = c.Secrets[0] }, auth.ErrSameSecret},
		{"nobody signs", func(c *auth.Credential) { c.Signing = 2 }, auth.ErrSigning},
		{"its own integration again", func(c *auth.Credential) { c.Flexible[1] = c.Integration }, auth.ErrFlexible},
	}
	for _, row := range rows {
		c := someCredential(2)
		row.spoil(&c)
		if err := keyring.Add(t.Context(), c); !errors.Is(err, row.want) {
			t.Errorf("%s: Add with %s: got %v, want %v", rule, row.name, err, row.want)
		}
		mustNotKnow(t, t.Context(), keyring, c, rule+": "+row.name)
	}
}

func idsMustBelongToOneCredential(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	const rule = "an API key, and an integration, own or flexible, belongs to one credential"
	first := someCredential(1)
	keyring := filled(t, open, first)
	rows := []struct {
		name string
		take func(*auth.Credential)
	}{
		{"the API key", func(c *auth.Credential) { c.APIKey = first.APIKey }},
		{"the own integration as own", func(c *auth.Credential) { c.Integration = first.Integration }},
		{"the own integration as flexible", func(c *auth.Credential) { c.Flexible[1] = first.Integration }},
		{"a flexible integration as own", func(c *auth.Credential) { c.Integration = first.Flexible[0] }},
		{"a flexible integration as flexible", func(c *auth.Credential) { c.Flexible[0] = first.Flexible[1] }},
	}
	for _, row := range rows {
		fresh := someCredential(1)
		second := fresh
		second.Flexible = slices.Clone(fresh.Flexible)
		row.take(&second)
		if err := keyring.Add(t.Context(), second); !errors.Is(err, auth.ErrDuplicateKey) {
			t.Errorf("%s: Add with %s: got %v, want ErrDuplicateKey", rule, row.name, err)
		}
		mustFind(t, t.Context(), keyring, first, rule+": "+row.name)
		for _, id := range slices.Concat([]uuid.UUID{second.APIKey}, second.Integrations()) {
			if id == first.APIKey || first.May(id) {
				continue
			}
			refused := auth.Credential{APIKey: id, Integration: id}
			mustNotKnow(t, t.Context(), keyring, refused, "a refused Add MUST change nothing: "+row.name)
		}
	}
}

func addedMustBeCopied(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	given := someCredential(1)
	want := given
	want.Secrets, want.Flexible = slices.Clone(given.Secrets), slices.Clone(given.Flexible)
	keyring := filled(t, open, given)
	given.Secrets[0] = auth.GenerateSecret()
	clear(given.Flexible)
	mustFind(t, t.Context(), keyring, want, "what is added MUST be copied")
}

func removedMustBeUnknown(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	const rule = "what was removed MUST NOT be known"
	gone, stays := someCredential(2), someCredential(1)
	keyring := filled(t, open, gone, stays)
	for _, by := range gone.Integrations() {
		if err := keyring.Remove(t.Context(), by); err != nil {
			t.Errorf("%s: Remove(%s): got %v, want nil", rule, by, err)
		}
		mustNotKnow(t, t.Context(), keyring, gone, rule)
		if err := keyring.Remove(t.Context(), by); !errors.Is(err, auth.ErrUnknownKey) {
			t.Errorf("%s: Remove(%s) again: got %v, want ErrUnknownKey", rule, by, err)
		}
		mustFind(t, t.Context(), keyring, stays, "the others MUST stay")
		if err := keyring.Add(t.Context(), gone); err != nil {
			t.Errorf("what was removed can be added again: got %v, want nil", err)
		}
		mustFind(t, t.Context(), keyring, gone, "what was removed can be added again")
	}
}

func activeMustBeAsTheHostSetIt(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	c := someCredential(1)
	keyring := filled(t, open, c)
	for _, c.Active = range []bool{false, true, true, false} {
		if err := keyring.SetActive(t.Context(), c.Flexible[0], c.Active); err != nil {
			t.Errorf("SetActive(%v): got %v, want nil", c.Active, err)
		}
		mustFind(t, t.Context(), keyring, c, "Active MUST be as the host set it")
	}
}

// concurrentChangesMustNotBeLost: of many at once exactly as many succeed as there is room for.
func concurrentChangesMustNotBeLost(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	c := someCredential(1)
	keyring := filled(t, open, c)
	winners := func(what string, refusal error, try func() error) (won int) {
		errs := make([]error, 12)
		var callers sync.WaitGroup
		for i := range errs {
			callers.Go(func() { errs[i] = try() })
		}
		callers.Wait()
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, refusal) {
				t.Errorf("many at once %s: got %v, want nil or %v", what, err, refusal)
			}
		}
		return won
	}
	if got := winners("AddSecret", auth.ErrTooManySecrets, func() error {
		return keyring.AddSecret(t.Context(), c.Integration, auth.GenerateSecret())
	}); got != auth.MaxSecrets-1 {
		t.Errorf("concurrent changes MUST NOT be lost: got %d secrets added, want %d", got, auth.MaxSecrets-1)
	}
	contested := uuid.New()
	if got := winners("Add", auth.ErrDuplicateKey, func() error {
		mine := someCredential(1)
		mine.Flexible[1] = contested
		return keyring.Add(t.Context(), mine)
	}); got != 1 {
		t.Errorf("an integration belongs to one credential: got it added %d times at once, want 1", got)
	}
}

// aCredentialMustBeSeenWhole: while secrets change round and round, whoever reads sees a valid credential.
func aCredentialMustBeSeenWhole(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	c := someCredential(1)
	keyring := filled(t, open, c)
	done := make(chan struct{})
	var callers sync.WaitGroup
	callers.Go(func() {
		defer close(done)
		current := c.Secrets[0]
		for round := range 25 {
			next := auth.GenerateSecret()
			if err := errors.Join(
				keyring.AddSecret(t.Context(), c.Integration, next),
				keyring.SignWith(t.Context(), c.Integration, next),
				keyring.RevokeSecret(t.Context(), c.Integration, current),
			); err != nil {
				t.Errorf("round %d of changes: got %v, want nil", round, err)
			}
			current = next
		}
	})
	for range 3 {
		callers.Go(func() {
			for reading := true; reading; {
				select {
				case <-done:
					reading = false
				default:
				}
				got, err := keyring.ByKey(t.Context(), c.APIKey)
				if err == nil {
					err = got.Validate()
				}
				if err != nil || !slices.Equal(got.Flexible, c.Flexible) {
					t.Errorf("a credential MUST be seen whole while it changes: got %+v and %v", got, err)
					return
				}
			}
		})
	}
	callers.Wait()
}

func endedContextMustNotHalfChange(t testing.TB, open func(testing.TB) Admin) {
	t.Helper()
	c := someCredential(1)
	keyring := filled(t, open, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	next, err := c.WithSecret(auth.GenerateSecret())
	if err != nil {
		t.Errorf("WithSecret: got %v, want nil", err)
	}
	switch err := keyring.AddSecret(ctx, c.Integration, next.Secrets[1]); {
	case err == nil:
		c = next
	case !errors.Is(err, context.Canceled):
		t.Errorf("when ctx has ended, the error MUST wrap that of ctx: AddSecret: got %v", err)
	}
	mustFind(t, t.Context(), keyring, c, "a change MUST do all or nothing when ctx has ended")
}
