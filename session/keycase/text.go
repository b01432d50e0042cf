package keycase

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string whose opening quote stands before i. It returns the
// index of the closing quote, and whether an escape stands between them.
func (s *scanner) text(i int) (end int, escaped bool, err error) {
	for {
		i = ordinary(s.src, i)
		if i == len(s.src) {
			return i, false, &SyntaxError{i, reasonEnd}
		}
		switch c := s.src[i]; {
		case c == '"':
			return i, escaped, nil
		case c == '\\':
			escaped = true
			if i, err = s.escape(i); err != nil {
				return i, false, err
			}
		case c < ' ':
			return i, false, &SyntaxError{i, reasonControl}
		default:
			r, size := utf8.DecodeRune(s.src[i:])
			if r == utf8.RuneError && size == 1 {
				return i, false, &SyntaxError{i, reasonUTF8}
			}
			i += size
		}
	}
}

const (
	eachByte = 0x0101010101010101
	topBits  = 0x8080808080808080
)

// ordinary returns the index of the first byte at or after i that is a quote,
// a backslash, a control character or not ASCII; len(src) when there is none.
// It looks at eight bytes at once: subtracting borrows into the top bit of a
// byte that is too small. A borrow can also taint the bytes above that one,
// which does no harm, as only the lowest is taken.
func ordinary(src []byte, i int) int {
	for ; i+8 <= len(src); i += 8 {
		b := binary.LittleEndian.Uint64(src[i:])
		quote, slash := b^eachByte*'"', b^eachByte*'\\'
		stop := ((b - eachByte*' ') | (quote - eachByte) | (slash - eachByte) | b) & topBits
		if stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(src) && src[i] >= ' ' && src[i] < utf8.RuneSelf && src[i] != '"' && src[i] != '\\' {
		i++
	}
	return i
}

// escape judges the escape whose backslash stands at i and returns the index
// behind it.
func (s *scanner) escape(i int) (int, error) {
	if i+1 == len(s.src) {
		return 0, &SyntaxError{i + 1, reasonEnd}
	}
	switch s.src[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
	default:
		return 0, &SyntaxError{i + 1, reasonEscape}
	}
	r, err := s.unit(i)
	switch {
	case err != nil:
		return 0, err
	case r == 0:
		return 0, &SyntaxError{i, reasonNUL}
	case !utf16.IsSurrogate(r):
		return i + 6, nil
	}
	rest := s.src[i+6:]
	if len(rest) < 2 || rest[0] != '\\' || rest[1] != 'u' {
		return 0, &SyntaxError{i, reasonSurrogate}
	}
	low, err := s.unit(i + 6)
	if err != nil {
		return 0, err
	}
	if utf16.DecodeRune(r, low) == utf8.RuneError {
		return 0, &SyntaxError{i, reasonSurrogate}
	}
	return i + 12, nil
}

// unit reads the four digits of the \u escape at i.
func (s *scanner) unit(i int) (rune, error) {
	var r rune
	for k := i + 2; k < i+6; k++ {
		if k >= len(s.src) {
			return 0, &SyntaxError{len(s.src), reasonEnd}
		}
		digit, ok := hex(s.src[k])
		if !ok {
			return 0, &SyntaxError{k, reasonEscape}
		}
		r = r<<4 | digit
	}
	return r, nil
}

func hex(c byte) (rune, bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10, true
	}
	return 0, false
}

// appendUnescaped appends what raw, the inside of a string that text has
// passed, stands for.
func appendUnescaped(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			dst = append(dst, raw[i])
			i++
			continue
		}
		if raw[i+1] != 'u' {
			dst = append(dst, unescaped[raw[i+1]])
			i += 2
			continue
		}
		r := unitOf(raw[i:])
		i += 6
		if utf16.IsSurrogate(r) {
			r = utf16.DecodeRune(r, unitOf(raw[i:]))
			i += 6
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func unitOf(escape []byte) (r rune) {
	for _, c := range escape[2:6] {
		digit, _ := hex(c)
		r = r<<4 | digit
	}
	return r
}

var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// appendEscaped appends name with the fewest escapes that JSON allows, each in
// its shortest form.
func appendEscaped(dst, name []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range name {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case escapes[c] != 0:
			dst = append(dst, '\\', escapes[c])
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

var escapes = [' ']byte{'\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't'}
