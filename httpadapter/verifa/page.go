package verifa

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// maxTotal is up to where totals are counted: one more than may be skipped, so that who sees it knows that there may
// be more.
const maxTotal = session.MaxSkip + 1

// prefixCursor begins a cursor, which stands for the last object of the page before.
const prefixCursor = "cur_"

// query is what stands behind the path, read as it is asked for, with what is wrong with it. Names are known in any
// spelling, as those of bodies are; one that nothing asks for is refused, so that no filter is misspelt without a word.
type query struct {
	values map[string][]string // by what the names mean
	names  map[string]string   // as they came
	faults []fieldFault
}

func (x *exchange) query() *query {
	values, err := url.ParseQuery(x.r.URL.RawQuery)
	q := &query{values: map[string][]string{}, names: map[string]string{}}
	if err != nil {
		q.fault("query", "cannot be read")
	}
	for name, given := range values {
		q.values[fold(name)] = append(q.values[fold(name)], given...)
		q.names[fold(name)] = name
	}
	return q
}

func (q *query) fault(name, message string) {
	q.faults = append(q.faults, fieldFault{name, message})
}

// err refuses the request when anything was wrong, once all parameters that there are were asked for.
func (q *query) err() error {
	for _, name := range slices.Sorted(maps.Values(q.names)) {
		q.fault(shorten(name), "is not a parameter here")
	}
	if len(q.faults) > 0 {
		return invalid(q.faults...)
	}
	return nil
}

// text is a parameter; empty when it is not there.
func (q *query) text(name string) string {
	given := q.values[fold(name)]
	delete(q.names, fold(name))
	if len(given) > 1 {
		q.fault(name, "is given twice")
	}
	if len(given) == 0 {
		return ""
	}
	return given[0]
}

// number is a parameter that is a whole number within bounds.
func (q *query) number(name string, otherwise, least, most int) int {
	text := q.text(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		q.fault(name, fmt.Sprintf("must be a number from %d to %d", least, most))
		return otherwise
	}
	return n
}

// time is a parameter that is a time, as 2026-02-01T12:00:00Z, or a day, as 2026-02-01; zero when it is not there.
func (q *query) time(name string) time.Time {
	text := q.text(name)
	if text == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1970 {
			return t.UTC()
		}
	}
	q.fault(name, "must be a time, as 2026-02-01T12:00:00Z")
	return time.Time{}
}

// page is which part of a list is asked for (https://docs.withverifa.com/api-details/pagination).
type page struct {
	limit  int
	offset int
	after  uuid.UUID // the cursor; nil: none
}

// page reads it. A cursor is stable when objects are added; an offset is not, and goes so far and no further.
func (q *query) page(limit int) page {
	p := page{limit: q.number("limit", limit, 1, 100)}
	if text := q.text("cursor"); text != "" {
		var ok bool
		if p.after, ok = parseID(prefixCursor, text); !ok {
			q.fault("cursor", "is not a cursor that a page has given")
		}
		if q.text("offset") != "" {
			q.fault("offset", "cannot be given beside cursor")
		}
		return p
	}
	text := q.text("offset")
	if n, err := strconv.Atoi(text); err == nil && n > session.MaxSkip {
		q.fault("offset", fmt.Sprintf("must not be above %d: go on with cursor, which each page gives as next_cursor", session.MaxSkip))
		return p
	}
	p.offset = q.number("offset", 0, 0, session.MaxSkip)
	return p
}

// listed is a page of a list.
type listed[T any] struct {
	Data       []T        `json:"data"`
	Pagination pagination `json:"pagination"`
}

type pagination struct {
	Total      *int    `json:"total"` // up to 10,001; null: nobody has counted
	Limit      int     `json:"limit"`
	Offset     int     `json:"offset"`
	NextCursor *string `json:"next_cursor"`
}

// uncounted is the total of a list that would have to be read to its end.
const uncounted = -1

// listedOf makes a page of objects, of which one more than the limit was looked for, and id gives what the cursor
// stands for.
func listedOf[S, T any](p page, total int, found []S, id func(S) uuid.UUID, show func(S) T) listed[T] {
	l := listed[T]{Data: []T{}, Pagination: pagination{Limit: p.limit, Offset: p.offset}}
	if total != uncounted {
		l.Pagination.Total = &total
	}
	for i, s := range found {
		if i == p.limit {
			l.Pagination.NextCursor = new(idText(prefixCursor, id(found[i-1])))
			break
		}
		l.Data = append(l.Data, show(s))
	}
	return l
}
