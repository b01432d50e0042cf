package watchlist

import (
	"slices"
	"unicode/utf8"
)

// word is one of a name, with what it is compared by.
type word struct {
	text, sound, full string
	letters           int
}

func wordOf(text string) word {
	return word{text, soundex(text), fullForm(text), utf8.RuneCountInString(text)}
}

// form is a name as it is written, or without what may be taken away.
type form struct {
	words []*word
	gone  removed
}

// formsOf are the forms of a name: as it is, and its core where that is another.
func formsOf(name string, organisation bool) []form {
	words := wordsOf(name)
	build := func(words []string, gone removed) form {
		f := form{make([]*word, len(words)), gone}
		for i, text := range words {
			w := wordOf(text)
			f.words[i] = &w
		}
		return f
	}
	forms := []form{build(words, 0)}
	if rest, gone := core(words, organisation); gone != 0 {
		forms = append(forms, build(rest, gone))
	}
	return forms
}

// way is how two names match, best first.
type way int

const (
	exact way = iota
	fuzzy
	phonetic
	equivalent
	different
)

// match is how a subject's name and one of an entry's match.
type match struct {
	way   way
	gone  removed
	alike float64 // the part of the letters that agree, for fuzzy
}

// maxWords is how many words a name may have to match otherwise than exactly.
const maxWords = 16

// score says how alike the names are; 0 when they do not match.
func (m match) score() float64 {
	if m.way == different {
		return 0
	}
	score := [...]float64{exact: 1, fuzzy: 0.65 + 0.25*m.alike, phonetic: 0.6, equivalent: 0.5}[m.way]
	if m.gone != 0 {
		score -= penalty
	}
	return score
}

// penalty is what it costs to take something away, or to match by an alias.
const penalty = 0.02

// compare finds the best match between any forms of two names. That of the whole names comes first among equals.
func compare(subject, name []form) match {
	best := match{way: different}
	for _, a := range subject {
		for _, b := range name {
			m := match{gone: a.gone | b.gone}
			m.way, m.alike = wayOf(a.words, b.words)
			if m.score() > best.score() {
				best = m
			}
		}
	}
	return best
}

func wayOf(a, b []*word) (way, float64) {
	switch {
	case sameWords(a, b, func(w *word) string { return w.text }):
		return exact, 1
	case len(a) > maxWords || len(b) > maxWords:
		return different, 0
	}
	if alike, ok := alikeness(a, b); ok {
		return fuzzy, alike
	}
	switch {
	case sameWords(a, b, func(w *word) string { return w.sound }):
		return phonetic, 0
	case sameWords(a, b, func(w *word) string { return w.full }):
		return equivalent, 0
	}
	return different, 0
}

// sameWords reports whether two names have the same words by one of their sides, in any order.
func sameWords(a, b []*word, side func(*word) string) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) > maxWords {
		return slices.Equal(sorted(a, side), sorted(b, side))
	}
	var taken [maxWords]bool
	for _, x := range a {
		found := false
		for i, y := range b {
			if found = !taken[i] && side(x) == side(y); found {
				taken[i] = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func sorted(words []*word, side func(*word) string) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = side(w)
	}
	slices.Sort(texts)
	return texts
}

const (
	maxSlips = 3 // in a whole name
	oddWord  = 2 // slips that a word without a partner counts as
)

// alikeness is the part of the letters that agree in two names that differ by a few slips, and whether they do.
func alikeness(a, b []*word) (float64, bool) {
	if len(a) > len(b) {
		a, b = b, a
	}
	odd := len(b) - len(a)
	if odd > 1 || odd == 1 && len(a) < 2 {
		return 0, false
	}
	var left [maxWords]*word // of a, those that b has not
	var rest [maxWords]*word // of b, those that a has not
	n, m := without(left[:0], rest[:0], a, b)
	count, ok := pair(left[:n], rest[:m], maxSlips-oddWord*odd)
	if !ok {
		return 0, false
	}
	return max(0, 1-float64(count+oddWord*odd)/float64(max(letters(a), letters(b)))), true
}

func letters(words []*word) (n int) {
	for _, w := range words {
		n += w.letters
	}
	return n
}

// without leaves the words out that both names have, and says how many remain of each.
func without(left, rest, a, b []*word) (n, m int) {
	rest = append(rest, b...)
	for _, x := range a {
		i := slices.IndexFunc(rest, func(y *word) bool { return x.text == y.text })
		if i < 0 {
			left = append(left, x)
			continue
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return len(left), len(rest)
}

// pair is the least number of slips, up to most, with which each word of a finds one of b. As each pair has a
// slip at least, there is little to try.
func pair(a, b []*word, most int) (int, bool) {
	if len(a) == 0 {
		return 0, true
	}
	if len(a) > most {
		return 0, false
	}
	least, found := most, false
	for i, w := range b {
		n, ok := slips(a[0].text, w.text)
		if !ok || n > least {
			continue
		}
		var rest [maxWords]*word
		others := append(append(rest[:0], b[:i]...), b[i+1:]...)
		if more, ok := pair(a[1:], others, least-n); ok {
			least, found = n+more, true
		}
	}
	return least, found
}
