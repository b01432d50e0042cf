package sqlstore_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/bonafide-idv/bonafide/session"
)

// Creations of sessions (each with its attempt, event and permit), so many in one call as the writers of a process bring
// together, beside as many writers who each insert rows of as many bytes with jmoiron/sqlx, one commit each, in
// the same run: "ratio" is how many times the rate of the rows the sessions have. It tells little where the server does
// not sync to the disk; BONAFIDE_TEST_POSTGRES names one that does.
func BenchmarkCreateOnPostgres(b *testing.B) {
	for _, size := range []struct {
		name           string
		writers, batch int
		alter          func(*session.Change)
	}{
		{"1 writer", 1, 1, nil},
		{"16 writers", 16, 15, nil},
		{"64 writers", 64, 60, nil},
		{"16 writers, keyed", 16, 15, keyed},
		{"64 writers, keyed", 64, 60, keyed},
		{"64 writers, in a transaction", 64, 60, func(c *session.Change) { *c = inTransaction(*c) }},
	} {
		b.Run(size.name, func(b *testing.B) {
			on := onPostgres()
			db := on.migrated(b, on.driver, size.writers)
			store := on.store(b, db)
			exec(b, db, "CREATE TABLE bare (id BYTEA NOT NULL PRIMARY KEY, body BYTEA)")
			exec(b, db, "ALTER TABLE bare ALTER body SET STORAGE EXTERNAL")
			bare, row := sqlx.NewDb(db, on.driver), bytes.Repeat([]byte{0x5a}, 1550)
			tenant, at := newID(), now
			b.ReportAllocs()
			const each = 2000
			var sessions, rows time.Duration
			for b.Loop() {
				start := time.Now()
				for done := 0; done < each; done += size.batch {
					changes := make([]session.Change, size.batch)
					for i := range changes {
						at = at.Add(time.Second)
						changes[i] = wide(tenant, at)
						changes[i].Permits = []session.Permit{{Key: "create", Rules: []session.Rule{{N: 600, Window: time.Minute}}, At: at}}
						if size.alter != nil {
							size.alter(&changes[i])
						}
					}
					apply(b, store, changes...)
				}
				middle := time.Now()
				var wg sync.WaitGroup
				for range size.writers {
					wg.Go(func() {
						for range each / size.writers {
							id := session.NewID(time.Now())
							if _, err := bare.ExecContext(b.Context(), "INSERT INTO bare (id, body) VALUES ($1, $2)", id[:], row); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
				sessions += middle.Sub(start)
				rows += time.Since(middle)
			}
			done, inserted := (each+size.batch-1)/size.batch*size.batch, each/size.writers*size.writers
			perSession, perRow := float64(done*b.N)/sessions.Seconds(), float64(inserted*b.N)/rows.Seconds()
			b.ReportMetric(perSession/perRow, "ratio")
			b.ReportMetric(perSession, "sessions/s")
			b.ReportMetric(perRow, "rows/s")
		})
	}
}

// wide is a creation with 1,300 sealed bytes and no delivery, made at a time.
func wide(tenant uuid.UUID, at time.Time) session.Change {
	c := creation(tenant)
	id, attempt := session.NewID(at), session.NewID(at)
	c.Session.ID, c.Session.AttemptID, c.Attempts[0].ID, c.Events[0].ID = id, attempt, attempt, session.NewID(at)
	c.Session.Sealed, c.Deliveries = bytes.Repeat([]byte{0xa5}, 1300), nil
	return c
}

// keyed gives a creation an answer that is kept for a day.
func keyed(c *session.Change) {
	at := c.Permits[0].At
	e := entryOf(c.Session.Tenant, newID().String())
	e.ID, e.Session, e.CreatedAt, e.ExpiresAt = session.NewID(at), c.Session.ID, at, at.Add(24*time.Hour)
	e.Body = c.Session.Sealed[:600]
	c.Entries = []session.Entry{e}
}

// The expiry of due sessions (with an event and a delivery of 600 bytes each, 250 per commit) beside one UPDATE of the
// same rows, in the same run: "ratio" is how many times the rate of the one the other has.
func BenchmarkSweepOnPostgres(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("%d workers", workers), func(b *testing.B) {
			const due = 10000
			on := onPostgres()
			db := on.migrated(b, on.driver, 4)
			store := on.store(b, db)
			exec(b, db, "CREATE TABLE bare (LIKE bonafide_sessions INCLUDING ALL)")
			exec(b, db, "ALTER TABLE bare SET (toast_tuple_target = 256)")
			at := now
			var sessions, rows time.Duration
			for b.Loop() {
				b.StopTimer()
				for range due / 100 {
					changes := make([]session.Change, 100)
					for i := range changes {
						at = at.Add(time.Millisecond)
						changes[i] = wide(newID(), at)
						changes[i].Session.DueAt = at
					}
					apply(b, store, changes...)
				}
				exec(b, db, "INSERT INTO bare SELECT * FROM bonafide_sessions WHERE due_at IS NOT NULL")
				exec(b, db, "CHECKPOINT")
				b.StartTimer()
				start := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for {
							n, next, err := store.Sweep(b.Context(), at, 250, expire)
							if err != nil {
								b.Error(n, err)
							}
							if err != nil || next.IsZero() {
								return
							}
						}
					})
				}
				wg.Wait()
				middle := time.Now()
				exec(b, db, "UPDATE bare SET status = 'expired', version = version + 1, due_at = NULL WHERE due_at IS NOT NULL")
				sessions += middle.Sub(start)
				rows += time.Since(middle)
			}
			b.ReportMetric(float64(rows)/float64(sessions), "ratio")
			b.ReportMetric(float64(due*b.N)/sessions.Seconds(), "sessions/s")
			b.ReportMetric(float64(due*b.N)/rows.Seconds(), "rows/s")
		})
	}
}

