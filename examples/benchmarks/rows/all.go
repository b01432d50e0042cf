package rows

import (
	"slices"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

// All gives every row, in the order of the table. Their databases are made at home.
func All(home *databases.Home) []measure.Row {
	return remarked(slices.Concat(
		createOverHTTP(),
		createOnSQLite(home),
		createRelaxed(home),
		createOnPostgres(home),
		sweeps(home),
		idleSweeps(home),
		deliveries(home),
		listings(home),
		transitions(),
		permits(),
		documents(),
		keys(),
		verifications(),
		uploads(home),
	))
}
