package watchlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// What a list is bounded by.
const (
	MaxLine    = 64 << 10  // bytes of a line, without its end
	MaxEntries = 1_000_000 // entries of a list
	MaxHits    = 100       // hits of a screening; the best ones are told
)

// ErrList is what every [LineError] unwraps to.
var ErrList = errors.New("watchlist: list is not acceptable")

// LineError says which line of a list is wrong, and why, without repeating anything of it.
type LineError struct {
	Line   int    // from 1
	Member string // such as "born"; empty: the line as a whole
	Fault  string // in words
}

func (e *LineError) Error() string {
	if e.Member == "" {
		return fmt.Sprintf("watchlist: line %d %s", e.Line, e.Fault)
	}
	return fmt.Sprintf("watchlist: line %d: %s %s", e.Line, e.Member, e.Fault)
}

// Unwrap makes errors.Is(err, ErrList) true.
func (e *LineError) Unwrap() error { return ErrList }

// List is a list to screen people against. It never changes, and is safe for concurrent use; the zero value has
// nobody on it. To take up a newer list, make another one.
type List struct {
	entries []entry
	index   index
}

// Len is how many entries the list has.
func (l *List) Len() int { return len(l.entries) }

// Format writes a fixed word for every verb: what is on a list is personal data.
func (l *List) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[watchlist]") }

// Parse reads a list of JSON Lines, as the package's documentation has them, to its end.
//
// Errors: a *[LineError] for the first line that is wrong; else what r answers.
func Parse(r io.Reader) (*List, error) {
	var entries []entry
	lines := bufio.NewReaderSize(r, MaxLine+1)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, &LineError{Line: n, Fault: fmt.Sprintf("has more than %d bytes", MaxLine)}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("watchlist: read line %d: %w", n, err)
		}
		if text := bytes.TrimSpace(line); len(text) > 0 && text[0] != '#' {
			e, fault := parseEntry(text)
			if fault != nil {
				return nil, &LineError{n, fault.member, fault.fault.Error()}
			}
			if len(entries) == MaxEntries {
				return nil, &LineError{Line: n, Fault: fmt.Sprintf("is one entry more than %d", MaxEntries)}
			}
			entries = append(entries, e)
		}
		if err != nil {
			return &List{entries, indexOf(entries)}, nil
		}
	}
}
