package veriff

import (
	"fmt"
	"io"
	"net/http"

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
		URL: x.host() + "/v1/media/" + m.ID.String(), SessionID: m.Session.String(),
	}
}

// listMedia is https://devdocs.veriff.com/apidocs/v1sessionsidmedia-2: the media of the newest attempt, in the
// order of their upload.
func listMedia(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	images := []image{}
	for i := range s.Media {
		if m := &s.Media[i]; m.Attempt == s.AttemptID {
			listed := x.image(m)
			listed.Context = string(m.Context)
			images = append(images, listed)
		}
	}
	return x.answer(http.StatusOK, struct {
		Status string     `json:"status"`
		Images []image    `json:"images"`
		Videos []struct{} `json:"videos"` // none are taken
	}{"success", images, []struct{}{}})
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
	if err := x.copyFile(mac, f); err != nil {
		return err
	}
	h := x.w.Header()
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.ID.String()+f.Type.Extension()))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	x.begin(http.StatusOK, string(f.Type), f.Size, mac.Hex(nil))
	if x.r.Method == http.MethodHead {
		return nil
	}
	return x.copyFile(x.w, f)
}

// copyFile copies all of a file, and fails when it is not all.
func (x *exchange) copyFile(to io.Writer, f *session.File) error {
	from, err := f.Open(x.r.Context())
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	n, err := io.Copy(to, from)
	if err == nil && n != f.Size {
		err = fmt.Errorf("veriff: medium %s has %d bytes instead of %d", f.ID, n, f.Size)
	}
	return err
}
