package sqlstore_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/storetest"
	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// partitions are the tables that grow with the sessions, and the column by which each can be divided: of its key
// the first, which is in the order of time.
var partitions = [][2]string{
	{"sessions", "id"}, {"attempts", "id"}, {"decisions", "session"}, {"media", "id"}, {"findings", "session"},
	{"events", "session"}, {"deliveries", "id"},
}

// partitioned makes a schema of the migrations' text in which those tables are divided. Settings of a table's storage
// belong to its parts there.
func partitioned(t testing.TB, by string, parts func(table string) []string) string {
	t.Helper()
	text, err := postgresSchema()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions {
		table := "bonafide_" + p[0]
		start := strings.Index(text, "CREATE TABLE "+table+" (")
		end := strings.Index(text[start:], "\n);")
		if start < 0 || end < 0 {
			t.Fatalf("the migrations have no %s", table)
		}
		end += start + len("\n)")
		text = text[:end] + " PARTITION BY " + by + " (" + p[1] + ")" + text[end:]
		for _, part := range parts(table) {
			text += "\n" + part + ";"
		}
	}
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "toast_tuple_target") {
			kept = append(kept, line)
		}
	}
	return postgrestest.Schema(t, strings.Join(kept, ""))
}

func openPartitioned(t *testing.T, at string) (*sql.DB, session.Store) {
	t.Helper()
	on := onPostgres()
	db := on.open(t, on.driver, at, 8)
	return db, on.store(t, db)
}

// A host may divide the tables by the ids, which are in the order of time.
func TestPartitionsOfTime(t *testing.T) {
	t.Parallel()
	at := partitioned(t, "RANGE", func(table string) []string {
		middle := `'\x` + newID().String()[:8] + `'`
		return []string{
			"CREATE TABLE " + table + "_1 PARTITION OF " + table + " FOR VALUES FROM (MINVALUE) TO (" + middle + ")",
			"CREATE TABLE " + table + "_2 PARTITION OF " + table + " FOR VALUES FROM (" + middle + ") TO (MAXVALUE)",
		}
	})
	_, store := openPartitioned(t, at)
	c := creation(newID())
	if errs := store.Apply(t.Context(), c); errs != nil {
		t.Fatalf("Apply: got %v, want nil", errs)
	}
	if done, _, err := store.Sweep(t.Context(), now, 10, silence); done != 1 || err != nil {
		t.Errorf("Sweep: got %d, %v, want 1, nil", done, err)
	}
}

// Every promise is kept where rows of one change are in different parts.
func TestPartitions(t *testing.T) {
	if testing.Short() || os.Getenv("BONAFIDE_TEST_LONG") == "" {
		t.Skip("the same cases run on tables that are not divided; BONAFIDE_TEST_LONG=1 has them run on these, too")
	}
	t.Parallel()
	at := partitioned(t, "HASH", func(table string) (parts []string) {
		for i := range 3 {
			parts = append(parts, fmt.Sprintf("CREATE TABLE %s_%d PARTITION OF %s FOR VALUES WITH (MODULUS 3, REMAINDER %d)",
				table, i, table, i))
		}
		return parts
	})
	db, store := openPartitioned(t, at)
	storetest.Run(t, func(t *testing.T) session.Store {
		emptied(t, db)
		return onPostgres().store(t, db)
	})
	for range 20 {
		if errs := store.Apply(t.Context(), creation(newID())); errs != nil {
			t.Fatalf("Apply: got %v, want nil", errs)
		}
	}
	var parts int
	if err := db.QueryRow("SELECT count(DISTINCT tableoid) FROM bonafide_sessions").Scan(&parts); err != nil || parts < 2 {
		t.Errorf("parts that have sessions: got %d, %v, want several", parts, err)
	}
}
