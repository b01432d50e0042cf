package sqlstore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

func TestIntegrationIsTheSameAtEachStart(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		db := on.migrated(t, on.driver, 1)
		key, other := newID(), newID()
		first, err := on.store(t, db).Integration(t.Context(), key, now)
		if err != nil || first == uuid.Nil {
			t.Fatalf("the first Integration: got %v, %v", first, err)
		}
		again, err := on.store(t, db).Integration(t.Context(), key, now.AddDate(1, 0, 0))
		if err != nil || again != first {
			t.Errorf("the second Integration: got %v, %v, want %v", again, err, first)
		}
		if its, err := on.store(t, db).Integration(t.Context(), other, now); err != nil || its == first {
			t.Errorf("Integration of another key: got %v, %v, want another id", its, err)
		}
		if n := count(t, db, "SELECT count(*) FROM bonafide_integrations WHERE tenant = id AND length(api_key_hash) = 32"); n != 2 {
			t.Errorf("integrations that are tenants of their own: got %d, want 2", n)
		}
	})
}

func TestIntegrationThatIsThereTakesNoLock(t *testing.T) {
	t.Parallel()
	db, store := host(t, onSQLite(), 4)
	key := newID()
	first, err := store.Integration(t.Context(), key, now)
	if err != nil {
		t.Fatal(err)
	}
	begin(t, db)
	if again, err := store.Integration(t.Context(), key, now); err != nil || again != first {
		t.Errorf("Integration while the host writes: got %v, %v, want %v", again, err, first)
	}
}

// Another process makes the integration between the look and the write.
func TestIntegrationThatSomebodyElseMakes(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy := on.spy()
		file := on.file(t)
		slow, quick := on.store(t, on.open(t, spy.Name, file, 1)), on.store(t, on.open(t, on.driver, file, 1))
		key := newID()
		var quicks uuid.UUID
		spy.On(func(query string) (err error) {
			if strings.HasPrefix(query, "BEGIN") {
				quicks, err = quick.Integration(t.Context(), key, now)
			}
			return err
		}, nil)
		if got, err := slow.Integration(t.Context(), key, now); err != nil || got != quicks || got == uuid.Nil {
			t.Errorf("Integration: got %v, %v, want %v", got, err, quicks)
		}
	})
}

func TestIntegrationOfTwoFirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		file := on.file(t)
		const starts = 8
		key := newID()
		var ids [starts]uuid.UUID
		var errs [starts]error
		var wg sync.WaitGroup
		for i := range starts {
			store := on.store(t, on.open(t, on.driver, file, 2))
			wg.Go(func() { ids[i], errs[i] = store.Integration(t.Context(), key, now) })
		}
		wg.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("ids of one key: got %v, want all alike", ids)
			}
		}
	})
}
