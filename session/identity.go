package session

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Identity is a person as the host knows one: all sessions with one [Facts.ExternalRef]. It is made when the first of them
// is decided, where [Policy.Identities] has it, and says what was decided last. It keeps nothing about the person; when
// the last of its sessions is redacted, it is too, and then can be found by its id alone.
type Identity struct {
	ID         uuid.UUID
	Sandbox    bool
	Status     Status    // of the session that was decided last: approved or declined
	Session    uuid.UUID // that session
	CreatedAt  time.Time
	UpdatedAt  time.Time
	RedactedAt time.Time // zero: never
	ref        BlindIndex
}

// Sessions is the list of its sessions; false: it is redacted, and has none.
func (i Identity) Sessions() (List, bool) { return List{Ref: i.ref}, i.ref != (BlindIndex{}) }

// identityBody is how an identity is kept.
type identityBody struct {
	Integration uuid.UUID `json:"integration"` // of the session
	Status      Status    `json:"status"`
	Session     uuid.UUID `json:"session"`
	RedactedAt  time.Time `json:"redacted_at,omitzero"`
}

func identityOf(kept Entry) (Identity, error) {
	var b identityBody
	if err := json.Unmarshal(kept.Body, &b); err != nil {
		return Identity{}, fmt.Errorf("session: the identity %s cannot be read: %w", kept.ID, err)
	}
	i := Identity{
		ID: kept.ID, Sandbox: kept.Sandbox, Status: b.Status, Session: b.Session, CreatedAt: kept.CreatedAt,
		UpdatedAt: kept.UpdatedAt, RedactedAt: b.RedactedAt,
	}
	name, err := hex.DecodeString(kept.Name)
	copy(i.ref[:], name)
	return i, err
}

// recognize finds the identity that a decision will be noted in, or thinks of a new one, so that whoever is told of the
// decision can be told of the identity too.
func (w *work) recognize(ctx context.Context) error {
	s := &w.snap.Session
	if !w.in.Policy.Identities || s.Ref == (BlindIndex{}) || s.Status.TakesMedia() && !s.Sandbox {
		return nil
	}
	found, err := w.e.store.Entries(ctx, EntryQuery{
		Tenant: s.Tenant, Sandbox: s.Sandbox, Kind: EntryIdentity, Name: hex.EncodeToString(s.Ref[:]), At: w.now, N: 1,
	})
	if err != nil {
		return err
	}
	w.identity = Entry{
		Kind: EntryIdentity, ID: w.e.cfg.NewID(w.now), Tenant: s.Tenant, Sandbox: s.Sandbox,
		Name: hex.EncodeToString(s.Ref[:]), CreatedAt: w.now,
	}
	if len(found) > 0 {
		w.identity = found[0]
	}
	return nil
}

// identify notes in the person's identity that the session was decided.
func (w *work) identify() (err error) {
	s := &w.snap.Session
	decided := s.Status == StatusApproved || s.Status == StatusDeclined
	if w.identity.ID == uuid.Nil || !decided || len(w.change.Decisions) == 0 {
		return nil
	}
	kept, tell := w.identity, EventIdentified
	if kept.Version > 0 {
		tell = EventReidentified
	}
	kept.Version++
	kept.UpdatedAt = w.now
	if kept.Body, err = json.Marshal(identityBody{Integration: s.Integration, Status: s.Status, Session: s.ID}); err != nil {
		return err
	}
	w.change.Entries = append(w.change.Entries, kept)
	return w.emit(tell, ActorEngine, w.now)
}

// Identity finds an identity by its id, or, with a nil id, by its sessions' external reference.
//
// Errors: [ErrNotFound]; [ErrNoKey] for a reference.
func (e *Engine) Identity(ctx context.Context, id uuid.UUID, externalRef string) (_ Identity, err error) {
	ctx, verb := e.observe(ctx, "identity")
	defer verb.done(&err)
	kept, err := e.identity(ctx, id, externalRef)
	if err != nil {
		return Identity{}, err
	}
	return identityOf(kept)
}

