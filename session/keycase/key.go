package keycase

import "slices"

// AppendKey appends key to dst, written in case to, and returns the longer
// slice. It follows the word rule of the package comment; key is the name
// itself, not its JSON escape. A key that is already written so comes out as
// it is, and bytes that are not UTF-8 pass through. It allocates nothing when
// dst has room for the result.
func AppendKey(dst []byte, key string, to Case) []byte {
	return appendKey(dst, key, to)
}

// word is what has been read of the word that a key's next letter may belong
// to. Its first letter's case tells nothing: firstName and FirstName are one.
type word uint8

const (
	bare     word = iota // no letter yet
	initial              // one letter
	capitals             // several, none but the first in lower case
	plain                // several, with lower case among them
)

func appendKey[T string | []byte](dst []byte, key T, to Case) []byte {
	n, ok := writeKey(dst[len(dst):cap(dst)], key, to)
	if !ok {
		dst = slices.Grow(dst, 2*len(key)) // no byte becomes more than two
		n, _ = writeKey(dst[len(dst):cap(dst)], key, to)
	}
	return dst[:len(dst)+n]
}

// writeKey writes key to out and returns how many bytes that took, or false
// when out is too short. It writes by index, which is faster than append.
func writeKey[T string | []byte](out []byte, key T, to Case) (n int, ok bool) {
	var (
		inside  bool // a name has begun
		skipped int  // separators read and not yet answered for
		current word
	)
	i, n := writePlain(out, []byte(key), to)
	if i > 0 {
		inside, current = true, plain
	}
	for ; i < len(key); i++ {
		if n == len(out) { // whatever key[i] is, it comes to a byte at least
			return 0, false
		}
		c := key[i]
		kind := classes[c]
		switch {
		case kind == lower && inside && skipped == 0:
			out[n] = c
			current = withLower[current]
		case kind == separator:
			skipped++
			continue
		case kind == mark || !inside:
			if skipped > 0 {
				n += writeEdge(out[n:], skipped, to)
			}
			if n == len(out) {
				return 0, false
			}
			out[n] = lowered(c, kind)
			inside = kind != mark
			current = first(kind)
		case kind == follower:
			out[n] = c
		case !startsWord(key, i, current, skipped > 0):
			out[n] = c | 0x20
			current = joined(current, skipped > 0)
		case to == Camel:
			out[n] = c &^ 0x20
			current = initial
		default:
			if n++; n == len(out) {
				return 0, false
			}
			out[n-1], out[n] = between(to), c|0x20
			current = initial
		}
		n++
		skipped = 0
	}
	if skipped == 0 {
		return n, true
	}
	return n + writeEdge(out[n:], skipped, to), skipped <= len(out)-n
}

// writePlain is writeKey for what most keys are from beginning to end, where there is room for any key so long: words
// of letters, the second of each in lower case, with at most one separator between them. It stops behind such a word.
func writePlain(out, key []byte, to Case) (read, written int) {
	if len(out) < 2*len(key) || !startsPlain(key, 0) {
		return 0, 0
	}
	out[0] = key[0] | 0x20
	i, n := 1, 1
	for i < len(key) {
		c := key[i]
		if classes[c] != lower {
			letter := i
			if classes[c] == separator {
				letter++
			}
			if !startsPlain(key, letter) {
				break
			}
			i, c = letter, key[letter]|0x20
			if to == Camel {
				c &^= 0x20
			} else {
				out[n] = between(to)
				n++
			}
		}
		out[n] = c
		i++
		n++
	}
	return i, n
}

// startsPlain reports whether a letter stands at i, and another one in lower case behind it.
func startsPlain(key []byte, i int) bool {
	return i+1 < len(key) && classes[key[i]] >= lower && classes[key[i+1]] == lower
}

// withLower is the word after one more letter, in lower case.
var withLower = [...]word{bare: initial, initial: plain, capitals: plain, plain: plain}

// joined is the word after a letter that could have started one and did not.
func joined(w word, separated bool) word {
	if separated || w == bare {
		return initial
	}
	return capitals
}

// first is the word that a name's first byte begins.
func first(kind class) word {
	if kind == lower || kind == upper {
		return initial
	}
	return bare
}

// startsWord judges the letter at i, which follows either a separator or, as a
// capital, the word before it directly.
func startsWord[T string | []byte](key T, i int, before word, separated bool) bool {
	if !separated {
		return before == plain || isLower(key, i+1)
	}
	return before > initial || !standsAlone(key, i)
}

// standsAlone reports whether the word that starts with the letter at i has no
// second letter right behind the first. Side by side such words cannot be told
// from a run of capitals, so they are one word.
func standsAlone[T string | []byte](key T, i int) bool {
	if i+1 == len(key) {
		return true
	}
	switch classes[key[i+1]] {
	case lower:
		return false
	case upper:
		return isLower(key, i+2)
	}
	return true
}

func isLower[T string | []byte](key T, i int) bool {
	return i < len(key) && classes[key[i]] == lower
}

func lowered(c byte, kind class) byte {
	if kind == upper {
		return c | 0x20
	}
	return c
}

func between(to Case) byte {
	if to == Kebab {
		return '-'
	}
	return '_'
}

// writeEdge writes the separators before a name's first word or behind its
// last, n of them or as many as there is room for. They are part of the name
// and do not stand between two words of it.
func writeEdge(out []byte, n int, to Case) int {
	n = min(n, len(out))
	for i := range n {
		out[i] = between(to)
	}
	return n
}

// class sorts the bytes of a key by what they do in it.
type class uint8

const (
	mark      class = iota // stands between two names, and is kept
	separator              // stands between two words of a name
	follower               // starts no word: digits, and all beyond ASCII
	lower
	upper
)

var classes = func() (table [256]class) {
	for i := range table {
		switch c := byte(i); {
		case c == '_' || c == '-':
			table[i] = separator
		case '0' <= c && c <= '9' || c >= 0x80:
			table[i] = follower
		case 'a' <= c && c <= 'z':
			table[i] = lower
		case 'A' <= c && c <= 'Z':
			table[i] = upper
		}
	}
	return table
}()
