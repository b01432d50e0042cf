package sqlstore

import (
	"context"
	"database/sql/driver"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// column is the values of one column of several rows, which go to the database as one array, without the NULLs at its end.
// In each set of rows there is a column that has none.
type column interface {
	add(field any)
	kind() string
	array() any
}

// columnFor is an empty column for such fields, which are those of columns.go.
func columnFor(field any) column {
	switch field.(type) {
	case *[]byte:
		return &bytesColumn{long: true}
	case *ident, *perhaps, *digest, []byte:
		return &bytesColumn{}
	case *stamp, *flag, *int64, *int, int64, int:
		return &intColumn{}
	}
	return &textColumn{}
}

type bytesColumn struct {
	all  [][]byte
	end  int  // of those that are there
	long bool // as ciphertext is
	size int  // of all together
}

func (c *bytesColumn) kind() string { return "BYTEA" }
func (c *bytesColumn) array() any   { return c.all[:c.end] }

func (c *bytesColumn) add(field any) {
	var b []byte
	switch v := field.(type) {
	case *ident:
		b = v[:]
	case *[]byte:
		b = *v
	case []byte:
		b = v
	default:
		b, _ = valueOf(field).([]byte)
	}
	c.all, c.size = append(c.all, b), c.size+len(b)
	if b != nil {
		c.end = len(c.all)
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
	nulls bool // there is one before end
	end   int  // of those that are there
}

func (s *sparse[T]) append(v T, there bool) {
	s.all, s.there = append(s.all, v), append(s.there, there)
	if there {
		s.nulls, s.end = s.nulls || s.end < len(s.all)-1, len(s.all)
	}
}

func (s *sparse[T]) array() any {
	if !s.nulls {
		return s.all[:s.end]
	}
	out := make([]*T, s.end)
	for i := range out {
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
	long    []byte // grows to what the first argument is; nil: there is none such
}

// maxPieces is how many bytes are at most sent as one value, of which there are copies on the way.
const maxPieces = 1 << 20

// joint is a statement that writes the set. What is long in its rows goes as one value, of which each is a piece: an
// array's elements are copied several times over, as the driver's buffers grow with each of them.
func (b *batch) joint() *joint {
	j := &joint{dialect: b.dialect}
	size := 0
	for k := range b.set {
		for _, c := range b.set[k].columns {
			if c, ok := c.(*bytesColumn); ok && c.long {
				size += c.size
			}
		}
	}
	if size > 0 && size <= maxPieces {
		j.takePieces(size)
	}
	return j
}

// takePieces begins the statement with one value of so many bytes, which stands in it once.
func (j *joint) takePieces(size int) {
	j.long = make([]byte, 0, size)
	j.args = []any{j.long[:size]} // which is filled later
	j.text.WriteString("WITH pieces AS MATERIALIZED (SELECT CAST($1 AS BYTEA) AS long)")
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
			j.bind(arg)
		}
		text = after
	}
	j.text.WriteString(text)
}

// unnest adds rows. The server reads arrays that are unnested beside each other row by row, where those of one function in
// FROM are copied first. What is missing at an array's end is NULL.
func (j *joint) unnest(rows *rowset) {
	j.text.WriteString("(SELECT ")
	for i, c := range rows.columns {
		if i > 0 {
			j.text.WriteString(", ")
		}
		if b, ok := c.(*bytesColumn); ok && b.long && b.size > 0 && j.long != nil {
			j.pieces(b)
		} else {
			j.array(c.kind(), c.array())
		}
	}
	j.text.WriteString(")")
}

func (j *joint) array(kind string, array any) {
	j.text.WriteString("unnest(CAST(")
	j.bind(array)
	j.text.WriteString(" AS " + kind + "[]))")
}

// pieces adds a column as places in what is long.
func (j *joint) pieces(c *bytesColumn) {
	var from, length intColumn
	for _, b := range c.all[:c.end] {
		from.append(int64(len(j.long))+1, true)
		length.append(int64(len(b)), b != nil)
		j.long = append(j.long, b...)
	}
	j.text.WriteString("substring((SELECT long FROM pieces) FROM ")
	j.array("INT", from.array())
	j.text.WriteString(" FOR ")
	j.array("INT", length.array())
	j.text.WriteString(")")
}

// bind adds an argument, and its mark as every database with arrays has it.
func (j *joint) bind(arg any) {
	j.args = append(j.args, j.dialect.arg(arg))
	j.text.WriteString("$")
	j.text.WriteString(strconv.Itoa(len(j.args)))
}

// query is the statement.
func (j *joint) query() string { return j.text.String() }

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
	// NULL is what is nil, and what is missing where a column ends before another, as those of the last row here do.
	var probe rowset
	var none []byte
	long := []byte{7}
	for i := range int64(2) {
		probe.add([]byte{}, int64(0), "", &long, 2*i)
		probe.add(none, &stamp{}, new(label), &none, 2*i+1)
	}
	j := joint{dialect: d}
	j.takePieces(2 * len(long))
	j.add(" SELECT i % 2 = 0 AND length(b) = 0 AND n = 0 AND length(t) = 0 AND length(l) = 1 OR"+
		" i % 2 = 1 AND b IS NULL AND n IS NULL AND t IS NULL AND l IS NULL FROM ? AS x (b, n, t, l, i)", &probe)
	fits, err := rows(ctx, c, func(fits *bool) []any { return []any{fits} }, j.query(), j.args...)
	if err != nil && d.engine.Again(err) {
		return false, err
	}
	return err == nil && slices.Equal(fits, []bool{true, true, true, true}), nil
}
