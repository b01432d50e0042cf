package sqlstore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Each row type has a list of its columns in queries.go and, here, a function that gives pointers to its
// fields in the same order. The pointers both bind and scan, so what goes in is what comes out.

// ident keeps a UUID as its 16 bytes.
type ident uuid.UUID

func (v *ident) Value() (driver.Value, error) { return v[:], nil }

func (v *ident) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(v) {
		return fmt.Errorf("%T is no id", src)
	}
	copy(v[:], b)
	return nil
}

// perhaps is an ident that may be none: then it is NULL.
type perhaps [16]byte

func (v *perhaps) Value() (driver.Value, error) {
	if *v == (perhaps{}) {
		return nil, nil
	}
	return v[:], nil
}

func (v *perhaps) Scan(src any) error {
	if src == nil {
		*v = perhaps{}
		return nil
	}
	return (*ident)(v).Scan(src)
}

// digest keeps a hash as its 32 bytes, and zeros, which are none, as NULL.
type digest [32]byte

func (v *digest) Value() (driver.Value, error) {
	if *v == (digest{}) {
		return nil, nil
	}
	return v[:], nil
}

func (v *digest) Scan(src any) error {
	b, ok := src.([]byte)
	if src != nil && (!ok || len(b) != len(v)) {
		return fmt.Errorf("%T is no hash", src)
	}
	*v = digest{}
	copy(v[:], b)
	return nil
}

// label keeps a text, and an empty one, which is none, as NULL.
type label string

func (v *label) Value() (driver.Value, error) {
	if *v == "" {
		return nil, nil
	}
	return string(*v), nil
}

func (v *label) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		*v = ""
	case string:
		*v = label(src)
	case []byte:
		*v = label(src)
	default:
		return fmt.Errorf("%T is no text", src)
	}
	return nil
}

// presence reads whether there is something in a column.
type presence bool

func (v *presence) Scan(src any) error {
	*v = src != nil
	return nil
}

// stamp keeps a time as Unix microseconds, and the zero time as NULL.
type stamp time.Time

func (v *stamp) Value() (driver.Value, error) {
	if t := (*time.Time)(v); !t.IsZero() {
		return t.UnixMicro(), nil
	}
	return nil, nil
}

func (v *stamp) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		*v = stamp{}
	case int64:
		*v = stamp(time.UnixMicro(src).UTC())
	default:
		return fmt.Errorf("%T is no time", src)
	}
	return nil
}

// flag keeps a bool as 0 or 1, as not every database has a bool. Any other number is none: nobody may guess what
// a damaged row allows.
type flag bool

func (v *flag) Value() (driver.Value, error) {
	if *v {
		return int64(1), nil
	}
	return int64(0), nil
}

func (v *flag) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%T is no flag", src)
	}
	if n != 0 && n != 1 {
		return fmt.Errorf("%d is no flag", n)
	}
	*v = n == 1
	return nil
}

func idOf(id uuid.UUID) *ident  { return (*ident)(&id) }
func flagOf(b bool) *flag       { return (*flag)(&b) }
func timeOf(t time.Time) *stamp { return (*stamp)(&t) }

func sessionFields(s *session.Session) []any {
	return []any{
		(*ident)(&s.ID), (*ident)(&s.Tenant), (*flag)(&s.Sandbox), (*ident)(&s.Integration), (*perhaps)(&s.Ref),
		(*stamp)(&s.DeletedAt), &s.Status, (*ident)(&s.AttemptID), &s.AttemptN, &s.Version, &s.Seq,
		(*stamp)(&s.CreatedAt), (*stamp)(&s.UpdatedAt), (*stamp)(&s.ActiveAt), (*stamp)(&s.SubmittedAt),
		(*stamp)(&s.EndedAt), (*stamp)(&s.ExpiresAt), (*stamp)(&s.RedactedAt),
		(*stamp)(&s.DecideAt), (*stamp)(&s.EraseAt), (*stamp)(&s.ScreenAt),
		(*stamp)(&s.RedactAt), (*stamp)(&s.HeldAt), (*stamp)(&s.HideAt),
		(*stamp)(&s.RetryAt), &s.Tries, (*stamp)(&s.DueAt), &s.LinkN, &s.Receipt, (*digest)(&s.Head), &s.Key, &s.Sealed,
	}
}

