package keycase

import (
	"fmt"
	"strconv"
)

// What a SyntaxError can say. The sentences are fixed, so that no part of a
// document reaches a log by way of an error.
const (
	reasonEnd       = "unexpected end"
	reasonCharacter = "unexpected character"
	reasonTrailing  = "data after the value"
	reasonLiteral   = "invalid literal"
	reasonNumber    = "invalid number"
	reasonControl   = "control character in a string"
	reasonEscape    = "invalid escape"
	reasonSurrogate = "lone surrogate"
	reasonNUL       = "NUL"
	reasonUTF8      = "invalid UTF-8"
	reasonDepth     = "nested too deep"
)

// A SyntaxError says that a document is not JSON as this package takes it.
type SyntaxError struct {
	// Offset is the index in src of the byte that cannot stand where it does,
	// or len(src) when the document ends too early.
	Offset int
	// Reason is one of a few fixed sentences; "NUL", for instance, is the
	// reason for an escaped U+0000. It holds nothing of the document.
	Reason string
}

// Error gives the offset and the reason.
func (e *SyntaxError) Error() string {
	return "keycase: byte " + strconv.Itoa(e.Offset) + ": " + e.Reason
}

// A CollisionError says that two keys of one object are one name: two
// spellings of it, or the same key twice.
type CollisionError struct {
	// Offset is the index in src of the second key's opening quote.
	Offset int
	// First and Second are the two keys as the document writes them, whole,
	// between their quotes and with their escapes. They are the sender's
	// words: Error quotes and shortens them, and a caller should do likewise.
	First, Second string
}

// Error gives the offset and both keys, quoted and cut to a bounded length.
func (e *CollisionError) Error() string {
	return fmt.Sprintf("keycase: byte %d: keys %s and %s of one object are one name",
		e.Offset, quote(e.First), quote(e.Second))
}

// quoted is the most bytes of a name that an error's text shows.
const quoted = 64

func quote(name string) string {
	if len(name) <= quoted {
		return strconv.Quote(name)
	}
	return strconv.Quote(name[:quoted]) + "…"
}
