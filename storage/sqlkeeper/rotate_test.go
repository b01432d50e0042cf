package sqlkeeper_test

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

var errFault = errors.New("the disk is on fire")

// faulty is a database with keys that is rotated, and in which some statements fail.
type faulty struct {
	file          string
	db            *sql.DB
	spy           *sqlspy.Spy
	k             *sqlkeeper.Keeper
	before, after session.Key
	live, gone    []given
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	f := &faulty{file: newFile(t), spy: newSpy(), before: session.NewKey(), after: session.NewKey()}
	f.db = migrated(t, f.spy.Name, f.file, 1)
	f.k = newKeeper(t, f.db, f.before)
	for range 5 {
		f.live = append(f.live, makeKey(t, f.k))
		f.gone = append(f.gone, makeKey(t, f.k))
	}
	for _, g := range f.gone {
		mustDestroy(t, f.k, g)
	}
	return f
}

func (f *faulty) check(t *testing.T, k *sqlkeeper.Keeper, when string) {
	t.Helper()
	f.checkThese(t, k, when)
	mustOpen(t, k, makeKey(t, k), when+", of a new key")
}

// checkThese makes no key, so that the database has as many rows as before.
func (f *faulty) checkThese(t *testing.T, k *sqlkeeper.Keeper, when string) {
	t.Helper()
	for _, g := range f.live {
		mustOpen(t, k, g, when)
	}
	for _, g := range f.gone {
		mustRefuse(t, k, g, session.ErrErased, when)
	}
}

// nth gives a hook that fails the nth statement, and the others after it if the process is to be dead.
func nth(n int, dead bool) (hook func(string) error, seen *int) {
	seen = new(int)
	return func(string) error {
		if *seen++; *seen == n || dead && *seen > n {
			return errFault
		}
		return nil
	}, seen
}

// A Rotate in which any statement fails, before or after it is done, once or for good, loses nothing.
func TestRotateThatFailsAtAnyStep(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name        string
		after, dead bool
	}{
		{"before it is done", false, false},
		{"after it is done", true, false},
		{"the process is dead before it is done", false, true},
		{"the process is dead after it is done", true, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for n := 1; failAt(t, n, row.after, row.dead); n++ {
				if n > 200 {
					t.Fatal("Rotate has no end")
				}
			}
		})
	}
}

// failAt rotates with a fault at the nth statement, and says whether there was one.
func failAt(t *testing.T, n int, after, dead bool) bool {
	t.Helper()
	f := newFaulty(t)
	hook, seen := nth(n, dead)
	if after {
		f.spy.On(nil, hook)
	} else {
		f.spy.On(hook, nil)
	}
	err := f.k.Rotate(t.Context(), f.after)
	f.spy.On(nil, nil)
	if *seen < n {
		if n < 10 || err != nil {
			t.Errorf("Rotate runs %d statements, error %v", *seen, err)
		}
		return false
	}
	if err != nil && !(errors.Is(err, errFault) && errors.Is(err, session.ErrKeeper)) {
		t.Errorf("fault at %d: Rotate: %v, want %v that wraps %v", n, err, session.ErrKeeper, errFault)
	}
	when := fmt.Sprintf("after a fault at statement %d", n)
	if !dead {
		f.check(t, f.k, when)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	db := open(t, "sqlite3", f.file, 1)
	opened := 0
	for _, master := range []session.Key{f.before, f.after} {
		if k, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master); err == nil {
			opened++
			f.check(t, k, when+", with one master key")
		} else if !errors.Is(err, session.ErrKeeper) {
			t.Errorf("%s: New: %v, want %v", when, err, session.ErrKeeper)
		}
	}
	if opened > 1 {
		t.Errorf("%s: either master key opens the database alone", when)
	}
	k := newKeeper(t, db, f.after, f.before)
	f.check(t, k, when+", with both master keys")
	if err := k.Rotate(t.Context(), f.after); err != nil {
		t.Errorf("%s: Rotate again: %v", when, err)
	}
	f.check(t, newKeeper(t, db, f.after), when+", with the new master key after Rotate")
	if n, err := sqlkeeper.Opens(t.Context(), db, f.before); n != 0 || err != nil {
		t.Errorf("%s: the previous master key opens %d rows, %v", when, n, err)
	}
	_ = db.Close()
	return true
}

