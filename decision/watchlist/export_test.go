package watchlist

import (
	"context"

	"github.com/bonafide-idv/bonafide/decision"
)

// What the tests look at from within.
var (
	Normal      = normal
	Soundex     = soundex
	Slips       = slips
	Shortened   = shortened
	FullForms   = fullForms
	Equivalents = equivalents
)

// ParseWithin is Parse with another bound than MaxPostings.
var ParseWithin = parse

// Scan is Screen without the index: it compares every name.
func (l *List) Scan(s decision.Subject) (decision.Screening, error) {
	ids := make([]uint32, len(l.all().names))
	for i := range ids {
		ids[i] = uint32(i)
	}
	return l.all().screen(context.Background(), s, subjectOf(s), ids)
}
