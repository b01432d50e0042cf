package sqlstore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
)

// column is the values of one column of several rows, which go to the database as one array.
type column interface {
	add(field any)
	kind() string
	array() any
}

// columnFor is an empty column for such fields, which are those of columns.go.
func columnFor(field any) column {
	switch field.(type) {
	case *ident, *perhaps, *digest, *[]byte, []byte:
		return &bytesColumn{}
	case *stamp, *flag, *int64, *int, int64, int:
		return &intColumn{}
	}
	return &textColumn{}
}

type bytesColumn struct{ all [][]byte }

func (c *bytesColumn) kind() string { return "BYTEA" }
func (c *bytesColumn) array() any   { return c.all }

func (c *bytesColumn) add(field any) {
	switch v := field.(type) {
	case *ident:
		c.all = append(c.all, v[:])
	case *[]byte:
		c.all = append(c.all, *v)
	case []byte:
		c.all = append(c.all, v)
	default:
		b, _ := valueOf(field).([]byte)
		c.all = append(c.all, b)
	}
}

type intColumn struct{ sparse[int64] }

func (c *intColumn) kind() string { return "BIGINT" }

func (c *intColumn) add(field any) {
	switch v := field.(type) {
	case *int64:
		c.append(*v, true)
	case *int:
		c.append(int64(*v), true)
	case int64:
		c.append(v, true)
	case int:
		c.append(int64(v), true)
	case *stamp:
		t := (*time.Time)(v)
		c.append(t.UnixMicro(), !t.IsZero())
	default:
		n, ok := valueOf(field).(int64)
		c.append(n, ok)
	}
}

type textColumn struct{ sparse[string] }

func (c *textColumn) kind() string { return "TEXT" }

func (c *textColumn) add(field any) {
	switch v := field.(type) {
	case string:
		c.append(v, true)
	case driver.Valuer:
		text, ok := valueOf(v).(string)
		c.append(text, ok)
	default:
		c.append(reflect.ValueOf(field).Elem().String(), true)
	}
}

// valueOf is the value of a field that always has one, be it nil.
func valueOf(field any) driver.Value {
	v, err := field.(driver.Valuer).Value()
	if err != nil {
		panic(err)
	}
	return v
}

// sparse is values of which some are not there.
type sparse[T any] struct {
	all   []T
	there []bool
	nulls bool
}

func (s *sparse[T]) append(v T, there bool) {
	s.all, s.there, s.nulls = append(s.all, v), append(s.there, there), s.nulls || !there
}

func (s *sparse[T]) array() any {
	if !s.nulls {
		return s.all
	}
	out := make([]*T, len(s.all))
	for i := range s.all {
		if s.there[i] {
			out[i] = &s.all[i]
		}
	}
	return out
}

// rowset is rows of one kind, as columns.
type rowset struct {
	columns []column
	n       int
}

// add adds a row. What its fields point to must stay as it is until the rows are written.
func (r *rowset) add(fields ...any) {
	if r.n == 0 {
		r.columns = make([]column, len(fields))
		for i, field := range fields {
			r.columns[i] = columnFor(field)
		}
	}
	for i, field := range fields {
		r.columns[i].add(field)
	}
	r.n++
}

// joint is several statements in one, which see the same rows, are done together or not at all, and cost one round
// trip. No two of them may write the same row.
type joint struct {
	dialect Dialect
	text    strings.Builder
	args    []any
}

// with adds a statement under a name. A rowset among args stands for its rows, and any other slice for an array; the
// statement has a ? for each.
func (j *joint) with(name, statement string, args ...any) {
	if j.text.Len() == 0 {
		j.text.WriteString("WITH ")
	} else {
		j.text.WriteString(", ")
	}
	j.text.WriteString(name)
	j.text.WriteString(" AS (")
	j.add(statement, args...)
	j.text.WriteString(")")
}

// add adds to the text.
func (j *joint) add(text string, args ...any) {
	for _, arg := range args {
		before, after, _ := strings.Cut(text, "?")
		j.text.WriteString(before)
		if rows, ok := arg.(*rowset); ok {
			j.unnest(rows)
		} else {
			j.text.WriteString("?")
			j.args = append(j.args, j.dialect.arg(arg))
		}
		text = after
	}
	j.text.WriteString(text)
}

func (j *joint) unnest(rows *rowset) {
	j.text.WriteString("unnest(")
	for i, c := range rows.columns {
		if i > 0 {
			j.text.WriteString(", ")
		}
		fmt.Fprintf(&j.text, "CAST(? AS %s[])", c.kind())
		j.args = append(j.args, j.dialect.arg(c.array()))
	}
	j.text.WriteString(")")
}

// query is the statement, as its dialect binds parameters.
func (j *joint) query() string { return sqlx.Rebind(j.dialect.engine.Bind, j.text.String()) }

// arg is an argument as the driver takes it.
func (d Dialect) arg(v any) any {
	if d.Array == nil {
		return v
	}
	switch v.(type) {
	case [][]byte, []int64, []*int64, []string, []*string:
		return d.Array(v)
	}
	return v
}

// gathered reads the rows of a statement over arrays.
func gathered[T any](b *batch, fields func(*T) []any, text string, args ...any) ([]T, error) {
	j := joint{dialect: b.dialect}
	j.add(text, args...)
	return rows(b.ctx, b.conn, fields, j.query(), j.args...)
}

// takesArrays reports whether the database and its driver take arrays, and what is missing from them as NULL.
func takesArrays(ctx context.Context, c Conn, d Dialect) (bool, error) {
	if !d.arrays {
		return false, nil
	}
	var probe rowset
	var none []byte
	probe.add([]byte{}, int64(0), "")
	probe.add(none, &stamp{}, new(label))
	j := joint{dialect: d}
	j.add("SELECT (b IS NULL) = (n IS NULL) AND (n IS NULL) = (t IS NULL) AND (n IS NULL OR length(b) + n = 0)"+
		" FROM ? AS x (b, n, t) ORDER BY n", &probe)
	fits, err := rows(ctx, c, func(fits *bool) []any { return []any{fits} }, j.query(), j.args...)
	if err != nil && d.engine.Again(err) {
		return false, err
	}
	return err == nil && len(fits) == 2 && fits[0] && fits[1], nil
}
