package rows

import "github.com/bonafide-idv/bonafide/examples/benchmarks/measure"

// remarks say, by a row's name and what it is against, why an aim is missed: what was tried, and what stands in the way.
// The table shows them only while it is.
func remarks() map[[2]string]string {
	return map[[2]string]string{
		{"rate permit, exact window, in memory, 1,024 keys", "sethvargo/go-limiter, golang.org/x/time/rate"}: "" +
			"an exact window looks at the permit before N others, which with many keys is in no cache; a peer's bucket is one " +
			"line of it.",
	}
}

// remarked gives each row its remark.
func remarked(rows []measure.Row) []measure.Row {
	all := remarks()
	for i := range rows {
		rows[i].Remark = all[[2]string{rows[i].Name, rows[i].Against}]
	}
	return rows
}
