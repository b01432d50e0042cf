//go:build unix

package postgrestest_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// TestKill: what was committed is there when the server comes back, under the same address, to the same pool.
func TestKill(t *testing.T) {
	t.Parallel()
	s := postgrestest.New(t)
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE kept (n int)"); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		if _, err := db.ExecContext(t.Context(), "INSERT INTO kept VALUES ($1)", n); err != nil {
			t.Fatal(err)
		}
		s.Kill()
		if _, err := db.ExecContext(t.Context(), "INSERT INTO kept VALUES (99)"); err == nil {
			t.Fatal("a server that was killed answers")
		}
		s.Start()
		var rows, sum int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*), sum(n) FROM kept").Scan(&rows, &sum); err != nil || rows != n || sum > 3 {
			t.Errorf("after it was killed %d times: %d rows, %v; want %d", n, rows, err, n)
		}
	}
}
