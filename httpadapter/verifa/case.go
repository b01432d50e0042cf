package verifa

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// readCases are the scopes that see cases.
var readCases = slices.Concat(readSessions, decideCases)

const casesPages = "api-reference/cases/"

var caseRoutes = []route{
	{method: http.MethodGet, path: "/api/v1/cases", handle: listCases, scopes: readCases,
		does:    "lists sessions that were left to a human being, newest first",
		page:    casesPages + "list-cases",
		differs: "without `status` those that are open or in review; nothing is counted; `cursor` goes on where `next_cursor` says"},
	{method: http.MethodGet, path: "/api/v1/cases/{id}", handle: readCase, scopes: readCases,
		does: "one case",
		page: casesPages + "get-case"},
	{method: http.MethodPost, path: "/api/v1/cases/{id}/claim", handle: claimCase, scopes: decideCases,
		does: "gives a case to a reviewer, for 30 minutes",
		page: casesPages + "claim-case"},
	{method: http.MethodPost, path: "/api/v1/cases/{id}/release", handle: releaseCase, scopes: decideCases,
		does: "gives it back",
		page: casesPages + "release-case"},
	{method: http.MethodGet, path: "/api/v1/cases/{id}/notes", handle: listNotes, scopes: readCases,
		does: "what reviewers wrote, oldest first",
		page: casesPages + "list-case-notes"},
	{method: http.MethodPost, path: "/api/v1/cases/{id}/notes", handle: addNote, scopes: decideCases,
		does:    "adds a note",
		page:    casesPages + "add-case-note",
		differs: "the note is `text`, who wrote it `reviewer_id`"},
	{method: http.MethodPost, path: "/api/v1/cases/{id}/approve", handle: approveCase, scopes: decideCases,
		does:    "approves the session",
		page:    casesPages + "approve-case",
		differs: "`reviewer_id` is by default who has the case"},
	{method: http.MethodPost, path: "/api/v1/cases/{id}/reject", handle: rejectCase, scopes: decideCases,
		does:    "rejects it",
		page:    casesPages + "reject-case",
		differs: "`reviewer_id` is by default who has the case; `rejection_code` is one of those in [docs/verifa-codes.md](docs/verifa-codes.md); nothing is added to a blocklist"},
}

// reviewCase is a session in review, as its reviewers have it (https://docs.withverifa.com/core-concepts/cases).
type reviewCase struct {
	ID         string  `json:"id"`
	SessionID  string  `json:"session_id"`
	Status     string  `json:"status"`
	CreatedAt  moment  `json:"created_at"`
	Decision   *string `json:"decision"`
	AssignedTo *string `json:"assigned_to"`
	ClaimedAt  *moment `json:"claimed_at"`
	EnteredAt  *moment `json:"entered_review_at"`
	DecidedAt  *moment `json:"decided_at"`
}

// reviewCaseOf is the review case of a session; nil when it has none.
func (x *exchange) reviewCaseOf(s *session.Snapshot) *reviewCase {
	c := s.Review(x.engine.Now())
	if c == nil {
		return nil
	}
	return &reviewCase{
		ID: idText(prefixCase, s.ID), SessionID: idText(prefixSession, s.ID), Status: caseWord(c.Status),
		CreatedAt: moment(c.EnteredAt), Decision: orNull(outcomeWords[c.Outcome]), AssignedTo: orNull(c.Reviewer),
		ClaimedAt: momentOrNull(c.ClaimedAt), EnteredAt: momentOrNull(c.EnteredAt), DecidedAt: momentOrNull(c.DecidedAt),
	}
}

// caseWord is this language's word for where a case stands. For one that ended undecided the vendor has none.
func caseWord(s session.ReviewState) string {
	if s == session.ReviewDeclined {
		return "rejected"
	}
	return string(s)
}

// caseInto adds the review case of a session.
func (x *exchange) caseInto(v *whole, s *session.Snapshot) {
	if c := x.reviewCaseOf(s); c != nil {
		v.CaseID, v.CaseStatus = &c.ID, &c.Status
	}
}

// maxCaseSkip is how many cases may be skipped: each is looked at.
const maxCaseSkip = 900

// listCases: https://docs.withverifa.com/api-reference/cases/list-cases
func listCases(x *exchange) error {
	q := x.query()
	p := q.page(50)
	status := map[string]session.ReviewState{
		"": "", "open": session.ReviewOpen, "in_review": session.ReviewClaimed, "approved": session.ReviewApproved,
		"rejected": session.ReviewDeclined, "closed": session.ReviewClosed,
	}
	state, ok := status[q.text("status")]
	if !ok {
		q.fault("status", "must be open, in_review, approved, rejected or closed")
	}
	if p.offset > maxCaseSkip {
		q.fault("offset", "must not be above 900 here: go on with cursor, which each page gives as next_cursor")
	}
	if err := q.err(); err != nil {
		return err
	}
	found, next, err := x.casesOf(state, p)
	if err != nil {
		return err
	}
	page := listedOf(p, uncounted, found, func(s *session.Snapshot) uuid.UUID { return s.ID }, x.reviewCaseOf)
	if next != uuid.Nil {
		page.Pagination.NextCursor = new(idText(prefixCursor, next))
	}
	return x.answer(http.StatusOK, page)
}