func attemptFields(a *session.Attempt) []any {
	return []any{
		(*ident)(&a.ID), (*ident)(&a.Session), &a.N, &a.Status, &a.Submitter,
		(*stamp)(&a.CreatedAt), (*stamp)(&a.EndedAt),
	}
}

func decisionFields(d *session.Decision) []any {
	return []any{
		(*ident)(&d.Session), (*ident)(&d.ID), &d.N, (*ident)(&d.Attempt), &d.Outcome, &d.Code, &d.By,
		(*stamp)(&d.At), &d.Sealed,
	}
}

func mediaFields(m *session.Media) []any {
	return []any{
		(*ident)(&m.ID), (*ident)(&m.Session), (*ident)(&m.Attempt), &m.Context, &m.Type, &m.Size, &m.Blob,
		(*stamp)(&m.CreatedAt), &m.Sealed,
	}
}

func findingFields(f *session.Finding) []any {
	return []any{
		(*ident)(&f.Session), (*ident)(&f.ID), (*ident)(&f.Attempt), &f.Kind, &f.By, (*stamp)(&f.At), &f.Sealed,
	}
}

// eventFields lacks Listed, which is written as whose list it is, and read as whether it is on one.
func eventFields(e *session.Event) []any {
	return []any{
		(*ident)(&e.Session), (*ident)(&e.ID), &e.Seq, (*ident)(&e.Change), &e.Kind, &e.Status,
		(*ident)(&e.Attempt), &e.By, (*stamp)(&e.At), &e.About, (*digest)(&e.Hash),
	}
}

func listedEventFields(e *session.Event) []any { return append(eventFields(e), (*presence)(&e.Listed)) }

func entryFields(e *session.Entry) []any {
	return []any{
		(*ident)(&e.ID), (*ident)(&e.Tenant), (*flag)(&e.Sandbox), &e.Kind, (*label)(&e.Name),
		(*perhaps)(&e.Session), &e.Version, (*stamp)(&e.CreatedAt), (*stamp)(&e.UpdatedAt), (*stamp)(&e.ExpiresAt), &e.Body,
	}
}

func deliveryFields(d *session.Delivery) []any {
	return []any{
		(*ident)(&d.ID), (*ident)(&d.Tenant), (*flag)(&d.Sandbox), (*ident)(&d.Session), (*ident)(&d.Integration),
		(*ident)(&d.Endpoint), (*ident)(&d.Event), &d.Seq, (*stamp)(&d.CreatedAt), (*stamp)(&d.DueAt),
		&d.Claims, &d.Tries, &d.State, (*flag)(&d.Personal), (*stamp)(&d.Last.At), &d.Last.Status, &d.Last.Note, &d.Body,
	}
}

// plain makes of fields, where they stand, the values that database/sql would make of them, which looks at each by
// reflection.
func plain(fields []any) []any {
	for i, field := range fields {
		switch v := field.(type) {
		case driver.Valuer:
			fields[i] = valueOf(v)
		case *[]byte:
			fields[i] = *v
		case *int64:
			fields[i] = *v
		case *int:
			fields[i] = int64(*v)
		default:
			if p := reflect.ValueOf(field); p.Kind() == reflect.Pointer && p.Elem().Kind() == reflect.String {
				fields[i] = p.Elem().String()
			}
		}
	}
	return fields
}

// rows reads all rows of a query into values whose fields are in the order of the columns.
func rows[T any](ctx context.Context, c Conn, fields func(*T) []any, query string, args ...any) ([]T, error) {
	found, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var out []T
	var row T
	into := fields(&row) // bytes are scanned into memory of their own, so one row serves for all
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, found.Err()
}

// one is rows for a query that finds at most one.
func one[T any](ctx context.Context, c Conn, fields func(*T) []any, query string, args ...any) (row T, ok bool, err error) {
	all, err := rows(ctx, c, fields, query, args...)
	if err != nil || len(all) == 0 {
		return row, false, err
	}
	return all[0], true, nil
}
