package rows

import "github.com/bonafide-idv/bonafide/examples/benchmarks/measure"

// remarks say, by a row's name and what it is against, why an aim is missed: what was tried, and what stands in the way.
// The table shows them only while it is.
func remarks() map[[2]string]string {
	const update = "one UPDATE statement over the same rows"
	sweep := func(where string) [2]string {
		return [2]string{"sweep, 1,000,000 sessions of 1.3 KB of which 250,000 due, on " + where, update}
	}
	arrays := "all rows of a batch go in a few statements over arrays already, what is long in them as one value. What stands " +
		"in the way is what they write: an event and a delivery for each session are rows in seven indexes, where the UPDATE " +
		"writes one row; and two fifths of the time are the process's own, half of that its garbage collector's, where the UPDATE " +
		"leaves all to the server. Tried: one index of deliveries fewer, rows that the server does not copy before it writes them."
	return map[[2]string]string{
		{"signed create over HTTP, memstore, sealed", "a bare net/http handler that reads, verifies the HMAC and answers as many bytes"}: "" +
			"no single thing is left that costs much. Beside what the bare handler does stand one strict pass over the JSON, rules " +
			"for some forty facts, a key and a cipher for each session, an audit event chained by hashes, a signed token and a " +
			"signed answer; and by Go's default a third of the time went to the garbage collector, as a session in memory is many " +
			"values with pointers. Tried: members that are found without copies, derived keys that are made once, facts that are sealed where " +
			"they stand, one allocation for the head, buffers that are used again, which together took a quarter. Rows of bytes in " +
			"memstore would take another fifth; then every change would read and write the whole of a session. Not tried: JSON that " +
			"is appended instead of encoded by reflection.",
		{"create on SQLite, FULL, 16 writers", "sqlx insert of the same bytes, one commit each"}: sharedCommit,
		{"create on SQLite, FULL, 64 writers", "sqlx insert of the same bytes, one commit each"}: sharedCommit,
		{"create on PostgreSQL, 16 writers", "sqlx+pgx single-row inserts of the same bytes"}:    createOnPostgreSQL,
		{"create on PostgreSQL, 64 writers", "sqlx+pgx single-row inserts of the same bytes"}:    createOnPostgreSQL,
		{"create on PostgreSQL, 16 writers", "one transaction each with the same guarantees"}:    createOnPostgreSQL,
		{"deliveries claimed and settled, on SQLite", "riverqueue/river no-op jobs"}: "a claim reads its deliveries and then writes " +
			"them by one statement, and a settlement is a statement for each; what is left of both is SQLite's own work on rows " +
			"whose time is in the widest index, and reading eighteen columns through database/sql. Not done: one statement for all " +
			"that were settled alike, as a delivery has the time of its own try. The peer is a quarter quicker here than where the " +
			"aim was set.",
		{"listing a page by cursor, 10,000,000 sessions, on PostgreSQL", "the same page of 10,000"}: "an index of ten million " +
			"entries is one level deeper, and its pages, though in the server's buffers, are in none of the processor's caches, as " +
			"those of ten thousand are.",
		sweep("SQLite"): "the UPDATE writes one row for each session, a sweep four, in eight further indexes, and binds some sixty " +
			"values for them through database/sql. Tried: what is sealed is left alone, and held webhooks are looked for only where " +
			"there can be any, which together doubled the rate, and values are no longer found by reflection. Several " +
			"rows by one statement are slower there.",
		sweep("PostgreSQL, one worker"):  arrays,
		sweep("PostgreSQL, two workers"): arrays,
		{"deliveries claimed and settled, on PostgreSQL, two workers", "riverqueue/river no-op jobs"}: "" +
			"a claim and a settlement are one statement each already, and each writes a row whose time is in an index, so that " +
			"none of the indexes is spared: four for a claim, three for a settlement, which take a third of the server's time. " +
			"One index of five is gone, which took a fifth off it; one by tenant and id in place of two would be the next step, but " +
			"then an id is unique for each tenant alone.",
		{"transition", "looplab/fsm, qmuntal/stateless"}: "statuses and actions are texts, as everywhere else, and are compared as " +
			"such: three switches over them take most of the five nanoseconds. Tried: a search in a list, " +
			"which took four times as long; a step that the compiler inlines, a table whose positions are powers of two, and no long " +
			"texts among the cases, none of which helped; and a hash of length and a letter, with one comparison after it, which took " +
			"longer: each look-up of it waits for the one before, where the processor foresees the way through a switch.",
		{"rate permit, exact window, in memory, 1,024 keys", "sethvargo/go-limiter, golang.org/x/time/rate"}: "" +
			"an exact window looks at the permit before N others, which lies in another page of the log, and writes its own; a " +
			"peer's bucket is one line of a cache. The clock takes two fifths of ours, the lock and the map a fifth. Tried: a log in one " +
			"line of a cache, and pages found without a call, which took a tenth off the rest, too little to be seen in the " +
			"whole; and dropping old pages sooner, which changed nothing.",
	}
}

// sharedCommit is why an aim of theirs is missed.
const sharedCommit = "writers share a commit, so that what is left is what a session writes: its row, an attempt, an event and " +
	"permits, each by a prepared statement, and in seven indexes, where the peer writes one row in one. Rows are made by each " +
	"writer for himself before his turn, and no id is looked for before its row is added, which together took a fifth of the time " +
	"in which others wait. Half of what is left is SQLite's own insertion, a third the pages of a commit, half of them edges of " +
	"indexes. Tried in vain: statements on the driver's own connection, four or sixteen rows by one statement, and batches " +
	"of half the writers, so that the engine's work goes on beside them."

// createOnPostgreSQL is why an aim of theirs is missed.
const createOnPostgreSQL = "a whole batch is one statement over arrays already, which compares the permit log. What stands in " +
	"the way: writers who wait for one another's commit come back together, so that server and engine take turns; a statement " +
	"for all that a creation writes has a price of its own for the server, which at 16 writers is nearly half of its " +
	"time; and of the process's time the engine has a third, and the garbage collector a good part. Tried: fewer bytes for the driver to copy, NULLs at the end left out, rows that the server does not copy, pages of " +
	"the log that are found by an index, which together took a fifth off the server's time; leaders who yield for longer, which did " +
	"not help. Not tried: a batch that is judged by what the one under way will leave; batches would be half as large."

// remarked gives each row its remark.
func remarked(rows []measure.Row) []measure.Row {
	all := remarks()
	for i := range rows {
		rows[i].Remark = all[[2]string{rows[i].Name, rows[i].Against}]
	}
	return rows
}
