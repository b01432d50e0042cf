// Package keepertest is the suite that every [session.Keeper] passes. The author of a keeper calls [Run] from a
// test of his own, with a function that opens it:
//
//	func TestKeeper(t *testing.T) {
//		keepertest.Run(t, func(t *testing.T) session.Keeper { return openMine(t) })
//	}
//
// One whose master key can be replaced while it serves is a [Rotator], and passes [RunRotation] as well.
//
// The names of the cases are the sentences of session.Keeper's comment, and of Rotator's, so that a red line
// says which promise is broken. No case prints a key. What no suite can do from outside is the author's: kill
// the process at each write, and look for copies of a destroyed key.
package keepertest
