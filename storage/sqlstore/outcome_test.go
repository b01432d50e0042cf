package sqlstore_test

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// A change of no session is known by its entries, which others may have changed before the Store looks.
func TestCommitOfEntriesOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	lost, unknown := []error{errFault}, []error{errFault, session.ErrUnknown}
	for _, test := range []struct {
		name    string
		version int64 // of the entry that the change writes; 0: it has none
		done    bool
		others  int  // how often others change the entry then
		blind   bool // the Store cannot look
		want    []error
	}{
		{"added, and it was done", 1, true, 0, false, nil},
		{"added, and it was not done", 1, false, 0, false, lost},
		{"added, it was done, and others went on", 1, true, 2, false, nil},
		{"added, and it cannot be found out", 1, true, 0, true, unknown},
		{"changed, and it was done", 2, true, 0, false, nil},
		{"changed, and it was not done", 2, false, 0, false, lost},
		{"changed, and another did it instead", 2, false, 1, false, lost},
		{"changed, it was done, and others went on", 2, true, 1, false, unknown},
		{"changed, others did it instead and went on", 2, false, 2, false, unknown},
		{"permits only", 0, true, 0, false, unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			spy, file := newSpy(), migratedFile(t)
			store, another := newStore(t, open(t, spy.Name, file, 1)), newStore(t, open(t, "sqlite3", file, 1))
			e := entryOf(newID(), "name")
			if test.version == 2 {
				apply(t, store, session.Change{ID: newID(), Entries: []session.Entry{e}})
				e.Version = 2
			}
			c := session.Change{ID: newID(), Entries: []session.Entry{e}}
			if test.version == 0 {
				c.Permits, c.Entries = []session.Permit{{Key: "key", At: now}}, nil
			}
			theirs := e
			if !test.done {
				theirs.Version--
			}
			before := func(query string) error {
				if !strings.HasPrefix(query, "SELECT version, change FROM bonafide_entries") {
					return nil
				}
				for range test.others {
					theirs.Version++
					apply(t, another, session.Change{ID: newID(), Entries: []session.Entry{theirs}})
				}
				if test.blind {
					return errFault
				}
				return nil
			}
			commit := fail(1, "COMMIT", errFault)
			if test.done {
				spy.On(before, commit)
			} else {
				spy.On(func(query string) error { return errors.Join(commit(query), before(query)) }, nil)
			}
			got := first(store.Apply(t.Context(), c))
			for _, is := range []error{errFault, session.ErrUnknown} {
				if want := errors.Is(errors.Join(test.want...), is); errors.Is(got, is) != want {
					t.Errorf("Apply: got %v, which is %v: %v, want %v", got, is, !want, want)
				}
			}
		})
	}
}

// Another transaction adds an entry of the name after the name was looked for, as it can where there is no lock
// against that. Here a trigger stands for it.
func TestNameThatIsTakenMeanwhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		beside bool // there is another change in the call
		base   int64
	}{
		{"by one that is added", false, 0},
		{"by one that is added, beside another change", true, 0},
		{"by one that is renamed", false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := migrated(t, "sqlite3", 1)
			store := newStore(t, db)
			e := entryOf(newID(), "wanted")
			if test.base != 0 {
				old := e
				old.Name = "old"
				apply(t, store, session.Change{ID: newID(), Entries: []session.Entry{old}})
			}
			e.Version = test.base + 1
			exec(t, db, `CREATE TRIGGER another BEFORE INSERT ON bonafide_entries WHEN NEW.name = 'wanted' AND NEW.body IS NOT NULL
				BEGIN INSERT INTO bonafide_entries (id, tenant, sandbox, kind, name, version, change)
				VALUES (x'00000000000000000000000000000001', NEW.tenant, NEW.sandbox, NEW.kind, NEW.name, 1, NEW.change); END`)
			keyed, fine := creation(newID()), creation(newID())
			keyed.Entries = []session.Entry{e}
			changes := []session.Change{keyed}
			if test.beside {
				changes = append(changes, fine)
			}
			errs := store.Apply(t.Context(), changes...)
			if !errors.Is(first(errs), session.ErrConflict) || len(errs) > 1 && errs[1] != nil {
				t.Errorf("Apply: got %v, want ErrConflict for the first change only", errs)
			}
			if load(t, store, keyed) != nil {
				t.Error("the session is there, though its change was refused")
			}
			if test.beside && load(t, store, fine) == nil {
				t.Error("the session of the other change is not there")
			}
			if n := count(t, db, "SELECT count(*) FROM bonafide_entries"); n != int(test.base) {
				t.Errorf("entries that are there: got %d, want %d", n, test.base)
			}
		})
	}
}

// Of two changes of one call that are done apart, the first is lost before its commit, and is done again; what became of the
// second cannot be found out. That stays so: done again it would be refused, though it is done.
func TestUnknownIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	spy, store := onPostgres().spiedStore(t, 4)
	lost, unsure := inTransaction(creation(newID())), inTransaction(creation(newID()))
	var commits atomic.Int64
	together := fail(1, "INSERT INTO bonafide_sessions", errFault)
	var look func(string) error
	spy.On(func(query string) error {
		if query == "COMMIT" && commits.Add(1) == 1 {
			return io.ErrUnexpectedEOF
		}
		if commits.Load() == 2 && look == nil {
			look = fail(1, "SELECT seq FROM bonafide_events", errFault)
		}
		if look != nil {
			return look(query)
		}
		return together(query)
	}, func(query string) error {
		if query == "COMMIT" && commits.Load() == 2 {
			return io.ErrUnexpectedEOF
		}
		return nil
	})
	errs := store.Apply(t.Context(), lost, unsure)
	spy.On(nil, nil)
	if len(errs) != 2 || errs[0] != nil || !errors.Is(errs[1], session.ErrUnknown) {
		t.Errorf("Apply: got %v, want the first to be done and the second unknown", errs)
	}
	if load(t, store, lost) == nil || load(t, store, unsure) == nil {
		t.Error("one of the sessions is not there")
	}
}
