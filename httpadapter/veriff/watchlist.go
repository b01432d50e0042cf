package veriff

import (
	"errors"
	"net/http"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// The body of https://devdocs.veriff.com/docs/watchlist-screening-webhook, which is the data of
// https://devdocs.veriff.com/apidocs/v1sessionsidwatchlist-screening-1 too.
type (
	screening struct {
		AttemptID     string     `json:"attemptId"`
		SessionID     string     `json:"sessionId"`
		VendorData    *string    `json:"vendorData"`
		EndUserID     *string    `json:"endUserId"`
		CheckType     string     `json:"checkType"`
		MatchStatus   string     `json:"matchStatus"`
		MonitorStatus string     `json:"monitorStatus"`
		SearchTerm    searchTerm `json:"searchTerm"`
		TotalHits     int        `json:"totalHits"`
		CreatedAt     *string    `json:"createdAt"`
		Hits          []hit      `json:"hits"`
	}
	searchTerm struct {
		Name string  `json:"name"`
		Year *string `json:"year"`
	}
	hit struct {
		Name        string               `json:"matchedName"`
		Countries   []string             `json:"countries"`
		DateOfBirth *string              `json:"dateOfBirth"`
		DateOfDeath *string              `json:"dateOfDeath"`
		MatchTypes  []decision.MatchType `json:"matchTypes"`
		AKA         []string             `json:"aka"`
		Associates  []string             `json:"associates"`
		Listings    listings             `json:"listingsRelatedToMatch"`
	}
	listings struct {
		Warnings       []listing `json:"warnings"`
		Sanctions      []listing `json:"sanctions"`
		FitnessProbity []listing `json:"fitnessProbity"`
		PEP            []listing `json:"pep"`
		AdverseMedia   []listing `json:"adverseMedia"`
	}
	listing struct {
		SourceName *string `json:"sourceName"`
		SourceURL  *string `json:"sourceUrl"`
		Date       *string `json:"date"`
	}
)

// readScreening answers 202, whose body is not published, as long as the result is still to come: then the data
// are null, as a decision is that is not there. A session that ended before anybody had looked at the person is
// never screened: it has no such thing.
func readScreening(x *exchange) error {
	id, err := x.signedID()
	if err != nil {
		return err
	}
	type answer struct {
		Status string     `json:"status"`
		Data   *screening `json:"data"`
	}
	s, err := x.engine.Screening(x.r.Context(), id)
	if errors.Is(err, session.ErrScreening) {
		return x.answer(http.StatusAccepted, answer{"success", nil})
	}
	if err != nil {
		return err
	}
	data := screeningOf(s)
	return x.answer(http.StatusOK, answer{"success", &data})
}

// screeningOf is the newest screening of a session that has one.
func screeningOf(s *session.Snapshot) screening {
	found := s.Screening()
	data := screening{
		AttemptID: found.Attempt.String(), SessionID: s.ID.String(),
		VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID,
		CheckType: "initial_result", MatchStatus: "no_match", MonitorStatus: "disabled",
		SearchTerm: searchTerm{found.Screening.Subject.Name, orNull(found.Screening.Subject.Year)},
		TotalHits:  len(found.Screening.Hits), CreatedAt: instant(found.At, milliseconds),
		Hits: hitsOf(found.Screening.Hits),
	}
	if found.Screening.Updated {
		data.CheckType = "updated_result"
	}
	if data.TotalHits > 0 {
		data.MatchStatus = "possible_match"
	}
	if found.Screening.Monitored {
		data.MonitorStatus = "enabled"
	}
	return data
}

func hitsOf(found []decision.Hit) []hit {
	hits := make([]hit, 0, len(found))
	for _, h := range found {
		hits = append(hits, hit{
			Name: h.Name, Countries: orEmpty(h.Countries), DateOfBirth: orNull(h.DateOfBirth), DateOfDeath: orNull(h.DateOfDeath),
			MatchTypes: orEmpty(h.MatchTypes), AKA: orEmpty(h.AKA), Associates: orEmpty(h.Associates), Listings: listingsOf(h.Listings),
		})
	}
	return hits
}

func listingsOf(found []decision.Listing) listings {
	of := func(kind decision.ListKind) []listing {
		list := []listing{}
		for _, l := range found {
			if l.Kind == kind {
				list = append(list, listing{orNull(l.SourceName), orNull(l.SourceURL), orNull(l.Date)})
			}
		}
		return list
	}
	return listings{
		Warnings: of(decision.ListWarnings), Sanctions: of(decision.ListSanctions), FitnessProbity: of(decision.ListFitnessProbity),
		PEP: of(decision.ListPEP), AdverseMedia: of(decision.ListAdverseMedia),
	}
}

// orEmpty is a list that is never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
