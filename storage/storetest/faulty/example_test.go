package faulty_test

import (
	"context"
	"fmt"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// A submission is interrupted at each operation. What it leaves is a session that is submitted or is not, and it is when
// the submission was acknowledged.
func ExampleEach() {
	ctx := context.Background()
	n := faulty.Each(faulty.Unknown(), func(line *faulty.Line) {
		engine, err := session.New(line.Store(memstore.New()), session.Config{})
		if err != nil {
			panic(err)
		}
		s, err := engine.Create(ctx, session.Facts{})
		if err != nil {
			panic(err)
		}
		line.Arm()
		_, failed := engine.Submit(ctx, s.ID)
		line.Disarm()
		if s, err = engine.Get(ctx, s.ID); err != nil {
			panic(err)
		}
		fmt.Printf("%q struck: acknowledged: %t, %s\n", line.Struck(), failed == nil, s.Status)
	})
	fmt.Println(n, "operations can go wrong")
	// Output:
	// "Store.Load" struck: acknowledged: false, created
	// "Store.Apply" struck: acknowledged: false, submitted
	// "" struck: acknowledged: true, submitted
	// 2 operations can go wrong
}
