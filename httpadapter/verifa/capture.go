package verifa

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

const ownPath = "the path and the form are our own"

// captureRoutes are for pages that capture by themselves. Their address is the credential: tok_ and the session's link.
var captureRoutes = []route{
	{method: http.MethodGet, path: "/verify/{token}", handle: readCapture, public: true,
		does:    "what is to be captured; the first visit of a one-time link uses it up, and answers with a token of its own",
		page:    "integration-guides/api-only-integration",
		differs: "the form is our own; after a request for resubmission nothing counts as uploaded"},
	{method: http.MethodPost, path: "/verify/{token}/consent", handle: giveConsent, public: true,
		does: "records that the person agrees", page: "integration-guides/api-only-integration", differs: ownPath},
	{method: http.MethodPost, path: "/verify/{token}/document-type", handle: chooseDocument, public: true,
		does: "which document the person is going to show", page: "integration-guides/api-only-integration", differs: ownPath},
	{method: http.MethodPost, path: "/verify/{token}/front", handle: captureFile("id_front"), public: true,
		does: "the document's front", page: "integration-guides/api-only-integration",
		differs: ownPath + "; may come before the document is chosen"},
	{method: http.MethodPost, path: "/verify/{token}/back", handle: captureFile("id_back"), public: true,
		does: "its back", page: "integration-guides/api-only-integration", differs: ownPath},
	{method: http.MethodPost, path: "/verify/{token}/selfie", handle: captureFile("selfie"), public: true,
		does: "the person's face", page: "integration-guides/api-only-integration", differs: ownPath},
	{method: http.MethodPost, path: "/verify/{token}/proof-of-address", handle: captureFile("proof_of_address"), public: true,
		does: "a paper that proves the person's address", page: "integration-guides/api-only-integration",
		differs: ownPath + "; needs `poa_document_type`, as the upload with a key"},
	{method: http.MethodPost, path: "/verify/{token}/data", handle: giveData, public: true,
		does:    "what the person has filled in, merged into what was given before; null takes away",
		page:    "integration-guides/api-only-integration",
		differs: ownPath + "; the data may stand in `fields`"},
	{method: http.MethodPost, path: "/verify/{token}/signals", handle: giveSignals, public: true,
		does: "signs of fraud that the page has seen", page: "best-practices/fraud-signals", differs: ownPath},
	{method: http.MethodPost, path: "/verify/{token}/complete", handle: completeCapture, public: true,
		does: "says that the capture is complete", page: "integration-guides/api-only-integration",
		differs: "what is missing is named in one answer, `document_type` too if no document was chosen"},
	{method: http.MethodPost, path: "/verify/{token}/sandbox-outcome", handle: chooseOutcome, public: true,
		does: "takes a sandbox session to the outcome that is chosen", page: "best-practices/testing"},
}

// capture finds the session of the link in the path, and makes the exchange's engine act as the person. What is no link
// of this dialect's is not found, whatever is wrong with it; of a dead one the session is given with the error.
func (x *exchange) capture() (*session.Snapshot, error) {
	text, ok := strings.CutPrefix(x.r.PathValue("token"), prefixToken)
	if !ok {
		return nil, session.ErrNotFound
	}
	engine, s, err := x.engine.ByLink(x.r.Context(), text)
	if engine == nil {
		return nil, err
	}
	in, failed := engine.Integration(x.r.Context())
	if failed != nil {
		return nil, failed
	}
	if in.Dialect != Dialect {
		return nil, session.ErrNotFound
	}
	x.engine = engine.Via(session.About{Actor: "capture_token", Method: x.r.Method, Path: x.path})
	return s, err
}

// capturing is capture for whoever is in the middle of it.
func (x *exchange) capturing() (*session.Snapshot, error) {
	s, err := x.capture()
	if err == nil && s.Link().Once {
		return nil, session.ErrUnvisited
	}
	return s, err
}

// standing is what every answer of a capture begins with.
type standing struct {
	SessionID string `json:"session_id"`
	Status    string `json:"status"`
	IsSandbox bool   `json:"is_sandbox"`
}

