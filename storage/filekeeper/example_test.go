package filekeeper_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	master, err := filekeeper.LoadMaster(filepath.Join(dir, "master.key")) // in a place of its own, in earnest
	if err != nil {
		panic(err)
	}
	keeper, err := filekeeper.Open(filepath.Join(dir, "slots"), master)
	if err != nil {
		panic(err)
	}
	defer func() { _ = keeper.Close() }()

	ctx, id := context.Background(), uuid.New()
	key, ref, err := keeper.Make(ctx, id)
	if err != nil {
		panic(err)
	}
	found, err := keeper.Open(ctx, id, ref)
	fmt.Println(found, found == key, err)

	err = keeper.Destroy(ctx, id, ref)
	_, gone := keeper.Open(ctx, id, ref)
	fmt.Println(err, gone)
	// Output:
	// [key] true <nil>
	// <nil> session: personal data are erased
}
