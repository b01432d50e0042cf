package sqlstore_test

import (
	"bytes"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// The creation of a session (with its attempt, event and permit) beside the insertion of one row of as
// many bytes with jmoiron/sqlx, in the same run: "ratio" is how many times one row's time a session takes.
func BenchmarkCreate(b *testing.B) {
	sealed := bytes.Repeat([]byte{0xa5}, 1300)
	for _, size := range []struct {
		name  string
		batch int
		keyed bool // each with an answer that is kept for a day
	}{{"1 per commit", 1, false}, {"16 per commit", 16, false}, {"16 per commit, keyed", 16, true}} {
		b.Run(size.name, func(b *testing.B) {
			db := migrated(b, "sqlite3", 4)
			store := newStore(b, db)
			bare := sqlx.NewDb(db, "sqlite3")
			bare.MustExec("CREATE TABLE bare (id BLOB NOT NULL PRIMARY KEY, body BLOB)")
			row := bytes.Repeat([]byte{0x5a}, 1550)
			tenant := newID()
			at := now
			b.ReportAllocs()
			var sessions, rows time.Duration
			for b.Loop() {
				start := time.Now()
				changes := make([]session.Change, size.batch)
				for i := range changes {
					at = at.Add(time.Second)
					c := creation(tenant)
					c.Session.ID = session.NewID(at)
					c.Session.Sealed, c.Deliveries = sealed, nil
					c.Permits = []session.Permit{{Key: "create", Rules: []session.Rule{{N: 600, Window: time.Minute}}, At: at}}
					if size.keyed {
						e := entryOf(tenant, newID().String())
						e.ID, e.Session, e.CreatedAt, e.ExpiresAt = session.NewID(at), c.Session.ID, at, at.Add(24*time.Hour)
						e.Body = sealed[:600]
						c.Entries = []session.Entry{e}
					}
					changes[i] = c
				}
				if errs := store.Apply(b.Context(), changes...); errs != nil {
					b.Fatal(errs)
				}
				middle := time.Now()
				for range changes {
					at = at.Add(time.Microsecond)
					id := session.NewID(at)
					if _, err := bare.ExecContext(b.Context(), "INSERT INTO bare (id, body) VALUES (?, ?)", id[:], row); err != nil {
						b.Fatal(err)
					}
				}
				sessions += middle.Sub(start)
				rows += time.Since(middle)
			}
			b.ReportMetric(float64(sessions)/float64(rows), "ratio")
			b.ReportMetric(float64(sessions.Microseconds())/float64(b.N*size.batch), "µs/session")
		})
	}
}

// Creations by many writers at once beside insertions of one row of as many bytes by as many, one commit each, in the same
// run: "ratio" is how many times the rate of the one the other has.
func BenchmarkWriters(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(strconv.Itoa(writers), func(b *testing.B) {
			db := migrated(b, "sqlite3", 4)
			store := newStore(b, db)
			bare := sqlx.NewDb(open(b, "sqlite3", newFile(b), 1), "sqlite3")
			bare.MustExec("CREATE TABLE bare (id BLOB NOT NULL PRIMARY KEY, body BLOB)")
			tenant, row := newID(), bytes.Repeat([]byte{0x5a}, 1550)
			at := now
			b.ReportAllocs()
			var sessions, rows time.Duration
			for b.Loop() {
				changes := make(chan session.Change, 20*writers)
				for range cap(changes) {
					at = at.Add(time.Second)
					c := creation(tenant)
					c.Session.ID = session.NewID(at)
					c.Session.Sealed, c.Deliveries = row[:1300], nil
					c.Permits = []session.Permit{{Key: "create", Rules: []session.Rule{{N: 600, Window: time.Minute}}, At: at}}
					changes <- c
				}
				close(changes)
				ids := make(chan uuid.UUID, cap(changes))
				for range cap(changes) {
					at = at.Add(time.Microsecond)
					ids <- session.NewID(at)
				}
				close(ids)
				sessions += byAll(writers, func() {
					for c := range changes {
						apply(b, store, c)
					}
				})
				rows += byAll(writers, func() {
					for id := range ids {
						bare.MustExec("INSERT INTO bare (id, body) VALUES (?, ?)", id[:], row)
					}
				})
			}
			b.ReportMetric(float64(rows)/float64(sessions), "ratio")
			b.ReportMetric(float64(20*writers*b.N)/sessions.Seconds(), "sessions/s")
		})
	}
}

