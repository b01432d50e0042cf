package media

import (
	"encoding/hex"
	"errors"
	"time"
)

// ErrName is the answer for a blob's name that no engine has made.
var ErrName = errors.New("media: not a blob's name")

// hourForm is how a name tells the hour of its upload.
const hourForm = "2006010215"

// nameLen is the length of a name: ten digits of the hour, a slash, 32 digits of chance.
const nameLen = len(hourForm) + 1 + 32

// Name makes a blob's name from the time at which its upload began and 128 random bits. The hour in it
// is UTC. Whoever gives the same bits twice within an hour gets the same name.
func Name(at time.Time, random [16]byte) string {
	return Hour(at) + "/" + hex.EncodeToString(random[:])
}

// Hour is the hour of a time, "YYYYMMDDHH" in UTC, as it stands in a [Name]. Hours are in the order of time.
func Hour(at time.Time) string { return at.UTC().Format(hourForm) }

// ParseHour is the beginning of an hour that [Hour] gave. It is [ErrName] for anything else.
func ParseHour(hour string) (time.Time, error) {
	at, err := time.Parse(hourForm, hour)
	if err != nil || !ValidHour(hour) {
		return time.Time{}, ErrName
	}
	return at, nil
}

// ValidHour says whether hour has the form of [Hour]: ten digits.
func ValidHour(hour string) bool {
	for i := range len(hour) {
		if hour[i] < '0' || '9' < hour[i] {
			return false
		}
	}
	return len(hour) == len(hourForm)
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
