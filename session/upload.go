package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
)

// Upload is one photograph or document of the person.
type Upload struct {
	Context media.Context
	// Content is read to its end. An error that it answers instead of io.EOF, such as a signature that turns
	// out wrong, ends the upload with that error, and nothing remains.
	Content io.Reader
}

// Upload adds a medium to the session's current attempt; after a request for resubmission, to the next. The
// bytes are sealed as they arrive, and are there for readers only when Upload has returned nil; memory use does
// not grow with their number. Uploads to one session do not hinder one another, and a submission in between
// wins.
//
// Errors: [ErrNotFound]; a *[TransitionError] for [ActionUpload] when the session takes no media any more;
// [media.ErrContext], [media.ErrFormat], [media.ErrTooLarge] for what is not acceptable; what Content answers.
func (e *Engine) Upload(ctx context.Context, id uuid.UUID, u Upload) (*Medium, error) {
	w, err := e.begin(ctx, Ref{ID: id}, 0)
	if err != nil {
		return nil, err
	}
	if err := takesMedia(w.snap.At(w.now).Status, e.actor); err != nil {
		return nil, err
	}
	if !u.Context.IsImage() {
		return nil, fmt.Errorf("%w for an upload", media.ErrContext)
	}
	m := &Medium{Media: Media{
		ID: e.cfg.NewID(w.now), Session: id, Context: u.Context, Blob: blobName(w.now), CreatedAt: w.now,
	}}
	if err := e.storeBlob(ctx, w.snap, m, u.Content); err != nil {
		return nil, err
	}
	_, err = e.write(ctx, Ref{ID: id}, PartAttempts, func(w *work) error { return w.addMedium(m) })
	if err != nil && !errors.Is(err, ErrUnknown) {
		// The row was refused, so nobody can know the blob. With a cancelled ctx it must go all the same.
		if rm := e.cfg.Blobs.Remove(context.WithoutCancel(ctx), m.Blob); rm != nil {
			e.cfg.Log.ErrorContext(ctx, "a refused upload could not be removed", "session", id, "blob", m.Blob, "error", rm)
		}
		return nil, err
	}
	return m, err
}

func takesMedia(status Status, actor Actor) error {
	if !status.TakesMedia() {
		return &TransitionError{Status: status, Action: ActionUpload, Actor: actor}
	}
	return nil
}

// addMedium makes the row. Only an upload that opens an attempt raises the version.
func (w *work) addMedium(m *Medium) error {
	if err := takesMedia(w.snap.At(w.now).Status, w.e.actor); err != nil {
		return err
	}
	before := w.snap.AttemptID
	w.nextAttempt()
	w.change.Keep = w.snap.AttemptID == before
	w.active()
	m.Attempt = w.snap.AttemptID
	sealed, err := w.snap.key().sealJSON(&w.snap.Session, part{"media", m.ID}, m.MediaFacts)
	if err != nil {
		return err
	}
	m.Sealed = sealed
	w.change.Media = []Media{m.Media}
	if !w.change.Keep {
		w.snap.UpdatedAt = w.now
	}
	return w.emit(EventUploaded, w.e.actor, w.now)
}

// storeBlob seals the content into a blob, and notes what it is.
func (e *Engine) storeBlob(ctx context.Context, s *Snapshot, m *Medium, content io.Reader) error {
	head := make([]byte, media.HeaderLen)
	n, err := io.ReadFull(content, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	kind, ok := media.Sniff(head)
	if !ok {
		return media.ErrFormat
	}
	if err := media.CheckHeader(head, kind); err != nil {
		return err
	}
	m.Type = kind
	blob, err := e.cfg.Blobs.Create(ctx, m.Blob)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Abort() }()
	key, bound := s.mediaKey(m.ID)
	sealed, err := newSealWriter(blob, key, bound)
	if err != nil {
		return err
	}
	sum := sha256.New()
	limit := e.cfg.MediaLimits.For(kind)
	whole := io.MultiReader(bytes.NewReader(head), content)
	m.Size, err = io.Copy(io.MultiWriter(sum, sealed), io.LimitReader(whole, limit+1))
	if err != nil {
		return err
	}
	if m.Size > limit {
		return media.ErrTooLarge
	}
	if err := sealed.Close(); err != nil {
		return err
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return blob.Commit()
}

// mediaKey is the key of one medium, and what is bound to its bytes.
func (s *Snapshot) mediaKey(id uuid.UUID) (Key, []byte) {
	return s.key().derive("medium " + id.String()), part{"blob", id}.additional(&s.Session)
}

// blobName is a new name that says nothing but the hour.
func blobName(at time.Time) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return media.Name(at, random)
}
