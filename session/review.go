package session

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// Review is a session as reviewers have it, from when it was left to a human being: a case.
type Review struct {
	Status    ReviewState
	Reviewer  string           // who has it, or had it when it was decided; empty: nobody
	ClaimedAt time.Time        // since when
	EnteredAt time.Time        // when it was left to a human being
	DecidedAt time.Time        // zero: not yet
	Outcome   decision.Outcome // what was decided; empty: nothing yet
}

// ReviewState says where a review stands.
type ReviewState string

// The statuses of a case.
const (
	ReviewOpen     ReviewState = "open"
	ReviewClaimed  ReviewState = "in_review" // a reviewer has it
	ReviewApproved ReviewState = "approved"
	ReviewDeclined ReviewState = "declined"
	ReviewClosed   ReviewState = "closed" // the session ended otherwise
)

// Note is what a reviewer wrote about a session.
type Note struct {
	ID     uuid.UUID `json:"id"`
	Author string    `json:"author,omitempty"`
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// Claim is that a reviewer took a session in review, or gave it back.
type Claim struct {
	Reviewer string    `json:"reviewer,omitempty"` // empty: it was given back
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"` // then it is anybody's again
}

// ClaimLife is for how long a reviewer has a case (https://docs.withverifa.com/core-concepts/cases).
const ClaimLife = 30 * time.Minute

const (
	// maxNotes is how many notes an attempt may have.
	maxNotes = 100
	// maxNote is how many characters a note may have.
	maxNote = 5_000
	// maxClaims is how often a case may be taken and given back.
	maxClaims = 1000
	// ActionClaim and ActionNote are what a [TransitionError] names of a case. They are no part of the state machine.
	ActionClaim Action = "claim"
	ActionNote  Action = "note"
)

// ErrClaimed: another reviewer has the case.
var ErrClaimed = errors.New("session: another reviewer has it")

// Review is the session as reviewers have it at a time; nil when it was never left to one. It needs decisions and
// findings.
func (s *Snapshot) Review(now time.Time) *Review {
	i := slices.IndexFunc(s.Decisions, func(d Concluded) bool { return d.Outcome == decision.Review })
	if i < 0 {
		return nil
	}
	for j := range s.Decisions { // the newest review
		if s.Decisions[j].Outcome == decision.Review {
			i = j
		}
	}
	c := &Review{Status: ReviewClosed, EnteredAt: s.Decisions[i].At}
	switch {
	case s.Status == StatusReview:
		c.Status = ReviewOpen
		if claim := s.claim(); claim != nil && claim.Reviewer != "" && now.Before(claim.Until) && !claim.At.Before(c.EnteredAt) {
			c.Status, c.Reviewer, c.ClaimedAt = ReviewClaimed, claim.Reviewer, claim.At
		}
	case i+1 < len(s.Decisions):
		last := s.Decisions[i+1]
		c.Outcome, c.DecidedAt = last.Outcome, last.At
		if claim := s.claim(); claim != nil && last.By == ActorReviewer && !claim.At.Before(c.EnteredAt) {
			c.Reviewer, c.ClaimedAt = claim.Reviewer, claim.At // who decided had it, or has said who it was
		}
		switch last.Outcome {
		case decision.Approved:
			c.Status = ReviewApproved
		case decision.Declined:
			c.Status = ReviewDeclined
		}
	}
	return c
}

// claim is the newest one.
func (s *Snapshot) claim() *Claim {
	for _, f := range slices.Backward(s.Findings) {
		if f.Claim != nil {
			return f.Claim
		}
	}
	return nil
}

// Notes are what reviewers wrote, oldest first.
func (s *Snapshot) Notes() (notes []Note) {
	for _, f := range s.Findings {
		if f.Note != nil {
			notes = append(notes, *f.Note)
		}
	}
	return notes
}

// Claim takes a session in review for a reviewer, for [ClaimLife]; for who has it already, for as long again.
//
// Errors: [ErrNotFound]; a *[TransitionError] when it is not in review; [ErrClaimed]; a *[FactsError]; [ErrEnough].
func (e *Engine) Claim(ctx context.Context, id uuid.UUID, reviewer string) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "claim", id)
	defer verb.done(&err)
	if reviewer == "" {
		return nil, &FactsError{"reviewer_id", FaultMissing}
	}
	if err := faultOf([]field{{"reviewer_id", reviewer, maxName}}); err != nil {
		return nil, err
	}
	return e.claimReview(ctx, id, reviewer, func(w *work) Claim {
		return Claim{Reviewer: reviewer, At: w.now, Until: instant(w.now.Add(ClaimLife))}
	})
}

// Unclaim gives a case back, whoever has it. One that nobody has stays as it is.
//
// Errors: those of [Engine.Claim].
func (e *Engine) Unclaim(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "unclaim", id)
	defer verb.done(&err)
	return e.claimReview(ctx, id, "", func(w *work) Claim { return Claim{At: w.now} })
}

