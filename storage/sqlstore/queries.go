package sqlstore

import (
	"strings"

	"github.com/jmoiron/sqlx"
)

// The columns of each table, in the order of the fields in columns.go.
const (
	sessionColumns = "id, " + sessionPlace + ", " + sessionFacts + ", sealed"
	sessionPlace   = "tenant, sandbox, integration, ref, deleted_at" // where lists have it: what their indexes are made of
	sessionFacts   = "status, attempt_id, attempt_n, version, seq, created_at, updated_at, active_at, " +
		"submitted_at, ended_at, expires_at, redacted_at, decide_at, erase_at, screen_at, redact_at, held_at, hide_at, " +
		"retry_at, tries, due_at, link_n, receipt, head, key"
	headColumns      = sessionPlace + ", version, seq, head, active_at"
	attemptColumns   = "id, session, n, status, submitter, created_at, ended_at"
	decisionColumns  = "session, id, n, attempt, outcome, code, by, at, sealed"
	mediaColumns     = "id, session, attempt, context, type, size, blob, created_at, sealed"
	findingColumns   = "session, id, attempt, kind, by, at, sealed"
	eventColumns     = "session, id, seq, change, kind, status, attempt, by, at, about, hash"
	entryColumns     = "id, tenant, sandbox, kind, name, session, version, created_at, updated_at, expires_at, body"
	entryHeadColumns = "id, tenant, sandbox, kind, name, version, expires_at"
	deliveryColumns  = "id, tenant, sandbox, session, integration, endpoint, event, seq, created_at, due_at, claims, tries, state, " +
		"personal, last_at, last_status, last_note, body"
)

// pending must stand in a query as it stands in the index's definition, or the index is not used.
const pending = "state IN ('due', 'held')"

// dueBetween is true of what is pending and due from one time to another.
const dueBetween = pending + " AND due_at >= ? AND due_at <= ?"

// unlessTaken ends the insertion of a row that never replaces another.
const unlessTaken = "ON CONFLICT DO NOTHING"

// queries are all statements, as a dialect writes them. No literal in them may hold a question mark,
// which sqlx would take for a parameter.
type queries struct {
	writingQueries
	all manyQueries
	changeQueries
	permitQueries
	sessionQueries
	deliveryQueries
	entryQueries
	listQueries
	integrationQueries
}

func newQueries(d Dialect) queries {
	q := func(parts ...string) string { return sqlx.Rebind(d.engine.Bind, strings.Join(parts, " ")) }
	return queries{
		newWritingQueries(q), newManyQueries(d), newChangeQueries(d, q), newPermitQueries(d, q), newSessionQueries(d, q), newDeliveryQueries(d, q),
		newEntryQueries(d, q), newListQueries(), newIntegrationQueries(q),
	}
}

// joined puts the parts of a statement together, and binds its parameters as the dialect does.
type joined func(parts ...string) string

// changeQueries judge a change, and take away what it removes.
type changeQueries struct {
	head      string
	eventSeq  string
	hasChange string

	withdraw        string
	eraseDecisions  string
	eraseMedia      string
	eraseFindings   string
	eraseDeliveries string
	eraseEntries    string
	removeMedia     string
	replaceMedium   string
}

func newChangeQueries(d Dialect, q joined) changeQueries {
	return changeQueries{
		head:      q("SELECT", headColumns, "FROM bonafide_sessions WHERE id = ?", d.lock),
		eventSeq:  q("SELECT seq FROM bonafide_events WHERE session = ? AND id = ?"),
		hasChange: q("SELECT seq FROM bonafide_events WHERE session = ? AND change = ? LIMIT 1"),

		withdraw: q("UPDATE bonafide_deliveries SET state = 'withdrawn', due_at = NULL, body = NULL",
			"WHERE session = ? AND state = 'held'"),
		eraseDecisions: q("UPDATE bonafide_decisions SET sealed = NULL WHERE session = ?"),
		eraseMedia:     q("UPDATE bonafide_media SET sealed = NULL WHERE session = ?"),
		eraseFindings:  q("UPDATE bonafide_findings SET sealed = NULL WHERE session = ?"),
		eraseEntries:   q("UPDATE bonafide_entries SET body = NULL WHERE session = ?"),
		eraseDeliveries: q("UPDATE bonafide_deliveries SET body = NULL,",
			"due_at = CASE WHEN", pending, "THEN NULL ELSE due_at END,",
			"state = CASE WHEN", pending, "THEN 'erased' ELSE state END",
			"WHERE session = ? AND personal = 1"),
		removeMedia:   q("DELETE FROM bonafide_media WHERE session = ?"),
		replaceMedium: q("DELETE FROM bonafide_media WHERE session = ? AND id = ?"),
	}
}

