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
	FullForms   = fullForms
	Equivalents = equivalents
)

// Scan is Screen without the index: it compares every name.
func (l *List) Scan(s decision.Subject) (decision.Screening, error) {
	ids := make([]int32, len(l.index.names))
	for i := range ids {
		ids[i] = int32(i)
	}
	return l.screen(context.Background(), s, subjectOf(s), ids)
}