func (e *Engine) claimReview(ctx context.Context, id uuid.UUID, reviewer string, claim func(*work) Claim) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, allParts, func(w *work) error {
		c := w.snap.Review(w.now)
		if w.snap.Status != StatusReview || c == nil {
			return &TransitionError{Status: w.snap.At(w.now).Status, Action: ActionClaim, Actor: ActorReviewer}
		}
		switch {
		case reviewer == "" && c.Reviewer == "":
			return nil
		case reviewer != "" && c.Reviewer != "" && c.Reviewer != reviewer:
			return ErrClaimed
		case w.has(FindingClaim, w.snap.AttemptID) >= maxClaims:
			return ErrEnough
		}
		taken := claim(w)
		w.snap.UpdatedAt = w.now
		if err := w.addFinding(FindingClaim, w.snap.AttemptID, ActorReviewer, FindingFacts{Claim: &taken}); err != nil {
			return err
		}
		return w.emit(EventClaimed, ActorReviewer, w.now)
	})
}

// Annotate adds a reviewer's note to a session that is, or was, left to one.
//
// Errors: [ErrNotFound]; [ErrErased]; a *[TransitionError] when it never was; a *[FactsError]; [ErrEnough].
func (e *Engine) Annotate(ctx context.Context, id uuid.UUID, author, text string) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "annotate", id)
	defer verb.done(&err)
	switch {
	case text == "":
		return nil, &FactsError{"text", FaultMissing}
	case !clean(text):
		return nil, &FactsError{"text", FaultText}
	case utf8.RuneCountInString(text) > maxNote:
		return nil, &FactsError{"text", FaultTooLong}
	}
	if err := faultOf([]field{{"author", author, maxName}}); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, allParts, func(w *work) error {
		switch {
		case !w.snap.RedactedAt.IsZero():
			return ErrErased
		case w.snap.Review(w.now) == nil:
			return &TransitionError{Status: w.snap.At(w.now).Status, Action: ActionNote, Actor: ActorReviewer}
		case w.has(FindingNote, w.snap.AttemptID) >= maxNotes:
			return ErrEnough
		}
		w.change.Keep = true
		note := Note{ID: e.cfg.NewID(w.now), Author: author, Text: text, At: w.now}
		if err := w.addFinding(FindingNote, w.snap.AttemptID, ActorReviewer, FindingFacts{Note: &note}); err != nil {
			return err
		}
		return w.emit(EventNoted, ActorReviewer, w.now)
	})
}

// DecideReview is [Engine.Decide] by a reviewer, of a case that no other reviewer has; an empty reviewer stands for
// whoever has it. What was read before stays, where the verdict's record says nothing but a reason.
//
// Errors: those of [Engine.Decide]; a *[TransitionError] also when the session is not in review; [ErrClaimed].
func (e *Engine) DecideReview(ctx context.Context, id uuid.UUID, reviewer string, v decision.Verdict) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "decide_review", id)
	defer verb.done(&err)
	if err := checkVerdict(&v); err != nil {
		return nil, err
	}
	silent := v.Record.Person == nil && v.Record.Document == nil
	return e.write(ctx, Ref{ID: id}, allParts, func(w *work) error {
		if last := w.snap.Latest(w.snap.AttemptID); last != nil && silent {
			reason := v.Record.Reason
			v.Record = last.Record
			v.Record.Reason = reason
		}
		c := w.snap.Review(w.now)
		if w.snap.Status != StatusReview || c == nil {
			return &TransitionError{Status: w.snap.At(w.now).Status, Action: actionOf[v.Outcome], Actor: ActorReviewer}
		}
		if c.Reviewer != "" && reviewer != "" && c.Reviewer != reviewer {
			return ErrClaimed
		}
		if who := cmp.Or(reviewer, c.Reviewer); who != "" && c.Reviewer == "" {
			taken := Claim{Reviewer: who, At: w.now, Until: w.now}
			if err := w.addFinding(FindingClaim, w.snap.AttemptID, ActorReviewer, FindingFacts{Claim: &taken}); err != nil {
				return err
			}
		}
		return w.carryOut(v, ActorReviewer)
	})
}

// Reviews gives a page of the sessions of the engine's integration's tenant that are cases of a status, newest first;
// an empty status asks for those that are open or in review. The next page begins after next; nil: there is none.
//
// At most 1,000 sessions are looked at for a page, so that one may be short and yet have a next.
func (e *Engine) Reviews(ctx context.Context, status ReviewState, after uuid.UUID, n int) (page []*Snapshot, next uuid.UUID, err error) {
	ctx, verb := e.observe(ctx, "reviews")
	defer verb.done(&err)
	statuses := map[ReviewState][]Status{
		ReviewApproved: {StatusApproved}, ReviewDeclined: {StatusDeclined}, ReviewClosed: {StatusAbandoned, StatusSubmitted, StatusAwaitingExternal, StatusFailed},
	}[status]
	if statuses == nil {
		statuses = []Status{StatusReview}
	}
	n = min(orDefault(max(n, 0), 50), 1000)
	rows, err := e.List(ctx, List{Status: statuses, After: after, N: 1000})
	if err != nil {
		return nil, uuid.Nil, err
	}
	for _, s := range rows {
		if len(page) == n {
			return page, page[n-1].ID, nil
		}
		w, err := e.begin(ctx, Ref{ID: s.ID}, allParts)
		if errors.Is(err, ErrNotFound) || errors.Is(err, ErrErased) {
			continue
		}
		if err != nil {
			return nil, uuid.Nil, err
		}
		snap := w.view()
		if c := snap.Review(w.now); c != nil && (status == "" || c.Status == status) {
			page = append(page, snap)
		}
	}
	if len(rows) == 1000 {
		next = rows[len(rows)-1].ID
	}
	return page, next, nil
}
