package veriff

import (
	"net/http"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// The conclusion as a full-auto integration is told of it (https://devdocs.veriff.com/docs/full-auto-webhook):
// how sure it is, and of every field that was read, how sure that is. There are no reasons. A field that was
// not read is left out.
type (
	fullAuto struct {
		Decision      string           `json:"decision"`
		DecisionScore *float64         `json:"decisionScore"`
		Person        fullAutoPerson   `json:"person"`
		Document      fullAutoDocument `json:"document"`
		Insights      []insight        `json:"insights"`
	}
	fullAutoPerson struct {
		FirstName    *reading `json:"firstName,omitempty"`
		LastName     *reading `json:"lastName,omitempty"`
		FullName     *reading `json:"fullName,omitempty"`
		IDNumber     *reading `json:"idNumber,omitempty"`
		Gender       *reading `json:"gender,omitempty"`
		DateOfBirth  *reading `json:"dateOfBirth,omitempty"`
		YearOfBirth  *reading `json:"yearOfBirth,omitempty"`
		PlaceOfBirth *reading `json:"placeOfBirth,omitempty"`
		Nationality  *reading `json:"nationality,omitempty"`
	}
	fullAutoDocument struct {
		Type         *bareReading `json:"type,omitempty"`
		Country      *bareReading `json:"country,omitempty"`
		Number       *reading     `json:"number,omitempty"`
		State        *reading     `json:"state,omitempty"`
		ValidFrom    *reading     `json:"validFrom,omitempty"`
		ValidUntil   *reading     `json:"validUntil,omitempty"`
		FirstIssue   *reading     `json:"firstIssue,omitempty"`
		PlaceOfIssue *reading     `json:"placeOfIssue,omitempty"`
		IssuedBy     *reading     `json:"issuedBy,omitempty"`
	}
	reading struct {
		Confidence *string  `json:"confidenceCategory"`
		Value      string   `json:"value"`
		Sources    []string `json:"sources"`
	}
	bareReading struct {
		Value string `json:"value"`
	}
)

// fullAutoOf is nil as long as nothing is concluded, and for a session that ended without a decision or is being
// deleted.
func fullAutoOf(s *session.Snapshot) *fullAuto {
	status, d := words[s.Status], newest(s)
	if !isDecision(status.code) || d == nil {
		return nil
	}
	told := &fullAuto{
		Decision: status.word, DecisionScore: d.Record.Score,
		Insights: append([]insight{}, insightsOf(d.Record.Insights)...),
	}
	var sure decision.Automation
	if d.Record.Automation != nil {
		sure = *d.Record.Automation
	}
	if p := d.Record.Person; p != nil {
		told.Person = fullAutoPersonOf(*p, sure)
	}
	if p := d.Record.Document; p != nil {
		told.Document = fullAutoDocumentOf(*p, sure)
	}
	return told
}

func fullAutoPersonOf(p decision.Person, sure decision.Automation) fullAutoPerson {
	return fullAutoPerson{
		FirstName:    readingOf(p.FirstName, sure, "person.first_name"),
		LastName:     readingOf(p.LastName, sure, "person.last_name"),
		FullName:     readingOf(p.FullName, sure, "person.full_name"),
		IDNumber:     readingOf(p.IDNumber, sure, "person.id_number"),
		Gender:       readingOf(p.Gender, sure, "person.gender"),
		DateOfBirth:  readingOf(p.DateOfBirth.String(), sure, "person.date_of_birth"),
		YearOfBirth:  readingOf(yearOfBirth(p), sure, "person.year_of_birth"),
		PlaceOfBirth: readingOf(p.PlaceOfBirth, sure, "person.place_of_birth"),
		Nationality:  readingOf(p.Nationality, sure, "person.nationality"),
	}
}

func fullAutoDocumentOf(d decision.Document, sure decision.Automation) fullAutoDocument {
	return fullAutoDocument{
		Type:         bareReadingOf(d.Type),
		Country:      bareReadingOf(d.Country),
		Number:       readingOf(d.Number, sure, "document.number"),
		State:        readingOf(d.State, sure, "document.state"),
		ValidFrom:    readingOf(d.ValidFrom.String(), sure, "document.valid_from"),
		ValidUntil:   readingOf(d.ValidUntil.String(), sure, "document.valid_until"),
		FirstIssue:   readingOf(d.FirstIssue.String(), sure, "document.first_issue"),
		PlaceOfIssue: readingOf(d.PlaceOfIssue, sure, "document.place_of_issue"),
		IssuedBy:     readingOf(d.IssuedBy, sure, "document.issued_by"),
	}
}

func readingOf(value string, sure decision.Automation, path string) *reading {
	if value == "" {
		return nil
	}
	c := sure.Fields[path]
	return &reading{orNull(c.Category), value, append([]string{}, c.Sources...)}
}

func bareReadingOf(value string) *bareReading {
	if value == "" {
		return nil
	}
	return &bareReading{value}
}

// readFullAuto is on no page of the vendor's that is published, and many clients call it, with version=1.0.0. It
// answers null as long as nothing is concluded.
func readFullAuto(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	if version := x.r.URL.Query().Get("version"); version != "" && version != fullAutoVersion {
		return memberInvalid
	}
	return x.answer(http.StatusOK, success(fullAutoOf(s)))
}

// fullAutoVersion is the one version that there is.
const fullAutoVersion = "1.0.0"
