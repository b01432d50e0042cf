package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// reads are the verbs that read by one statement, of a session that is there.
func reads(t *testing.T, store *sqlstore.Store, s session.Session) map[string]func(context.Context) error {
	t.Helper()
	keyring := keyringOf(t, store)
	key := auth.Credential{APIKey: newID(), Integration: newID(), Active: true, Secrets: []*auth.Secret{auth.GenerateSecret()}}
	if err := keyring.Add(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	known, err := store.Integration(t.Context(), key.APIKey, now)
	if err != nil {
		t.Fatal(err)
	}
	wants := func(got, want int, err error) error {
		if err == nil && got != want {
			err = fmt.Errorf("got %d, want %d", got, want)
		}
		return err
	}
	return map[string]func(context.Context) error{
		"Load": func(ctx context.Context) error {
			_, err := store.Load(ctx, session.Ref{Tenant: s.Tenant, ID: s.ID}, 0)
			return err
		},
		"Query": func(ctx context.Context) error {
			found, err := store.Query(ctx, session.Query{Tenant: s.Tenant, N: 9})
			return wants(len(found), 1, err)
		},
		"Deliveries": func(ctx context.Context) error {
			found, err := store.Deliveries(ctx, session.DeliveryQuery{Tenant: s.Tenant, N: 9})
			return wants(len(found), 1, err)
		},
		"Entries": func(ctx context.Context) error {
			found, err := store.Entries(ctx, session.EntryQuery{Tenant: s.Tenant, Kind: "any", N: 9})
			return wants(len(found), 0, err)
		},
		"Events": func(ctx context.Context) error {
			found, err := store.Events(ctx, session.EventQuery{Tenant: s.Tenant, N: 9})
			return wants(len(found), 0, err)
		},
		"Blobs": func(ctx context.Context) error {
			found, err := store.Blobs(ctx, []string{"0001010100/none"})
			return wants(len(found), 0, err)
		},
		"Integration": func(ctx context.Context) error {
			found, err := store.Integration(ctx, key.APIKey, now)
			if err == nil && found != known {
				err = fmt.Errorf("got %s, want %s", found, known)
			}
			return err
		},
		"ByKey": func(ctx context.Context) error {
			_, err := keyring.ByKey(ctx, key.APIKey)
			return err
		},
	}
}

// passing are faults that pass by themselves.
func passing(on kind) []error {
	if on.name == onSQLite().name {
		return []error{errors.New("database is locked")}
	}
	return []error{
		driver.ErrBadConn, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		sqlState("57P01"), sqlState("57P03"), sqlState("08006"), sqlState("53300"), sqlState("40001"),
	}
}

// Whoever reads while the database restarts, or has no room, waits for it, as whoever writes does.
func TestReadsThatAreRunAgain(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on kind) {
		spy, store := on.spiedStore(t, 1)
		c := creation(newID())
		apply(t, store, c)
		for name, read := range reads(t, store, c.Session) {
			for _, fault := range passing(on) {
				spy.On(fail(3, "SELECT", fault), nil)
				if err := read(t.Context()); err != nil {
					t.Errorf("%s: got %v after %v, want it to be run again", name, err, fault)
				}
			}
			spy.On(fail(1, "SELECT", errFault), nil)
			if err := read(t.Context()); !errors.Is(err, errFault) {
				t.Errorf("%s: got %v, want the fault that does not pass", name, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			for3 := fail(3, "SELECT", passing(on)[0])
			spy.On(func(query string) error {
				if err := for3(query); err != nil {
					return err
				}
				cancel()
				return passing(on)[0]
			}, nil)
			if err := read(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want it to end with its ctx", name, err)
			}
			cancel()
		}
	})
}
