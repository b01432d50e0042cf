package session

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// What the conditions of a workflow can ask for, in the names of
// https://docs.withverifa.com/api-details/data-access. Members that are empty are left out, so that a condition says
// of them what it says of facts that are missing.

// facts are the members of one object.
type facts map[string]any

// text puts in what is there.
func (f facts) text(name, value string) {
	if value != "" {
		f[name] = value
	}
}

func (f facts) object(name string, value facts) {
	if len(value) > 0 {
		f[name] = map[string]any(value)
	}
}

// conditions are all facts but the results of checks, which the run knows itself.
func (s *Snapshot) conditions(read decision.Record, now time.Time) map[string]any {
	return map[string]any{
		"fields":    map[string]any(s.fields()),
		"extracted": map[string]any(extracted(read, now)),
		"risk":      map[string]any(s.riskFacts()),
		"metadata":  decoded(s.Facts.Metadata),
		"session":   map[string]any(s.sessionFacts()),
	}
}

// fields are what the host said about the person, and what the person filled in where the host said nothing.
func (s *Snapshot) fields() facts {
	f := facts(decoded(s.Given()))
	if f == nil {
		f = facts{}
	}
	p, r := s.Facts.Person, s.Facts.Residence
	f.text("first_name", p.FirstName)
	f.text("middle_name", p.MiddleName)
	f.text("last_name", p.LastName)
	f.text("full_name", p.FullName)
	f.text("date_of_birth", p.DateOfBirth.String())
	f.text("email", p.Email)
	f.text("phone", p.PhoneNumber)
	f.text("gender", p.Gender)
	f.text("ssn", p.IDNumber)
	address := facts{}
	address.text("line1", r.Line1)
	address.text("line2", r.Line2)
	address.text("city", r.City)
	address.text("state", r.State)
	address.text("zip", r.Zip)
	address.text("full", s.Facts.Address)
	f.object("address", address)
	return f
}

// Extracted is what was read from the documents, by the names that conditions of workflows and results know it by
// (https://docs.withverifa.com/api-details/data-access): texts, the age in years at a time, and the address with its
// parts. What was not read is not there. The map is the caller's.
func Extracted(r decision.Record, at time.Time) map[string]any { return extracted(r, at) }

// extracted are what checks have read.
func extracted(r decision.Record, now time.Time) facts {
	f := facts{}
	if p := r.Person; p != nil {
		f.text("first_name", p.FirstName)
		f.text("last_name", p.LastName)
		f.text("full_name", p.FullName)
		f.text("date_of_birth", p.DateOfBirth.String())
		f.text("nationality", p.Nationality)
		f.text("gender", p.Gender)
		f.text("ssn", p.IDNumber)
		if !p.DateOfBirth.IsZero() {
			f["age"] = ageAt(p.DateOfBirth, now)
		}
		if len(p.Addresses) > 0 {
			f.object("address", addressFacts(p.Addresses[0]))
		}
	}
	if d := r.Document; d != nil {
		f.text("document_type", documentType(d.Type))
		f.text("document_number", d.Number)
		f.text("document_country", d.Country)
		f.text("document_issuing_state", d.State)
		f.text("document_expiration_date", d.ValidUntil.String())
	}
	return f
}

func addressFacts(a decision.Address) facts {
	f := facts{}
	f.text("full", a.Full)
	if p := a.Parsed; p != nil {
		f.text("line1", nameOf("", p.Street, p.HouseNumber))
		f.text("line2", p.Unit)
		f.text("city", p.City)
		f.text("state", p.State)
		f.text("zip", p.Postcode)
		f.text("country", p.Country)
	}
	return f
}

func (s *Snapshot) riskFacts() facts {
	a := s.Risk()
	names := []any{}
	for _, signal := range a.Signals {
		names = append(names, signal.Name)
	}
	return facts{"score": a.Score, "level": string(a.Level), "blocked": a.Blocked, "signals": names}
}

func (s *Snapshot) sessionFacts() facts {
	f := facts{"sandbox": s.Sandbox, "attempt": s.AttemptN}
	f.text("country", s.Facts.Country)
	if c := s.Choice(); c != nil {
		f.text("document_type", c.Type)
		f.text("document_country", c.Country)
	}
	tags := []any{}
	for _, tag := range s.Facts.Tags {
		tags = append(tags, tag)
	}
	f["tags"] = tags
	if id := s.Facts.Workflow; id != nil && *id != uuid.Nil {
		f["workflow_id"] = id.String()
	}
	return f
}

// decoded reads a JSON object; nil: there is none.
func decoded(object json.RawMessage) (members map[string]any) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	_ = d.Decode(&members) // it was looked at when it was given
	return members
}

// ageAt is how many birthdays there have been, by the calendar of UTC. Who was born on 29 February has a birthday on
// 1 March in other years.
func ageAt(born decision.Date, now time.Time) int {
	year, month, day := now.UTC().Date()
	age := year - born.Year
	if month < born.Month || month == born.Month && day < born.Day {
		age--
	}
	return age
}

// documentType is the type of a document in the words of [DocumentChoices], where it has one.
func documentType(read string) string {
	switch read {
	case "PASSPORT":
		return "passport"
	case "ID_CARD":
		return "national_id"
	case "RESIDENCE_PERMIT":
		return "residence_permit"
	case "DRIVERS_LICENSE":
		return "drivers_license"
	}
	return codeOf(read)
}
