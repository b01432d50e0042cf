package sqlstore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// Of new sessions, for which nobody looks, some are there already: those alone are refused, in one call and in a host's
// transaction, and all are judged once more and no oftener.
func TestNewSessionsThatAreThere(t *testing.T) {
	t.Parallel()
	const n = 40
	for _, hosted := range []bool{false, true} {
		spy := newSpy()
		db := migrated(t, spy.Name, 1)
		store := newStore(t, db)
		changes := make([]session.Change, n)
		for i := range changes {
			changes[i] = creation(newID())
			if i%2 == 1 {
				apply(t, store, changes[i])
			}
		}
		spy.Taken()
		var errs []error
		if hosted {
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			errs = store.Tx(tx).Apply(t.Context(), changes...)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		} else {
			errs = store.Apply(t.Context(), changes...)
		}
		begun := 0
		for _, s := range spy.Taken() {
			if strings.HasPrefix(s.Query, "BEGIN") || strings.HasPrefix(s.Query, "SAVEPOINT") {
				begun++
			}
		}
		for i := range changes {
			if there := i%2 == 1; errors.Is(errs[i], session.ErrExists) != there || !there && errs[i] != nil {
				t.Errorf("hosted %t: %d, which is there %t: got %v", hosted, i, there, errs[i])
			}
			if load(t, store, changes[i]) == nil {
				t.Errorf("hosted %t: %d is not there", hosted, i)
			}
		}
		if begun > 3 {
			t.Errorf("hosted %t: it was begun %d times, want as often as it takes to see that some are there", hosted, begun)
		}
	}
}
