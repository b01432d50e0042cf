package session

import "time"

// tellEvery is how long Run says nothing more, once it has told, of what goes on failing.
const tellEvery = time.Minute

// outage is that what Run does again and again fails, as it does while the store is away. The zero value: it works. It is
// for one goroutine.
type outage struct {
	times int       // it has failed since it worked
	told  time.Time // when that was told last
	open  bool      // it was told, and its end was not yet
}

// fails notes one more failure, and reports whether it is time to tell of it.
func (o *outage) fails() (tell bool) {
	o.times++
	if !o.told.IsZero() && time.Since(o.told) < tellEvery {
		return false
	}
	o.told, o.open = time.Now(), true
	return true
}

// manyTimes is how often it has to fail in a row for its end to be told, where that it fails was not.
const manyTimes = 20

// works notes that it does, and says how often it had failed before, if there is something to tell.
func (o *outage) works() (times int, tell bool) {
	times, tell = o.times, o.open || o.times >= manyTimes
	o.times, o.open = 0, false
	return times, tell
}