func (e *Engine) identity(ctx context.Context, id uuid.UUID, externalRef string) (Entry, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return Entry{}, err
	}
	q := EntryQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, Kind: EntryIdentity, ID: id, At: e.now(), N: 1}
	if id == uuid.Nil {
		if e.cfg.key() == (Key{}) {
			return Entry{}, ErrNoKey
		}
		ref := e.RefIndex(in, externalRef)
		if ref == (BlindIndex{}) {
			return Entry{}, ErrNotFound
		}
		q.Name = hex.EncodeToString(ref[:])
	}
	found, err := e.store.Entries(ctx, q)
	if err != nil {
		return Entry{}, err
	}
	if len(found) == 0 {
		return Entry{}, ErrNotFound
	}
	var b identityBody
	if err := json.Unmarshal(found[0].Body, &b); err != nil {
		return Entry{}, fmt.Errorf("session: the identity %s cannot be read: %w", found[0].ID, err)
	}
	if !e.sees(ctx, in, b.Integration) {
		return Entry{}, ErrNotFound
	}
	return found[0], nil
}

// RedactIdentity redacts all sessions of an identity, newest first, and with the last of them the identity. It may be
// repeated, and goes on where it was interrupted. It says how many sessions it redacted, and how many documents went.
//
// Errors: [ErrNotFound]; those of [Engine.Redact], at the first session that cannot be redacted.
func (e *Engine) RedactIdentity(ctx context.Context, id uuid.UUID) (sessions, documents int, err error) {
	ctx, verb := e.observe(ctx, "redact_identity")
	defer verb.done(&err)
	i, err := e.Identity(ctx, id, "")
	if err != nil {
		return 0, 0, err
	}
	for of := (List{Ref: i.ref, N: 100}); i.ref != (BlindIndex{}); {
		page, err := e.List(ctx, of)
		if err != nil || len(page) == 0 {
			return sessions, documents, err
		}
		for _, s := range page {
			receipt, err := e.Redact(ctx, s.ID)
			if errors.Is(err, ErrNotFound) {
				continue // it is of another wire language, or deleted
			}
			if err != nil {
				return sessions, documents, err
			}
			sessions++
			documents += receipt.Documents
		}
		of.After = page[len(page)-1].ID
	}
	return sessions, documents, nil
}

// known reports whether a session beside the given one has a reference and is not redacted. Two that are redacted at
// the same time do not count for one another: each has been marked before the other looks.
func (e *Engine) known(ctx context.Context, but Session, ref BlindIndex) (bool, error) {
	for q := (Query{Tenant: but.Tenant, Sandbox: but.Sandbox, Ref: ref, N: 100}); ; {
		page, err := e.store.Query(ctx, q)
		if err != nil {
			return false, err
		}
		for _, s := range page {
			if s.ID != but.ID && s.RedactedAt.IsZero() {
				return true, nil
			}
			q.After = s.ID
		}
		if len(page) < q.N {
			return false, nil
		}
	}
}

// forgetIdentity redacts the identity of a session that loses its reference, because it is erased or has another from
// now on, when no other session has it.
func (w *work) forgetIdentity(ctx context.Context, ref BlindIndex) error {
	s := &w.snap.Session
	if ref == (BlindIndex{}) {
		return nil
	}
	if others, err := w.e.known(ctx, *s, ref); err != nil || others {
		return err
	}
	found, err := w.e.store.Entries(ctx, EntryQuery{
		Tenant: s.Tenant, Sandbox: s.Sandbox, Kind: EntryIdentity, Name: hex.EncodeToString(ref[:]), At: w.now, N: 1,
	})
	if err != nil || len(found) == 0 {
		return err
	}
	kept := found[0]
	was, err := identityOf(kept)
	if err != nil {
		return err
	}
	kept.Name, kept.UpdatedAt = "", w.now
	kept.Version++
	if kept.Body, err = json.Marshal(identityBody{Integration: s.Integration, Status: was.Status, Session: was.Session, RedactedAt: w.now}); err != nil {
		return err
	}
	w.change.Entries = append(w.change.Entries, kept)
	w.snap.Identity = kept.ID
	return w.emit(EventReidentified, ActorEngine, w.now)
}
