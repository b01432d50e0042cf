package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// Facts are what the host gave when it created a session. They are personal data, and sealed.
type Facts struct {
	// ExternalRef is the host's own reference to the person or the case, at most 1,000 characters; it comes
	// back as it was given. Veriff calls it vendorData.
	ExternalRef *string `json:"external_ref,omitempty"`
	// EndUserID is the host's own UUID of the person, as it was written.
	EndUserID *string `json:"end_user_id,omitempty"`
	// Callback is the https address to which the person is sent in the end.
	Callback string `json:"callback,omitempty"`
	// Person and Document are what the host says about them, to be compared with what is shown.
	Person   Person   `json:"person,omitzero"`
	Document Document `json:"document,omitzero"`
	Address  string   `json:"address,omitempty"`
	// Street, HouseNumber and Postcode are an address in parts, beside Address or instead of it.
	Street      string    `json:"street,omitempty"`
	HouseNumber string    `json:"house_number,omitempty"`
	Postcode    string    `json:"postcode,omitempty"`
	Consents    []Consent `json:"consents,omitempty"`
	// RegistryCheck says that the session was made by [Engine.CheckRegistry], which sets it: a registry is
	// asked, and nothing is shown.
	RegistryCheck bool `json:"registry_check,omitempty"`
	// Country is the ISO 3166-1 alpha-2 code of the country that the session is about, in capitals.
	Country string `json:"country,omitempty"`
	// Residence is an address in parts, as prefilled.
	Residence Residence `json:"residence,omitzero"`
	// Metadata is a JSON object of the host's own, at most 16 KiB, whose keys are never renamed.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Tags are words of the host's own, each once, at most [MaxTags].
	Tags []string `json:"tags,omitempty"`
	// Workflow is the id of the [Workflow] that decides; nil: the integration's default.
	Workflow *uuid.UUID `json:"workflow,omitempty"`
	// Checks are those that are to be made, whatever the workflow has by itself.
	Checks []string `json:"checks,omitempty"`
	// Invite says how the person is invited; nil: not at all.
	Invite *Invite `json:"invite,omitempty"`
	// Links are those that were made for the person, oldest first; the engine keeps them.
	Links []Link `json:"links,omitempty"`
	// QueryID is an id of the host's own for the creation, which may be used once in an integration: at most 255
	// bytes, of which the case does not count. Only where [Policy.Strict] is on is it remembered.
	QueryID string `json:"-"`
}

// Person is what the host says about the person. Empty fields were not given.
type Person struct {
	FirstName     string        `json:"first_name,omitempty"`
	MiddleName    string        `json:"middle_name,omitempty"`
	LastName      string        `json:"last_name,omitempty"`
	FullName      string        `json:"full_name,omitempty"`
	IDNumber      string        `json:"id_number,omitempty"`
	PhoneNumber   string        `json:"phone_number,omitempty"`
	Email         string        `json:"email,omitempty"`
	Gender        string        `json:"gender,omitempty"`
	MaritalStatus string        `json:"marital_status,omitempty"`
	DateOfBirth   decision.Date `json:"date_of_birth,omitzero"`
	IsDeceased    *bool         `json:"is_deceased,omitempty"`
}

// Document is what the host says about the document. Empty fields were not given.
type Document struct {
	Type       string        `json:"type,omitempty"`
	Number     string        `json:"number,omitempty"`
	Country    string        `json:"country,omitempty"`
	IDCardType string        `json:"id_card_type,omitempty"`
	FirstIssue decision.Date `json:"first_issue,omitzero"`
}

// Residence is an address in parts. Empty parts were not given.
type Residence struct {
	Line1 string `json:"line1,omitempty"`
	Line2 string `json:"line2,omitempty"`
	City  string `json:"city,omitempty"`
	State string `json:"state,omitempty"`
	Zip   string `json:"zip,omitempty"`
}

