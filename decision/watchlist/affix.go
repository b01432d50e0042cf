package watchlist

import (
	"slices"
	"strings"

	"github.com/bonafide-idv/bonafide/decision"
)

// removed is a set of what was taken away from a name.
type removed uint8

const (
	title removed = 1 << iota
	suffix
	organisationPrefix
	organisationSuffix
	clericalMark
)

// kinds are the members of the set as a hit tells them, in the order of the vocabulary.
var kinds = []struct {
	bit  removed
	kind decision.MatchType
}{
	{title, decision.MatchRemovedPersonalTitle},
	{suffix, decision.MatchRemovedPersonalSuffix},
	{organisationPrefix, decision.MatchRemovedOrganisationPrefix},
	{organisationSuffix, decision.MatchRemovedOrganisationSuffix},
	{clericalMark, decision.MatchRemovedClericalMark},
}

// The words that may be taken away, in the form that wordsOf gives. Words that are also names, as Major and Don,
// are not among them.
var (
	titles = set(`mr mrs ms mx miss mister dr doctor prof professor sir dame lord lady rev reverend hon honourable
		mme mlle monsieur madame herr frau dipl ing senor senora`)
	suffixes             = set(`jr sr junior senior ii iii iv phd md dds esq esquire obe mbe cbe qc kc`)
	organisationPrefixes = set(`the pt ooo oao zao pao ao too cv firma company`)
	organisationSuffixes = set(`ltd limited inc incorporated llc llp lp plc corp corporation co company gmbh ag kg se sa
		sas sarl spa srl bv nv ab as oy oyj aps kft sro doo pty pte bhd tbk kk jsc pjsc holding holdings group foundation trust`)
	clericalMarks = set(`aka fka alias nee dec deceased fnu lnu nmn nmi`)
)

func set(words string) map[string]bool {
	members := map[string]bool{}
	for _, word := range strings.Fields(words) {
		members[word] = true
	}
	return members
}

// core is a name without what may be taken away from that of a person or of an organisation, and what that was.
// Something always remains.
func core(words []string, organisation bool) ([]string, removed) {
	var gone removed
	rest := words
	isMark := func(word string) bool { return clericalMarks[word] }
	if slices.ContainsFunc(words, isMark) {
		if kept := slices.DeleteFunc(slices.Clone(words), isMark); len(kept) > 0 {
			rest, gone = kept, clericalMark
		}
	}
	before, behind := titles, suffixes
	bit1, bit2 := title, suffix
	if organisation {
		before, behind, bit1, bit2 = organisationPrefixes, organisationSuffixes, organisationPrefix, organisationSuffix
	}
	for len(rest) > 1 && before[rest[0]] {
		rest, gone = rest[1:], gone|bit1
	}
	for len(rest) > 1 && behind[rest[len(rest)-1]] {
		rest, gone = rest[:len(rest)-1], gone|bit2
	}
	return rest, gone
}
