package verifa

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// exportLife is for how long the links of an export are valid.
const exportLife = 24 * time.Hour

// exportSession: https://docs.withverifa.com/api-details/data-access
func exportSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Export(x.r.Context(), id)
	if err != nil {
		return err
	}
	x.attach("export.json")
	out := bufio.NewWriterSize(x.w, 32<<10)
	if err := x.writeExport(out, s); err != nil {
		return err
	}
	return out.Flush()
}

// export is what of a session's export is small, and comes first.
type export struct {
	Session      *whole             `json:"session"`
	Fields       fields             `json:"fields"`
	CaptureData  json.RawMessage    `json:"capture_data"`
	Invite       *invited           `json:"invite"`
	Consent      *agreed            `json:"consent"`
	Result       any                `json:"result"`
	Decisions    []decided          `json:"decisions"`
	Documents    []exportedDocument `json:"documents"`
	Screening    any                `json:"screening"`
	ReviewCase   any                `json:"review_case"`
	CaseNotes    any                `json:"case_notes"`
	FraudSignals any                `json:"fraud_signals"`
}

// invited is how the person was invited.
type invited struct {
	Name       *string `json:"applicant_name"`
	Email      *string `json:"applicant_email"`
	Display    *string `json:"display_name"`
	SupportURL *string `json:"support_url"`
	Sent       int     `json:"invites_sent"`
}

// agreed is what the person agreed to.
type agreed struct {
	Version string  `json:"consent_version"`
	IP      *string `json:"consent_ip"`
	At      moment  `json:"given_at"`
}

// decided is a decision, with all that was read.
type decided struct {
	Status    string          `json:"status"`
	CreatedAt moment          `json:"created_at"`
	Record    decision.Record `json:"record"`
}

// delivered is one webhook in an export.
type delivered struct {
	Event    string `json:"event"`
	URL      string `json:"url"`
	Status   string `json:"status"`
	Attempts int    `json:"attempts"`
}

// writeExport writes a session's export piece by piece: of webhooks there may be many.
func (x *exchange) writeExport(w io.Writer, s *session.Snapshot) error {
	head, err := x.exportOf(s)
	if err != nil {
		return err
	}
	text, err := x.inflected(head)
	if err != nil {
		return err
	}
	name := keycase.AppendKey(nil, "webhook_deliveries", x.inflection)
	if _, err := w.Write(append(append(append(text[:len(text)-1], `,"`...), name...), `":[`...)); err != nil {
		return err
	}
	if err := x.writeDeliveries(w, s.ID); err != nil {
		return err
	}
	_, err = io.WriteString(w, "]}")
	return err
}

// exportOf is the first part of a session's export.
func (x *exchange) exportOf(s *session.Snapshot) (*export, error) {
	e := &export{
		Session: x.wholeOf(s), Fields: fieldsOf(s.Facts), CaptureData: s.Given(), Documents: x.exportedDocuments(s),
		Screening: screeningOf(s), ReviewCase: x.reviewCaseOf(s), CaseNotes: notesOf(s), FraudSignals: x.riskOf(s),
	}
	if len(e.CaptureData) == 0 {
		e.CaptureData = json.RawMessage("{}")
	}
	if i := s.Facts.Invite; i != nil {
		e.Invite = &invited{orNull(i.Name), orNull(i.Email), orNull(i.Display), orNull(i.SupportURL), i.Sent}
	}
	if c := s.Consent(); c != nil {
		e.Consent = &agreed{c.Version, orNull(c.IP), moment(c.At)}
	}
	e.Decisions = exportedDecisions(s)
	if r := resultOf(s); r != nil {
		e.Result = r
	}
	return e, nil
}

// exportedDecisions are the decisions of a session, oldest first.
func exportedDecisions(s *session.Snapshot) []decided {
	list := []decided{}
	for _, d := range s.Decisions {
		list = append(list, decided{cmp.Or(outcomeWords[d.Outcome], string(d.Outcome)), moment(d.At), d.Record})
	}
	return list
}

// screened is a screening in an export.
type screened struct {
	ID     string          `json:"id"`
	At     moment          `json:"created_at"`
	Result json.RawMessage `json:"result"`
}

// screeningOf are the screenings of a session, oldest first.
func screeningOf(s *session.Snapshot) []screened {
	list := []screened{}
	for _, f := range s.Findings {
		if f.Screening == nil {
			continue
		}
		text, err := json.Marshal(f.Screening)
		if err != nil {
			continue // it was read from JSON
		}
		list = append(list, screened{idText(prefixCheck, f.ID), moment(f.At), text})
	}
	return list
}

// writeDeliveries writes the webhooks that told of a session, a page at a time, newest first.
func (x *exchange) writeDeliveries(w io.Writer, id uuid.UUID) error {
	q := session.DeliveryQuery{Session: id, N: 100}
	for first := true; ; {
		list, err := x.silent().Deliveries(x.r.Context(), q)
		if err != nil {
			return err
		}
		for _, d := range list {
			text, err := x.inflected(x.deliveredOf(d))
			if err != nil {
				return err
			}
			if !first {
				text = append([]byte{','}, text...)
			}
			first = false
			if _, err := w.Write(text); err != nil {
				return err
			}
		}
		if len(list) < q.N {
			return nil
		}
		q.After = list[len(list)-1].ID
	}
}

// deliveredOf says what became of a webhook, and not what was in it.
func (x *exchange) deliveredOf(d session.Delivery) delivered {
	v := delivered{Status: deliveryWords[d.State], Attempts: d.Tries}
	var told struct {
		Event string `json:"event"`
	}
	if json.Unmarshal(d.Body, &told) == nil {
		v.Event = told.Event
	}
	v.URL = x.addressOf(d.Endpoint)
	return v
}

// inflected is a value as JSON, in the case that is asked for.
func (x *exchange) inflected(v any) ([]byte, error) {
	text, err := jsontext.Stringify(v)
	if err != nil || x.inflection == keycase.Snake {
		return text, err
	}
	return keycase.Append(nil, text, x.inflection, userKeys...)
}

// fieldsOf is what was prefilled.
func fieldsOf(f session.Facts) fields {
	p := f.Person
	v := fields{
		FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName, Email: p.Email, Phone: p.PhoneNumber,
		SSN: p.IDNumber, Address: address(f.Residence),
	}
	if !p.DateOfBirth.IsZero() {
		v.DateOfBirth = p.DateOfBirth.String()
	}
	return v
}

// note is a reviewer's note.
type note struct {
	ID        string  `json:"id"`
	Author    *string `json:"author"`
	Text      string  `json:"text"`
	CreatedAt moment  `json:"created_at"`
}

// notesOf are the notes of a session's reviewers, oldest first.
func notesOf(s *session.Snapshot) []note {
	list := []note{}
	for _, n := range s.Notes() {
		list = append(list, note{idText(prefixNote, n.ID), orNull(n.Author), n.Text, moment(n.At)})
	}
	return list
}

// addressOf is where an endpoint's webhooks go; empty when it is not there any more.
func (x *exchange) addressOf(id uuid.UUID) string {
	if ep, err := x.silent().Endpoint(x.r.Context(), id); err == nil {
		return ep.URL
	}
	in, err := x.silent().Integration(x.r.Context())
	if err != nil {
		return ""
	}
	for _, ep := range in.Endpoints {
		if ep.ID == id {
			return ep.URL
		}
	}
	return ""
}
