package sqlkeeper

import "encoding/binary"

const (
	refVersion = 1
	nameSize   = 16
	refSize    = 1 + 8 + nameSize
)

// ref says which row a session has.
//
//	0 version · 1 number of the row · 9 name
//
// The name is random and stands in the row too, so that a ref of a row that is not there any more, as after an
// older copy was put back, does not fit the row that came in its place.
type ref struct {
	n    int64
	name [nameSize]byte
}

func (r ref) bytes() []byte {
	b := make([]byte, 0, refSize)
	b = append(b, refVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(r.n))
	return append(b, r.name[:]...)
}

// parseRef reads what bytes wrote, and nothing else.
func parseRef(b []byte) (r ref, ok bool) {
	if len(b) != refSize || b[0] != refVersion {
		return ref{}, false
	}
	r.n = int64(binary.BigEndian.Uint64(b[1:]))
	copy(r.name[:], b[9:])
	return r, r.n > 0
}