// expire ends a session, and tells of it.
func expire(s session.Session) (session.Change, bool) {
	c := step(s)
	c.Session.DueAt, c.ID, c.Events[0].ID = time.Time{}, session.NewID(s.DueAt), session.NewID(s.DueAt)
	c.Deliveries = []session.Delivery{{
		ID: session.NewID(s.DueAt), Tenant: s.Tenant, Endpoint: s.Tenant, Event: c.Events[0].ID, CreatedAt: s.DueAt, DueAt: s.DueAt,
		State: session.DeliveryDue, Body: s.Sealed[:600],
	}}
	return c, true
}

// Deliveries of 600 bytes are claimed and settled, 1000 at a time.
func BenchmarkDeliverOnPostgres(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("%d workers", workers), func(b *testing.B) {
			const due = 10000
			on := onPostgres()
			db := on.migrated(b, on.driver, 4)
			store := on.store(b, db)
			at := now
			var spent time.Duration
			for b.Loop() {
				b.StopTimer()
				for range due / 100 {
					changes := make([]session.Change, 100)
					for i := range changes {
						at = at.Add(time.Millisecond)
						changes[i] = wide(newID(), at)
						changes[i].Session.DueAt = time.Time{}
						e, _ := expire(changes[i].Session)
						e.Deliveries[0].Event, e.Deliveries[0].DueAt = changes[i].Events[0].ID, at
						changes[i].Deliveries = e.Deliveries
						changes[i].Deliveries[0].ID = session.NewID(at)
					}
					apply(b, store, changes...)
				}
				exec(b, db, "CHECKPOINT")
				b.StartTimer()
				start := time.Now()
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for {
							claimed, next, err := store.Claim(b.Context(), at, at.Add(time.Hour), 1000, nil)
							if err != nil {
								b.Error(err)
							}
							for i := range claimed {
								claimed[i].State, claimed[i].DueAt, claimed[i].Last.At = session.DeliveryDone, time.Time{}, at
							}
							if errs := store.Settle(b.Context(), claimed...); errs != nil {
								b.Error(errs[0])
							}
							if err != nil || len(claimed) == 0 && (next.IsZero() || next.After(at)) {
								return
							}
						}
					})
				}
				wg.Wait()
				spent += time.Since(start)
			}
			b.ReportMetric(float64(due*b.N)/spent.Seconds(), "deliveries/s")
		})
	}
}
