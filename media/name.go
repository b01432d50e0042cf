package media

import (
	"encoding/hex"
	"errors"
	"time"
)

// ErrName is the answer for a blob's name that no engine has made.
var ErrName = errors.New("media: not a blob's name")

// nameLen is the length of a name: ten digits of the hour, a slash, 32 digits of chance.
const nameLen = 10 + 1 + 32

// Name makes a blob's name from the time at which its upload began and 128 random bits. The hour in it
// is UTC. Whoever gives the same bits twice within an hour gets the same name.
func Name(at time.Time, random [16]byte) string {
	return at.UTC().Format("2006010215") + "/" + hex.EncodeToString(random[:])
}

// ValidName says whether name has the form of [Name]: ten digits, a slash, 32 lower-case hex digits. Such
// a name is safe as a path: it has one folder, no dots, and ASCII alone.
func ValidName(name string) bool {
	if len(name) != nameLen {
		return false
	}
	for i := range len(name) {
		c := name[i]
		digit := '0' <= c && c <= '9'
		switch {
		case i == 10:
			if c != '/' {
				return false
			}
		case digit:
		case i > 10 && 'a' <= c && c <= 'f':
		default:
			return false
		}
	}
	return true
}
