package storetest_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
)

// The author of a store writes one test, and the suite does the rest.
func ExampleRun() {
	_ = func(t *testing.T) { // TestStore, in the store's own package
		storetest.Run(t, func(*testing.T) session.Store { return memstore.New() })
	}
}
