package decision

import (
	"errors"
	"fmt"
	"time"
)

// ErrDate is what [ParseDate] answers for text that is not YYYY-MM-DD.
var ErrDate = errors.New("decision: not a date of the form YYYY-MM-DD")

// ErrNoSuchDay is what [ParseDate] answers for text of the right form that names no day of the calendar.
var ErrNoSuchDay = errors.New("decision: no such day")

// Date is a day of the calendar, as it stands on a document: it has no time of day and no zone. The
// zero value is "not known". As JSON it is "YYYY-MM-DD", or null when it is not known.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return Date{}, ErrDate
	}
	number := func(s string) (n int, ok bool) {
		for _, c := range []byte(s) {
			if c < '0' || c > '9' {
				return 0, false
			}
			n = n*10 + int(c-'0')
		}
		return n, true
	}
	year, ok1 := number(text[:4])
	month, ok2 := number(text[5:7])
	day, ok3 := number(text[8:])
	if !ok1 || !ok2 || !ok3 {
		return Date{}, ErrDate
	}
	d := Date{year, time.Month(month), day}
	if d.IsZero() || !d.Valid() {
		return Date{}, ErrNoSuchDay
	}
	return d, nil
}

// IsZero reports whether the date is not known.
func (d Date) IsZero() bool { return d == Date{} }

// Valid reports whether the date is a day of the calendar from year 1 to 9999, or not known.
func (d Date) Valid() bool {
	if d.IsZero() {
		return true
	}
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return d.Year >= 1 && d.Year <= 9999 && t.Year() == d.Year && t.Month() == d.Month && t.Day() == d.Day
}

// String gives YYYY-MM-DD, or nothing when the date is not known.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// MarshalJSON gives a string, or null when the date is not known.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + d.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON gives.
func (d *Date) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*d = Date{}
		return nil
	}
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return ErrDate
	}
	parsed, err := ParseDate(string(text[1 : len(text)-1]))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
