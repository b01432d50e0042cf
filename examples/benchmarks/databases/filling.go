package databases

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/sqlstore"
)

// Filling says what a database is filled with: sessions of one tenant in the order of time, each with its first attempt
// and its first event.
type Filling struct {
	Sessions int
	Sealed   int // bytes of each session's facts
	Due      int // so many of the oldest have an alarm that has rung by [Filled]; the others' come an hour later
	Body     int // bytes of a delivery that each session has and that is due by [Filled]; 0: there are none
}

// The one whose sessions fill a database, and when that was.
var (
	Tenant = uuid.UUID{0: 7, 6: 0x40, 8: 0x80, 15: 7}
	Filled = time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
)

// epoch is the first 48 bits of the ids.
const epoch = 1_900_000_000_000

// SessionID is that of the session of a number, from 1.
func SessionID(n int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(epoch+n)<<16|0x4000)
	binary.BigEndian.PutUint64(id[8:], 0x8000<<48|uint64(n))
	return id
}

// change makes the session that all others are copies of.
func (f Filling) change() session.Change {
	s := session.Session{
		ID: SessionID(0), Tenant: Tenant, Integration: Tenant, Status: session.StatusCreated, AttemptN: 1,
		AttemptID: SessionID(0), CreatedAt: Filled, UpdatedAt: Filled, ExpiresAt: Filled, DueAt: Filled,
		Key: make([]byte, 32), Sealed: noise(f.Sealed),
	}
	c := session.Change{ID: SessionID(0), Session: s, Attempts: []session.Attempt{{
		ID: s.AttemptID, Session: s.ID, N: 1, Status: s.Status, CreatedAt: Filled,
	}}, Events: []session.Event{{
		ID: SessionID(0), Session: s.ID, Change: SessionID(0), Kind: session.EventCreated, Status: s.Status,
		Attempt: s.AttemptID, By: session.ActorHost, At: Filled,
	}}}
	if f.Body > 0 {
		c.Deliveries = []session.Delivery{{
			ID: SessionID(0), Tenant: Tenant, Session: s.ID, Integration: Tenant, Endpoint: Tenant, Event: c.Events[0].ID,
			CreatedAt: Filled, DueAt: Filled, State: session.DeliveryDue, Personal: true, Body: noise(f.Body),
		}}
	}
	return c
}

// noise is bytes as a cipher makes them.
func noise(n int) (out []byte) {
	for i := uint64(0); len(out) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, i))
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// name is that of a database which is filled so, and has this version's schema.
func (f Filling) name(d sqlstore.Dialect) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%+v", f)
	err := fs.WalkDir(sqlstore.Migrations(d), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sqlstore.Migrations(d), path)
		sum.Write(text)
		return err
	})
	return fmt.Sprintf("filled_%d_%s", f.Sessions, hex.EncodeToString(sum.Sum(nil)[:6])), err
}

// numbers is what a dialect makes many rows of one with.
type numbers struct {
	series string // a table n of one column i, from 1 to a bound
	id     string // of the row i
}

// fill makes all sessions from the one that is there, by one statement for each table.
func (f Filling) fill(ctx context.Context, conn *sql.Conn, by numbers) error {
	alarm := fmt.Sprintf("CASE WHEN n.i <= %d THEN due_at ELSE due_at + 3600000000 END", f.Due)
	tables := []struct {
		name    string
		differs map[string]string
	}{
		{"bonafide_sessions", map[string]string{"id": by.id, "attempt_id": by.id, "due_at": alarm}},
		{"bonafide_attempts", map[string]string{"id": by.id, "session": by.id}},
		{"bonafide_events", map[string]string{"id": by.id, "session": by.id, "change": by.id}},
		{"bonafide_deliveries", map[string]string{"id": by.id, "session": by.id, "event": by.id}},
	}
	for _, t := range tables {
		columns, err := columnsOf(ctx, conn, t.name)
		if err != nil {
			return err
		}
		values := make([]string, len(columns))
		for i, c := range columns {
			if values[i] = "one." + c; t.differs[c] != "" {
				values[i] = t.differs[c]
			}
		}
		for _, statement := range []string{
			"CREATE TEMPORARY TABLE one AS SELECT * FROM " + t.name,
			"DELETE FROM " + t.name,
			"INSERT INTO " + t.name + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(values, ", ") +
				" FROM one CROSS JOIN " + fmt.Sprintf(by.series, f.Sessions) + " ORDER BY n.i",
			"DROP TABLE one",
		} {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%.80s: %w", statement, err)
			}
		}
	}
	return nil
}

func columnsOf(ctx context.Context, conn *sql.Conn, table string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

// begin makes the schema and the one session.
func (f Filling) begin(ctx context.Context, db *sql.DB, d sqlstore.Dialect) error {
	if err := sqlstore.Migrate(ctx, db, d); err != nil {
		return err
	}
	store, err := sqlstore.New(db, d)
	if err != nil {
		return err
	}
	if errs := store.Apply(ctx, f.change()); errs != nil {
		return errs[0]
	}
	return nil
}
