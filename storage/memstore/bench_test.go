package memstore_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// filled is a store of n sessions, each with a delivery, none of which is due before tomorrow.
func filled(b *testing.B, n int) *memstore.Store {
	store, endpoint := memstore.New(), uuid.New()
	for range n {
		must(b, store.Apply(b.Context(), creation(noon.Add(24*time.Hour), endpoint)))
	}
	return store
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
