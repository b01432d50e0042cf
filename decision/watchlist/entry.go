package watchlist

import (
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/bonafide-idv/bonafide/decision"
)

// entry is one person or organisation of a list.
type entry struct {
	name                  string
	aka                   []string
	born, died            string
	countries, associates []string
	organisation          bool
	listings              []decision.Listing
}

// maxName is how many bytes a name or an alias may have.
const maxName = 1000

var (
	errName = errors.New("has no letter, or more than 1000 bytes")
	errDate = errors.New("is neither a year nor a day of the calendar")
	errKind = errors.New("is no kind of list")
)

// parseEntry reads one line.
func parseEntry(line []byte) (entry, *memberError) {
	if !utf8.Valid(line) || !json.Valid(line) {
		return entry{}, &memberError{"", errObject}
	}
	var e entry
	fault := eachMember(line, func(member string, value []byte) error {
		switch member {
		case "name":
			return text(value, &e.name)
		case "aka":
			return texts(value, &e.aka)
		case "born":
			return text(value, &e.born)
		case "died":
			return text(value, &e.died)
		case "countries":
			return texts(value, &e.countries)
		case "associates":
			return texts(value, &e.associates)
		case "organisation":
			return flag(value, &e.organisation)
		case "listings":
			return listings(value, &e.listings)
		}
		return errMember
	})
	if fault == nil {
		fault = e.check()
	}
	return e, fault
}

// check looks at what the members say.
func (e entry) check() *memberError {
	acceptable := func(name string) bool { return len(name) <= maxName && len(wordsOf(name)) > 0 }
	switch {
	case !acceptable(e.name):
		return &memberError{"name", errName}
	case slices.ContainsFunc(e.aka, func(name string) bool { return !acceptable(name) }):
		return &memberError{"aka", errName}
	case e.born != "" && !isDate(e.born):
		return &memberError{"born", errDate}
	case e.died != "" && !isDate(e.died):
		return &memberError{"died", errDate}
	}
	return nil
}

// isDate reports whether a text is a year or a day.
func isDate(text string) bool {
	if year(text) == 0 {
		return false
	}
	_, err := decision.ParseDate(text)
	return len(text) == 4 || err == nil
}

// listings reads the places where an entry stands.
func listings(value []byte, list *[]decision.Listing) error {
	return eachElement(value, func(object []byte) error {
		var l decision.Listing
		fault := eachMember(object, func(member string, value []byte) error {
			switch member {
			case "kind":
				return text(value, (*string)(&l.Kind))
			case "source":
				return text(value, &l.SourceName)
			case "url":
				return text(value, &l.SourceURL)
			case "date":
				return text(value, &l.Date)
			}
			return errMember
		})
		if fault != nil {
			return fault
		}
		if !l.Kind.Valid() {
			return &memberError{"kind", errKind}
		}
		*list = append(*list, l)
		return nil
	})
}
