package session

import (
	"context"

	"github.com/bonafide-idv/bonafide/decision"
)

// Manual is the decider that leaves every session to a human being: it goes to review where the integration
// has it, else it waits in submitted for [Engine.Decide].
type Manual struct{}

var _ Decider = Manual{}

// Decide answers review.
func (Manual) Decide(context.Context, Case) (decision.Verdict, error) {
	return decision.Verdict{Outcome: decision.Review}, nil
}

// Sandbox is the decider for test integrations: the person's first name decides, exactly spelt: Approve,
// Decline, Resubmit or Review. With any other name the session waits in submitted for [Engine.Decide]. What it
// says about people is made up; but a full name that the host gave is taken over, so that a [Screener] can be
// tried with it.
type Sandbox struct {
	// FullAuto has it say too how sure it is of each field, as a full-auto integration is told. Default: off.
	FullAuto bool
}

var _ Decider = Sandbox{}

// Decide looks at the first name that the host gave.
func (d Sandbox) Decide(_ context.Context, c Case) (decision.Verdict, error) {
	var v decision.Verdict
	switch c.Facts.Person.FirstName {
	case "Approve":
		v = decision.Verdict{Outcome: decision.Approved, Record: specimen(c.Facts)}
	case "Decline":
		v = decision.Verdict{Outcome: decision.Declined, Code: decision.CodeDocumentTampering, Record: specimen(c.Facts)}
	case "Resubmit":
		v = decision.Verdict{Outcome: decision.Resubmission, Code: decision.CodePoorImageQuality}
	case "Review":
		v = decision.Verdict{Outcome: decision.Review}
	default:
		return v, ErrWait
	}
	if d.FullAuto && v.Record.Person != nil {
		v.Record.Automation, v.Record.Score = certain(), new(1.0)
	}
	return v, nil
}

// certain is what a sandbox can say of the fields that it has made up.
func certain() *decision.Automation {
	fields := map[string]decision.Confidence{}
	for _, name := range []string{"person.first_name", "person.last_name", "person.date_of_birth", "document.number"} {
		fields[name] = decision.Confidence{Category: "high", Sources: []string{"VIZ", "MRZ"}}
	}
	return &decision.Automation{Fields: fields}
}

// specimen is a person who does not exist, with the document of one: what the host gave, and the rest made up.
func specimen(f Facts) decision.Record {
	or := func(given, otherwise string) string { return orDefault(given, otherwise) }
	born := orDefault(f.Person.DateOfBirth, decision.Date{Year: 1990, Month: 1, Day: 1})
	country := or(f.Document.Country, "EE")
	return decision.Record{
		Person: &decision.Person{
			FirstName: f.Person.FirstName, FullName: f.Person.FullName, LastName: or(f.Person.LastName, "Specimen"), IDNumber: or(f.Person.IDNumber, "00000000000"),
			DateOfBirth: born, Nationality: country, PlaceOfBirth: "Exampleville",
		},
		Document: &decision.Document{
			Type: or(f.Document.Type, "ID_CARD"), Number: or(f.Document.Number, "SPECIMEN0"), Country: country,
			ValidFrom: decision.Date{Year: 2020, Month: 1, Day: 1}, ValidUntil: decision.Date{Year: 2099, Month: 12, Day: 31},
		},
	}
}