// Invite is how the person is invited by the host's own mail; the engine sends none, and tells of each by
// [EventInvited].
type Invite struct {
	Name       string `json:"name,omitempty"`        // of the person
	Email      string `json:"email,omitempty"`       // of the person
	Display    string `json:"display,omitempty"`     // who invites
	SupportURL string `json:"support_url,omitempty"` // where the person is helped
	Sent       int    `json:"sent,omitempty"`        // how often; the first is the creation
}

// validate refuses what would break the mail that it is for.
func (i *Invite) validate() error {
	if i == nil {
		return nil
	}
	for _, t := range []field{{"invite.name", i.Name, 0}, {"invite.email", i.Email, 0}, {"invite.display", i.Display, 0}, {"invite.support_url", i.SupportURL, 0}} {
		if strings.ContainsFunc(t.text, unicode.IsControl) {
			return &FactsError{t.name, FaultText}
		}
	}
	if a, err := mail.ParseAddress(i.Email); i.Email != "" && (err != nil || a.Address != i.Email) {
		return &FactsError{"invite.email", FaultEmail}
	}
	if u, err := url.Parse(i.SupportURL); i.SupportURL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		return &FactsError{"invite.support_url", FaultNotHTTPS}
	}
	return nil
}

// Consent is what the person agreed to, by the host's word.
type Consent struct {
	Type     string `json:"type"`
	Approved bool   `json:"approved"`
}

// MaxTags is how many tags a session may have.
const MaxTags = 50

const (
	// maxTag is how many characters a tag may have.
	maxTag = 255
	// maxMetadata is how many bytes [Facts.Metadata] may have.
	maxMetadata = 16 << 10
	// maxChecks is how many [Facts.Checks] there may be.
	maxChecks = 50
)

// MaxExternalRef is how many characters [Facts.ExternalRef] may have.
const MaxExternalRef = 1000

// maxConsents is how many [Facts.Consents] there may be.
const maxConsents = 100

const (
	// maxText is how many bytes any other text may have that a host gives.
	maxText = 4096
	// maxName is how many a name for a machine may have.
	maxName = 255
)

// ErrFacts is what every [FactsError] unwraps to.
var ErrFacts = errors.New("session: facts are not acceptable")

// FactsError says which of the [Facts], or of the data in a [Device] or a [UserStatus], is wrong, and why,
// without repeating it.
type FactsError struct {
	Field string     // as in JSON, "person.date_of_birth"
	Fault FactsFault // for the program
}

// FactsFault is what is wrong with a field.
type FactsFault string

// The faults.
const (
	FaultMissing  FactsFault = "is missing"
	FaultTooLong  FactsFault = "is too long"
	FaultText     FactsFault = "is not UTF-8 text without NUL"
	FaultNotHTTPS FactsFault = "is not an https address"
	FaultNotUUID  FactsFault = "is not a UUID"
	FaultDate     FactsFault = "is no day of the calendar"
	FaultAddress  FactsFault = "is not an IP address of its kind"
	FaultEmail    FactsFault = "is not an e-mail address"
	FaultObject   FactsFault = "is not a JSON object"
	FaultConsent  FactsFault = "is a consent that the person has not given"
	FaultLength   FactsFault = "has too few or too many characters"
	FaultCharset  FactsFault = "has other characters than A to Z and 0 to 9"
	FaultUnknown  FactsFault = "is none of those that are known"
	FaultRange    FactsFault = "is not within its range"
	FaultJSON     FactsFault = "is not JSON"
)

func (e *FactsError) Error() string { return fmt.Sprintf("session: %s %s", e.Field, e.Fault) }

// Unwrap makes errors.Is(err, ErrFacts) true.
func (e *FactsError) Unwrap() error { return ErrFacts }

// Validate answers the first of [Facts.Faults] as a *[FactsError].
func (f Facts) Validate() error {
	if faults := f.Faults(); len(faults) > 0 {
		return faults[0]
	}
	return nil
}

