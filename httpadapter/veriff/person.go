package veriff

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// The body of https://devdocs.veriff.com/apidocs/v1sessionsidperson-1. Its names are not those of the decision. The
// vendor's list of its members is not known: they are those that clients read.
type (
	knownPerson struct {
		ID           string    `json:"id"`
		FirstName    *string   `json:"firstName"`
		LastName     *string   `json:"lastName"`
		IDCode       *string   `json:"idCode"`
		DateOfBirth  *string   `json:"dateOfBirth"`
		Gender       *string   `json:"gender"`
		Nationality  *string   `json:"nationality"`
		PlaceOfBirth *string   `json:"placeOfBirth"`
		Citizenships []string  `json:"citizenships"`
		Matches      []pepFind `json:"pepSanctionMatches"`
	}
	pepFind struct {
		Provider string     `json:"provider"`
		Number   int        `json:"numberOfMatches"`
		Date     *string    `json:"date"`
		Matches  []pepMatch `json:"matches"`
		Hits     []hit      `json:"hits"`
	}
	pepMatch struct {
		Name         string               `json:"name"`
		MatchTypes   []decision.MatchType `json:"matchTypes"`
		MatchDetails struct{}             `json:"matchTypesDetails"` // a screener here gives none
		Score        float64              `json:"score"`
	}
)

// readPerson answers what was read from the documents, and until then what the host has said.
func readPerson(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	p := knownPersonOf(s)
	p.Matches = pepFinds(s)
	return x.answer(http.StatusOK, struct {
		Status string      `json:"status"`
		Person knownPerson `json:"person"`
	}{"success", p})
}

func knownPersonOf(s *session.Snapshot) knownPerson {
	id := s.Derive("veriff person")
	given := s.Facts.Person
	p := knownPerson{
		ID: uuid.NewSHA1(s.ID, id[:]).String(), Citizenships: []string{},
		FirstName: orNull(given.FirstName), LastName: orNull(given.LastName), IDCode: orNull(given.IDNumber),
		DateOfBirth: orNull(given.DateOfBirth.String()), Gender: orNull(given.Gender),
	}
	d := newest(s)
	if d == nil || d.Record.Person == nil {
		return p
	}
	read := d.Record.Person
	for _, field := range []struct {
		to   **string
		text string
	}{
		{&p.FirstName, read.FirstName}, {&p.LastName, read.LastName}, {&p.IDCode, read.IDNumber},
		{&p.DateOfBirth, read.DateOfBirth.String()}, {&p.Gender, read.Gender},
		{&p.Nationality, read.Nationality}, {&p.PlaceOfBirth, read.PlaceOfBirth},
	} {
		if field.text != "" {
			*field.to = &field.text
		}
	}
	return p
}

// pepFinds is what the newest screening found; nothing when it found nobody.
func pepFinds(s *session.Snapshot) []pepFind {
	found := s.Screening()
	if found == nil || len(found.Screening.Hits) == 0 {
		return []pepFind{}
	}
	find := pepFind{
		Provider: found.Screening.Provider, Number: len(found.Screening.Hits), Date: instant(found.At, milliseconds),
		Hits: hitsOf(found.Screening.Hits),
	}
	for _, h := range found.Screening.Hits {
		find.Matches = append(find.Matches, pepMatch{Name: h.Name, MatchTypes: orEmpty(h.MatchTypes), Score: h.Score})
	}
	return []pepFind{find}
}
