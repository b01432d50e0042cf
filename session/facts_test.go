package session_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// wantFault checks that err is the fault of the field; field "" is for no error.
func wantFault(t *testing.T, name string, err error, field string, fault session.FactsFault) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("%s: got %v, want no fault", name, err)
		}
		return
	}
	var facts *session.FactsError
	if !errors.As(err, &facts) || !errors.Is(err, session.ErrFacts) || *facts != (session.FactsError{Field: field, Fault: fault}) {
		t.Errorf("%s: got %v, want that %s %s", name, err, field, fault)
	}
}

func TestStrictFacts(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name     string
		document session.Document
		field    string
		fault    session.FactsFault
	}{
		{"nothing", session.Document{}, "", ""},
		{"everything", session.Document{Number: "AB1234567", Type: "PASSPORT", Country: "EE"}, "", ""},
		{"number of 5", session.Document{Number: "AB123"}, "document.number", session.FaultLength},
		{"number of 6", session.Document{Number: "AB1234"}, "", ""},
		{"number of 9", session.Document{Number: "123456789"}, "", ""},
		{"number of 10", session.Document{Number: "AB12345678"}, "document.number", session.FaultLength},
		{"number of 5 characters in 10 bytes", session.Document{Number: "ÄÄÄÄÄ"}, "document.number", session.FaultLength},
		{"number of 9 characters in 18 bytes", session.Document{Number: "ÄÄÄÄÄÄÄÄÄ"}, "document.number", session.FaultCharset},
		{"number in small letters", session.Document{Number: "ab1234"}, "document.number", session.FaultCharset},
		{"number with a hyphen in it", session.Document{Number: "AB-1234"}, "document.number", session.FaultCharset},
		{"number with a space behind it", session.Document{Number: "AB1234 "}, "document.number", session.FaultCharset},
		{"number in other digits", session.Document{Number: "١٢٣٤٥٦"}, "document.number", session.FaultCharset},
		{"number with what follows Z", session.Document{Number: "AB123[4"}, "document.number", session.FaultCharset},
		{"number with what precedes A", session.Document{Number: "AB123@4"}, "document.number", session.FaultCharset},
		{"number with what follows 9", session.Document{Number: "AB123:4"}, "document.number", session.FaultCharset},
		{"number with what precedes 0", session.Document{Number: "AB123/4"}, "document.number", session.FaultCharset},
		{"number of the ends of the ranges", session.Document{Number: "AZ09AZ09"}, "", ""},
		{"ID card", session.Document{Type: "ID_CARD"}, "", ""},
		{"residence permit", session.Document{Type: "RESIDENCE_PERMIT"}, "", ""},
		{"drivers license", session.Document{Type: "DRIVERS_LICENSE"}, "", ""},
		{"passport in small letters", session.Document{Type: "passport"}, "document.type", session.FaultUnknown},
		{"library card", session.Document{Type: "LIBRARY_CARD"}, "document.type", session.FaultUnknown},
		{"first country", session.Document{Country: "AD"}, "", ""},
		{"last country", session.Document{Country: "ZW"}, "", ""},
		{"country of nobody", session.Document{Country: "ZZ"}, "document.country", session.FaultUnknown},
		{"country that is reserved", session.Document{Country: "UK"}, "document.country", session.FaultUnknown},
		{"country in small letters", session.Document{Country: "ee"}, "document.country", session.FaultUnknown},
		{"country of three letters", session.Document{Country: "EST"}, "document.country", session.FaultUnknown},
		{"country of one letter", session.Document{Country: "E"}, "document.country", session.FaultUnknown},
		{"country between two codes", session.Document{Country: "D "}, "document.country", session.FaultUnknown},
		{"two countries", session.Document{Country: "AD AE"}, "document.country", session.FaultUnknown},
		{"number before type", session.Document{Number: "1", Type: "x", Country: "x"}, "document.number", session.FaultLength},
		{"type before country", session.Document{Type: "x", Country: "x"}, "document.type", session.FaultUnknown},
	}
	for _, row := range rows {
		facts := session.Facts{Document: row.document}
		wantFault(t, row.name, facts.ValidateStrictly(), row.field, row.fault)
		wantFault(t, row.name+", not strictly", facts.Validate(), "", "")
	}
}

// TestCountries: of all pairs of capitals as many are countries as ISO 3166-1 has.
func TestCountries(t *testing.T) {
	t.Parallel()
	const assigned = 249
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if (session.Facts{Document: session.Document{Country: string([]rune{a, b})}}).ValidateStrictly() == nil {
				n++
			}
		}
	}
	if n != assigned {
		t.Errorf("got %d countries, want %d", n, assigned)
	}
}

