package sqlstore

import "strings"

// writing is a way in which a change writes a row. They are in the order in which one change writes its rows.
type writing int

const (
	addSession writing = iota
	moveSession
	stepSession     // for one that keeps its place: the list's index is left alone
	stepSealedAside // also what is sealed, the widest column by far, is left alone
	keepSession
	putAttempt
	addDecision
	addMedia
	addFinding
	addEvent
	addDelivery
	addEntry
	stepEntry // for one that keeps its name: the indexes of lists are left alone

	writings int = iota
)

// writingQueries are the statements by which rows are written. Those that add one do nothing where its id is taken.
type writingQueries struct {
	row  [writings]string // one row, of which every field is a parameter
	rows [writings]many
}

// many is a statement for any number of rows, whose place is marked by a ?. In always is what it does where an id is
// taken; without that it fails.
type many struct{ statement, always string }

func newWritingQueries(q joined) (w writingQueries) {
	add := func(k writing, table, columns, taken string) {
		w.row[k] = q(insert(table, columns), taken)
		w.rows[k] = many{"INSERT INTO " + table + " (" + columns + ") SELECT * FROM ? AS x", " " + taken}
	}
	update := func(k writing, table, columns string) {
		set := strings.Split(columns, ", ")
		for i, column := range set {
			set[i] = column + " = x." + column
		}
		w.row[k] = q(update(table, columns))
		w.rows[k] = many{"UPDATE " + table + " AS t SET " + strings.Join(set, ", ") +
			" FROM ? AS x (" + columns + ", id) WHERE t.id = x.id", ""}
	}
	add(addSession, "bonafide_sessions", sessionColumns, unlessTaken)
	update(moveSession, "bonafide_sessions", sessionPlace+", "+sessionFacts+", sealed")
	update(stepSession, "bonafide_sessions", sessionFacts+", sealed")
	update(stepSealedAside, "bonafide_sessions", sessionFacts)
	update(keepSession, "bonafide_sessions", "seq, head, active_at")
	add(putAttempt, "bonafide_attempts", attemptColumns, "ON CONFLICT (id) DO UPDATE SET n = excluded.n, "+
		"status = excluded.status, submitter = excluded.submitter, created_at = excluded.created_at, "+
		"ended_at = excluded.ended_at WHERE bonafide_attempts.session = excluded.session")
	add(addDecision, "bonafide_decisions", decisionColumns, unlessTaken)
	add(addMedia, "bonafide_media", mediaColumns, unlessTaken)
	add(addFinding, "bonafide_findings", findingColumns, unlessTaken)
	add(addEvent, "bonafide_events", eventColumns+", listed", unlessTaken)
	add(addDelivery, "bonafide_deliveries", deliveryColumns, unlessTaken)
	add(addEntry, "bonafide_entries", entryColumns+", change", unlessTaken)
	update(stepEntry, "bonafide_entries", "session, version, created_at, updated_at, expires_at, body, change")
	return w
}

// manyQueries do by arrays what others of the queries do one by one. The place of an array is marked by a ?, and that
// of rows too.
type manyQueries struct {
	heads, eventSeqs, entries string
	permitLogs, freeLogs      string
	beginLogs, permitPages    string
	putPermitLogs, dropPages  string
	putPages                  many
	sameLogs                  string
	dropExpired               string
	claim, settle, unsettled  string
}

func newManyQueries(d Dialect) manyQueries {
	const ids, texts = "= ANY(CAST(? AS BYTEA[]))", "= ANY(CAST(? AS TEXT[]))"
	return manyQueries{
		heads: "SELECT " + headColumns + ", id FROM bonafide_sessions WHERE id " + ids + " ORDER BY id " + d.lock,
		eventSeqs: "SELECT e.session, e.id, e.seq FROM ? AS x (session, id) " +
			"JOIN bonafide_events AS e ON e.session = x.session AND e.id = x.id",
		entries: "SELECT " + entryHeadColumns + " FROM bonafide_entries WHERE id = ANY(ARRAY(SELECT x.id FROM ? AS x (id) " +
			"UNION SELECT e.id FROM ? AS x (tenant, sandbox, kind, name) JOIN bonafide_entries AS e ON e.tenant = x.tenant " +
			"AND e.sandbox = x.sandbox AND e.kind = x.kind AND e.name = x.name AND e.name IS NOT NULL)) ORDER BY id " + d.lock,

		permitLogs: "SELECT n, at, most, key FROM bonafide_permit_logs WHERE key " + texts + " ORDER BY key " + d.lock,
		freeLogs:   "SELECT n, at, most, key FROM bonafide_permit_logs WHERE key " + texts + " ORDER BY key " + d.skip,
		beginLogs: "INSERT INTO bonafide_permit_logs (key, n, at, most) SELECT x.key, 0, 0, 0 FROM ? AS x (key) " +
			"ORDER BY x.key " + unlessTaken,
		permitPages: "SELECT p.key, p.page, p.times FROM ? AS x (key, page) " +
			"JOIN bonafide_permit_pages AS p ON p.key = x.key AND p.page = x.page",
		putPermitLogs: "UPDATE bonafide_permit_logs AS t SET n = x.n, at = x.at, most = x.most " +
			"FROM ? AS x (key, n, at, most) WHERE t.key = x.key",
		putPages: many{"INSERT INTO bonafide_permit_pages (key, page, times) SELECT * FROM ? AS x",
			" ON CONFLICT (key, page) DO UPDATE SET times = excluded.times"},
		// The two arrays say again what the rows do, as there is an index scan for them however small the table was when
		// the statement was planned.
		dropPages: "DELETE FROM bonafide_permit_pages AS t USING ? AS x (key, page) WHERE t.key = x.key AND t.page < x.page " +
			"AND t.key " + texts + " AND t.page < ANY(CAST(? AS BIGINT[]))",
		dropExpired: dropExpired(d),

		sameLogs: "(SELECT count(*) FROM locked JOIN ? AS x (key, n, at, most) " +
			"ON locked.key = x.key AND locked.n = x.n AND locked.at = x.at AND locked.most = x.most) = ?",

		claim: "UPDATE bonafide_deliveries SET claims = claims + 1, due_at = ? WHERE id " + ids,
		settle: "UPDATE bonafide_deliveries AS t SET state = x.state, due_at = x.due_at, tries = x.tries, " +
			"last_at = x.last_at, last_status = x.last_status, last_note = x.last_note " +
			"FROM ? AS x (state, due_at, tries, last_at, last_status, last_note, id, claims) " +
			"WHERE t.id = x.id AND t.claims = x.claims AND t." + pending + " RETURNING t.id",
		unsettled: " SELECT x.id, EXISTS (SELECT 1 FROM bonafide_deliveries AS t WHERE t.id = x.id) FROM ? AS x (id) " +
			"WHERE NOT EXISTS (SELECT 1 FROM settled WHERE settled.id = x.id)",
	}
}

// ofAll is a statement about one session, made to be one about several.
func ofAll(statement string) string {
	return strings.Replace(statement, "session = $1", "session = ANY(CAST($1 AS BYTEA[]))", 1)
}
