package session

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
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
	// Types are the formats that are taken, of those that fit what Content shows. Default: all of them.
	Types []media.Type
	// Most is how many bytes Content may have, where [Config.MediaLimits] allows no less. Default: as many as those.
	Most int64
	// Replace removes the media of the session's current attempt that show the same, for good. Bytes that cannot be
	// removed, and those of a host's transaction, are where no reader finds them, and [Engine.Run] removes them later.
	// Of two uploads at once both may stay. Default: they stay.
	Replace bool
	// Proof is what the host says of a paper that shows [media.AddressFront]; it is looked at after About was asked.
	// Default: nothing.
	Proof *Proof
}

// Upload adds a medium to the session's current attempt; after a request for resubmission, to the next. The
// bytes are sealed as they arrive, and are there for readers only when Upload has returned nil; memory use does
// not grow with their number. Uploads to one session do not hinder one another, and a submission in between
// wins. With [Policy.UploadStarts] the first one starts a session. Of an engine of [Engine.Once] the context, the
// bytes and Proof are a part of the request, beside [Once.Request].
//
// Errors: [ErrNotFound]; a *[TransitionError] for [ActionUpload] when the session takes no media any more;
// [media.ErrContext], [media.ErrFormat], [media.ErrTooLarge], [media.ErrChipMissing], [media.ErrChipEncoding] for
// what is not acceptable; a *[FactsError] for a Proof that is not; [ErrEnough] beyond [Policy.MaxMedia]; what Content
// and About answer; context.DeadlineExceeded beyond [MaxUploadTime]; with an engine that [Engine.ByLink] gave,
// [ErrConsent] and a *[LinkError].
func (e *Engine) Upload(ctx context.Context, id uuid.UUID, u Upload) (_ *Medium, err error) {
	ctx, verb := e.observeOf(ctx, "upload", id)
	defer verb.done(&err)
	parts := PartAttempts | PartMedia
	if e.link != 0 {
		parts |= PartFindings
	}
	w, err := e.begin(ctx, Ref{ID: id}, parts)
	if err != nil {
		return nil, err
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
	if err := w.takesMedium(u.Replace); err != nil {
		return nil, e.uploadedBefore(ctx, m, u, err)
	}
	if err := e.storeBlob(ctx, w.snap, m, &u); err != nil {
		return nil, err
	}
	parts = PartAttempts
	if u.Replace {
		parts |= PartMedia
	}
	var replaced []string
	_, err = e.onceOf(m).write(ctx, Ref{ID: id}, parts, func(w *work) error {
		if err := w.addMedium(m); err != nil {
			return err
		}
		if took := w.now.Sub(m.CreatedAt); took > MaxUploadTime {
			return fmt.Errorf("session: the upload took %s: %w", took, context.DeadlineExceeded)
		}
		if !u.Replace {
			return nil
		}
		if replaced = w.replace(m); w.isFull(len(replaced)) {
			return ErrEnough
		}
		w.discard(replaced)
		return nil
	})
	switch {
	case err == nil && !e.hosted: // the host's transaction may still fail, and the rows come back
		e.dropBlobs(ctx, id, replaced)
	case err != nil && !errors.Is(err, ErrUnknown):
		e.dropBlobs(ctx, id, []string{m.Blob}) // the row was refused
		return nil, err
	}
	return m, err
}

// replace takes away the rows of what the attempt has already of what m shows, and gives the names of their blobs.
func (w *work) replace(m *Medium) (blobs []string) {
	for _, old := range w.snap.Media {
		if old.Attempt == m.Attempt && old.Context == m.Context {
			w.change.Replaced = append(w.change.Replaced, old.ID)
			blobs = append(blobs, old.Blob)
		}
	}
	return blobs
}

// dropBlobs removes blobs that have no rows, so that nobody can know them; with a ctx that has ended too.
func (e *Engine) dropBlobs(ctx context.Context, session uuid.UUID, names []string) {
	if len(names) == 0 {
		return
	}
	if err := e.cfg.Blobs.Remove(context.WithoutCancel(ctx), names...); err != nil {
		e.cfg.Log.ErrorContext(ctx, "the bytes of media that are gone could not be removed", "session", session, "blobs", names, "error", err)
	}
}

// takesMedium refuses an upload before it is read.
func (w *work) takesMedium(replaces bool) error {
	if err := takes(w.snap.At(w.now).Status, ActionUpload, w.e.actor); err != nil {
		return err
	}
	if !replaces && w.isFull(0) { // what replaces is judged once it is known what it shows
		return ErrEnough
	}
	if w.e.link != 0 {
		return w.agreed()
	}
	return nil
}

// uploadedBefore is why an upload is refused: for what says so, or because it was taken before, when the same bytes
// came under the same key. They are read only where that may be.
func (e *Engine) uploadedBefore(ctx context.Context, m *Medium, u Upload, refused error) error {
	known := e.answered(ctx)
	if known == nil {
		return refused
	}
	if !errors.Is(known, ErrMismatch) {
		return known // among it that it is not yet known what was answered
	}
	if err := e.take(m, &u, func() (io.Writer, error) { return io.Discard, nil }); err != nil {
		return err
	}
	return cmp.Or(e.onceOf(m).answered(ctx), refused)
}

// onceOf is the same engine, of whose request what was uploaded is a part.
func (e *Engine) onceOf(m *Medium) *Engine {
	if e.once == nil {
		return e
	}
	text, _ := json.Marshal(struct {
		Context media.Context
		Facts   MediaFacts
	}{m.Context, m.MediaFacts}) // of texts and numbers alone, it never fails
	o := *e.once
	o.Request = append(append(slices.Clone(o.Request), '\n'), text...)
	return e.Once(o)
}

// isFull reports whether the attempt that the next medium goes to has all that it may have, without so many.
func (w *work) isFull(without int) bool {
	if a := w.snap.attempt(); a == nil || a.Status == StatusResubmissionRequested {
		return false // the next attempt begins with nothing
	}
	n := 0
	for _, m := range w.snap.Media {
		if m.Attempt == w.snap.AttemptID {
			n++
		}
	}
	return n-without >= w.in.Policy.MaxMedia
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
	if w.in.Policy.UploadStarts && w.snap.Status == StatusCreated {
		w.active()
		if err := w.move(ActionStart, w.e.actor, w.now); err != nil {
			return err
		}
	} else {
		w.intoAttempt()
	}
	m.Attempt = w.snap.AttemptID
	sealed, err := w.snap.key().sealJSON(&w.snap.Session, part{"media", m.ID}, m.MediaFacts)
	if err != nil {
		return err
	}
	m.Sealed = sealed
	w.change.Media = []Media{m.Media}
	w.result = m
	return w.emit(EventUploaded, w.e.actor, w.now)
}

// storeBlob seals the content into a blob, and notes what it is. Nothing is committed before u.About has agreed.
func (e *Engine) storeBlob(ctx context.Context, s *Snapshot, m *Medium, u *Upload) error {
	var blob media.BlobWriter
	var sealed io.WriteCloser
	defer func() {
		if blob != nil {
			_ = blob.Abort()
		}
	}()
	err := e.take(m, u, func() (_ io.Writer, err error) {
		if blob, err = e.cfg.Blobs.Create(ctx, m.Blob); err != nil {
			return nil, err
		}
		key, bound := s.mediaKey(m.ID)
		sealed, err = newSealWriter(blob, key, bound)
		return sealed, err
	})
	if err != nil {
		return err
	}
	if err := sealed.Close(); err != nil {
		return err
	}
	return blob.Commit()
}

// take reads the content to its end into what is opened for it, and notes what it is.
func (e *Engine) take(m *Medium, u *Upload, open func() (io.Writer, error)) error {
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
	if u.Types != nil && !slices.Contains(u.Types, m.Type) {
		return fmt.Errorf("%w that are taken here", media.ErrFormat)
	}
	to, err := open()
	if err != nil {
		return err
	}
	sum := sha256.New()
	limit := e.cfg.MediaLimits.For(m.Type)
	if u.Most > 0 {
		limit = min(limit, u.Most)
	}
	whole := io.MultiReader(bytes.NewReader(head), u.Content)
	m.Size, err = io.Copy(io.MultiWriter(sum, to), io.LimitReader(whole, limit+1))
	if err != nil {
		return err
	}
	if m.Size > limit {
		return media.ErrTooLarge
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return m.named(u)
}

// named asks what a medium shows whose bytes are all there.
func (m *Medium) named(u *Upload) (err error) {
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
	if u.Proof == nil || *u.Proof == (Proof{}) || m.Context != media.AddressFront {
		return nil
	}
	if !u.Proof.Date.Valid() {
		return &FactsError{"proof.date", FaultDate}
	}
	proof := *u.Proof
	m.Proof = &proof
	return faultOf([]field{{"proof.type", u.Proof.Type, maxName}})
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