// permitQueries keep the permit logs.
type permitQueries struct {
	permitLog     string
	beginLog      string
	permitPage    string
	putPermitLog  string
	putPermitPage string
	dropPages     string
}

func newPermitQueries(d Dialect, q joined) permitQueries {
	return permitQueries{
		permitLog:  q("SELECT n, at, most FROM bonafide_permit_logs WHERE key = ?", d.lock),
		beginLog:   q("INSERT INTO bonafide_permit_logs (key, n, at, most) VALUES (?, 0, 0, 0)", unlessTaken),
		permitPage: q("SELECT times FROM bonafide_permit_pages WHERE key = ? AND page = ?"),
		putPermitLog: q("INSERT INTO bonafide_permit_logs (key, n, at, most) VALUES (?, ?, ?, ?)",
			"ON CONFLICT (key) DO UPDATE SET n = excluded.n, at = excluded.at, most = excluded.most"),
		putPermitPage: q("INSERT INTO bonafide_permit_pages (key, page, times) VALUES (?, ?, ?)",
			"ON CONFLICT (key, page) DO UPDATE SET times = excluded.times"),
		dropPages: q("DELETE FROM bonafide_permit_pages WHERE key = ? AND page < ?"),
	}
}

// sessionQueries find sessions and their parts.
type sessionQueries struct {
	byID, byAttempt, byMedia   string
	attempts, decisions, media string
	findings, events           string
	blobs                      string
	nextSession, dueSessions   string
}

func newSessionQueries(d Dialect, q joined) sessionQueries {
	session := "SELECT " + sessionColumns + " FROM bonafide_sessions WHERE"
	return sessionQueries{
		byID:        q(session, "tenant = ? AND id = ?"),
		byAttempt:   q(session, "tenant = ? AND id = (SELECT session FROM bonafide_attempts WHERE id = ?)"),
		byMedia:     q(session, "tenant = ? AND id = (SELECT session FROM bonafide_media WHERE id = ?)"),
		attempts:    q("SELECT", attemptColumns, "FROM bonafide_attempts WHERE session = ? ORDER BY n"),
		decisions:   q("SELECT", decisionColumns, "FROM bonafide_decisions WHERE session = ? ORDER BY n"),
		media:       q("SELECT", mediaColumns, "FROM bonafide_media WHERE session = ? ORDER BY id"),
		findings:    q("SELECT", findingColumns, "FROM bonafide_findings WHERE session = ? ORDER BY id"),
		events:      q("SELECT", eventColumns+", listed FROM bonafide_events WHERE session = ? ORDER BY seq"),
		blobs:       q("SELECT blob FROM bonafide_media WHERE blob IN (?" + strings.Repeat(", ?", blobsAtOnce-1) + ")"),
		nextSession: q("SELECT due_at FROM bonafide_sessions WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"),
		dueSessions: q(session, "due_at <= ? ORDER BY due_at, id LIMIT ?", d.skip),
	}
}

// deliveryQueries hand out deliveries and settle them. The three parts of the one that finds what can be claimed
// are not bound yet, as there is more to come in them.
type deliveryQueries struct {
	nextDelivery, waiting         string
	backlog                       string
	due, exceptFor, earliestFirst string
	dueRows, claimRows            string
	claim, settle                 string
	hasDelivery, wasSettled       string
}

// goesFirst is true of a due delivery when no earlier one of its session to its endpoint has to leave before
// it. It looks only at the earlier ones of that session and endpoint, which are few.
const goesFirst = "NOT EXISTS (SELECT 1 FROM bonafide_deliveries AS earlier WHERE earlier." + pending +
	" AND earlier.session = bonafide_deliveries.session AND earlier.endpoint = bonafide_deliveries.endpoint" +
	" AND earlier.seq < bonafide_deliveries.seq AND (earlier.last_at IS NULL OR earlier.due_at <= ?))"