func TestRegistryFacts(t *testing.T) {
	t.Parallel()
	born := decision.Date{Year: 1990, Month: time.February, Day: 28}
	number := session.Person{IDNumber: "000000000"}
	full := session.Person{IDNumber: "000000000", FullName: "Ada Specimen"}
	both := session.Person{IDNumber: "000000000", FirstName: "Ada", LastName: "Specimen"}
	first := session.Person{IDNumber: "000000000", FirstName: "Ada", DateOfBirth: born}
	last := session.Person{IDNumber: "000000000", LastName: "Specimen", DateOfBirth: born}
	with := func(p session.Person) session.Person { p.DateOfBirth = born; return p }
	rows := []struct {
		name  string
		facts session.Facts
		field string
	}{
		{"nothing", session.Facts{}, "person.id_number"},
		{"all but the number", session.Facts{Person: session.Person{FullName: "Ada Specimen", DateOfBirth: born}}, "person.id_number"},
		{"the number alone", session.Facts{Person: with(number)}, "person.full_name"},
		{"the first name alone", session.Facts{Person: first}, "person.full_name"},
		{"the last name alone", session.Facts{Person: last}, "person.full_name"},
		{"full name, no birth and no address", session.Facts{Person: full}, "person.date_of_birth"},
		{"both names, no birth and no address", session.Facts{Person: both}, "person.date_of_birth"},
		{"full name and birth", session.Facts{Person: with(full)}, ""},
		{"both names and birth", session.Facts{Person: with(both)}, ""},
		{"full name and address", session.Facts{Person: full, Address: "1 Nowhere Road"}, ""},
		{"address in parts", session.Facts{Person: full, Street: "Nowhere Road", HouseNumber: "1", Postcode: "00000"}, ""},
		{"no street", session.Facts{Person: full, HouseNumber: "1", Postcode: "00000"}, "person.date_of_birth"},
		{"no house number", session.Facts{Person: full, Street: "Nowhere Road", Postcode: "00000"}, "person.date_of_birth"},
		{"no postcode", session.Facts{Person: full, Street: "Nowhere Road", HouseNumber: "1"}, "person.date_of_birth"},
	}
	for _, row := range rows {
		wantFault(t, row.name, row.facts.ValidateForRegistry(), row.field, session.FaultMissing)
	}
}

// TestAddressInParts: its texts are bounded like all others.
func TestAddressInParts(t *testing.T) {
	t.Parallel()
	rows := []struct {
		field string
		set   func(*session.Facts, string)
	}{
		{"street", func(f *session.Facts, text string) { f.Street = text }},
		{"house_number", func(f *session.Facts, text string) { f.HouseNumber = text }},
		{"postcode", func(f *session.Facts, text string) { f.Postcode = text }},
	}
	for _, row := range rows {
		var f session.Facts
		row.set(&f, "1 Nowhere Road")
		wantFault(t, row.field, f.Validate(), "", "")
		row.set(&f, "a\x00b")
		wantFault(t, row.field+" with NUL", f.Validate(), row.field, session.FaultText)
		row.set(&f, string(make([]byte, 5000)))
		wantFault(t, row.field+" too long", f.Validate(), row.field, session.FaultTooLong)
	}
}

// TestInvitesAreForMail: what would break a mail is refused.
func TestInvitesAreForMail(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]session.Invite{
		"a header in the address": {Email: "ada@example.com\r\nBcc: bob@example.com"}, "no address": {Email: "ada"},
		"a name beside it": {Email: "Ada <ada@example.com>"}, "two": {Email: "ada@example.com, bob@example.com"},
		"a header in the name":   {Email: "ada@example.com", Name: "Ada\r\nSubject: x"},
		"a header in the sender": {Email: "ada@example.com", Display: "Shop\nX: y"},
		"a script":               {Email: "ada@example.com", SupportURL: "javascript:alert(1)"},
		"help by http":           {Email: "ada@example.com", SupportURL: "http://help.example.com"},
		"help with a password":   {Email: "ada@example.com", SupportURL: "https://u:p@help.example.com"},
	} {
		if err := (session.Facts{Invite: &i}).Validate(); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	good := session.Invite{Email: "ada+tag@example.com", Name: "Ada Löve", Display: "The Shop", SupportURL: "https://help.example.com/x"}
	if err := (session.Facts{Invite: &good}).Validate(); err != nil {
		t.Error(err)
	}
}

// TestAllFaults: of every field the first fault, in their order, and Validate answers the first of them.
func TestAllFaults(t *testing.T) {
	t.Parallel()
	f := session.Facts{
		ExternalRef: new("\x00" + strings.Repeat("x", 1001)), Country: "Germany", Callback: "foo", Tags: []string{"", "\x00"},
		Person: session.Person{FirstName: "a\x00", LastName: "Specimen"}, Metadata: json.RawMessage(`[]`),
	}
	want := []session.FactsError{
		{Field: "person.first_name", Fault: session.FaultText}, {Field: "country", Fault: session.FaultUnknown},
		{Field: "metadata", Fault: session.FaultObject}, {Field: "tags", Fault: session.FaultMissing},
		{Field: "external_ref", Fault: session.FaultText}, {Field: "callback", Fault: session.FaultNotHTTPS},
	}
	var got []session.FactsError
	for _, fault := range f.Faults() {
		got = append(got, *fault)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	wantFault(t, "the first", f.Validate(), want[0].Field, want[0].Fault)
	if got := (session.Facts{Country: "DE"}).Faults(); got != nil {
		t.Errorf("got %v, want no faults", got)
	}
}
