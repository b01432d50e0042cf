package session

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// Chain is the hash of an event that follows one whose hash is prev: of the first, zeros. It covers every field but
// Hash itself, so that no event can be changed, left out or put in between without all later hashes
// changing. None of the fields is about a person, and none goes when a session is redacted: the chain of a redacted
// session still verifies. A [Store] calls it for every event that it writes.
func Chain(prev [32]byte, e Event) [32]byte {
	b := make([]byte, 0, 320)
	b = append(b, "bonafide event 1"...)
	b = append(b, prev[:]...)
	b = append(b, e.Session[:]...)
	b = append(b, e.ID[:]...)
	b = append(b, e.Change[:]...)
	b = append(b, e.Attempt[:]...)
	b = strconv.AppendBool(b, e.Listed)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	at := int64(0)
	if !e.At.IsZero() {
		at = e.At.UnixMicro()
	}
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	for _, text := range []string{string(e.Kind), string(e.Status), string(e.By), string(e.About)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(b)
}
