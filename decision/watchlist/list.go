package watchlist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// What a list is bounded by.
const (
	MaxLine     = 64 << 10  // bytes of a line, without its end
	MaxEntries  = 1_000_000 // entries of a list
	MaxPostings = 1 << 26   // postings of the index, as the package's documentation counts them
	MaxHits     = 100       // hits of a screening; the best ones are told
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

// ErrEmpty refuses a list without any entry: on a file that was lost on the way nobody would be found, and nobody
// would notice.
var ErrEmpty = errors.New("watchlist: the list has no entry")

// List is a list to screen people against. It never changes, and is safe for concurrent use; the zero value has
// nobody on it. To take up a newer list, make another one.
type List struct {
	index func() *index // nil: nobody is on it. A func, of which whoever prints what has a List prints an address
}

// Len is how many entries the list has.
func (l *List) Len() int { return len(l.all().entries) }

// all is the index, be it of nobody.
func (l *List) all() *index {
	if l.index == nil {
		return &index{}
	}
	return l.index()
}

// Format writes a fixed word for every verb: what is on a list is personal data.
func (List) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[watchlist]") }

// LogValue gives a fixed word.
func (List) LogValue() slog.Value { return slog.StringValue("[watchlist]") }

// Parse reads a list of JSON Lines, as the package's documentation has them, to its end.
//
// Errors: a *[LineError] for the first line that is wrong, or one more than a list may have; [ErrEmpty]; else
// what r answers.
func Parse(r io.Reader) (*List, error) { return parse(r, MaxPostings) }

func parse(r io.Reader, maxPostings int) (*List, error) {
	b := newBuilder()
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
			if len(b.entries) == MaxEntries {
				return nil, &LineError{Line: n, Fault: fmt.Sprintf("is one entry more than %d", MaxEntries)}
			}
			if b.add(e); b.postings() > maxPostings {
				return nil, &LineError{Line: n, Fault: fmt.Sprintf("makes the index need more than %d postings", maxPostings)}
			}
		}
		if err == nil {
			continue
		}
		if len(b.entries) == 0 {
			return nil, ErrEmpty
		}
		x := b.done()
		return &List{func() *index { return x }}, nil
	}
}
