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

// Upload is one photograph, document or film of the person, or the data of a document's chip.
type Upload struct {
	// Context says what Content shows. With About it need not be given, and counts only in that [media.Chip] says
	// how Content is read.
	Context media.Context
	// Content is read to its end. An error that it answers instead of io.EOF, such as a signature that turns
	// out wrong, ends the upload with that error, and nothing remains.
	Content io.Reader
	// About says what Content shows, once it has been read to its end; an error ends the upload with it. It is
	// for who learns that last, as a reader of JSON may, and not for the data of chips. Default: Context.
	About func() (media.Context, error)
	// Duration is how long a film is; of anything else it is not kept. Default: not known.
	Duration time.Duration
}

// Upload adds a medium to the session's current attempt; after a request for resubmission, to the next. The
// bytes are sealed as they arrive, and are there for readers only when Upload has returned nil; memory use does
// not grow with their number. Uploads to one session do not hinder one another, and a submission in between
// wins.
//
// Errors: [ErrNotFound]; a *[TransitionError] for [ActionUpload] when the session takes no media any more;
// [media.ErrContext], [media.ErrFormat], [media.ErrTooLarge], [media.ErrChipMissing], [media.ErrChipEncoding] for
// what is not acceptable; [ErrEnough] beyond [Policy.MaxMedia]; what Content and About answer.
func (e *Engine) Upload(ctx context.Context, id uuid.UUID, u Upload) (*Medium, error) {
	w, err := e.begin(ctx, Ref{ID: id}, PartAttempts|PartMedia)
	if err != nil {
		return nil, err
	}
	if err := takes(w.snap.At(w.now).Status, ActionUpload, e.actor); err != nil {
		return nil, err
	}
	if w.isFull() {
		return nil, ErrEnough
	}
	if u.About == nil {
		if !u.Context.Valid() {
			return nil, fmt.Errorf("%w for an upload", media.ErrContext)
		}
		u.About = func() (media.Context, error) { return u.Context, nil }
	}
	m := &Medium{Media: Media{
		ID: e.cfg.NewID(w.now), Session: id, Context: u.Context, Blob: blobName(w.now), CreatedAt: w.now,
	}}
	if err := e.storeBlob(ctx, w.snap, m, u); err != nil {
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

// isFull reports whether the attempt that the next medium goes to has all that it may have.
func (w *work) isFull() bool {
	if a := w.snap.attempt(); a == nil || a.Status == StatusResubmissionRequested {
		return false // the next attempt begins with nothing
	}
	n := 0
	for _, m := range w.snap.Media {
		if m.Attempt == w.snap.AttemptID {
			n++
		}
	}
	return n >= w.in.Policy.MaxMedia
}

// takes refuses what is added to a session when it is no longer the person's turn.
func takes(status Status, action Action, actor Actor) error {
	if !status.TakesMedia() {
		return &TransitionError{Status: status, Action: action, Actor: actor}
	}
	return nil
}

// addMedium makes the row.
func (w *work) addMedium(m *Medium) error {
	if err := takes(w.snap.At(w.now).Status, ActionUpload, w.e.actor); err != nil {
		return err
	}
	w.intoAttempt()
	m.Attempt = w.snap.AttemptID
	sealed, err := w.snap.key().sealJSON(&w.snap.Session, part{"media", m.ID}, m.MediaFacts)
	if err != nil {
		return err
	}
	m.Sealed = sealed
	w.change.Media = []Media{m.Media}
	return w.emit(EventUploaded, w.e.actor, w.now)
}

// storeBlob seals the content into a blob, and notes what it is. Nothing is committed before u.About has agreed.
func (e *Engine) storeBlob(ctx context.Context, s *Snapshot, m *Medium, u Upload) error {
	if u.Context.IsChip() {
		var err error
		if u.Content, err = chipData(u.Content, e.cfg.MediaLimits.For(media.JSON)); err != nil {
			return err
		}
	}
	head := make([]byte, media.HeaderLen)
	n, err := io.ReadFull(u.Content, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	if m.Type, err = typeOf(head, u.Context); err != nil {
		return err
	}
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
	limit := e.cfg.MediaLimits.For(m.Type)
	whole := io.MultiReader(bytes.NewReader(head), u.Content)
	m.Size, err = io.Copy(io.MultiWriter(sum, sealed), io.LimitReader(whole, limit+1))
	if err != nil {
		return err
	}
	if m.Size > limit {
		return media.ErrTooLarge
	}
	if err := m.named(u); err != nil {
		return err
	}
	if err := sealed.Close(); err != nil {
		return err
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return blob.Commit()
}

// named asks what a medium shows whose bytes are all there.
func (m *Medium) named(u Upload) (err error) {
	if m.Context, err = u.About(); err != nil {
		return err
	}
	switch {
	case !m.Context.Valid(), m.Context.IsChip() != u.Context.IsChip():
		return fmt.Errorf("%w for an upload", media.ErrContext)
	case !m.Context.Takes(m.Type):
		return fmt.Errorf("%w that show %s", media.ErrFormat, m.Context)
	}
	if m.Context.IsVideo() {
		m.Duration = max(u.Duration, 0)
	}
	return nil
}

// typeOf is what the first bytes say; only what comes as chip data is ever taken for text.
func typeOf(head []byte, context media.Context) (media.Type, error) {
	if context.IsChip() {
		return media.JSON, nil
	}
	kind, ok := media.Sniff(head)
	if !ok {
		return "", media.ErrFormat
	}
	return kind, media.CheckHeader(head, kind)
}

// chipData reads what a document's chip holds, which is small, and gives it in its one form.
func chipData(content io.Reader, limit int64) (io.Reader, error) {
	text, err := io.ReadAll(io.LimitReader(content, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, media.ErrTooLarge
	}
	canonical, err := media.ParseChip(text)
	return bytes.NewReader(canonical), err
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
