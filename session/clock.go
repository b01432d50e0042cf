package session

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// Clock tells the time; github.com/benbjohnson/clock satisfies it. The engine reads it once per
// operation, and takes the later of it and the session's UpdatedAt, in UTC and whole microseconds: a
// clock that goes back never takes a session back.
type Clock interface {
	Now() time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

// instant brings a time to the form in which all times are kept.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// NewID makes an identifier that has the form of a version 4 UUID. Its first 48 bits are the
// milliseconds of at, so that ids sort by time and every index grows at its end; 74 bits are random. An
// id therefore tells when it was made, and no id is ever a secret.
func NewID(at time.Time) uuid.UUID {
	var id uuid.UUID
	_, _ = rand.Read(id[6:]) // never fails: crypto/rand ends the program instead
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|uint64(binary.BigEndian.Uint16(id[6:8])))
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}
