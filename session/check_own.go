package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/decision/workflow"
)

// The checks that the engine makes of what it has. What each takes from its node's config is said at each; what is
// left out has the default, and what cannot be read is an error of the check.

// passed is a result with its details.
func passed(passes bool, details any) (CheckResult, error) {
	status := workflow.CheckPassed
	if !passes {
		status = workflow.CheckFailed
	}
	text, err := json.Marshal(details)
	return CheckResult{Status: status, Details: text}, err
}

// skipped is the result of a check that has nothing to look at.
func skipped(why string) (CheckResult, error) {
	text, err := json.Marshal(map[string]string{"reason": why})
	return CheckResult{Status: workflow.CheckSkipped, Details: text}, err
}

// misconfigured is the result of a check that is told what it cannot do: it will not be better the next time.
func misconfigured() (CheckResult, error) {
	return CheckResult{Status: workflow.CheckError, Details: json.RawMessage(`{"reason":"its config is not acceptable"}`)}, nil
}

// config reads what the workflow says to the check.
func (c CheckCase) config(into any) bool {
	return len(c.Config) == 0 || json.Unmarshal(c.Config, into) == nil
}

// checkExpiration passes a document that is valid today, by the calendar of UTC.
func checkExpiration(_ context.Context, c CheckCase) (CheckResult, error) {
	d := c.Extracted.Document
	if d == nil || d.ValidUntil.IsZero() {
		return skipped("no date of expiry was read")
	}
	year, month, day := c.At.UTC().Date()
	today := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	until := time.Date(d.ValidUntil.Year, d.ValidUntil.Month, d.ValidUntil.Day, 0, 0, 0, 0, time.UTC)
	return passed(!until.Before(today), map[string]string{"valid_until": d.ValidUntil.String()})
}

// checkDocumentFilter passes a document that its config allows: "countries", "document_types" in the words of
// [DocumentChoices], and "documents", a list of types by country. What is left out allows all. The document is the one
// that was read, else the one that the person chose.
func checkDocumentFilter(_ context.Context, c CheckCase) (CheckResult, error) {
	var allowed struct {
		Countries     []string            `json:"countries"`
		DocumentTypes []string            `json:"document_types"`
		Documents     map[string][]string `json:"documents"`
	}
	if !c.config(&allowed) {
		return misconfigured()
	}
	var country, kind string
	if chosen := c.Choice(); chosen != nil {
		country, kind = chosen.Country, chosen.Type
	}
	if read := c.Extracted.Document; read != nil {
		country, kind = orDefault(read.Country, country), orDefault(documentType(read.Type), kind)
	}
	byCountry := allowed.Countries != nil || allowed.Documents != nil
	byType := allowed.DocumentTypes != nil || allowed.Documents != nil
	if byCountry && country == "" || byType && kind == "" || country == "" && kind == "" {
		return skipped("the document is not known")
	}
	allows := (allowed.Countries == nil || slices.Contains(allowed.Countries, country)) &&
		(allowed.DocumentTypes == nil || slices.Contains(allowed.DocumentTypes, kind)) &&
		(allowed.Documents == nil || slices.Contains(allowed.Documents[country], kind))
	return passed(allows, map[string]string{"country": country, "document_type": kind})
}

// minimumAge is what is asked for where the config has no "minimum_age".
const minimumAge = 18

// checkAge passes who is as old as its config's "minimum_age", by the date of birth that was read, else the one that
// was given.
func checkAge(_ context.Context, c CheckCase) (CheckResult, error) {
	config := struct {
		MinimumAge int `json:"minimum_age"`
	}{minimumAge}
	if !c.config(&config) || config.MinimumAge < 0 {
		return misconfigured()
	}
	var born decision.Date
	if p := c.Extracted.Person; p != nil {
		born = p.DateOfBirth
	}
	if given, ok := c.fields()["date_of_birth"].(string); ok && born.IsZero() {
		born, _ = decision.ParseDate(given) // what is no date is not known
	}
	if born.IsZero() {
		return skipped("the date of birth is not known")
	}
	age := ageAt(born, c.At)
	return passed(age >= config.MinimumAge, map[string]int{"age": age, "minimum_age": config.MinimumAge})
}

// checkRisk fails who is blocked, or at a critical risk.
func checkRisk(_ context.Context, c CheckCase) (CheckResult, error) {
	a, err := c.assess()
	if err != nil {
		return CheckResult{}, err
	}
	return passed(!a.Blocked && a.Level != risk.Critical, a)
}

// checkWatchlists fails who may be on a list, by [Config.Screener]. Its config's "threshold", from 0 to 1, passes over
// hits of which it is said that they are less alike.
func (e *Engine) checkWatchlists(ctx context.Context, c CheckCase) (CheckResult, error) {
	var config struct {
		Threshold float64 `json:"threshold"`
	}
	if !c.config(&config) || config.Threshold < 0 || config.Threshold > 1 {
		return misconfigured()
	}
	subject, read := subjectIn(c.Extracted)
	if !read {
		subject = c.subject()
	}
	if !isName(subject.Name) {
		return skipped("there is no name to look for")
	}
	found, err := e.search(ctx, subject)
	if errors.Is(err, decision.ErrSubject) {
		return skipped("there is no name to look for")
	}
	if err != nil {
		return CheckResult{}, err
	}
	hits, lists := 0, []decision.ListKind{}
	for _, hit := range found.Hits {
		if hit.Score != 0 && hit.Score < config.Threshold {
			continue
		}
		hits++
		for _, l := range hit.Listings {
			if !slices.Contains(lists, l.Kind) {
				lists = append(lists, l.Kind)
			}
		}
	}
	return passed(hits == 0, map[string]any{"hits": hits, "lists": lists})
}

// checkAutoApprove passes a run whose other checks have all passed, at a risk of at most its config's "max_level"; by
// default medium. With "allow_skipped" checks that were skipped do not matter.
func checkAutoApprove(_ context.Context, c CheckCase) (CheckResult, error) {
	config := struct {
		MaxLevel     risk.Level `json:"max_level"`
		AllowSkipped bool       `json:"allow_skipped"`
	}{MaxLevel: risk.Medium}
	levels := []risk.Level{risk.Low, risk.Medium, risk.High, risk.Critical}
	if !c.config(&config) || !slices.Contains(levels, config.MaxLevel) {
		return misconfigured()
	}
	a, err := c.assess()
	if err != nil {
		return CheckResult{}, err
	}
	against := []string{}
	for _, result := range c.Results {
		skips := result.Status == workflow.CheckSkipped && config.AllowSkipped
		if result.Policy != c.Policy && result.Status != workflow.CheckPassed && !skips {
			against = append(against, result.Policy)
		}
	}
	calm := !a.Blocked && slices.Index(levels, a.Level) <= slices.Index(levels, config.MaxLevel)
	return passed(calm && len(against) == 0, map[string]any{"not_passed": against, "risk_level": a.Level})
}
