package session

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// What a verb answers that is done once.
var (
	// ErrMismatch: the key was used before, for another request.
	ErrMismatch = errors.New("session: the key was used for another request")
	// ErrRunning: the first request with the key is still being served.
	ErrRunning = errors.New("session: the first request with the key is not done yet")
)

// AnsweredError says that a request was served before, and what it was answered. Nothing was done now.
type AnsweredError struct {
	Answer []byte // what [Once.Encode] gave then
}

func (e *AnsweredError) Error() string { return "session: the request was answered before" }

// Once makes the next verb of an engine be done once for all requests with one key: the first that succeeds is
// remembered for [AnswerLife], with its answer, in the same write as its effect; later ones have no effect and answer
// an *[AnsweredError]. What fails is not remembered. Of two at once one has the effect, and both its answer.
type Once struct {
	// Scope is within which Key is one: who asks, and for what.
	Scope string
	// Key is the client's, 1 to 255 bytes. Neither it nor Scope is kept in clear.
	Key string
	// Request is the request in a form in which equal ones are equal. It is not kept.
	Request []byte
	// Encode gives the answer from what the verb will answer, before it is written: it must not look at versions.
	Encode func(result any) ([]byte, error)
}

// AnswerLife is for how long an answer is remembered (https://docs.withverifa.com/api-details/idempotency).
const AnswerLife = 24 * time.Hour

const (
	// runTime is for how long a request of several changes has time.
	runTime = time.Minute
	// runningTime is for how long it is taken to be still running: longer, so that two of one key never run at once.
	runningTime = 2 * runTime
)

// Once is the same engine, whose next verb is done once. It is for [Engine.Create], for the verbs that change one
// session, a stored endpoint, a workflow or an entry, and for [Engine.RetryDelivery]; those that make several changes
// have [Engine.Do]. Beside what is said at each, they then answer an *[AnsweredError], [ErrMismatch], [ErrRunning],
// [ErrErased] for an answer that went with its session, and [ErrNoKey] without [Config.Key].
func (e *Engine) Once(o Once) *Engine {
	v := *e
	v.once = &o
	return &v
}

// Do runs what makes several changes once, as [Engine.Once] does a verb: while it runs, others with the key are
// refused with [ErrRunning]. Its ctx ends after a minute; after a crash the key is free again after two. Its answer must
// hold nothing about a person. When it fails it may be asked for again, also where it gives an answer beside the error.
//
// Errors: *[AnsweredError]; [ErrMismatch]; [ErrRunning]; [ErrNoKey]; what do answers.
func (e *Engine) Do(ctx context.Context, o Once, do func(context.Context) ([]byte, error)) (_ []byte, err error) {
	ctx, verb := e.observe(ctx, "do")
	defer verb.done(&err)
	on := e.Once(o)
	if err := on.answered(ctx); err != nil {
		return nil, err
	}
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	now := e.now()
	running := on.entry(in, uuid.Nil, now)
	running.ExpiresAt = instant(now.Add(runningTime))
	running.Body = on.body(answerRunning, nil)
	if err := e.applyEntries(ctx, now, running); errors.Is(err, ErrConflict) {
		if answered := on.answered(ctx); answered != nil {
			return nil, answered
		}
		return nil, ErrRunning
	} else if err != nil {
		return nil, err
	}
	running.Version = 2
	return on.finish(ctx, in, running, do)
}

// finish does what runs, and writes how that ended. What is done is to be remembered, whoever has stopped waiting; and
// is answered, also when it cannot be remembered.
func (e *Engine) finish(ctx context.Context, in Integration, running Entry, do func(context.Context) ([]byte, error)) ([]byte, error) {
	begun := running.CreatedAt
	doing, cancel := context.WithTimeout(ctx, runTime)
	answer, failed := do(doing)
	cancel()
	ctx, now := context.WithoutCancel(ctx), e.now()
	running.UpdatedAt, running.Body = now, e.body(answerOpen, answer)
	if failed != nil {
		running.ExpiresAt = begun // as if it had never been there
		_ = e.applyEntries(ctx, now, running)
		return answer, failed
	}
	running.ExpiresAt = instant(begun.Add(AnswerLife))
	err := e.applyEntries(ctx, now, running)
	if errors.Is(err, ErrConflict) { // it took so long that it was not there any more
		late := e.entry(in, uuid.Nil, now)
		late.Body = running.Body
		err = e.applyEntries(ctx, now, late)
	}
	if err != nil {
		e.cfg.Log.ErrorContext(ctx, "what was done once could not be remembered, and may be done again", "error", err)
	}
	return answer, nil
}

// The first byte of an answer's body; then come 32 bytes of fingerprint, and the answer.
const (
	answerSealed  = 1 // under the session's key
	answerOpen    = 2 // in clear, because it holds nothing about a person
	answerRunning = 3 // there is none yet
	answerKept    = 4 // under the engine's own key, because it may hold a secret
)

