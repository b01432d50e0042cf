package keycase

import (
	"bytes"
	"slices"
)

// Append appends src to dst with every object key written in case to, and
// returns the longer slice. All other bytes, white space included, are src's
// own. src must be one JSON value (RFC 8259) in UTF-8, with nothing but white
// space around it, and is taken more strictly than the RFC asks:
//
//   - nested at most [MaxDepth] deep;
//   - no U+0000 in a key or a string, and no surrogate without its other half,
//     since neither comes back from a store as it went in;
//   - no two keys of one object that are one name.
//
// A member whose key is in keep, in whatever spelling and at whatever depth,
// is renamed like the others, but its value is copied with all keys inside as
// they are. There two keys collide only when they are the same once unescaped.
//
// The error is a [*SyntaxError] or a [*CollisionError], for the first fault in
// the order of the document. On error dst comes back as it was, though bytes
// between its length and its capacity may have been written.
//
// Append reads src once and keeps nothing of it; src and dst must not overlap.
// It allocates nothing when dst has room, save for an object of more than 64
// keys, a key with escapes of more than 4 KiB, and the lists that a first
// call makes and later ones share. Append is safe for concurrent use.
func Append(dst, src []byte, to Case, keep ...string) ([]byte, error) {
	s := newScanner(src)
	defer s.release()
	s.to, s.renaming, s.dst = to, true, dst
	if len(dst) == cap(dst) {
		s.dst = slices.Grow(dst, len(src)+len(src)/8)
	}
	for _, key := range keep {
		s.keep.add(key, to)
	}
	if err := s.document(); err != nil {
		return dst, err
	}
	return append(s.dst, src[s.copied:]...), nil
}

// Valid reports what [Append] would refuse in src if it renamed nothing: the
// same strict syntax, and the same key twice in one object. Keys that differ
// only in spelling pass. The error is nil, a [*SyntaxError] or a
// [*CollisionError]. Valid is safe for concurrent use.
func Valid(src []byte) error {
	s := newScanner(src)
	defer s.release()
	return s.document()
}

// names is the list of keys to keep, each already in the case that is written,
// so that one comparison of bytes meets every spelling.
type names struct {
	text []byte
	ends []int
}

func (n *names) add(key string, to Case) {
	n.text = appendKey(n.text, key, to)
	n.ends = append(n.ends, len(n.text))
}

func (n *names) has(name []byte) bool {
	start := 0
	for _, end := range n.ends {
		if bytes.Equal(n.text[start:end], name) {
			return true
		}
		start = end
	}
	return false
}
