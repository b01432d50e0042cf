package watchlist

import "unicode/utf8"

// maxFuzzy is how many letters a word may have in which slips are looked for.
const maxFuzzy = 32

// bound is how many slips there may be in a word of n letters.
func bound(n int) int {
	switch {
	case n < 4 || n > maxFuzzy:
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// slips is how many slips of the pen lie between two words, and whether that is within the bound of the shorter
// one. A slip is a letter inserted, left out, replaced, or swapped with its neighbour: the distance of Damerau
// and Levenshtein in which no part is changed twice (optimal string alignment).
func slips(a, b string) (int, bool) {
	if a == b {
		return 0, true
	}
	n, m := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	most := bound(min(n, m))
	if most == 0 || max(n, m) > maxFuzzy || max(n, m)-min(n, m) > most {
		return 0, false
	}
	var x, y [maxFuzzy]rune
	distance := alignment(runes(x[:0], a), runes(y[:0], b))
	return distance, distance <= most
}

func runes(dst []rune, text string) []rune {
	for _, r := range text {
		dst = append(dst, r)
	}
	return dst
}

func alignment(a, b []rune) int {
	var rows [3][maxFuzzy + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// beginning is how many letters of a word the index looks at.
const beginning = 7

// shortened gives the hash of a word's beginning, and of all that remains of it when up to as many letters as the
// word's bound are left out. Of two words with as many slips as slips allows, each gives one that the other gives
// too: leave out of both what the slips changed, then the same remains of the words. Of the beginnings then
// remains the same but for letters at the end of one; as there are no more of them than were left out of the
// other, leave them out as well.
func shortened(word string, do func(key uint64)) {
	end, letters := len(word), 0
	for i := range word {
		if letters == beginning {
			end = i
		}
		letters++
	}
	do(hash('~', word[:end]))
	if n := bound(letters); n > 0 {
		leaveOut([]byte(word[:end]), 0, n, do)
	}
}

// leaveOut leaves up to n letters out, from a place on.
func leaveOut(word []byte, from, n int, do func(key uint64)) {
	var room [utf8.UTFMax * beginning]byte
	for i, size := from, 0; i < len(word); i += size {
		_, size = utf8.DecodeRune(word[i:])
		less := append(append(room[:0], word[:i]...), word[i+size:]...)
		do(hash('~', less))
		if n > 1 {
			leaveOut(less, i, n-1, do)
		}
	}
}
