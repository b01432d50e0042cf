package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/media"
)

// ErrIncomplete is what every [IncompleteError] unwraps to.
var ErrIncomplete = errors.New("session: something that is required was not uploaded")

// IncompleteError says what is not there yet of what must be before a submission.
type IncompleteError struct {
	// Choice: the person has not chosen a document, and must.
	Choice bool
	// Missing is what the current attempt has no media of.
	Missing []media.Context
}

func (e *IncompleteError) Error() string {
	var names []string
	if e.Choice {
		names = append(names, "the choice of a document")
	}
	for _, c := range e.Missing {
		names = append(names, string(c))
	}
	return fmt.Sprintf("%v: %s", ErrIncomplete, strings.Join(names, ", "))
}

// Unwrap makes errors.Is(err, ErrIncomplete) true.
func (e *IncompleteError) Unwrap() error { return ErrIncomplete }

// checkFaces is the check that compares the person with the document.
const checkFaces = "face_match"

// RequiredDocuments is what is to be uploaded of a person who chose to show a document, nil: any, for these checks: the
// front always, the back of driver's licences and national identity cards, and the face where it is compared. See
// https://docs.withverifa.com/integration-guides/api-only-integration.
func RequiredDocuments(choice *Choice, checks []string) []media.Context {
	list := []media.Context{media.DocumentFront}
	if choice != nil && (choice.Type == "drivers_license" || choice.Type == "national_id") {
		list = append(list, media.DocumentBack)
	}
	if slices.Contains(checks, checkFaces) {
		list = append(list, media.Face)
	}
	return list
}

// Required is what must be uploaded to a session's current attempt before it is submitted, as its integration and its
// workflow have it today: [Policy.Required], and with [Policy.RequiresDocuments] what [RequiredDocuments] names.
func (e *Engine) Required(ctx context.Context, s *Snapshot) (_ []media.Context, err error) {
	ctx, verb := e.observeOf(ctx, "required", s.ID)
	defer verb.done(&err)
	return e.required(ctx, s)
}

func (e *Engine) required(ctx context.Context, s *Snapshot) ([]media.Context, error) {
	in, err := e.policyOf(ctx, s.Integration)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(in.Policy.Required)
	if !in.Policy.RequiresDocuments {
		return list, nil
	}
	checks := s.Facts.Checks
	if in.Policy.Workflows {
		_, graph, err := e.workflowOf(ctx, s, s.Facts.Workflow)
		if err != nil {
			return nil, err
		}
		checks = append(slices.Clone(checks), policiesOf(graph)...)
	}
	for _, c := range RequiredDocuments(s.Choice(), checks) {
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list, nil
}

// Uploaded are the media of the attempt that is submitted next, or was submitted last, in the order of upload: what
// [Engine.Required] is about. After a request for resubmission they are none until the next attempt has begun, as what
// was judged counts no more. The slice is the caller's own.
func (s *Snapshot) Uploaded() (list []Medium) {
	if a := s.attempt(); a != nil && a.Status == StatusResubmissionRequested {
		return nil
	}
	for _, m := range s.Media {
		if m.Attempt == s.AttemptID {
			list = append(list, m)
		}
	}
	return list
}

// policiesOf are the checks that a run of the graph may make.
func policiesOf(g workflow.Graph) (names []string) {
	for _, n := range g.Nodes {
		if n.Type == workflow.NodePolicy {
			names = append(names, n.Policy)
		}
	}
	return names
}

// complies refuses a submission that lacks something, when findings were loaded. What is uploaded meanwhile only adds
// to it. Of the person themselves, by a link, it wants the agreement and the choice too.
func (w *work) complies(ctx context.Context) error {
	byPerson := w.e.link != 0
	if byPerson {
		if err := w.agreed(); err != nil {
			return err
		}
	}
	required, err := w.e.required(ctx, w.snap)
	if err != nil || len(required) == 0 {
		return err
	}
	rec, err := w.e.store.Load(ctx, Ref{Tenant: w.snap.Tenant, ID: w.snap.ID}, PartMedia)
	if err != nil {
		return err
	}
	lacks := &IncompleteError{Choice: byPerson && w.in.Policy.RequiresDocuments && w.snap.Choice() == nil}
	for _, c := range required {
		shows := func(m Media) bool { return m.Context == c && m.Attempt == w.snap.AttemptID }
		if !slices.ContainsFunc(rec.Media, shows) {
			lacks.Missing = append(lacks.Missing, c)
		}
	}
	if lacks.Choice || len(lacks.Missing) > 0 {
		return lacks
	}
	return nil
}