// byAll is the time until all have worked.
func byAll(workers int, work func()) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	for range workers {
		all.Go(work)
	}
	all.Wait()
	return time.Since(start)
}

// The expiry of due sessions (with an event each, 250 per commit) beside one UPDATE of as many
// rows of as many bytes, in the same run: "ratio" is how many times the rate of the one the other has.
func BenchmarkSweep(b *testing.B) {
	const due = 5000
	db := migrated(b, "sqlite3", 4)
	store := newStore(b, db)
	exec(b, db, "CREATE TABLE bare (id BLOB NOT NULL PRIMARY KEY, due_at INTEGER, body BLOB)")
	exec(b, db, "CREATE INDEX bare_due ON bare (due_at) WHERE due_at IS NOT NULL")
	at := now
	var sessions, rows time.Duration
	for b.Loop() {
		b.StopTimer()
		for range due / 100 {
			changes := make([]session.Change, 100)
			for i := range changes {
				at = at.Add(time.Millisecond)
				changes[i] = creation(newID())
				changes[i].Session.ID = session.NewID(at)
				changes[i].Session.DueAt = at
				changes[i].Session.Sealed, changes[i].Deliveries = bytes.Repeat([]byte{0xa5}, 1300), nil
			}
			apply(b, store, changes...)
		}
		exec(b, db, "INSERT INTO bare (id, due_at, body) SELECT id, due_at, randomblob(1550) FROM bonafide_sessions WHERE due_at IS NOT NULL")
		b.StartTimer()
		start := time.Now()
		for done := 0; done < due; {
			n, _, err := store.Sweep(b.Context(), at, 250, func(s session.Session) (session.Change, bool) {
				c := step(s)
				c.Session.DueAt = time.Time{}
				return c, true
			})
			if err != nil || n == 0 {
				b.Fatal(n, err)
			}
			done += n
		}
		middle := time.Now()
		exec(b, db, "UPDATE bare SET due_at = NULL WHERE due_at IS NOT NULL")
		sessions += middle.Sub(start)
		rows += time.Since(middle)
	}
	b.ReportMetric(float64(rows)/float64(sessions), "ratio")
	b.ReportMetric(float64(due*b.N)/sessions.Seconds(), "sessions/s")
}

// A Claim of one delivery behind 10,000 that are due before it, none of which goes first, beside a Claim behind none, in
// the same run: "ratio" is how many times the one takes the time of the other.
func BenchmarkClaimBehindOthers(b *testing.B) {
	free, crowded := newStore(b, migrated(b, "sqlite3", 4)), newStore(b, migrated(b, "sqlite3", 4))
	for range 1000 {
		c := creation(newID())
		first := c.Deliveries[0]
		c.Deliveries[0].DueAt = now.Add(24 * time.Hour)
		for range 10 {
			e, d := c.Events[0], first
			e.ID, d.ID, d.DueAt = newID(), newID(), now.Add(-time.Second)
			d.Event = e.ID
			c.Events, c.Deliveries = append(c.Events, e), append(c.Deliveries, d)
		}
		apply(b, crowded, c)
	}
	at := now
	claim := func(store *sqlstore.Store) time.Duration {
		start := time.Now()
		got, _, err := store.Claim(b.Context(), at, at.Add(time.Microsecond), 8, nil)
		if err != nil || len(got) != 1 {
			b.Fatalf("Claim: got %d, %v, want 1, nil", len(got), err)
		}
		return time.Since(start)
	}
	apply(b, free, creation(newID()))
	apply(b, crowded, creation(newID()))
	b.ReportAllocs()
	var alone, behind time.Duration
	for b.Loop() {
		alone += claim(free)
		behind += claim(crowded)
		at = at.Add(time.Microsecond)
	}
	b.ReportMetric(float64(behind)/float64(alone), "ratio")
	b.ReportMetric(float64(behind.Microseconds())/float64(b.N), "µs/claim")
}
