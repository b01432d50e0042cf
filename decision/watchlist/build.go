package watchlist

import "strings"

// builder makes an index, entry by entry.
type builder struct {
	index
	places map[string]uint32 // of each word among the words
	sounds map[string]string // one copy of each

	whole, having, slips int // postings that there will be
}

func newBuilder() *builder {
	return &builder{places: map[string]uint32{}, sounds: map[string]string{}}
}

// wordPostings is what a word counts as, however short: it takes room also by itself.
const wordPostings = 32

// postings is how many the index will have at most.
func (b *builder) postings() int { return b.whole + b.having + wordPostings*len(b.words) }

// add takes an entry up.
func (b *builder) add(e entry) {
	b.addName(-1, e.name, e.organisation)
	for i, aka := range e.aka {
		b.addName(int32(i), aka, e.organisation)
	}
	b.entries = append(b.entries, e)
}

func (b *builder) addName(aka int32, text string, organisation bool) {
	words := wordsOf(text)
	n := name{entry: uint32(len(b.entries)), aka: aka, first: uint32(len(b.spelt)), words: uint16(len(words))}
	b.spell(words)
	b.having += len(words)
	b.whole += len(keysOf(nil))
	if rest, gone := core(words, organisation); gone != 0 {
		n.core, n.gone = uint16(len(rest)), gone
		b.spell(rest)
		b.whole += len(keysOf(nil))
	}
	b.names = append(b.names, n)
}

func (b *builder) spell(words []string) {
	for _, text := range words {
		b.spelt = append(b.spelt, b.intern(text))
	}
}

// intern gives the place of a word's one copy.
func (b *builder) intern(text string) uint32 {
	place, ok := b.places[text]
	if !ok {
		place = uint32(len(b.words))
		w := wordOf(strings.Clone(text)) // and not the whole name with it
		if sound, ok := b.sounds[w.sound]; ok {
			w.sound = sound
		} else if w.sound != w.text {
			b.sounds[w.sound] = w.sound
		}
		b.words = append(b.words, w)
		b.places[w.text] = place
		shortened(w.text, func(uint64) { b.slips++ })
	}
	return place
}

// done is the index of what was added.
func (b *builder) done() *index {
	x := b.index
	var room spelling
	buckets := bucketsFor(b.whole)
	x.whole = postingsOf(buckets, func(tell func(bucket, id uint32)) {
		for id := range x.names {
			for _, f := range x.formsOf(&x.names[id], &room) {
				for _, key := range keysOf(f.words) {
					tell(bucketOf(key, buckets), uint32(id))
				}
			}
		}
	})
	x.having = postingsOf(len(x.words), func(tell func(bucket, id uint32)) {
		for id, n := range x.names {
			for _, place := range x.spelt[n.first:][:n.words] { // the other form has no others
				tell(place, uint32(id))
			}
		}
	})
	buckets = bucketsFor(b.slips)
	x.slips = postingsOf(buckets, func(tell func(bucket, id uint32)) {
		for place := range x.words {
			shortened(x.words[place].text, func(key uint64) { tell(bucketOf(key, buckets), uint32(place)) })
		}
	})
	return &x
}
