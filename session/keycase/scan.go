package keycase

import "sync"

// MaxDepth is how many objects and arrays may stand inside one another.
const MaxDepth = 64

// scanner walks a document once. When it renames, src[:copied] has been
// answered for in dst; what lies between copied and the next key goes over in
// one piece.
type scanner struct {
	src      []byte
	dst      []byte
	copied   int
	to       Case
	renaming bool
	keep     names
	depth    int
	members  []member // of the objects that are open, the innermost last
	scratch  []byte   // for keys that are written with escapes
}

// scanners keeps what earlier calls have made, so that a call makes nothing of
// its own. Package-wide because Append is a function; it holds no document.
var scanners = sync.Pool{New: func() any {
	r := new(room)
	r.scanner.members, r.scanner.scratch = r.members[:0], r.scratch[:0]
	r.scanner.keep = names{r.names[:0], r.ends[:0]}
	return &r.scanner
}}

// room is where the lists of a new scanner begin, all made in one.
type room struct {
	scanner scanner
	members [128]member
	scratch [256]byte
	names   [128]byte
	ends    [8]int
}

// roomy is the length of a list beyond which it is left to the collector, so
// that one large document does not cost memory for ever. As many members can
// be open when every object is as deep and as wide as goes without a table.
const roomy = 2 * MaxDepth * few

func newScanner(src []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.src = src
	return s
}

func (s *scanner) release() {
	if cap(s.members) > roomy || cap(s.scratch) > roomy || cap(s.keep.text) > roomy || cap(s.keep.ends) > roomy {
		return
	}
	clear(s.scratch)
	*s = scanner{
		members: s.members[:0],
		scratch: s.scratch[:0],
		keep:    names{s.keep.text[:0], s.keep.ends[:0]},
	}
	scanners.Put(s)
}

// document reads the one value there must be.
func (s *scanner) document() error {
	i, err := s.value(space(s.src, 0))
	if err != nil {
		return err
	}
	if i = space(s.src, i); i < len(s.src) {
		return &SyntaxError{i, reasonTrailing}
	}
	return nil
}

// value reads the value that starts at i. Like the readers below it returns
// the index behind what it has read.
func (s *scanner) value(i int) (int, error) {
	if i >= len(s.src) {
		return 0, &SyntaxError{len(s.src), reasonEnd}
	}
	switch c := s.src[i]; c {
	case '"':
		end, _, err := s.text(i + 1)
		return end + 1, err
	case '{':
		return s.object(i)
	case '[':
		return s.array(i)
	case 't':
		return s.literal(i, "true")
	case 'f':
		return s.literal(i, "false")
	case 'n':
		return s.literal(i, "null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number(i)
	}
	return 0, &SyntaxError{i, reasonCharacter}
}

func (s *scanner) array(i int) (int, error) {
	if err := s.enter(i); err != nil {
		return 0, err
	}
	i = space(s.src, i+1)
	closed := i < len(s.src) && s.src[i] == ']'
	if closed {
		i++
	}
	for !closed {
		var err error
		if i, err = s.value(i); err != nil {
			return 0, err
		}
		if i, closed, err = s.next(i, ']'); err != nil {
			return 0, err
		}
	}
	s.depth--
	return i, nil
}

func (s *scanner) enter(i int) error {
	if s.depth == MaxDepth {
		return &SyntaxError{i, reasonDepth}
	}
	s.depth++
	return nil
}

// next reads what stands behind an element: a comma, and then it returns where
// the next element starts, or the bracket that closes.
func (s *scanner) next(i int, closing byte) (int, bool, error) {
	i = space(s.src, i)
	if i == len(s.src) {
		return 0, false, &SyntaxError{i, reasonEnd}
	}
	switch s.src[i] {
	case ',':
		return space(s.src, i+1), false, nil
	case closing:
		return i + 1, true, nil
	}
	return 0, false, &SyntaxError{i, reasonCharacter}
}

func (s *scanner) literal(i int, word string) (int, error) {
	for k := range len(word) {
		if i+k == len(s.src) {
			return 0, &SyntaxError{i + k, reasonEnd}
		}
		if s.src[i+k] != word[k] {
			return 0, &SyntaxError{i + k, reasonLiteral}
		}
	}
	return i + len(word), nil
}

func (s *scanner) number(i int) (int, error) {
	if s.src[i] == '-' {
		i++
	}
	first := i
	i, err := s.digits(i)
	if err != nil {
		return 0, err
	}
	if s.src[first] == '0' && i > first+1 {
		return 0, &SyntaxError{first + 1, reasonNumber}
	}
	if i < len(s.src) && s.src[i] == '.' {
		if i, err = s.digits(i + 1); err != nil {
			return 0, err
		}
	}
	if i < len(s.src) && s.src[i]|0x20 == 'e' {
		i++
		if i < len(s.src) && (s.src[i] == '+' || s.src[i] == '-') {
			i++
		}
		return s.digits(i)
	}
	return i, nil
}

// digits reads one digit or more.
func (s *scanner) digits(i int) (int, error) {
	first := i
	for i < len(s.src) && '0' <= s.src[i] && s.src[i] <= '9' {
		i++
	}
	switch {
	case i > first:
		return i, nil
	case i == len(s.src):
		return 0, &SyntaxError{i, reasonEnd}
	}
	return 0, &SyntaxError{i, reasonNumber}
}

func space(src []byte, i int) int {
	for i < len(src) && (src[i] == ' ' || src[i] == '\n' || src[i] == '\t' || src[i] == '\r') {
		i++
	}
	return i
}
