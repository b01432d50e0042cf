package watchlist

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/bonafide-idv/bonafide/decision"
)

// Provider is the name under which a list answers.
const Provider = "watchlist"

// tolerance is how many years two years of birth may be apart.
const tolerance = 1

// Screen looks for somebody on the list. The same list and subject give the same hits, in the same order,
// whatever the order of the entries in the file.
//
// Errors: [decision.ErrSubject] for a name without a letter or digit; that of ctx when it ends.
func (l *List) Screen(ctx context.Context, s decision.Subject) (decision.Screening, error) {
	subject := subjectOf(s)
	if len(subject.person[0].words) == 0 {
		return decision.Screening{}, decision.ErrSubject
	}
	forms := slices.Concat(subject.person, subject.organisation[1:]) // the first is the same
	x := l.all()
	return x.screen(ctx, s, subject, x.candidates(forms))
}

// subject is somebody as names are compared: the forms of a name depend on what it is the name of.
type subject struct {
	person, organisation []form
	year                 int // 0: not known
}

func subjectOf(s decision.Subject) subject {
	return subject{formsOf(s.Name, false), formsOf(s.Name, true), year(s.Year)}
}

// screen compares the subject with the given names.
func (x *index) screen(ctx context.Context, s decision.Subject, subject subject, ids []uint32) (decision.Screening, error) {
	var found []hit
	var room spelling
	for i, id := range ids {
		if i%1024 == 0 && ctx.Err() != nil {
			return decision.Screening{}, ctx.Err()
		}
		n := &x.names[id]
		e := &x.entries[n.entry]
		born := year(e.born)
		if subject.year != 0 && born != 0 && max(subject.year-born, born-subject.year) > tolerance {
			continue
		}
		forms := subject.person
		if e.organisation {
			forms = subject.organisation
		}
		h := hit{match: compare(forms, x.formsOf(n, &room)), entry: e, aka: int(n.aka), sameYear: born != 0 && born == subject.year}
		switch last := len(found) - 1; {
		case h.way == different:
		case last >= 0 && found[last].entry == e:
			if h.score() > found[last].score() {
				found[last] = h
			}
		default:
			found = append(found, h)
		}
	}
	slices.SortFunc(found, hit.compare)
	result := decision.Screening{Provider: Provider, Subject: s}
	for _, h := range found[:min(len(found), MaxHits)] {
		result.Hits = append(result.Hits, h.told())
	}
	return result, nil
}

// hit is an entry that matched by one of its names.
type hit struct {
	match
	entry    *entry
	aka      int // -1: by its own name
	sameYear bool
}

// score is that of the match, less for an alias, to four digits.
func (h hit) score() float64 {
	score := h.match.score()
	if h.aka >= 0 {
		score -= penalty
	}
	return math.Round(score*1e4) / 1e4
}

// name is the one that matched.
func (h hit) name() string {
	if h.aka >= 0 {
		return h.entry.aka[h.aka]
	}
	return h.entry.name
}

// compare orders hits: the best first, and equal ones by what is told of them.
func (h hit) compare(o hit) int {
	a, b := h.entry, o.entry
	return cmp.Or(
		cmp.Compare(o.score(), h.score()), cmp.Compare(h.name(), o.name()), cmp.Compare(a.name, b.name),
		cmp.Compare(a.born, b.born), cmp.Compare(a.died, b.died),
		slices.Compare(a.aka, b.aka), slices.Compare(a.countries, b.countries), slices.Compare(a.associates, b.associates),
		slices.CompareFunc(a.listings, b.listings, func(a, b decision.Listing) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.SourceName, b.SourceName),
				cmp.Compare(a.SourceURL, b.SourceURL), cmp.Compare(a.Date, b.Date))
		}),
	)
}

// told is the hit as the vocabulary has it, with nothing in common with the list.
func (h hit) told() decision.Hit {
	e := h.entry
	return decision.Hit{
		Name: h.name(), MatchTypes: h.types(), Score: h.score(), DateOfBirth: e.born, DateOfDeath: e.died,
		Countries: slices.Clone(e.countries), AKA: slices.Clone(e.aka), Associates: slices.Clone(e.associates),
		Listings: slices.Clone(e.listings),
	}
}

// types are how the names match, then what else fits or had to be taken away.
func (h hit) types() []decision.MatchType {
	ways := [different][2]decision.MatchType{
		exact:      {decision.MatchNameExact, decision.MatchAKAExact},
		fuzzy:      {decision.MatchNameFuzzy, decision.MatchAKAFuzzy},
		phonetic:   {decision.MatchPhoneticName, decision.MatchPhoneticAKA},
		equivalent: {decision.MatchEquivalentName, decision.MatchEquivalentAKA},
	}
	types := []decision.MatchType{ways[h.way][min(h.aka+1, 1)]}
	if h.sameYear {
		types = append(types, decision.MatchYearOfBirth)
	}
	for _, k := range kinds {
		if h.gone&k.bit != 0 {
			types = append(types, k.kind)
		}
	}
	return types
}

// year is the year that a text begins with; 0: none.
func year(text string) int {
	if len(text) < 4 {
		return 0
	}
	n := 0
	for _, c := range []byte(text[:4]) {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}
