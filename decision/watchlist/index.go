package watchlist

import (
	"cmp"
	"slices"
)

// name is an entry's own name or one of its aliases.
type name struct {
	entry int32
	aka   int32 // -1: its own name
	forms []form
}

// index proposes the names that may match a subject. What it proposes is still to be compared; what it does not
// propose, does not match.
type index struct {
	names  []name      // those of one entry together
	whole  postings    // names by all their words, by all their sounds, and by all their full forms
	words  []wordNames // the words that there are
	slips  postings    // words by what remains of them with letters left out
	places map[string]int32
}

// wordNames is a word and the names that have it.
type wordNames struct {
	*word
	names []int32
}

// indexOf makes the index of a list.
func indexOf(entries []entry) index {
	x := index{places: map[string]int32{}}
	for i, e := range entries {
		x.add(int32(i), -1, e.name, e.organisation)
		for j, aka := range e.aka {
			x.add(int32(i), int32(j), aka, e.organisation)
		}
	}
	x.whole.sort()
	x.slips.sort()
	return x
}

func (x *index) add(entry, aka int32, text string, organisation bool) {
	id := int32(len(x.names))
	n := name{entry, aka, formsOf(text, organisation, x.intern)}
	x.names = append(x.names, n)
	for _, f := range n.forms {
		for _, key := range keysOf(f.words) {
			x.whole.add(key, id)
		}
	}
	for _, w := range n.forms[0].words { // the other form has no others
		place := x.places[w.text]
		if ids := x.words[place].names; len(ids) == 0 || ids[len(ids)-1] != id {
			x.words[place].names = append(ids, id)
		}
	}
}

// intern gives the one copy of a word.
func (x *index) intern(text string) *word {
	place, ok := x.places[text]
	if !ok {
		place = int32(len(x.words))
		x.words = append(x.words, wordNames{word: wordOf(text)})
		x.places[x.words[place].text] = place
		shortened(text, func(key uint64) { x.slips.add(key, place) })
	}
	return x.words[place].word
}

// candidates are the names that may match one of the forms, each once and in order.
func (x *index) candidates(forms []form) []int32 {
	var ids []int32
	for _, f := range forms {
		for _, key := range keysOf(f.words) {
			ids = x.whole.appendTo(ids, key)
		}
		ids = append(ids, x.similar(f.words)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// similar proposes names for a fuzzy match: those with a word like the rarest of the subject's. As one of three
// or more words may be without a partner, there the second rarest counts too.
func (x *index) similar(words []*word) []int32 {
	if len(words) > maxWords {
		return nil
	}
	of := make([][]int32, len(words))
	for i, w := range words {
		of[i] = x.like(w)
	}
	slices.SortFunc(of, func(a, b []int32) int { return cmp.Compare(len(a), len(b)) })
	if len(of) > 2 {
		return append(of[0], of[1]...)
	}
	return of[0]
}

// like are the names that have a word with few slips.
func (x *index) like(w *word) []int32 {
	var places, names []int32
	shortened(w.text, func(key uint64) { places = x.slips.appendTo(places, key) })
	slices.Sort(places)
	for _, place := range slices.Compact(places) {
		if _, ok := slips(w.text, x.words[place].text); ok {
			names = append(names, x.words[place].names...)
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

// hash is FNV-1a, with the kind of key first.
func hash[T string | []byte](kind byte, text T) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (offset ^ uint64(kind)) * prime
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}

// postings are numbers by the hash of a key. Two keys with one hash propose too much, which does no harm.
type postings []posting

type posting struct {
	key uint64
	id  int32
}

func (p *postings) add(key uint64, id int32) { *p = append(*p, posting{key, id}) }

// sort orders what was added, once and for all.
func (p postings) sort() {
	slices.SortFunc(p, func(a, b posting) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
}

// appendTo adds the numbers of a key.
func (p postings) appendTo(ids []int32, key uint64) []int32 {
	at, _ := slices.BinarySearchFunc(p, key, func(p posting, key uint64) int { return cmp.Compare(p.key, key) })
	for ; at < len(p) && p[at].key == key; at++ {
		ids = append(ids, p[at].id)
	}
	return ids
}
