package session

import (
	"context"
	"strings"

	"github.com/bonafide-idv/bonafide/decision"
)

// SandboxRegistry is a registry of two people who do not exist, for test integrations:
//
//	123456789  Ada Specimen, born 1990-02-28, 1 Nowhere Road, Exampleville
//	987654321  Bob Sample, born 1967-03-30, 2 Nowhere Road, Exampleville
//
// A check is approved when the number is theirs and the name fits, and so does the date of birth or the
// address; else it is declined with reason code 123. How each part of the data was found is in
// Record.Additional.ValidationResults, as "full_match", "no_match" or, of what was not given, nothing. Letters
// may be large or small.
type SandboxRegistry struct{}

var _ RegistryValidator = SandboxRegistry{}

// onFile is one entry of the registry.
type onFile struct {
	first, last string
	born        decision.Date
	address     string
}

func sandboxRegistry(number string) (onFile, bool) {
	switch number {
	case "123456789":
		return onFile{"Ada", "Specimen", decision.Date{Year: 1990, Month: 2, Day: 28}, "1 Nowhere Road, Exampleville"}, true
	case "987654321":
		return onFile{"Bob", "Sample", decision.Date{Year: 1967, Month: 3, Day: 30}, "2 Nowhere Road, Exampleville"}, true
	}
	return onFile{}, false
}

// ValidateRegistry looks the number up and compares the rest.
func (SandboxRegistry) ValidateRegistry(_ context.Context, f Facts) (decision.Verdict, error) {
	number := strings.ReplaceAll(f.Person.IDNumber, "-", "")
	entry, found := sandboxRegistry(number)
	given := f.Person
	name := strings.EqualFold(nameOf(given.FullName, given.FirstName, given.LastName), entry.first+" "+entry.last)
	first, last := strings.EqualFold(given.FirstName, entry.first), strings.EqualFold(given.LastName, entry.last)
	if given.FullName != "" {
		first, last = name, name
	}
	address := addressOf(f)
	street, _, _ := strings.Cut(entry.address, ",")
	born := given.DateOfBirth == entry.born
	lives := strings.EqualFold(address, entry.address) || strings.EqualFold(address, street)
	v := decision.Verdict{Outcome: decision.Declined, Code: decision.CodeRegistryChecks, Record: decision.Record{
		Additional: &decision.Additional{ValidationResults: []decision.ValidationResult{{
			RegistryName: "sandbox", IDNumber: level(true, found), FirstName: level(true, found && first), LastName: level(true, found && last),
			DateOfBirth: level(!given.DateOfBirth.IsZero(), found && born), Address: level(address != "", found && lives),
		}}},
	}}
	if found && first && last && (born || lives) {
		v.Outcome, v.Code = decision.Approved, 0
		v.Record.Person = &decision.Person{
			FirstName: entry.first, LastName: entry.last, IDNumber: number, DateOfBirth: entry.born,
		}
	}
	return v, nil
}

// addressOf is the address as one text, however it was given.
func addressOf(f Facts) string {
	if f.Address != "" || f.Street == "" {
		return f.Address
	}
	return strings.TrimSpace(f.HouseNumber + " " + f.Street)
}

func level(given, fits bool) string {
	switch {
	case !given:
		return ""
	case fits:
		return "full_match"
	}
	return "no_match"
}