// answered answers what the engine's request was answered before; nil when it was not, or is done once by nothing.
func (e *Engine) answered(ctx context.Context) error {
	if e.once == nil {
		return nil
	}
	if e.cfg.key() == (Key{}) {
		return ErrNoKey
	}
	if e.once.Key == "" || len(e.once.Key) > maxName {
		return fmt.Errorf("session: a key of %d bytes, and it must have 1 to %d", len(e.once.Key), maxName)
	}
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return err
	}
	found, err := e.store.Entries(ctx, EntryQuery{
		Tenant: in.Tenant, Sandbox: in.Sandbox, Kind: EntryAnswer, Name: e.answerName(in), At: e.now(), N: 1,
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return e.replay(ctx, found[0])
}

// replay opens what was remembered.
func (e *Engine) replay(ctx context.Context, kept Entry) error {
	if len(kept.Body) == 0 {
		return ErrErased
	}
	if len(kept.Body) < 1+sha256.Size || !bytes.Equal(kept.Body[1:1+sha256.Size], e.fingerprint()) {
		return ErrMismatch
	}
	rest := kept.Body[1+sha256.Size:]
	switch kept.Body[0] {
	case answerRunning:
		return ErrRunning
	case answerOpen:
		return &AnsweredError{rest}
	case answerKept:
		answer, err := e.cfg.derive("kept answers").open(&Session{Tenant: kept.Tenant}, part{"answer", kept.ID}, rest)
		if err != nil {
			return err
		}
		return &AnsweredError{answer}
	}
	rec, err := e.store.Load(ctx, Ref{Tenant: kept.Tenant, ID: kept.Session, Deleted: true}, 0)
	if err != nil {
		return err
	}
	if len(rec.Session.Key) == 0 || !rec.Session.DeletedAt.IsZero() || !rec.Session.RedactedAt.IsZero() {
		return ErrErased
	}
	key, err := e.cfg.Keeper.Open(ctx, rec.Session.ID, rec.Session.Key)
	if err != nil {
		return err
	}
	answer, err := key.open(&rec.Session, part{"answer", kept.ID}, rest)
	if err != nil {
		return err
	}
	return &AnsweredError{answer}
}

// remember adds to a change what its request is answered.
func (w *work) remember(result any) error {
	if w.e.once == nil {
		return nil
	}
	answer, err := w.e.once.Encode(result)
	if err != nil {
		return fmt.Errorf("session: the answer: %w", err)
	}
	kept := w.e.entry(w.in, w.snap.ID, w.now)
	sealed := w.snap.key()
	if sealed == (Key{}) {
		return ErrErased
	}
	kept.Body = w.e.body(answerSealed, sealed.seal(&w.snap.Session, part{"answer", kept.ID}, answer))
	w.change.Entries = append(w.change.Entries, kept)
	return nil
}

// keep is the entry with what the request is answered that changes something beside sessions; none when it is done once
// by nothing.
func (e *Engine) keep(in Integration, now time.Time, result any) ([]Entry, error) {
	if e.once == nil {
		return nil, nil
	}
	answer, err := e.once.Encode(result)
	if err != nil {
		return nil, fmt.Errorf("session: the answer: %w", err)
	}
	kept := e.entry(in, uuid.Nil, now)
	sealed := e.cfg.derive("kept answers").seal(&Session{Tenant: in.Tenant}, part{"answer", kept.ID}, answer)
	kept.Body = e.body(answerKept, sealed)
	return []Entry{kept}, nil
}

// entry is a new answer without its body.
func (e *Engine) entry(in Integration, session uuid.UUID, now time.Time) Entry {
	return Entry{
		Kind: EntryAnswer, ID: e.cfg.NewID(now), Tenant: in.Tenant, Sandbox: in.Sandbox, Session: session,
		Name: e.answerName(in), Version: 1, CreatedAt: now, UpdatedAt: now, ExpiresAt: instant(now.Add(AnswerLife)),
	}
}

func (e *Engine) body(kind byte, answer []byte) []byte {
	return append(append([]byte{kind}, e.fingerprint()...), answer...)
}

// answerName finds an answer. A client's key may say who the person is, so it is not kept.
func (e *Engine) answerName(in Integration) string {
	x := e.cfg.derive("answers").index(in.Tenant, in.Sandbox, e.once.Scope+"\x00"+e.once.Key)
	return hex.EncodeToString(x[:])
}

// fingerprint tells one request from another. It is keyed, because a name and a date of birth can be guessed.
func (e *Engine) fingerprint() []byte {
	key := e.cfg.derive("requests")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(e.once.Request)
	return mac.Sum(nil)
}

// applyEntries writes entries that belong to no session's change.
func (e *Engine) applyEntries(ctx context.Context, now time.Time, entries ...Entry) error {
	if errs := e.store.Apply(ctx, Change{ID: e.cfg.NewID(now), Entries: entries}); errs != nil {
		return errs[0]
	}
	return nil
}
