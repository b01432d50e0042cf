package storetest

import (
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// test is one case: its name says the promise.
type test struct {
	name string
	run  func(k *kit)
}

// Run holds a store against the contract of [session.Store]. Each call of open gives an empty store,
// safe for concurrent use, and ends it by t.Cleanup if it must be ended. The cases run one after
// another, so that a store may give each of them the same database, emptied.
func Run(t *testing.T, open func(t *testing.T) session.Store) {
	groups := []struct {
		verb  string
		tests []test
	}{
		{"Apply", applyTests},
		{"Chain", chainTests},
		{"Refusals", refusalTests},
		{"Keep", keepTests},
		{"ActiveAt never goes back", activeTests},
		{"Parts", partTests},
		{"Permits", permitTests},
		{"Withdraw", withdrawTests},
		{"Erase", eraseTests},
		{"Sweep", sweepTests},
		{"Load", loadTests},
		{"Query", queryTests},
		{"Pages of Query", pageTests},
		{"Claim", claimTests},
		{"Order", orderTests},
		{"Settle", settleTests},
		{"Deliveries", deliveryTests},
		{"Entries", entryTests},
		{"Entries are judged", entryRefusalTests},
		{"Entries expire", expiryTests},
		{"Events", eventTests},
		{"Blobs", blobTests},
		{"Values", valueTests},
		{"Copies", copyTests},
		{"Contexts", contextTests},
		{"Concurrency", concurrencyTests},
		{"Concurrency of entries", entryConcurrencyTests},
	}
	for _, g := range groups {
		if len(g.tests) == 0 {
			t.Errorf("%s has no cases", g.verb)
		}
		t.Run(g.verb, func(t *testing.T) {
			for _, c := range g.tests {
				t.Run(c.name, func(t *testing.T) { c.run(newKit(t, open(t))) })
			}
		})
	}
	t.Run("Backlog", func(t *testing.T) { runBacklog(t, open) })
	t.Run("Rate", func(t *testing.T) { runRate(t, open) })
	t.Run("Model", func(t *testing.T) { runModel(t, open) })
}

// Durable holds a store that outlives its process to "when Apply returns nil for a change, it is
// durable". open gives an empty store, and a function that ends this store and opens what it left.
func Durable(t *testing.T, open func(t *testing.T) (store session.Store, reopen func() session.Store)) {
	for _, c := range durableTests {
		t.Run(c.name, func(t *testing.T) {
			store, reopen := open(t)
			c.run(newKit(t, store), reopen)
		})
	}
}

// Compare runs the same random commands on two stores and on the model, and demands that all three
// answer alike.
func Compare(t *testing.T, a, b func(*testing.T) session.Store) {
	runModel(t, a, b)
}
