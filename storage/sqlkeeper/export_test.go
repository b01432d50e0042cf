package sqlkeeper

import (
	"context"
	"database/sql"

	"github.com/bonafide-idv/bonafide/session"
)

// ReencodeRef writes what it read.
func ReencodeRef(b []byte) ([]byte, bool) {
	r, ok := parseRef(b)
	return r.bytes(), ok
}

// Nonces are those of one key that is wrapped n times.
func Nonces(master session.Key, n int) (map[[nonceSize]byte]bool, error) {
	m, err := newMaster(master)
	seen := make(map[[nonceSize]byte]bool, n)
	for range n {
		seen[m.wrap(row{}, master).nonce] = true
	}
	return seen, err
}

// Opens counts the rows that a master key opens, whatever they say of their master key.
func Opens(ctx context.Context, db *sql.DB, master session.Key) (n int, err error) {
	m, err := newMaster(master)
	if err != nil {
		return 0, err
	}
	rows, err := db.QueryContext(ctx, "SELECT n, "+columns+" FROM bonafide_keys")
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		_, r, err := scanRow(rows.Scan)
		if err != nil {
			return 0, err
		}
		if _, ok := m.unwrap(r); ok {
			n++
		}
	}
	return n, rows.Err()
}
