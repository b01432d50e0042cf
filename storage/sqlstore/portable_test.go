package sqlstore_test

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// What speaks PostgreSQL's protocol takes less than PostgreSQL does: no numbers that the database counts, no advisory
// locks, no triggers, functions, extensions or temporary tables, no locks of tables, and no types or casts of its own.
var unportable = regexp.MustCompile(`(?i)serial\b|\bidentity\b|sequence|nextval|advisory|::|\btrigger\b|\bfunction\b|` +
	`\bextension\b|\btemp|\block table\b|\blisten\b|\bnotify\b|\bxmin\b|\bctid\b|\boid\b|\bdo \$|\bmerge\b|\bonly\b|` +
	`\bexclude\b|\bunlogged\b|\bpartition\b|\binherits\b|\breferences\b|\bconcurrently\b|\buuid\b|\bjsonb?\b`)

// readOnly is what READ ONLY is in the statement that begins to read.
const readOnly = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

func TestPostgresIsPortable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"id SERIAL", "CAST(a AS b)::text", "SELECT pg_advisory_lock(1)", "LOCK TABLE a"} {
		if !unportable.MatchString(text) {
			t.Errorf("%s: is not found", text)
		}
	}
	names, err := fs.Glob(sqlstore.Migrations(sqlstore.Postgres()), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("files of Migrations: got %v, %v", names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(sqlstore.Migrations(sqlstore.Postgres()), name)
		if err != nil {
			t.Fatal(err)
		}
		portable(t, name, regexp.MustCompile(`--.*`).ReplaceAllString(string(text), ""))
	}
	on := onPostgres()
	spy, store := on.spiedStore(t, 1)
	c := creation(newID())
	for _, run := range append(boundedVerbs(store, keyringOf(t, store)), func(ctx context.Context) error {
		return sqlstore.Migrate(ctx, on.open(t, spy.Name, on.newFile(t), 1), on.dialect)
	}) {
		if err := run(t.Context()); err != nil {
			t.Error(err)
		}
	}
	next := step(c.Session)
	next.Base, next.Withdraw, next.Erase, next.Keep = 1, true, 0xff, true
	apply(t, store, c)
	apply(t, store, next)
	for _, s := range spy.Taken() {
		if !strings.Contains(s.Query, "bonafide_migrations") && s.Query != readOnly { // goose makes its own table
			portable(t, "a statement", s.Query)
		}
	}
}

func portable(t *testing.T, where, text string) {
	t.Helper()
	for _, found := range unportable.FindAllStringIndex(text, -1) {
		t.Errorf("%s: not every database takes %q in %q", where, text[found[0]:found[1]],
			text[max(0, found[0]-40):min(len(text), found[1]+40)])
	}
}
