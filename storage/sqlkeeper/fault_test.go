package sqlkeeper_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlkeeper"
)

// Make answers after the commit, and Destroy after the log was emptied.
func TestWhatTheVerbsRun(t *testing.T) {
	t.Parallel()
	f := newFaulty(t)
	ran := func() (words []string) {
		for _, s := range f.spy.Taken() {
			fields := strings.Fields(s.Query)
			words = append(words, strings.Join(fields[:min(2, len(fields))], " "))
		}
		return words
	}
	ran()
	g := makeKey(t, f.k)
	begin := []string{"PRAGMA synchronous", "PRAGMA secure_delete", "BEGIN IMMEDIATE"}
	if got, want := ran(), slices.Concat(begin, []string{"SELECT current,", "INSERT INTO", "COMMIT"}); !slices.Equal(got, want) {
		t.Errorf("Make ran %q, want %q", got, want)
	}
	mustOpen(t, f.k, g, "")
	if got, want := ran(), []string{"SELECT n,"}; !slices.Equal(got, want) {
		t.Errorf("Open ran %q, want %q", got, want)
	}
	for range 2 {
		mustDestroy(t, f.k, g)
		if got, want := ran(), slices.Concat(begin, []string{"UPDATE bonafide_keys", "COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"}); !slices.Equal(got, want) {
			t.Errorf("Destroy ran %q, want %q", got, want)
		}
	}
}

// A verb in which any statement fails, before or after it is done, says so, and works the next time.
func TestVerbsThatFailAtAnyStep(t *testing.T) {
	t.Parallel()
	for name, verb := range map[string]func(f *faulty, g given) error{
		"Make": func(f *faulty, _ given) error {
			key, ref, err := f.k.Make(t.Context(), uuid.New())
			if err != nil && (key != session.Key{} || ref != nil) {
				return fmt.Errorf("Make gave a key or a ref beside the error %v", err)
			}
			return err
		},
		"Open": func(f *faulty, g given) error {
			key, err := f.k.Open(t.Context(), g.id, g.ref)
			if err != nil && key != (session.Key{}) {
				return fmt.Errorf("Open gave a key beside the error %v", err)
			}
			return err
		},
		"Destroy": func(f *faulty, g given) error { return f.k.Destroy(t.Context(), g.id, g.ref) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t)
			for n, after := 1, false; ; n++ {
				g := makeKey(t, f.k)
				hook, seen := nth(n, false)
				if f.spy.On(hook, nil); after {
					f.spy.On(nil, hook)
				}
				err := verb(f, g)
				f.spy.On(nil, nil)
				if *seen < n {
					if err != nil {
						t.Errorf("without a fault: %v", err)
					}
					if after {
						return
					}
					n, after = 0, true
					continue
				}
				if err != nil && !(errors.Is(err, errFault) && errors.Is(err, session.ErrKeeper)) {
					t.Errorf("fault at statement %d, after it: %v: %v, want %v that wraps %v", n, after, err, session.ErrKeeper, errFault)
				}
				f.check(t, f.k, fmt.Sprintf("after a fault at statement %d, after it: %v", n, after))
				mustDestroy(t, f.k, g)
				mustRefuse(t, f.k, g, session.ErrErased, "after Destroy")
			}
		})
	}
}

// A start that fails leaves a database on which the next one does not.
func TestNewThatFailsAtAnyStep(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		spy, master := newSpy(), session.NewKey()
		db := migrated(t, spy.Name, newFile(t), 1)
		hook, seen := nth(n, false)
		spy.On(hook, nil)
		k, err := sqlkeeper.New(db, sqlkeeper.SQLite(), master)
		spy.On(nil, nil)
		if *seen < n {
			if err != nil || n < 5 {
				t.Errorf("New runs %d statements, error %v", *seen, err)
			}
			return
		}
		if k != nil || !errors.Is(err, errFault) {
			t.Errorf("fault at statement %d: New = %v, %v, want %v", n, k, err, errFault)
		}
		makeKey(t, newKeeper(t, db, master))
	}
}
