package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Link is one that was made for the person: a text that only this session has, by which the person acts. The newest
// alone is alive; what comes of it is a capture: until the submission, the session's end, or a newer link.
type Link struct {
	N         int       `json:"n"`              // from 1
	Once      bool      `json:"once,omitempty"` // its first visit uses it up, and makes another for the capture
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	VisitedAt time.Time `json:"visited_at,omitzero"` // of a link that was used up
}

// LinkState says what a link is good for.
type LinkState string

// The states of a link.
const (
	LinkActive   LinkState = "active"
	LinkConsumed LinkState = "consumed" // it was good for one visit
	LinkExpired  LinkState = "expired"  // its time is over, or the session's
	LinkRevoked  LinkState = "revoked"  // there is a newer one, or the session is redacted
	LinkDone     LinkState = "done"     // what it was made for is submitted
)

// ErrLink is what every [LinkError] unwraps to.
var ErrLink = errors.New("session: the link is dead")

// LinkError says why a link is good for nothing more.
type LinkError struct {
	State LinkState
}

func (e *LinkError) Error() string { return fmt.Sprintf("session: the link is %s", e.State) }

// Unwrap makes errors.Is(err, ErrLink) true.
func (e *LinkError) Unwrap() error { return ErrLink }

const (
	// maxLinks is how many links a session may have.
	maxLinks = 200
	// maxLinkLife is for how long a link may be.
	maxLinkLife = 30 * 24 * time.Hour
	// ActionLink is what a [TransitionError] names when no link can be made. It is no part of the state machine.
	ActionLink Action = "link"
)

// LinkToken is the text of the session's newest link, 256 bits of which only this session's key can make; empty when
// it has none, or is redacted.
func (s *Snapshot) LinkToken() string {
	if s.LinkN == 0 || s.key() == (Key{}) {
		return ""
	}
	text := make([]byte, 0, linkLength)
	text = append(text, s.Integration[:]...)
	text = append(text, s.ID[:]...)
	text = binary.BigEndian.AppendUint32(text, uint32(s.LinkN))
	return base64.RawURLEncoding.EncodeToString(append(text, s.linkProof(s.LinkN)...))
}

// linkLength is how many bytes a link's text stands for: integration, session, number and proof.
const linkLength = 16 + 16 + 4 + sha256.Size

func (s *Snapshot) linkProof(n int) []byte {
	key := s.key().derive("link")
	mac := hmac.New(sha256.New, key[:])
	_ = binary.Write(mac, binary.BigEndian, uint32(n)) // a hash takes everything
	return mac.Sum(nil)
}

// Link is the session's newest link; nil when it has none.
func (s *Snapshot) Link() *Link {
	if n := len(s.Facts.Links); n > 0 && s.LinkN > 0 {
		return &s.Facts.Links[n-1]
	}
	return nil
}

// LinkState says what a link of the session is good for at a time.
func (s *Snapshot) LinkState(l Link, now time.Time) LinkState {
	switch {
	case !l.VisitedAt.IsZero():
		return LinkConsumed
	case l.N != s.LinkN:
		return LinkRevoked
	case s.Status == StatusExpired, s.Status == StatusAbandoned, s.overdue(now):
		return LinkExpired
	case !s.Status.TakesMedia():
		return LinkDone
	}
	return LinkActive
}

// ByLink is the engine acting as the person who has a link, as [ActorPerson] and for the session's integration, and
// the session. Its verbs refuse with the same errors once the link is dead, and all but [Engine.Visit] with [ErrUnvisited]
// by a one-time link. A link whose session is submitted is given with the error.
//
// Errors: [ErrNotFound] for a text that is no link, or whose session is not there; a *[LinkError].
func (e *Engine) ByLink(ctx context.Context, token string) (_ *Engine, _ *Snapshot, err error) {
	ctx, verb := e.observe(ctx, "by_link")
	defer verb.done(&err)
	text, err := base64.RawURLEncoding.DecodeString(token)
	// A link has one text: not another with line breaks, over which Go reads.
	if err != nil || len(text) != linkLength || base64.RawURLEncoding.EncodeToString(text) != token {
		return nil, nil, ErrNotFound
	}
	n := int(binary.BigEndian.Uint32(text[32:]))
	v := e.For(uuid.UUID(text[:16])).As(ActorPerson)
	w, err := v.begin(ctx, Ref{ID: uuid.UUID(text[16:32])}, allParts)
	if err != nil {
		return nil, nil, err
	}
	if w.snap.Integration != v.integration || n == 0 || w.snap.key() == (Key{}) || !hmac.Equal(text[36:], w.snap.linkProof(n)) {
		return nil, nil, ErrNotFound
	}
	v.link = n
	state := w.stateOf(n)
	s := w.view()
	if state != LinkActive {
		err = &LinkError{state}
	}
	return v, s, err
}

