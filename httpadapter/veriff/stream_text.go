package veriff

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// more has the next run of the string's text, unescaped, in run, which must be used up; false: there is none,
// for the string has ended, or the body has.
func (s *stream) more() bool {
	s.run, s.later, s.checked = s.later, nil, s.later != nil
	for len(s.run) == 0 && !s.closed {
		s.take()
		if len(s.run) == 0 && !s.closed && !s.fill() {
			s.breakOff()
		}
	}
	return len(s.run) > 0
}

// breakOff gives up a string that is none.
func (s *stream) breakOff() {
	s.fail(bodyMalformed)
	s.run, s.closed = nil, true
}

// take has in run what of raw belongs to the string for sure. What has no escapes is passed on unseen: base64 is
// looked at by its decoder, and only what that does not like by [stream.check].
func (s *stream) take() {
	run, end := s.raw, bytes.IndexByte(s.raw, '"')
	if end >= 0 {
		run = run[:end]
	}
	if bytes.IndexByte(run, '\\') >= 0 {
		s.unescape()
		return
	}
	s.checked = false
	if end < 0 {
		s.run = wholeRunes(run)
		s.raw = s.raw[len(s.run):]
		return
	}
	s.run, s.raw, s.closed = run, s.raw[end+1:], true
}

// check looks whether run may stand in a string of JSON.
func (s *stream) check() bool {
	if !s.checked && !isPlain(s.run) {
		s.breakOff()
		return false
	}
	s.checked = true
	return true
}

// unescape is take for what has escapes, each of which is longer than what it stands for.
func (s *stream) unescape() {
	raw, out, at := s.raw, s.raw[:0], 0
	end := indexFrom(raw, 0, '"')
	for {
		slash := indexFrom(raw[:end], at, '\\')
		piece := raw[at:slash]
		if slash == len(raw) {
			piece = wholeRunes(piece)
		}
		if !isPlain(piece) {
			s.breakOff()
			return
		}
		out, at = append(out, piece...), at+len(piece)
		if slash == end {
			break
		}
		c, n := unescaped(raw[at:])
		if n < 0 {
			s.breakOff()
			return
		}
		if n == 0 {
			break
		}
		out, at = append(out, c), at+n
		if at > end { // that one was an escaped quote
			end = indexFrom(raw, at, '"')
		}
	}
	if at == end && end < len(raw) {
		at, s.closed = at+1, true
	}
	s.run, s.raw, s.checked = out, raw[at:], true
}

// indexFrom is where in text c comes for the first time, not before at; the length of text when it does not.
func indexFrom(text []byte, at int, c byte) int {
	if i := bytes.IndexByte(text[at:], c); i >= 0 {
		return at + i
	}
	return len(text)
}

// unescaped is what the escape stands for that text begins with, and its length: 0 when the text is too short to
// say, and less when it is none. What is beyond ASCII is in no base64 and becomes a byte that is not either.
func unescaped(text []byte) (c byte, n int) {
	const names, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if len(text) < 2 {
		return 0, 0
	}
	if text[1] != 'u' {
		if i := strings.IndexByte(names, text[1]); i >= 0 {
			return meant[i], 2
		}
		return 0, -1
	}
	if len(text) < 6 {
		return 0, 0
	}
	r, ok := codeUnit(text)
	switch {
	case !ok, r == 0:
		return 0, -1
	case r < utf8.RuneSelf:
		return byte(r), 6
	case !utf16.IsSurrogate(r):
		return utf8.RuneSelf, 6
	case len(text) < 12:
		return 0, 0
	}
	second, ok := codeUnit(text[6:])
	if !ok || utf16.DecodeRune(r, second) == utf8.RuneError {
		return 0, -1
	}
	return utf8.RuneSelf, 12
}

// codeUnit is the number of an escape such as \u0041.
func codeUnit(text []byte) (rune, bool) {
	if text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

// isPlain says whether text may stand in a string of JSON as it is.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' {
			return false
		}
	}
	return utf8.Valid(text)
}

// wholeRunes is text without the beginning of a character whose end is still to come.
func wholeRunes(text []byte) []byte {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return text[:i]
			}
			break
		}
	}
	return text
}
