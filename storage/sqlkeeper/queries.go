package sqlkeeper

import "github.com/jmoiron/sqlx"

// queries are all statements, as a dialect writes them.
type queries struct {
	find    string
	batch   string // of rows that one master key wraps, in order
	first   string
	add     string
	replace string // unless another has wrapped it, or destroyed it
	destroy string

	masters   string
	shared    string
	locked    string
	addMaster string
	begin     string
	end       string
}

const (
	columns = "session, ref, master, nonce, wrapped"
	rewrite = "UPDATE bonafide_keys SET master = ?, nonce = ?, wrapped = ? WHERE n = ?"
	masters = "SELECT current, previous FROM bonafide_keys_master WHERE one = 1 "
)

func newQueries(d Dialect) queries {
	q := func(s string) string { return sqlx.Rebind(d.engine.Bind, s) }
	return queries{
		find: q("SELECT n, " + columns + " FROM bonafide_keys WHERE n = ?"),
		batch: q("SELECT n, " + columns + " FROM bonafide_keys" +
			" WHERE n > ? AND master = ? ORDER BY n LIMIT ? " + d.lock),
		first:   q("SELECT n FROM bonafide_keys LIMIT 1"),
		add:     q("INSERT INTO bonafide_keys (" + columns + ") VALUES (?, ?, ?, ?, ?) RETURNING n"),
		replace: q(rewrite + " AND master = ?"),
		destroy: q(rewrite + " AND session = ? AND ref = ?"),

		masters:   q(masters),
		shared:    q(masters + d.share),
		locked:    q(masters + d.lock),
		addMaster: q("INSERT INTO bonafide_keys_master (one, current) VALUES (1, ?) ON CONFLICT DO NOTHING"),
		begin: q("UPDATE bonafide_keys_master SET previous = current, current = ?" +
			" WHERE one = 1 AND previous IS NULL"),
		end: q("UPDATE bonafide_keys_master SET previous = NULL WHERE one = 1 AND current = ? AND previous = ?"),
	}
}
