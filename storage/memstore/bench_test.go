package memstore_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// filled is a store of n sessions, each with a delivery, none of which is due before tomorrow, a listed event and an
// entry.
func filled(b *testing.B, n int) *memstore.Store {
	store, endpoint := memstore.New(), uuid.New()
	for i := range n {
		c := creation(noon.Add(24*time.Hour), endpoint)
		binary.BigEndian.PutUint64(c.Session.Ref[:], uint64(i+1))
		c.Session.Integration[0] = byte(i)
		c.Events[0].Listed = true
		c.Entries = []session.Entry{entry(fmt.Sprint(i), noon.Add(24*time.Hour))}
		must(b, store.Apply(b.Context(), c))
	}
	return store
}

// entry is a new one that expires at the time.
func entry(name string, expires time.Time) session.Entry {
	return session.Entry{
		ID: uuid.New(), Tenant: tenant, Kind: session.EntryAnswer, Name: name, Version: 1,
		CreatedAt: noon, UpdatedAt: noon, ExpiresAt: expires, Body: make([]byte, 300),
	}
}

// What is stored must not slow down what is asked: the two sizes of each shall be near one another.
func BenchmarkStore(b *testing.B) {
	for name, n := range map[string]int{"1k": 1000, "100k": 100_000} {
		store, endpoint := filled(b, n), uuid.New()
		b.Run("Apply/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(b, store.Apply(b.Context(), creation(noon.Add(24*time.Hour), endpoint)))
			}
		})
		b.Run("Query/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if page, err := store.Query(b.Context(), session.Query{Tenant: tenant, N: 20}); err != nil || len(page) != 20 {
					b.Fatalf("got %d sessions and %v", len(page), err)
				}
			}
		})
		b.Run("Entry/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(b, store.Apply(b.Context(), session.Change{ID: uuid.New(), Entries: []session.Entry{entry(uuid.NewString(), noon)}}))
			}
		})
		ref := session.BlindIndex{7: 77}
		for what, q := range map[string]session.Query{
			"Ref": {Ref: ref, N: 20}, "Integration": {Integrations: []uuid.UUID{{77}}, N: 1}, "Skip": {Skip: 500, N: 20, Bare: true},
		} {
			b.Run("Query by "+what+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				q.Tenant = tenant
				for b.Loop() {
					if page, err := store.Query(b.Context(), q); err != nil || len(page) == 0 {
						b.Fatalf("got %d sessions and %v", len(page), err)
					}
				}
			})
		}
		b.Run("Find/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				named, err := store.Entries(b.Context(), session.EntryQuery{Tenant: tenant, Kind: session.EntryAnswer, Name: "77", N: 1, At: noon})
				if err != nil || len(named) != 1 {
					b.Fatalf("got %d entries and %v", len(named), err)
				}
				listed, err := store.Events(b.Context(), session.EventQuery{Tenant: tenant, Kinds: []session.EventKind{session.EventCreated}, N: 20})
				if err != nil || len(listed) != 20 {
					b.Fatalf("got %d events and %v", len(listed), err)
				}
			}
		})
		b.Run("Idle/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := store.Sweep(b.Context(), noon, 100, nil); err != nil {
					b.Fatal(err)
				}
				if _, _, err := store.Claim(b.Context(), noon, noon, 100, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