// Faults are all that is wrong with the facts by themselves, of each field the first; nil: nothing is.
func (f Facts) Faults() []*FactsError {
	var faults []*FactsError
	note := func(err error) {
		if err == nil {
			return
		}
		fault := (*FactsError)(nil)
		if errors.As(err, &fault) && !slices.ContainsFunc(faults, func(known *FactsError) bool { return known.Field == fault.Field }) {
			faults = append(faults, fault)
		}
	}
	refuse := func(wrong bool, name string, fault FactsFault) {
		if wrong {
			note(&FactsError{name, fault})
		}
	}
	refuse(len(f.Consents) > maxConsents, "consents", FaultTooLong)
	refuse(len(f.Checks) > maxChecks, "checks", FaultTooLong)
	f.texts(func(t field) { note(t.check()) })
	refuse(f.Country != "" && !isCountry(f.Country), "country", FaultUnknown)
	note(checkObject("metadata", f.Metadata, maxMetadata))
	note(checkTags(f.Tags))
	if ref := f.ExternalRef; ref != nil {
		refuse(!clean(*ref), "external_ref", FaultText)
		refuse(utf8.RuneCountInString(*ref) > MaxExternalRef, "external_ref", FaultTooLong)
	}
	refuse(f.EndUserID != nil && (len(*f.EndUserID) != 36 || uuid.Validate(*f.EndUserID) != nil), "end_user_id", FaultNotUUID)
	refuse(f.Callback != "" && !isHTTPS(f.Callback), "callback", FaultNotHTTPS)
	refuse(!f.Person.DateOfBirth.Valid(), "person.date_of_birth", FaultDate)
	refuse(!f.Document.FirstIssue.Valid(), "document.first_issue", FaultDate)
	note(f.Invite.validate())
	for _, c := range f.Consents {
		refuse(c.Type == "ine" && !c.Approved, "consents", FaultConsent)
	}
	return faults
}

// isHTTPS reports whether a text is an address to which a person can be sent.
func isHTTPS(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.EqualFold(u.Scheme, "https") && u.Host != ""
}

// checkObject refuses a text that is neither empty nor a JSON object of bounded size.
func checkObject(name string, text json.RawMessage, most int) error {
	if len(text) > most {
		return &FactsError{name, FaultTooLong}
	}
	if len(text) > 0 && (keycase.Valid(text) != nil || bytes.TrimLeft(text, " \t\r\n")[0] != '{') {
		return &FactsError{name, FaultObject}
	}
	return nil
}

// checkTags refuses tags that are too many, empty, too long, or no text.
func checkTags(tags []string) error {
	if len(tags) > MaxTags {
		return &FactsError{"tags", FaultTooLong}
	}
	for _, t := range tags {
		switch {
		case t == "":
			return &FactsError{"tags", FaultMissing}
		case !clean(t):
			return &FactsError{"tags", FaultText}
		case utf8.RuneCountInString(t) > maxTag:
			return &FactsError{"tags", FaultTooLong}
		}
	}
	return nil
}

// field is a text that a host gave, by its name, and how many bytes it may have.
type field struct {
	name, text string
	most       int
}

