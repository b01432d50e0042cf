package watchlist

import (
	"bytes"
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
	errMember = errors.New("has a member that is not known")
	errTwice  = errors.New("is there twice")
	errType   = errors.New("is of another type")
	errName   = errors.New("has no letter, or more than 1000 bytes")
	errDate   = errors.New("is neither a year nor a day of the calendar")
	errKind   = errors.New("is no kind of list")
	errObject = errors.New("is not one JSON object in UTF-8")
)

// memberError says which member is wrong, and not what stands there.
type memberError struct {
	member string // as "listings.kind"; empty: the line as a whole
	fault  error
}

func (e *memberError) Error() string { return e.member + " " + e.fault.Error() }

// parseEntry reads one line.
func parseEntry(line []byte) (entry, *memberError) {
	if !utf8.Valid(line) {
		return entry{}, &memberError{"", errObject}
	}
	var e entry
	fault := eachMember(line, func(member string, value *json.Decoder) error {
		switch member {
		case "name":
			return text(value, &e.name)
		case "aka":
			return decode(value, &e.aka)
		case "born":
			return text(value, &e.born)
		case "died":
			return text(value, &e.died)
		case "countries":
			return decode(value, &e.countries)
		case "associates":
			return decode(value, &e.associates)
		case "organisation":
			return decode(value, &e.organisation)
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
func listings(value *json.Decoder, list *[]decision.Listing) error {
	var raw []json.RawMessage
	if err := decode(value, &raw); err != nil {
		return err
	}
	for _, object := range raw {
		var l decision.Listing
		fault := eachMember(object, func(member string, value *json.Decoder) error {
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
		switch l.Kind {
		case decision.ListWarnings, decision.ListSanctions, decision.ListFitnessProbity, decision.ListPEP, decision.ListAdverseMedia:
		default:
			return &memberError{"kind", errKind}
		}
		*list = append(*list, l)
	}
	return nil
}

// eachMember goes through an object's members. Of one that is not known the name is not told either.
func eachMember(object []byte, do func(member string, value *json.Decoder) error) *memberError {
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') || !json.Valid(object) {
		return &memberError{"", errObject}
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return &memberError{"", errObject}
		}
		member := token.(string) // encoding/json sees to it
		if err := do(member, d); err != nil {
			return faultOf(member, err)
		}
		if seen[member] {
			return &memberError{member, errTwice}
		}
		seen[member] = true
	}
	return nil
}

func faultOf(member string, err error) *memberError {
	var within *memberError
	switch {
	case err == errMember:
		return &memberError{"", errMember}
	case !errors.As(err, &within):
		return &memberError{member, err}
	case within.member == "":
		return &memberError{member, within.fault}
	}
	return &memberError{member + "." + within.member, within.fault}
}

// decode reads a value; null is what is left out.
func decode(value *json.Decoder, into any) error {
	if err := value.Decode(into); err != nil {
		return errType
	}
	return nil
}

func text(value *json.Decoder, into *string) error { return decode(value, into) }
