package veriff

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/download"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
	"github.com/bonafide-idv/bonafide/session"
)

// image is a medium in a list. Its timestamp is always null: the vendor has given it up.
type image struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Context   string  `json:"context,omitempty"`
	Timestamp *string `json:"timestamp"`
	Size      int64   `json:"size"`
	MIMEType  string  `json:"mimetype"`
	URL       string  `json:"url"`
	SessionID string  `json:"sessionId"`
}

// uploadAnswer is a medium in the answer to its upload, where its context stands first.
type uploadAnswer struct {
	Context string `json:"context"`
	image
}

// image has no context: where it belongs is for the caller to say.
func (x *exchange) image(m *session.Medium) image {
	return image{
		ID: m.ID.String(), Name: string(m.Context), Size: m.Size, MIMEType: string(m.Type),
		URL: mount.URL(x.publicURL, x.r) + "/v1/media/" + m.ID.String(), SessionID: m.Session.String(),
	}
}

// video is a film in a list.
type video struct {
	image
	Duration *float64 `json:"duration,omitempty"` // in seconds, where it is known
}

// mediaList is what an attempt has.
type mediaList struct {
	Status       string  `json:"status"`
	Images       []image `json:"images"`
	Videos       []video `json:"videos"`
	NFCDocuments []image `json:"nfcDocuments"`
}

// mediaOf lists the media of an attempt, in the order of their upload.
func (x *exchange) mediaOf(s *session.Snapshot, attempt uuid.UUID) mediaList {
	list := mediaList{"success", []image{}, []video{}, []image{}}
	for i := range s.Media {
		m := &s.Media[i]
		if m.Attempt != attempt {
			continue
		}
		listed := x.image(m)
		listed.Context = string(m.Context)
		switch {
		case m.Context.IsChip():
			list.NFCDocuments = append(list.NFCDocuments, listed)
		case m.Context.IsVideo():
			list.Videos = append(list.Videos, video{listed, inSeconds(m.Duration)})
		default:
			list.Images = append(list.Images, listed)
		}
	}
	return list
}

func inSeconds(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	seconds := d.Seconds()
	return &seconds
}

// listMedia is https://devdocs.veriff.com/apidocs/v1sessionsidmedia-2: the media of the newest attempt.
func listMedia(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, x.mediaOf(s, s.AttemptID))
}

// listAttemptMedia is https://devdocs.veriff.com/apidocs/v1attemptsidmedia-1: the media of any attempt, whose id
// is what is signed.
func listAttemptMedia(x *exchange) error {
	id, err := x.signedID()
	if err != nil {
		return err
	}
	s, err := x.engine.GetByAttempt(x.r.Context(), id)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, x.mediaOf(s, id))
}

// downloadMedia is https://devdocs.veriff.com/apidocs/v1mediaid-1. The bytes are read twice, once to be signed
// and once to be sent, so that no more than a buffer of them is ever in memory. They come from a stranger: a
// browser shall save them and not show them.
func downloadMedia(x *exchange) error {
	id, err := x.signedID()
	if err != nil {
		return err
	}
	f, err := x.engine.File(x.r.Context(), id)
	if err != nil {
		return err
	}
	mac := x.secret.MAC()
	defer mac.Close()
	signed, digest := io.Writer(mac), sha256.New()
	if x.byLegacy {
		signed = io.MultiWriter(mac, digest)
	}
	if err := download.Copy(x.r.Context(), signed, f); err != nil {
		return err
	}
	h := x.w.Header()
	if x.byLegacy {
		digest.Write([]byte(x.secret.Reveal())) // see auth.Secret.LegacySign
		h.Set(headerLegacy, hex.EncodeToString(digest.Sum(nil)))
	}
	download.Head(h, f)
	x.begin(http.StatusOK, string(f.Type), f.Size, mac.Hex(nil))
	if x.r.Method == http.MethodHead {
		return nil
	}
	return download.Copy(x.r.Context(), x.w, f)
}
