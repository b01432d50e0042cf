package sqlstore_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/internal/sqlspy"
)

// queues are the indexes by which what is due is found, and what is before it.
var queues = regexp.MustCompile(`bonafide_\w+_(due|lane)\b`)

// TestPlansOfPostgres: every statement has an index that bounds what it looks at, in the order that it asks for. Which
// of several PostgreSQL takes depends on how many rows there are, but for the queues.
func TestPlansOfPostgres(t *testing.T) {
	t.Parallel()
	fresh := func(t *testing.T) *planned {
		p := newPlannedOn(t, onPostgres(), "&enable_seqscan=off&enable_sort=off")
		exec(t, p.db, "ANALYZE")
		return p
	}
	shared := fresh(t)
	for _, plan := range slices.Concat(plans, listPlans) {
		t.Run(plan.verb, func(t *testing.T) { // one after another: they share the rows
			p := shared
			if strings.HasPrefix(plan.verb, "Apply") { // each changes the same rows
				p = fresh(t)
			}
			p.spy.Taken()
			if err := plan.run(t, p); err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, s := range p.spy.Taken() {
				found := p.explainPostgres(t, s)
				all.WriteString(found)
				if fault := unbounded(s.Query, found); fault != "" {
					t.Errorf("%s:\n%s\ngot %s", s.Query, found, fault)
				}
			}
			for _, line := range plan.want {
				if queue := queues.FindString(line); !strings.Contains(all.String(), queue) {
					t.Errorf("got\n%s\nwant %s to be used", all.String(), queue)
				}
			}
		})
	}
}

// unbounded says what is wrong with a plan; nothing when all is well.
func unbounded(query, plan string) string {
	sorted := strings.HasSuffix(query, "ORDER BY seq") || strings.Contains(query, "FROM bonafide_decisions ") ||
		strings.Contains(query, "= ANY(") // which are as many as are asked for
	first := strings.HasSuffix(query, "LIMIT 1") || strings.HasPrefix(query, "SELECT id, due_at FROM bonafide_deliveries")
	lines := strings.Split(plan, "\n")
	for i, line := range lines {
		switch {
		case strings.Contains(line, "Seq Scan"):
			return "a scan of a table"
		case strings.Contains(line, "Sort Key") && !sorted:
			return "a sort"
		case strings.Contains(line, "Index") && strings.Contains(line, "Scan") && !strings.Contains(lines[i+1], "Index Cond") && !first:
			return "a scan of a whole index"
		}
	}
	return ""
}

func (p *planned) explainPostgres(t *testing.T, s sqlspy.Statement) (out string) {
	t.Helper()
	verb, _, _ := strings.Cut(s.Query, " ")
	if !slices.Contains([]string{"SELECT", "UPDATE", "DELETE", "WITH"}, verb) {
		return ""
	}
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		args[i] = a.Value
	}
	rows, err := p.db.QueryContext(t.Context(), "EXPLAIN (COSTS OFF) "+s.Query, args...)
	if err != nil {
		t.Fatalf("%s: %v", s.Query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out += line + "\n"
	}
	return out
}

// A tenant's log is long and that of one of its sessions is short: however PostgreSQL plans it, it looks at that one's rows
// alone, without being told to by settings.
func TestPlansOfALongLogOnPostgres(t *testing.T) {
	t.Parallel()
	p := newPlannedOn(t, onPostgres(), "")
	exec(t, p.db, "INSERT INTO bonafide_deliveries (id, tenant, sandbox, session, integration, endpoint, event, seq, created_at, "+
		"due_at, claims, tries, state, personal, last_at, last_status, last_note, body) "+
		"SELECT decode(lpad(to_hex(i), 32, '0'), 'hex'), tenant, sandbox, decode(lpad(to_hex(i / 4), 32, '0'), 'hex'), integration, "+
		"endpoint, event, i % 4, created_at, NULL, 1, 1, 'done', 1, NULL, 200, '', NULL "+
		"FROM bonafide_deliveries, generate_series(1, 20000) AS n (i) WHERE session = $1", p.first.ID[:])
	exec(t, p.db, "ANALYZE")
	erase := step(p.first)
	erase.Base, erase.Erase, erase.Withdraw = 1, session.EraseSealed, true
	for _, plan := range []plan{
		{"Deliveries of a session", func(t *testing.T, p *planned) error {
			return p.deliveries(t, session.DeliveryQuery{Session: p.first.ID})
		}, nil},
		{"Claim", func(t *testing.T, p *planned) error { return p.claim(t, now) }, nil},
		{"Apply with an erasure", func(t *testing.T, p *planned) error { return first(p.Apply(t.Context(), erase)) }, nil},
	} {
		p.spy.Taken()
		if err := plan.run(t, p); err != nil {
			t.Fatal(plan.verb, err)
		}
		looked := false
		for _, s := range p.spy.Taken() {
			found := p.explainPostgres(t, s)
			if !strings.Contains(found, "bonafide_deliveries") {
				continue
			}
			looked = looked || strings.Contains(found, "bonafide_deliveries_lane")
			if strings.Contains(found, "bonafide_deliveries_log") || strings.Contains(found, "Seq Scan on bonafide_deliveries") {
				t.Errorf("%s: %s:\n%s\ngot a look at all deliveries of the tenant", plan.verb, s.Query, found)
			}
		}
		if !looked {
			t.Errorf("%s: got no look at the index by session", plan.verb)
		}
	}
}