func standingOf(s *session.Snapshot) standing {
	return standing{idText(prefixSession, s.ID), statusOf(s.Status, s.Sandbox), s.Sandbox}
}

// captured is where a capture stands.
type captured struct {
	standing
	ExpiresAt     moment   `json:"expires_at"`
	ConsentGiven  bool     `json:"consent_given"`
	DocumentType  *string  `json:"document_type"`
	DocumentTypes []string `json:"document_types"`
	Required      []string `json:"required_documents"`
	Uploaded      []string `json:"uploaded_documents"`
	RedirectURL   *string  `json:"redirect_url"`
}

func (x *exchange) capturedOf(s *session.Snapshot) (*captured, error) {
	required, err := x.engine.Required(x.r.Context(), s)
	if err != nil {
		return nil, err
	}
	v := &captured{
		standing: standingOf(s), ExpiresAt: moment(s.ExpiresAt), ConsentGiven: s.Consent() != nil,
		DocumentTypes: session.DocumentChoices(), Required: documentNames(required), Uploaded: []string{},
		RedirectURL: orNull(s.Facts.Callback),
	}
	if c := s.Choice(); c != nil {
		v.DocumentType = &c.Type
	}
	for _, d := range documentsAmong(s.Uploaded()) {
		v.Uploaded = append(v.Uploaded, d.name)
	}
	return v, nil
}

// opening is what a visit answers: what the page needs to begin.
type opening struct {
	captured
	Country    *string `json:"country"`
	Fields     fields  `json:"fields"`
	Token      *string `json:"token,omitempty"` // of the capture, where the visit was that of a one-time link
	CaptureURL *string `json:"capture_url,omitempty"`
}

// readCapture is https://docs.withverifa.com/integration-guides/web-capture-flow: a visit. Who only asks for its head
// uses nothing up.
func readCapture(x *exchange) error {
	s, err := x.capture()
	if err != nil {
		return err
	}
	visits := s.Link().Once && x.r.Method != http.MethodHead
	switch {
	case visits:
		s, err = x.engine.Visit(x.r.Context(), s.ID)
	case !s.Link().Once:
		s, err = x.engine.Get(x.r.Context(), s.ID)
	}
	if err != nil {
		return err
	}
	state, err := x.capturedOf(s)
	if err != nil {
		return err
	}
	v := &opening{captured: *state, Country: orNull(s.Facts.Country), Fields: fieldsOf(s.Facts)}
	if visits {
		v.Token, v.CaptureURL = new(prefixToken+s.LinkToken()), x.captureURL(s)
	}
	return x.answer(http.StatusOK, v)
}

// step serves one step of a capture.
func (x *exchange) step(request []byte, verb func(*session.Engine) (*session.Snapshot, error)) error {
	return change(x, request, verb, func(s *session.Snapshot) (int, any, error) {
		v, err := x.capturedOf(s)
		return http.StatusOK, v, err
	})
}

// giveConsent is https://docs.withverifa.com/integration-guides/api-only-integration. From where the person agrees is
// what the connection says, and nothing else.
func giveConsent(x *exchange) error {
	s, err := x.capturing()
	if err != nil {
		return err
	}
	o, err := x.object(aliases{"consent_version": {"version"}, "accepted": {"consent", "agreed"}})
	if err != nil {
		return err
	}
	a := session.Agreement{Version: o.text("consent_version"), IP: x.address().String()}
	if a.Version == "" {
		o.fault("consent_version", "is missing")
	}
	if accepted := o.optionalBool("accepted"); accepted != nil && !*accepted {
		o.fault("accepted", "must be true")
	}
	if err := o.err(); err != nil {
		return err
	}
	return x.step([]byte(a.Version), func(e *session.Engine) (*session.Snapshot, error) {
		return e.Agree(x.r.Context(), s.ID, a)
	})
}