// casesOf is a page of cases. It may be short and have a next all the same: among many sessions only some are cases.
func (x *exchange) casesOf(state session.ReviewState, p page) (found []*session.Snapshot, next uuid.UUID, err error) {
	found, next, err = x.engine.Reviews(x.r.Context(), state, p.after, p.limit+p.offset)
	return found[min(p.offset, len(found)):], next, err
}

// reviewed is the session of the case that the path names.
func (x *exchange) reviewed(engine *session.Engine) (*session.Snapshot, error) {
	id, ok := parseID(prefixCase, x.r.PathValue("id"))
	if !ok {
		return nil, orMissing(session.ErrNotFound, "Case")
	}
	s, err := engine.Get(x.r.Context(), id)
	if err == nil && s.Review(x.engine.Now()) == nil {
		err = session.ErrNotFound
	}
	return s, orMissing(err, "Case")
}

// readCase: https://docs.withverifa.com/api-reference/cases/get-case
func readCase(x *exchange) error {
	s, err := x.reviewed(x.silent()) // the answer holds nothing about the person
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, x.reviewCaseOf(s))
}

// changeCase makes a change of a case and shows it.
func (x *exchange) changeCase(request []byte, verb func(*session.Engine) (*session.Snapshot, error)) error {
	err := change(x, request, verb, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, x.reviewCaseOf(s), nil
	})
	return orMissing(err, "Case")
}

// claimCase: https://docs.withverifa.com/api-reference/cases/claim-case
func claimCase(x *exchange) error {
	s, err := x.reviewed(x.silent())
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	reviewer := o.text("reviewer_id")
	o.refuseOthers("reviewer_id")
	if err := o.err(); err != nil {
		return err
	}
	return x.changeCase([]byte(reviewer), func(e *session.Engine) (*session.Snapshot, error) {
		return e.Claim(x.r.Context(), s.ID, reviewer)
	})
}

// releaseCase: https://docs.withverifa.com/api-reference/cases/release-case
func releaseCase(x *exchange) error {
	s, err := x.reviewed(x.silent())
	if err != nil {
		return err
	}
	if err := x.nothing(); err != nil {
		return err
	}
	return x.changeCase(nil, func(e *session.Engine) (*session.Snapshot, error) { return e.Unclaim(x.r.Context(), s.ID) })
}

// listNotes: https://docs.withverifa.com/api-reference/cases/list-case-notes
func listNotes(x *exchange) error {
	s, err := x.reviewed(x.engine)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, struct {
		Data []note `json:"data"`
	}{notesOf(s)})
}

// addNote: https://docs.withverifa.com/api-reference/cases/add-case-note
func addNote(x *exchange) error {
	s, err := x.reviewed(x.silent())
	if err != nil {
		return err
	}
	o, err := x.object(aliases{"text": {"note", "content", "body"}, "reviewer_id": {"author"}})
	if err != nil {
		return err
	}
	text, author := o.text("text"), o.text("reviewer_id")
	o.refuseOthers("text", "reviewer_id")
	if err := o.err(); err != nil {
		return err
	}
	err = change(x, []byte(author+"\x00"+text), func(e *session.Engine) (*session.Snapshot, error) {
		return e.Annotate(x.r.Context(), s.ID, author, text)
	}, func(s *session.Snapshot) (int, any, error) {
		notes := notesOf(s)
		return http.StatusCreated, notes[len(notes)-1], nil
	})
	return orMissing(err, "Case")
}

// approveCase: https://docs.withverifa.com/api-reference/cases/approve-case
func approveCase(x *exchange) error { return x.decide(decision.Approved, "reason", "reviewer_id") }

// rejectCase: https://docs.withverifa.com/api-reference/cases/reject-case
func rejectCase(x *exchange) error {
	return x.decide(decision.Declined, "reason", "rejection_code", "reviewer_id")
}

// decide decides a case. What was read of the person and of the document stays as it is.
func (x *exchange) decide(outcome decision.Outcome, members ...string) error {
	s, err := x.reviewed(x.silent())
	if err != nil {
		return err
	}
	o, err := x.object(aliases{"rejection_code": {"rejection_reason_code"}})
	if err != nil {
		return err
	}
	v := decision.Verdict{Outcome: outcome}
	v.Record.Reason = o.text("reason")
	if code := o.text("rejection_code"); code != "" {
		var ok bool
		if v.Code, ok = reasonOf(code); !ok {
			o.fault("rejection_code", rejectionMessage)
		}
	}
	reviewer := o.text("reviewer_id")
	o.refuseOthers(members...)
	if err := o.err(); err != nil {
		return err
	}
	request, err := o.asked(members...)
	if err != nil {
		return err
	}
	return x.changeCase(request, func(e *session.Engine) (*session.Snapshot, error) {
		return e.DecideReview(x.r.Context(), s.ID, reviewer, v)
	})
}

const rejectionMessage = "must be other, document_unreadable or reason_ and the number of a reason to decline, as reason_102: " +
	"GET /api/v1/openapi.json lists them"

// reasonOf is the engine's reason code that a rejection code stands for: what [rejectionCode] says of it.
func reasonOf(word string) (code int, ok bool) {
	switch word {
	case "other":
		return 0, true
	case "document_unreadable":
		return decision.CodePoorImageQuality, true
	}
	digits, ok := strings.CutPrefix(word, "reason_")
	if !ok {
		return 0, false
	}
	code, err := strconv.Atoi(digits)
	reason, known := decision.ReasonOf(code)
	return code, err == nil && known && reason.Kind == decision.ReasonDeclined
}
