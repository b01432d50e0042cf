package decision

import (
	"errors"
	"slices"
)

// ErrSubject is what a screener answers when there is nothing in the subject's name that it could look for: the
// screening then ends without a result.
var ErrSubject = errors.New("decision: the subject has no name to look for")

// Subject is whom a screening looks for. It is personal data.
type Subject struct {
	Name string `json:"name"`           // as the document has it: first name, then last name
	Year string `json:"year,omitempty"` // of birth, four digits; empty: not known
}

// Screening is what a search of the lists of politically exposed and sanctioned people found. It is personal
// data.
type Screening struct {
	Provider string  `json:"provider,omitempty"` // who searched
	Subject  Subject `json:"subject"`
	Hits     []Hit   `json:"hits,omitempty"` // best first; none: no match
}

// Hit is one entry of a list that may be the person.
type Hit struct {
	Name        string      `json:"name"` // of the entry, as it matched
	MatchTypes  []MatchType `json:"match_types"`
	Score       float64     `json:"score,omitempty"` // from 0 to 1; 0: not said
	DateOfBirth string      `json:"date_of_birth,omitempty"`
	DateOfDeath string      `json:"date_of_death,omitempty"`
	Countries   []string    `json:"countries,omitempty"`
	AKA         []string    `json:"aka,omitempty"`
	Associates  []string    `json:"associates,omitempty"`
	Listings    []Listing   `json:"listings,omitempty"`
}

// Listing is where an entry stands.
type Listing struct {
	Kind       ListKind `json:"kind"`
	SourceName string   `json:"source_name,omitempty"`
	SourceURL  string   `json:"source_url,omitempty"`
	Date       string   `json:"date,omitempty"`
}

// ListKind says what a list is a list of.
type ListKind string

// The kinds of list, as https://devdocs.veriff.com/docs/watchlist-screening-webhook has them.
const (
	ListWarnings       ListKind = "warnings"
	ListSanctions      ListKind = "sanctions"
	ListFitnessProbity ListKind = "fitness_probity"
	ListPEP            ListKind = "pep"
	ListAdverseMedia   ListKind = "adverse_media"
)

// ListKinds gives every kind of list, in the order above. The slice is the caller's.
func ListKinds() []ListKind {
	return []ListKind{ListWarnings, ListSanctions, ListFitnessProbity, ListPEP, ListAdverseMedia}
}

// Valid reports whether k is one of the kinds.
func (k ListKind) Valid() bool { return slices.Contains(ListKinds(), k) }

// MatchType says how a name matched.
type MatchType string

// The match types, best first. The first group is about the name, and a hit has one of them first; the
// second says what else fits, or what had to be taken away for the names to match.
// (https://devdocs.veriff.com/apidocs/v1sessionsidperson-1)
const (
	MatchNameExact      MatchType = "name_exact"
	MatchAKAExact       MatchType = "aka_exact"
	MatchNameFuzzy      MatchType = "name_fuzzy"
	MatchAKAFuzzy       MatchType = "aka_fuzzy"
	MatchPhoneticName   MatchType = "phonetic_name"
	MatchPhoneticAKA    MatchType = "phonetic_aka"
	MatchEquivalentName MatchType = "equivalent_name"
	MatchEquivalentAKA  MatchType = "equivalent_aka"
	MatchUnknown        MatchType = "unknown"

	MatchYearOfBirth               MatchType = "year_of_birth"
	MatchRemovedPersonalTitle      MatchType = "removed_personal_title"
	MatchRemovedPersonalSuffix     MatchType = "removed_personal_suffix"
	MatchRemovedOrganisationPrefix MatchType = "removed_organisation_prefix"
	MatchRemovedOrganisationSuffix MatchType = "removed_organisation_suffix"
	MatchRemovedClericalMark       MatchType = "removed_clerical_mark"
)
