package verifa

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// createAliases are further names of the parameters of a creation, each in one of its spellings. The vendor has such a
// table and has not published it; these are the names that clients of other platforms use.
var createAliases = aliases{
	"external_ref": {"reference_id", "account_reference_id", "external_id", "external_reference", "client_reference_id", "vendor_data"},
	"workflow_id":  {"template_id", "inquiry_template_id", "inquiry_template_version_id", "verification_template_id"},
	"redirect_url": {"redirect_uri", "return_url", "callback_url", "success_url"},
	"country":      {"country_code", "selected_country_code", "address_country_code"},
	"metadata":     {"custom_metadata", "meta", "custom_data"},
	"checks":       {"verifications", "check_types"},
	"fields":       {"applicant", "person", "prefill", "user"},
}

// fieldAliases are those of the names inside fields.
var fieldAliases = aliases{
	"first_name":    {"name_first", "given_name"},
	"middle_name":   {"name_middle"},
	"last_name":     {"name_last", "family_name", "surname"},
	"date_of_birth": {"birthdate", "dob"},
	"email":         {"email_address"},
	"phone":         {"phone_number"},
	"ssn":           {"social_security_number", "identification_number"},
}

// addressAliases are those of the names inside fields.address; they may stand in fields too.
var addressAliases = aliases{
	"line1": {"address_street_1", "street_1"},
	"line2": {"address_street_2", "street_2"},
	"city":  {"address_city"},
	"state": {"address_subdivision", "subdivision"},
	"zip":   {"address_postal_code", "postal_code", "zip_code"},
}