func newDeliveryQueries(d Dialect, q joined) deliveryQueries {
	delivery := "SELECT " + deliveryColumns + " FROM bonafide_deliveries WHERE "
	return deliveryQueries{
		nextDelivery: q("SELECT due_at FROM bonafide_deliveries WHERE", pending,
			"AND due_at IS NOT NULL ORDER BY due_at LIMIT 1"),
		waiting: q("SELECT id, due_at FROM bonafide_deliveries WHERE", pending,
			"AND due_at IS NOT NULL ORDER BY due_at, id LIMIT ?"),
		backlog: q("SELECT count(*) FROM (SELECT due_at FROM bonafide_deliveries WHERE", pending,
			"AND due_at IS NOT NULL ORDER BY due_at LIMIT ?) AS waiting"),
		due:           delivery + dueBetween,
		dueRows:       "SELECT rowid FROM bonafide_deliveries WHERE " + dueBetween,
		exceptFor:     " AND endpoint NOT IN (?)",
		earliestFirst: " AND " + goesFirst + " ORDER BY due_at, id LIMIT ? " + d.skip,
		claimRows:     "UPDATE bonafide_deliveries SET claims = claims + 1, due_at = ? WHERE rowid IN ",
		claim:         q("UPDATE bonafide_deliveries SET claims = ?, due_at = ? WHERE id = ?"),
		settle: q("UPDATE bonafide_deliveries SET state = ?, due_at = ?, tries = ?, last_at = ?, last_status = ?, last_note = ?",
			"WHERE id = ? AND claims = ? AND", pending),
		wasSettled: q("SELECT id FROM bonafide_deliveries WHERE state = ? AND (due_at = ? OR due_at IS NULL) AND tries = ?",
			"AND last_at = ? AND last_status = ? AND last_note = ? AND id = ? AND claims = ?"),
		hasDelivery: q("SELECT id FROM bonafide_deliveries WHERE id = ?"),
	}
}

// entryQueries judge entries, and remove them.
type entryQueries struct {
	entryByID, entryByIDOrName string
	removeEntry, dropExpired   string
	entryWriter                string
}

func newEntryQueries(d Dialect, q joined) entryQueries {
	entry := "SELECT " + entryHeadColumns + " FROM bonafide_entries WHERE"
	return entryQueries{
		entryByID:       q(entry, "id = ?", d.lock),
		entryByIDOrName: q(entry, "id = ? OR tenant = ? AND sandbox = ? AND kind = ? AND name = ?", d.lock),
		removeEntry:     q("DELETE FROM bonafide_entries WHERE id = ?"),
		dropExpired:     q(dropExpired(d)),
		entryWriter:     q("SELECT version, change FROM bonafide_entries WHERE id = ?"),
	}
}

func dropExpired(d Dialect) string {
	return "DELETE FROM bonafide_entries WHERE id IN (SELECT id FROM bonafide_entries " +
		"WHERE expires_at <= ? ORDER BY expires_at, id LIMIT ? " + d.skip + ")"
}

// listQueries begin the statements that list. They are not bound yet, as there is more to come in them.
type listQueries struct {
	listSessions, listIDs     string
	listDeliveries            string
	listEntries, listedEvents string
}

func newListQueries() listQueries {
	const within = "tenant = ? AND sandbox = ?"
	sessions := " FROM bonafide_sessions WHERE " + within + " AND deleted_at IS NULL"
	return listQueries{
		listSessions:   "SELECT " + sessionColumns + sessions,
		listIDs:        "SELECT id" + sessions,
		listDeliveries: "SELECT " + deliveryColumns + " FROM bonafide_deliveries WHERE " + within,
		listEntries:    "SELECT " + entryColumns + " FROM bonafide_entries WHERE " + within + " AND kind = ?",
		listedEvents:   "SELECT " + eventColumns + ", listed FROM bonafide_events WHERE listed = ?",
	}
}

// integrationQueries find and make integrations by their API keys.
type integrationQueries struct {
	integration, addIntegration string
}

func newIntegrationQueries(q joined) integrationQueries {
	return integrationQueries{
		integration: q("SELECT id FROM bonafide_integrations WHERE api_key_hash = ?"),
		addIntegration: q("INSERT INTO bonafide_integrations (id, tenant, api_key_hash, created_at) VALUES (?, ?, ?, ?)",
			"ON CONFLICT (api_key_hash) DO NOTHING"),
	}
}

func insert(table, columns string) string {
	marks := strings.Repeat(", ?", strings.Count(columns, ",")+1)[2:]
	return "INSERT INTO " + table + " (" + columns + ") VALUES (" + marks + ")"
}

func update(table, columns string) string {
	return "UPDATE " + table + " SET " + strings.ReplaceAll(columns, ",", " = ?,") + " = ? WHERE id = ?"
}
