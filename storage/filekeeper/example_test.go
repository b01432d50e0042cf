package filekeeper_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
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

// The master key is changed while the keeper serves: it is opened with both, and later with the new one alone.
func ExampleKeeper_Rotate() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	slots, old, fresh := filepath.Join(dir, "slots"), session.NewKey(), session.NewKey()
	keeper, err := filekeeper.Open(slots, old)
	if err != nil {
		panic(err)
	}
	ctx, id := context.Background(), uuid.New()
	key, ref, err := keeper.Make(ctx, id)
	if err := errors.Join(err, keeper.Close()); err != nil {
		panic(err)
	}

	keeper, err = filekeeper.Open(slots, fresh, old)
	if err != nil {
		panic(err)
	}
	defer func() { _ = keeper.Close() }()
	fmt.Println(keeper.Rotate(ctx, fresh))
	found, err := keeper.Open(ctx, id, ref)
	fmt.Println(found == key, err)

	_, err = filekeeper.Open(slots, old)
	fmt.Println(errors.Is(err, session.ErrKeeper))
	// Output:
	// <nil>
	// true <nil>
	// true
}
