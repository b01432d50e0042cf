package rows

import (
	"context"
	"fmt"

	ettle "github.com/ettle/strcase"
	iancoleman "github.com/iancoleman/strcase"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

func keys() []measure.Row {
	return []measure.Row{{
		Name: "one key", Against: "iancoleman/strcase, ettle/strcase",
		Aim:  measure.Aim{AtLeast: 5, NoAllocs: true},
		Note: "Four keys to snake case, one after another. Ours appends to a buffer that is there; the peers make a string.",
		Run: func(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
			dst := make([]byte, 0, 64)
			ours := overNames(func(key string) int {
				dst = keycase.AppendKey(dst[:0], key, keycase.Snake)
				return len(dst)
			})
			r.Rounds, err = s.Hold(ctx, measure.Contest{
				Ours: measure.Loop(ours),
				Theirs: []measure.Side{
					measure.Loop(overNames(func(key string) int { return len(iancoleman.ToSnake(key)) })),
					measure.Loop(overNames(func(key string) int { return len(ettle.ToSnake(key)) })),
				},
				Brief: true,
			})
			if err == nil {
				r.Cost, err = measure.CostOf(1000, func() error { return ours(1) })
			}
			return r, err
		},
	}}
}

// names are such as the wire has, and inSnake is how long all of them are then.
var names = [...]string{"firstName", "vendorData", "userId", "decisionScoreOfTheLastAttempt"}

const inSnake = len("first_name") + len("vendor_data") + len("user_id") + len("decision_score_of_the_last_attempt")

// overNames turns each of the names, n times, and demands that the result is as long as it must be.
func overNames(turn func(key string) int) func(n int) error {
	return func(n int) error {
		total := 0
		for i := range n * len(names) {
			total += turn(names[i%len(names)])
		}
		if total != n*inSnake {
			return fmt.Errorf("the names are %d bytes together, want %d", total, n*inSnake)
		}
		return nil
	}
}
