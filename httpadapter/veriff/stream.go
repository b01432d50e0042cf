package veriff

import (
	"io"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
)

// window is how many bytes of an upload's body are looked at together.
const window = 64 << 10

// stream takes the one long string out of a body of JSON while it arrives: image.content. The rest of the body,
// its skeleton, with "" in the place of that string, is kept, and is held to the rules of JSON as a whole when
// the body has come to its end. A string for a string changes nothing in whether the rest is right. So all that
// has to be known here of JSON is where strings begin and end.
//
// In the order of calls: [stream.seek]; if that found the string, its text by [stream.more]; [stream.rest].
type stream struct {
	from io.Reader
	buf  []byte
	raw  []byte // of buf, what was read and not yet looked at
	err  error  // what ended the body; io.EOF: it came whole

	skeleton []byte
	most     int   // the skeleton's bytes
	chip     int   // the same, where there are chip data in it
	fault    error // what is wrong with the body, whatever else is

	// The text of the string.
	run     []byte // of buf, what is unescaped and not yet taken
	later   []byte // follows run
	checked bool   // run was looked at: it is as JSON has it
	closed  bool   // no run comes any more
}

func newStream(from io.Reader, most, chip int) *stream {
	return &stream{from: from, buf: make([]byte, window), most: most, chip: chip}
}

// fill reads on; false: nothing more comes.
func (s *stream) fill() bool {
	kept := copy(s.buf, s.raw)
	s.raw = s.buf[:kept]
	for s.err == nil {
		var n int
		n, s.err = s.from.Read(s.buf[kept:])
		if n > 0 {
			s.raw = s.buf[:kept+n]
			return true
		}
	}
	return false
}

// keep adds to the skeleton.
func (s *stream) keep(part []byte) {
	if len(s.skeleton)+len(part) > s.most {
		s.fail(bodyTooLarge)
	}
	if s.fault == nil {
		s.skeleton = append(s.skeleton, part...)
	}
}

func (s *stream) fail(fault error) {
	if s.fault == nil {
		s.fault = fault
	}
}

// rest keeps what is left of the body.
func (s *stream) rest() {
	for {
		s.keep(s.raw)
		s.raw = nil
		if !s.fill() {
			return
		}
	}
}

// seek reads up to the text of image.content. When there is none, that is the whole body.
func (s *stream) seek() bool {
	var at position
	for s.fault == nil && (len(s.raw) > 0 || s.fill()) {
		for i, c := range s.raw {
			if !at.enters(c) {
				continue
			}
			s.keep(s.raw[:i+1])
			s.keep([]byte{'"'})
			s.raw = s.raw[i+1:]
			return s.fault == nil
		}
		if at.chip {
			s.most = max(s.most, s.chip)
		}
		s.keep(s.raw)
		s.raw = nil
	}
	return false
}

// position is where one is in a body of JSON, as far as it matters.
type position struct {
	depth   int
	inside  bool   // of a string
	escaped bool   // in it, the next character is
	last    []byte // the text of the last string; of a longer one than any key that matters, its beginning
	image   bool   // in the member of the whole
	content bool   // before the value of the member of image
	chip    bool   // somewhere behind the key of chip data
}

// enters takes the next character, and says whether it is the quote that opens image.content. What it says of
// that which is no JSON has no meaning.
func (p *position) enters(c byte) bool {
	if p.inside {
		p.within(c)
		return false
	}
	switch c {
	case '"':
		if p.depth == 2 && p.image && p.content {
			return true
		}
		p.inside, p.last = true, append(p.last[:0], c)
	case ':':
		p.image = p.depth == 1 && p.isKey("image") || p.depth > 1 && p.image
		p.content = p.depth == 2 && p.isKey("content")
		p.chip = p.chip || p.depth == 1 && p.isKey("nfcDocument")
	case '{', '[':
		p.depth++
		p.content = false
	case '}', ']':
		p.depth--
		p.content = false
	case ',':
		p.content = false
	}
	return false
}

func (p *position) within(c byte) {
	if len(p.last) <= len(`"content"`)*len(`\u0000`) {
		p.last = append(p.last, c)
	}
	switch {
	case p.escaped:
		p.escaped = false
	case c == '\\':
		p.escaped = true
	case c == '"':
		p.inside = false
	}
}

func (p *position) isKey(name string) bool { return jsontext.Value(p.last).Text() == name }