// texts goes through those of the facts for which one bound is enough.
func (f *Facts) texts(do func(field)) {
	for _, t := range [...]field{
		{"callback", f.Callback, maxText}, {"address", f.Address, maxText}, {"street", f.Street, maxText},
		{"house_number", f.HouseNumber, maxText}, {"postcode", f.Postcode, maxText}, {"query_id", f.QueryID, maxName},
		{"country", f.Country, maxText}, {"residence.line1", f.Residence.Line1, maxText}, {"residence.line2", f.Residence.Line2, maxText},
		{"residence.city", f.Residence.City, maxText}, {"residence.state", f.Residence.State, maxText}, {"residence.zip", f.Residence.Zip, maxText},
		{"person.middle_name", f.Person.MiddleName, maxText},
		{"person.first_name", f.Person.FirstName, maxText}, {"person.last_name", f.Person.LastName, maxText},
		{"person.full_name", f.Person.FullName, maxText}, {"person.id_number", f.Person.IDNumber, maxText},
		{"person.phone_number", f.Person.PhoneNumber, maxText}, {"person.email", f.Person.Email, maxText},
		{"person.gender", f.Person.Gender, maxText}, {"person.marital_status", f.Person.MaritalStatus, maxText},
		{"document.type", f.Document.Type, maxText}, {"document.number", f.Document.Number, maxText},
		{"document.country", f.Document.Country, maxText}, {"document.id_card_type", f.Document.IDCardType, maxText},
	} {
		do(t)
	}
	for _, c := range f.Consents {
		do(field{"consents.type", c.Type, maxText})
	}
	for _, c := range f.Checks {
		do(field{"checks", c, maxName})
	}
	if i := f.Invite; i != nil {
		do(field{"invite.name", i.Name, maxText})
		do(field{"invite.email", i.Email, maxText})
		do(field{"invite.display", i.Display, maxText})
		do(field{"invite.support_url", i.SupportURL, maxText})
	}
}

// faultOf is the first fault of texts.
func faultOf(texts []field) error {
	for _, t := range texts {
		if err := t.check(); err != nil {
			return err
		}
	}
	return nil
}

// check refuses what is too long, or no text.
func (t field) check() error {
	switch {
	case len(t.text) > t.most:
		return &FactsError{t.name, FaultTooLong}
	case !clean(t.text):
		return &FactsError{t.name, FaultText}
	}
	return nil
}

// ValidateStrictly answers, as a *[FactsError], the first fault that only a strict integration minds (see
// [Policy.Strict]): a document whose number has not 6 to 9 characters of A to Z and 0 to 9, whose type is not
// one of PASSPORT, ID_CARD, RESIDENCE_PERMIT and DRIVERS_LICENSE, or whose country has no ISO 3166-1 alpha-2
// code. What was not given is no fault. See
// https://devdocs.veriff.com/docs/some-troubleshooting-codes-table.
func (f Facts) ValidateStrictly() error {
	d, n := f.Document, utf8.RuneCountInString(f.Document.Number)
	switch {
	case n > 0 && (n < 6 || n > 9):
		return &FactsError{"document.number", FaultLength}
	case strings.ContainsFunc(d.Number, isNoDocumentLetter):
		return &FactsError{"document.number", FaultCharset}
	case d.Type != "" && !slices.Contains(documentTypes, d.Type):
		return &FactsError{"document.type", FaultUnknown}
	case d.Country != "" && !isCountry(d.Country):
		return &FactsError{"document.country", FaultUnknown}
	}
	return nil
}

func isNoDocumentLetter(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }

// documentTypes are those of https://devdocs.veriff.com/apidocs/v1sessions.
var documentTypes = []string{"PASSPORT", "ID_CARD", "RESIDENCE_PERMIT", "DRIVERS_LICENSE"}

// ValidateForRegistry answers, as a *[FactsError] with [FaultMissing], the first thing that is missing for a
// registry to be asked: the person's number; the full name, or the first and the last; the date of birth, the
// address, or its street, house number and postcode. See
// https://devdocs.veriff.com/apidocs/v1validate-registry.
func (f Facts) ValidateForRegistry() error {
	p := f.Person
	switch {
	case p.IDNumber == "":
		return &FactsError{"person.id_number", FaultMissing}
	case p.FullName == "" && (p.FirstName == "" || p.LastName == ""):
		return &FactsError{"person.full_name", FaultMissing}
	case p.DateOfBirth.IsZero() && f.Address == "" && (f.Street == "" || f.HouseNumber == "" || f.Postcode == ""):
		return &FactsError{"person.date_of_birth", FaultMissing}
	}
	return nil
}

// clean reports whether every store can keep the text.
func clean(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
