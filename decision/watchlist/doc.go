// Package watchlist screens people against a list of the host's own: sanctioned people, politically exposed
// people, people in the news. It is plain matching of names and years, in memory, with nothing learnt and
// nothing hidden: what is a hit is written here, and how good the list is, is the host's affair.
//
//	list, err := watchlist.Parse(file)
//	found, err := list.Screen(ctx, decision.Subject{Name: "Ivan Examplov", Year: "1963"})
//
// # The file
//
// JSON Lines: one entry a line; empty lines and lines that begin with # are passed over.
//
//	{"name":"Ivan Examplov","aka":["The Specimen"],"born":"1963-05-17","died":"2020","countries":["Australia"],
//	 "associates":["Olga Examplova"],"organisation":false,
//	 "listings":[{"kind":"sanctions","source":"List of Examples","url":"https://list.example/1","date":"2020-01-31"}]}
//
// (on one line). A list has one entry at least, and of an entry only name is required. born and died are a year or
// a day, a listing's kind is one of [decision.ListKind]. A member that is not known is an error, because a misspelt
// one would weaken the search in silence.
//
// # Names
//
// A name is read without accents, case, hyphens and punctuation, as words whose order does not matter: "GARCÍA,
// José" is "jose garcia". Dots and apostrophes join ("O'Neill", "S.A."), everything else that is no letter or
// digit parts. Scripts are not converted: a name in Cyrillic letters matches an alias in Cyrillic letters.
//
// Two names match in one of four ways, the best of which counts; each is told apart for an entry's name and for
// its aliases:
//
//	exact        the same words
//	fuzzy        the same words but for at most three slips of the pen: in a word of four letters one, of eight
//	             letters two. A slip is a letter too much, too few, another one, or two that changed places. A
//	             whole word too many counts as two, where at least two others match
//	phonetic     as many words, each with the same American Soundex code
//	equivalent   as many words, each the same or another form of the same given name, as Bill is of William
//
// If they match only once something is taken away, the hit says so as well: a title before a person's name
// (Dr, Sir), a suffix behind it (Jr, PhD), a company's form before or behind its name (OOO, GmbH), or a clerk's
// note (née, aka, deceased). Nothing is taken away of which nothing would remain.
//
// # Years
//
// Where both years of birth are known and more than one apart there is no hit; the same year is told as
// year_of_birth.
//
// # Scores
//
// A hit's score says how alike the names are, and not how likely it is that this is the person: 1 for an exact
// match, 0.65 to 0.9 for a fuzzy one by the part of the letters that agree, 0.6 for a phonetic and 0.5 for an
// equivalent one; 0.02 less each for an alias and for something taken away. Hits come by score, at most
// [MaxHits]. What other providers call unknown this package never says.
//
// # Cost
//
// A list is indexed when it is read. A search looks only at the names that share a rare word, the sound or the
// words with the subject, so it costs much less than a look at each: of 100,000 people with an alias each, about
// a hundredth.
//
// The index has a posting of four bytes for each of up to 29 ways to find a word by its beginning, with one or two
// letters left out; and for a name three as a whole, as many without what may be taken away, and one for each of
// its words. Measured on 100,000 entries, on one core of a small server:
//
//	entries                                              memory, beyond what they say   time to read
//	two names of two or three words each, with           0.35 KiB an entry              5 µs an entry
//	a sixth as many different words as entries
//	one name of four words that no other entry has       1.2 KiB an entry               25 µs an entry
//
// A list may need twice as much while it is read. A list whose index would need more than [MaxPostings] is refused
// at the line that is too much, before its index is made; a word counts as 32 there, however short. Of the second
// kind of entries that is after 497,000, and an index has no more than about 2 GiB. What entries say beside their
// names is kept as it is, bounded by [MaxEntries] and [MaxLine] alone.
package watchlist