// chooseDocument is https://docs.withverifa.com/integration-guides/api-only-integration.
func chooseDocument(x *exchange) error {
	s, err := x.capturing()
	if err != nil {
		return err
	}
	o, err := x.object(aliases{"document_type": {"type"}, "country": {"country_code"}})
	if err != nil {
		return err
	}
	c := session.Choice{Type: o.text("document_type"), Country: strings.ToUpper(o.text("country"))}
	if !slices.Contains(session.DocumentChoices(), c.Type) {
		o.fault("document_type", "must be "+strings.Join(session.DocumentChoices(), ", ")+": one of them")
	}
	o.refuseOthers("document_type", "country")
	if err := o.err(); err != nil {
		return err
	}
	return x.step([]byte(c.Type+" "+c.Country), func(e *session.Engine) (*session.Snapshot, error) {
		return e.Choose(x.r.Context(), s.ID, c)
	})
}

// giveData is https://docs.withverifa.com/integration-guides/api-only-integration. The body is the data, or has them in
// fields: both come to the same.
func giveData(x *exchange) error {
	s, err := x.capturing()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	data, err := o.data()
	if err != nil {
		return err
	}
	return x.step(data, func(e *session.Engine) (*session.Snapshot, error) { return e.Give(x.r.Context(), s.ID, data) })
}

// giveSignals is https://docs.withverifa.com/best-practices/fraud-signals.
func giveSignals(x *exchange) error {
	s, err := x.capturing()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	names := o.texts("signals")
	for i, name := range names {
		if _, known := risk.SignalOf(name); !known {
			o.fault(fmt.Sprintf("signals.%d", i), "must be the name of a signal: GET /api/v1/openapi.json lists them")
		}
	}
	o.refuseOthers("signals")
	if err := o.err(); err != nil {
		return err
	}
	request, err := jsontext.Stringify(names)
	if err != nil {
		return err
	}
	return x.step(request, func(e *session.Engine) (*session.Snapshot, error) { return e.Signal(x.r.Context(), s.ID, names) })
}

// completed is what the end of a capture answers.
type completed struct {
	standing
	RedirectURL *string `json:"redirect_url"`
}

// completeCapture is https://docs.withverifa.com/integration-guides/api-only-integration. Who has an idempotency key
// may come again after it is complete.
func completeCapture(x *exchange) error {
	s, dead := x.capturing()
	var link *session.LinkError
	again := errors.As(dead, &link) && link.State == session.LinkDone && x.r.Header.Get(headerIdempotency) != ""
	if dead != nil && !again {
		return dead
	}
	err := change(x, nil, func(e *session.Engine) (*session.Snapshot, error) {
		return e.Submit(x.r.Context(), s.ID)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, &completed{standingOf(s), orNull(s.Facts.Callback)}, nil
	})
	var incomplete *session.IncompleteError
	var transition *session.TransitionError
	switch {
	case errors.As(err, &incomplete):
		missing := strings.Join(missingNames(incomplete), ", ")
		return &refusal{status: http.StatusBadRequest, code: "documents_missing", detail: "Missing: " + missing + "."}
	case errors.As(err, &transition):
		return &session.LinkError{State: session.LinkDone}
	}
	return err
}

// chooseOutcome is https://docs.withverifa.com/best-practices/testing. It is possible when the capture is complete, and
// before.
func chooseOutcome(x *exchange) error {
	s, err := x.capturing()
	var link *session.LinkError
	if err != nil && (!errors.As(err, &link) || link.State != session.LinkDone) {
		return err
	}
	if !s.Sandbox {
		return session.ErrNotSandbox
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	word := o.text("outcome")
	outcome, ok := sandboxOutcomes[word]
	if !ok {
		o.fault("outcome", "must be approve, reject or needs_review")
	}
	o.refuseOthers("outcome")
	if err := o.err(); err != nil {
		return err
	}
	return orEnded(change(x, []byte(word), func(e *session.Engine) (*session.Snapshot, error) {
		return e.Simulate(x.r.Context(), s.ID, specimenVerdict(s, outcome))
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, struct {
			standing
			Outcome string `json:"outcome"`
		}{standingOf(s), word}, nil
	}))
}