// creation is what a creation asks for, in its one form.
type creation struct {
	ExternalRef *string         `json:"external_ref,omitempty"`
	Country     string          `json:"country,omitempty"`
	WorkflowID  *string         `json:"workflow_id,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	RedirectURL string          `json:"redirect_url,omitempty"`
	Checks      []string        `json:"checks,omitempty"`
	Tags        []string        `json:"tags,omitempty"`
	Fields      fields          `json:"fields,omitzero"`
	SendEmail   bool            `json:"send_email,omitempty"`
	Name        string          `json:"applicant_name,omitempty"`
	Email       string          `json:"applicant_email,omitempty"`
	Display     string          `json:"display_name,omitempty"`
	SupportURL  string          `json:"support_url,omitempty"`
	workflow    *uuid.UUID
	born        decision.Date // fields.date_of_birth
}

// fields is what is known about the applicant already.
type fields struct {
	FirstName   string  `json:"first_name,omitempty"`
	MiddleName  string  `json:"middle_name,omitempty"`
	LastName    string  `json:"last_name,omitempty"`
	DateOfBirth string  `json:"date_of_birth,omitempty"`
	Email       string  `json:"email,omitempty"`
	Phone       string  `json:"phone,omitempty"`
	SSN         string  `json:"ssn,omitempty"`
	Address     address `json:"address,omitzero"`
}

type address struct {
	Line1 string `json:"line1,omitempty"`
	Line2 string `json:"line2,omitempty"`
	City  string `json:"city,omitempty"`
	State string `json:"state,omitempty"`
	Zip   string `json:"zip,omitempty"`
}

// createSession: https://docs.withverifa.com/api-reference/sessions/create-session
func createSession(x *exchange) error {
	c, err := x.readCreation()
	if err != nil {
		return err
	}
	request, err := jsontext.Stringify(c)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Snapshot, error) {
		s, err := e.Create(x.r.Context(), c.facts())
		x.tellQuota(err)
		return s, err
	}, func(s *session.Snapshot) (int, any, error) {
		v, err := x.createdOf(s)
		return http.StatusCreated, v, err
	})
}

// readCreation reads the body of a creation. Members that are not known are passed over, as those of an envelope are;
// but nothing about the applicant is lost without a word.
func (x *exchange) readCreation() (*creation, error) {
	o, err := x.object(createAliases)
	if err != nil {
		return nil, err
	}
	o = o.unwrapped(createAliases)
	c := &creation{
		ExternalRef: o.optional("external_ref"), Country: strings.ToUpper(o.text("country")), WorkflowID: o.optional("workflow_id"),
		Metadata: o.raw("metadata"), RedirectURL: o.text("redirect_url"), Checks: o.texts("checks"), Tags: o.texts("tags"),
		SendEmail: o.bool("send_email"), Name: o.text("applicant_name"), Email: o.text("applicant_email"),
		Display: o.text("display_name"), SupportURL: o.text("support_url"),
	}
	c.Fields = o.object("fields", fieldAliases).fields()
	if c.workflow, err = x.named(c.WorkflowID); err != nil {
		return nil, err
	} else if c.WorkflowID != nil && c.workflow == nil {
		o.fault("workflow_id", "is not the id of an active workflow")
	}
	if text := c.Fields.DateOfBirth; text != "" {
		if c.born, err = decision.ParseDate(text); err != nil {
			o.fault("fields.date_of_birth", "must be a day of the calendar, as 1990-01-31")
		}
	}
	if c.SendEmail && c.Email == "" && c.Fields.Email == "" {
		o.fault("applicant_email", "is missing, and send_email needs it")
	}
	return c, cmp.Or(x.checkFacts(o, c), o.err())
}

// checkFacts notes all that the engine would refuse, which says the first alone.
func (x *exchange) checkFacts(o *object, c *creation) error {
	for _, e := range c.facts().Faults() {
		f := faultOf(e)
		o.fault(f.Field, f.Message)
	}
	if len(c.Checks) == 0 {
		return nil
	}
	in, err := x.engine.Integration(x.r.Context())
	for i, name := range c.Checks {
		if in.Policy.Workflows && !x.engine.KnowsCheck(name) {
			o.fault(fmt.Sprintf("checks.%d", i), checkMessage)
		}
	}
	return err
}

// named is the workflow that an id names; nil: there is none, or it is out of use.
func (x *exchange) named(workflow *string) (*uuid.UUID, error) {
	if workflow == nil {
		return nil, nil
	}
	id, ok := parseID(prefixWorkflow, *workflow)
	if !ok {
		return nil, nil
	}
	w, err := x.silent().Workflow(x.r.Context(), id)
	if errors.Is(err, session.ErrNotFound) || err == nil && !w.IsActive {
		return nil, nil
	}
	return &id, err
}

// unwrapped is the object, or, of an envelope such as JSON:API's, the attributes in it, whose siblings say nothing.
func (o *object) unwrapped(also aliases) *object {
	data, _ := o.member("data")
	if data.value.Kind() != jsontext.Object {
		return o
	}
	inner, _ := newObject("data.", data.value, nil, o.faults).member("attributes")
	if inner.value.Kind() != jsontext.Object {
		return o
	}
	return newObject("", inner.value, also, o.faults)
}

// fields reads what is known about the applicant.
func (o *object) fields() fields {
	f := fields{
		FirstName: o.text("first_name"), MiddleName: o.text("middle_name"), LastName: o.text("last_name"),
		DateOfBirth: o.text("date_of_birth"), Email: o.text("email"), Phone: o.text("phone"), SSN: o.text("ssn"),
	}
	at := o.object("address", addressAliases)
	f.Address = address{
		o.addressPart(at, "line1"), o.addressPart(at, "line2"), o.addressPart(at, "city"), o.addressPart(at, "state"),
		o.addressPart(at, "zip"),
	}
	at.refuseOthers(slices.Collect(maps.Keys(addressAliases))...)
	names := []string{"first_name", "middle_name", "last_name", "date_of_birth", "email", "phone", "ssn", "address"}
	o.refuseOthers(slices.Concat(names, slices.Concat(slices.Collect(maps.Values(addressAliases))...))...)
	return f
}

// addressPart reads one part of an address, which stands in the address or beside it.
func (o *object) addressPart(address *object, name string) string {
	text, as := address.text(name), ""
	if m, given := address.member(name); given {
		as = "address." + m.name
	}
	for _, beside := range addressAliases[name] {
		m, given := o.member(beside)
		switch {
		case given && as != "":
			o.fault(shorten(m.name), fmt.Sprintf("means the same as %s: give one of them", shorten(as)))
		case given:
			text, as = o.text(beside), m.name
		}
	}
	return text
}

// unique is a list with each text once.
func unique(list []string) (each []string) {
	known := make(map[string]bool, len(list))
	for _, text := range list {
		if !known[text] {
			each, known[text] = append(each, text), true
		}
	}
	return each
}

// facts is what the engine makes a session of.
func (c *creation) facts() session.Facts {
	f := session.Facts{
		ExternalRef: c.ExternalRef, Country: c.Country, Workflow: c.workflow, Metadata: c.Metadata, Callback: c.RedirectURL,
		Checks: c.Checks, Tags: unique(c.Tags),
		Person: session.Person{
			FirstName: c.Fields.FirstName, MiddleName: c.Fields.MiddleName, LastName: c.Fields.LastName, Email: c.Fields.Email,
			PhoneNumber: c.Fields.Phone, IDNumber: c.Fields.SSN, DateOfBirth: c.born,
		},
		Residence: session.Residence(c.Fields.Address),
	}
	if c.SendEmail {
		email := c.Email
		if email == "" {
			email = c.Fields.Email
		}
		f.Invite = &session.Invite{Name: c.Name, Email: email, Display: c.Display, SupportURL: c.SupportURL, Sent: 1}
	}
	return f
}