func TestAfterRotateThePreviousMasterKeyOpensNothing(t *testing.T) {
	t.Parallel()
	db, before, after := migrated(t, quick(), newFile(t), 2), session.NewKey(), session.NewKey()
	k := newKeeper(t, db, before)
	const keys = 1203 // more than two batches
	for n := range keys {
		if g := makeKey(t, k); n%100 == 0 {
			mustDestroy(t, k, g)
		}
	}
	count := func(master session.Key) int {
		n, err := sqlkeeper.Opens(t.Context(), db, master)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got, want := count(before), keys-13; got != want {
		t.Fatalf("before Rotate its master key opens %d rows, want %d", got, want)
	}
	if err := k.Rotate(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	if old, fresh := count(before), count(after); old != 0 || fresh != keys-13 {
		t.Errorf("after Rotate the previous master key opens %d rows and the new one %d, want 0 and %d", old, fresh, keys-13)
	}
}

// While one process replaces a master key another does so too, and goes back: the first undoes nothing of that.
func TestARotateThatIsOvertakenUndoesNothing(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		f := newFaulty(t)
		another := newKeeper(t, open(t, quick(), f.file, 1), f.before, f.after)
		begun := 0
		f.spy.On(func(query string) error {
			if !strings.HasPrefix(query, "BEGIN") {
				return nil
			}
			switch begun++; begun {
			case n:
				return errors.Join(another.Rotate(t.Context(), f.after), another.Rotate(t.Context(), f.before))
			case n + 2:
				return errFault
			}
			return nil
		}, nil)
		err := f.k.Rotate(t.Context(), f.after)
		f.spy.On(nil, nil)
		if err != nil && !errors.Is(err, errFault) {
			t.Fatalf("overtaken at transaction %d: Rotate: %v", n, err)
		}
		if k, err := sqlkeeper.New(f.db, sqlkeeper.SQLite(), f.before); err == nil {
			f.check(t, k, fmt.Sprintf("overtaken at transaction %d, with the master key of the other", n))
			if rows, err := sqlkeeper.Opens(t.Context(), f.db, f.after); rows > 0 || err != nil {
				t.Errorf("overtaken at transaction %d: the master key that was given up opens %d rows, %v", n, rows, err)
			}
		}
		f.check(t, newKeeper(t, f.db, f.before, f.after), fmt.Sprintf("overtaken at transaction %d, with both", n))
		if begun < n {
			if n < 4 {
				t.Errorf("Rotate begins %d transactions", begun)
			}
			return
		}
	}
}

// A process that does not know the database's master key any more changes nothing: who does goes on.
func TestRotateByWhoDoesNotKnowTheMasterKey(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	behind := newKeeper(t, f.db, f.before)
	if err := f.k.Rotate(t.Context(), f.after); err != nil {
		t.Fatal(err)
	}
	other := session.NewKey()
	if err := behind.Rotate(t.Context(), other); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("by who is behind: got %v, want ErrKeeper", err)
	}
	f.check(t, f.k, "after the process that is behind")
	f.check(t, newKeeper(t, f.db, f.after), "at a start without the key of the one that is behind")
}

// A row that is damaged does not keep the others from the new master key.
func TestRotatePassesOverDamagedRows(t *testing.T) {
	t.Parallel()
	db, before, after := migrated(t, quick(), newFile(t), 1), session.NewKey(), session.NewKey()
	k := newKeeper(t, db, before)
	all := []given{makeKey(t, k), makeKey(t, k), makeKey(t, k), makeKey(t, k)}
	exec(t, db, "UPDATE bonafide_keys SET wrapped = zeroblob(48) WHERE n = ?", rowOf(all[0]))
	exec(t, db, "UPDATE bonafide_keys SET wrapped = x'00' WHERE n = ?", rowOf(all[2]))
	if err := k.Rotate(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	again := newKeeper(t, db, after)
	for i, g := range all {
		if i%2 == 0 {
			mustRefuse(t, again, g, session.ErrKeeper, "of a damaged row")
			mustDestroy(t, again, g)
			mustRefuse(t, again, g, session.ErrErased, "of a damaged row that was destroyed")
		} else {
			mustOpen(t, again, g, "beside a damaged row")
		}
	}
}

var nonces = flag.Int("nonces", 1<<17, "how many nonces TestNoncesAreUnique looks at")

func TestNoncesAreUnique(t *testing.T) {
	t.Parallel()
	seen, err := sqlkeeper.Nonces(session.NewKey(), *nonces)
	if err != nil || len(seen) != *nonces {
		t.Errorf("%d nonces for %d keys, error %v", len(seen), *nonces, err)
	}
}
