package veriff

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// The bodies of https://devdocs.veriff.com/apidocs/v1sessionsiddecision-1 and of the decision webhook, which
// are the same. What is not known is null; the members of a decision.Record that few documents have are left
// out then.
type (
	conclusion struct {
		Status       string         `json:"status"`
		Verification *concluded     `json:"verification"`
		Technical    *technicalData `json:"technicalData,omitempty"`
	}
	concluded struct {
		ID             string          `json:"id"`
		AttemptID      string          `json:"attemptId"`
		Code           int             `json:"code"`
		Status         string          `json:"status"`
		Reason         *string         `json:"reason"`
		ReasonCode     *int            `json:"reasonCode"`
		VendorData     *string         `json:"vendorData"`
		EndUserID      *string         `json:"endUserId"`
		AcceptanceTime *string         `json:"acceptanceTime"`
		SubmissionTime *string         `json:"submissionTime"`
		DecisionTime   *string         `json:"decisionTime"`
		Person         person          `json:"person"`
		Document       document        `json:"document"`
		Comments       []struct{}      `json:"comments"` // given up by the vendor
		Additional     json.RawMessage `json:"additionalVerifiedData"`
	}
	person struct {
		Gender           *string `json:"gender"`
		IDNumber         *string `json:"idNumber"`
		FirstName        *string `json:"firstName"`
		LastName         *string `json:"lastName"`
		FullName         string  `json:"fullName,omitempty"`
		Citizenship      *string `json:"citizenship"` // given up by the vendor
		DateOfBirth      *string `json:"dateOfBirth"`
		Nationality      *string `json:"nationality"`
		YearOfBirth      *string `json:"yearOfBirth"`
		PlaceOfBirth     *string `json:"placeOfBirth"`
		PEPSanctionMatch *string `json:"pepSanctionMatch"` // given up by the vendor
	}
	document struct {
		Type         *string `json:"type"`
		Number       *string `json:"number"`
		Country      *string `json:"country"`
		State        *string `json:"state"`
		ValidFrom    *string `json:"validFrom"`
		ValidUntil   *string `json:"validUntil"`
		PlaceOfIssue string  `json:"placeOfIssue,omitempty"`
		FirstIssue   string  `json:"firstIssue,omitempty"`
		IssuedBy     string  `json:"issuedBy,omitempty"`
	}
	technicalData struct {
		IP *string `json:"ip"`
	}
)

// readDecision answers null as long as nothing is concluded.
func readDecision(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	c, err := conclusionOf(s)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, c)
}

// conclusionOf is what is told of a session's conclusion. Of a session that is being deleted nothing about the
// person is told.
func conclusionOf(s *session.Snapshot) (conclusion, error) {
	status := words[s.Status]
	if !isDecision(status.code) {
		return conclusion{Status: "success"}, nil
	}
	c := &concluded{
		ID: s.ID.String(), Code: status.code, Status: status.word,
		VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID,
		AcceptanceTime: instant(s.CreatedAt, microseconds), SubmissionTime: instant(s.SubmittedAt, microseconds),
		Comments: []struct{}{}, Additional: json.RawMessage("{}"),
	}
	attempt, at, record := s.AttemptID, s.EndedAt, decision.Record{}
	if d := newest(s); d != nil {
		attempt, at, record = d.Attempt, d.At, d.Record
		if d.Code != 0 {
			c.ReasonCode = &d.Code
		}
	}
	c.AttemptID, c.DecisionTime = attempt.String(), instant(at, microseconds)
	c.Reason = orNull(record.Reason)
	if record.Person != nil {
		c.Person = personOf(*record.Person)
	}
	if record.Document != nil {
		c.Document = documentOf(*record.Document)
	}
	if len(record.Additional) > 0 {
		var err error
		if c.Additional, err = normal(record.Additional); err != nil {
			return conclusion{}, err
		}
	}
	return conclusion{"success", c, &technicalData{orNull(record.IP)}}, nil
}

// newest is the decision that the status rests on; nil for one that rests on none, as an expiry does.
func newest(s *session.Snapshot) *session.Concluded {
	switch s.Status {
	case session.StatusExpired, session.StatusAbandoned:
		return nil
	}
	if s.Deleted() || len(s.Decisions) == 0 {
		return nil
	}
	return &s.Decisions[len(s.Decisions)-1]
}

func personOf(p decision.Person) person {
	year := p.YearOfBirth
	if year == "" && !p.DateOfBirth.IsZero() {
		year = strconv.Itoa(p.DateOfBirth.Year)
	}
	return person{
		Gender: orNull(p.Gender), IDNumber: orNull(p.IDNumber), FirstName: orNull(p.FirstName), LastName: orNull(p.LastName),
		FullName: p.FullName, DateOfBirth: orNull(p.DateOfBirth.String()), Nationality: orNull(p.Nationality),
		YearOfBirth: orNull(year), PlaceOfBirth: orNull(p.PlaceOfBirth),
	}
}

func documentOf(d decision.Document) document {
	return document{
		Type: orNull(d.Type), Number: orNull(d.Number), Country: orNull(d.Country), State: orNull(d.State),
		ValidFrom: orNull(d.ValidFrom.String()), ValidUntil: orNull(d.ValidUntil.String()),
		PlaceOfIssue: d.PlaceOfIssue, FirstIssue: d.FirstIssue.String(), IssuedBy: d.IssuedBy,
	}
}
