package sqlkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// A Rotate in which any statement fails, once or for good, loses nothing.
func TestRotateThatFailsOnPostgres(t *testing.T) {
	t.Parallel()
	at, before, after := newDatabase(t), session.NewKey(), session.NewKey()
	spy := sqlspy.New(stdlib.GetDefaultDriver())
	db := migratedPostgres(t, spy.Name, at, 2)
	f := &faulty{db: db, spy: spy, k: onPostgres(t, db, before)}
	for range 5 {
		f.live = append(f.live, makeKey(t, f.k))
		f.gone = append(f.gone, makeKey(t, f.k))
	}
	for _, g := range f.gone {
		mustDestroy(t, f.k, g)
	}
	for n := 1; ; n++ {
		hook, seen := nth(n, n%2 == 0)
		spy.On(hook, nil)
		err := f.k.Rotate(t.Context(), after)
		spy.On(nil, nil)
		if *seen < n {
			if n < 10 || err != nil {
				t.Errorf("Rotate runs %d statements, error %v", *seen, err)
			}
			return
		}
		when := fmt.Sprintf("after a fault at statement %d", n)
		if err != nil && !(errors.Is(err, errFault) && errors.Is(err, session.ErrKeeper)) {
			t.Errorf("%s: Rotate: %v, want %v that wraps %v", when, err, session.ErrKeeper, errFault)
		}
		f.checkThese(t, f.k, when)
		if err := f.k.Rotate(t.Context(), after); err != nil {
			t.Errorf("%s: Rotate again: %v", when, err)
		}
		f.checkThese(t, onPostgres(t, db, after), when+", with the new master key alone")
		if n, err := sqlkeeper.Opens(t.Context(), db, before); n != 0 || err != nil {
			t.Errorf("%s: the previous master key opens %d rows, %v", when, n, err)
		}
		before, after = after, before
	}
}

// Rotate finds its turn though others make keys all the time.
func TestRotateAmongManyWhoMake(t *testing.T) {
	t.Parallel()
	before, after := session.NewKey(), session.NewKey()
	db := migratedPostgres(t, "pgx", newDatabase(t), 12)
	k := onPostgres(t, db, before, after)
	working, stop := context.WithCancel(t.Context())
	var makers sync.WaitGroup
	for range 8 {
		makers.Go(func() {
			for working.Err() == nil {
				if _, _, err := k.Make(t.Context(), uuid.New()); err != nil {
					t.Errorf("Make: %v", err)
					return
				}
			}
		})
	}
	for _, master := range []session.Key{after, before, after} {
		if err := k.Rotate(t.Context(), master); err != nil {
			t.Errorf("Rotate: %v", err)
		}
	}
	stop()
	makers.Wait()
	if n, err := sqlkeeper.Opens(t.Context(), db, before); n != 0 || err != nil {
		t.Errorf("the previous master key opens %d rows, %v", n, err)
	}
}

// once gives a hook that does something before the first statement that begins so.
func once(begins string, do func() error) func(string) error {
	done := false
	return func(query string) error {
		if done || !strings.HasPrefix(query, begins) {
			return nil
		}
		done = true
		return do()
	}
}

// A Rotate that comes between what Make reads and what it writes waits for it, and wraps what it wrote.
func TestRotateInTheMiddleOfAMake(t *testing.T) {
	t.Parallel()
	at, before, after := newDatabase(t), session.NewKey(), session.NewKey()
	spy := sqlspy.New(stdlib.GetDefaultDriver())
	k := onPostgres(t, migratedPostgres(t, spy.Name, at, 1), before, after)
	other := openPostgres(t, "pgx", at, 3)
	rotates := onPostgres(t, other, before, after)
	rotated := make(chan error, 1)
	spy.On(once("INSERT INTO bonafide_keys ", func() error {
		go func() { rotated <- rotates.Rotate(t.Context(), after) }()
		for waiting := 0; waiting == 0 && len(rotated) == 0; {
			const query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
			if err := other.QueryRowContext(t.Context(), query).Scan(&waiting); err != nil {
				return err
			}
		}
		return nil
	}), nil)
	g := makeKey(t, k)
	if err := <-rotated; err != nil {
		t.Errorf("Rotate: %v", err)
	}
	if n, err := sqlkeeper.Opens(t.Context(), other, before); n != 0 || err != nil {
		t.Errorf("the previous master key opens %d rows, %v", n, err)
	}
	mustOpen(t, onPostgres(t, other, after), g, "with the new master key alone")
}

// Of two that give a new database its master key the first wins.
func TestAnotherWasFirstOnPostgres(t *testing.T) {
	t.Parallel()
	ours := session.NewKey()
	for name, row := range map[string]struct {
		theirs session.Key
		want   error
	}{"with the same": {ours, nil}, "with another": {session.NewKey(), session.ErrKeeper}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := newDatabase(t)
			spy := sqlspy.New(stdlib.GetDefaultDriver())
			db := migratedPostgres(t, spy.Name, at, 1)
			spy.On(once("INSERT INTO bonafide_keys_master", func() error {
				_, err := sqlkeeper.New(openPostgres(t, "pgx", at, 1), sqlkeeper.Postgres(), row.theirs)
				return err
			}), nil)
			if _, err := sqlkeeper.New(db, sqlkeeper.Postgres(), ours); !errors.Is(err, row.want) {
				t.Errorf("New: %v, want %v", err, row.want)
			}
			onPostgres(t, db, row.theirs)
		})
	}
}