// ErrUnvisited: the link is good for one visit, and for nothing else: [Engine.Visit] gives the one to act by.
var ErrUnvisited = errors.New("session: the link must be visited first")

// linked refuses who acts by a link that is not the newest any more, or is to be visited first.
func (w *work) linked() error {
	switch {
	case w.e.link == 0:
	case w.e.link != w.snap.LinkN:
		return &LinkError{w.stateOf(w.e.link)}
	case !w.e.visits && w.snap.Link().Once:
		return ErrUnvisited
	}
	return nil
}

// stateOf is the state of the link of a number.
func (w *work) stateOf(n int) LinkState {
	for _, l := range w.snap.Facts.Links {
		if l.N == n {
			return w.snap.LinkState(l, w.now)
		}
	}
	return LinkRevoked
}

// Resume gives a session that was not finished new time and a new link; what was uploaded and given is kept.
//
// Errors: [ErrNotFound]; [ErrOff] where [Policy.Resume] is; [ErrErased] once redacted; a *[TransitionError] when the
// session was submitted; [ErrEnough] of links.
func (e *Engine) Resume(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "resume", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.in.Policy.Resume {
			return ErrOff
		}
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil {
			return err
		}
		if err := w.moveAs(EventResumed, ActionResume, e.actor, w.now); err != nil {
			return err
		}
		w.snap.ExpiresAt = instant(w.now.Add(w.in.Policy.Lifetime))
		if w.in.Policy.Links {
			return w.newLink(false)
		}
		return nil
	})
}

// ErrOff: the integration's policy does not allow it.
var ErrOff = errors.New("session: the integration does not allow it")

// NewLink makes a link that is good for one visit; whatever link there was is dead. It lives for life, which also is
// the session's new time; 0: as long as [Policy.Lifetime].
//
// Errors: [ErrNotFound]; [ErrOff] where [Policy.Links] is; [ErrErased] once redacted; a *[TransitionError] when the
// session takes nothing from the person any more; a *[FactsError] for a life that is too long; [ErrEnough].
func (e *Engine) NewLink(ctx context.Context, id uuid.UUID, life time.Duration) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "new_link", id)
	defer verb.done(&err)
	if life < 0 || life > maxLinkLife {
		return nil, &FactsError{"life", FaultTooLong}
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		if !w.in.Policy.Links {
			return ErrOff
		}
		if !w.snap.RedactedAt.IsZero() {
			return ErrErased
		}
		if err := w.tick(); err != nil {
			return err
		}
		if err := takes(w.snap.Status, ActionLink, e.actor); err != nil {
			return err
		}
		w.snap.ExpiresAt = instant(w.now.Add(orDefault(life, w.in.Policy.Lifetime)))
		if err := w.newLink(true); err != nil {
			return err
		}
		return w.emit(EventLinked, e.actor, w.now)
	})
}

// Visit uses up a one-time link, of an engine that [Engine.ByLink] gave, and makes the link of the capture. Of any other
// link it changes nothing.
//
// Errors: [ErrNotFound]; a *[LinkError]; [ErrEnough].
func (e *Engine) Visit(ctx context.Context, id uuid.UUID) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "visit", id)
	defer verb.done(&err)
	v := *e
	v.visits = true
	return v.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error {
		l := w.snap.Link()
		if l == nil || !l.Once {
			return nil
		}
		if state := w.snap.LinkState(*l, w.now); state != LinkActive {
			return &LinkError{state}
		}
		l.VisitedAt = w.now
		w.snap.ExpiresAt = instant(w.now.Add(w.in.Policy.Lifetime))
		if err := w.newLink(false); err != nil {
			return err
		}
		return w.emit(EventVisited, e.actor, w.now)
	})
}

// newLink makes the link that is alive from now on.
func (w *work) newLink(once bool) error {
	if len(w.snap.Facts.Links) >= maxLinks {
		return ErrEnough
	}
	w.snap.LinkN++
	w.snap.UpdatedAt = w.now
	w.snap.Facts.Links = append(w.snap.Facts.Links, Link{N: w.snap.LinkN, Once: once, CreatedAt: w.now, ExpiresAt: w.snap.ExpiresAt})
	return w.sealFacts()
}

// sealFacts writes facts that were changed.
func (w *work) sealFacts() (err error) {
	w.snap.Sealed, err = w.snap.key().sealJSON(&w.snap.Session, part{"facts", w.snap.ID}, w.snap.Facts)
	return err
}
