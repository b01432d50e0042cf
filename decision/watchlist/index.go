package watchlist

import (
	"cmp"
	"slices"
)

// index is a list as it is searched: it proposes the names that may match a subject. What it proposes is still to
// be compared; what it does not propose, does not match.
type index struct {
	entries []entry
	names   []name   // those of one entry together
	words   []word   // each once
	spelt   []uint32 // the words of all names, one name behind the other
	whole   postings // names by all their words, by all their sounds, and by all their full forms
	having  postings // names by each of their words
	slips   postings // words by what their beginning is with letters left out
}

// name is an entry's own name or one of its aliases.
type name struct {
	entry uint32
	aka   int32  // -1: its own name
	first uint32 // of its words among those that are spelt
	words uint16
	core  uint16  // words that remain, which are spelt behind those of the name
	gone  removed // 0: it has no other form
}

// spelling is room for the forms of one name.
type spelling struct {
	words []*word
	forms [2]form
}

// formsOf gives the forms of a name, in a room for one.
func (x *index) formsOf(n *name, room *spelling) []form {
	room.words = room.words[:0]
	for _, w := range x.spelt[n.first:][:int(n.words)+int(n.core)] {
		room.words = append(room.words, &x.words[w])
	}
	forms := append(room.forms[:0], form{room.words[:n.words], 0})
	if n.gone != 0 {
		forms = append(forms, form{room.words[n.words:], n.gone})
	}
	return forms
}

// candidates are the names that may match one of the forms, each once and in order.
func (x *index) candidates(forms []form) []uint32 {
	var ids []uint32
	for _, f := range forms {
		for _, key := range keysOf(f.words) {
			ids = append(ids, x.whole.under(key)...)
		}
		ids = append(ids, x.similar(f.words)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// similar proposes names for a fuzzy match: those with a word like the rarest of the subject's. As one of three
// or more words may be without a partner, there the second rarest counts too.
func (x *index) similar(words []*word) []uint32 {
	if len(words) > maxWords {
		return nil
	}
	of := make([][]uint32, len(words))
	for i, w := range words {
		of[i] = x.like(w)
	}
	slices.SortFunc(of, func(a, b []uint32) int { return cmp.Compare(len(a), len(b)) })
	if len(of) > 2 {
		return append(of[0], of[1]...)
	}
	return of[0]
}

// like are the names that have a word with few slips.
func (x *index) like(w *word) []uint32 {
	var places, names []uint32
	shortened(w.text, func(key uint64) { places = append(places, x.slips.under(key)...) })
	slices.Sort(places)
	for _, place := range slices.Compact(places) {
		if _, ok := slips(w.text, x.words[place].text); ok {
			names = append(names, x.having.in(place)...)
		}
	}
	return names
}

// keysOf are what names that match as a whole have in common, whatever the order of their words.
func keysOf(words []*word) (keys [3]uint64) {
	for _, w := range words {
		keys[0] += hash('=', w.text)
		keys[1] += hash('s', w.sound)
		keys[2] += hash('f', w.full)
	}
	return keys
}
