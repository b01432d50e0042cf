package filekeeper

import (
	"encoding/binary"
)

// refVersion begins a ref.
const refVersion = 1

// refSize is the length of a ref.
//
//	0 version · 1 number of the slot · 9 code
const refSize = 1 + 8 + codeSize

// codeSize is how much of the code is kept: 128 bits, which nobody can guess against a file.
const codeSize = 16

// ref says which slot a session has. The code binds it to the session and to what the slot holds.
type ref struct {
	slot uint64
	code [codeSize]byte
}

func (r ref) bytes() []byte {
	b := make([]byte, 0, refSize)
	b = append(b, refVersion)
	b = binary.BigEndian.AppendUint64(b, r.slot)
	return append(b, r.code[:]...)
}

// parseRef reads what bytes wrote, and nothing else.
func parseRef(b []byte) (r ref, ok bool) {
	if len(b) != refSize || b[0] != refVersion {
		return ref{}, false
	}
	r.slot = binary.BigEndian.Uint64(b[1:])
	copy(r.code[:], b[9:])
	return r, r.slot < maxSlot
}
