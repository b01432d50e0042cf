package verifa

import (
	"net/http"

	"github.com/bonafide-idv/bonafide/session"
)

// capturedFile is what the upload of a file by the person answers.
type capturedFile struct {
	standing
	DocumentType string `json:"document_type"`
	MIMEType     string `json:"mime_type"`
	Size         int64  `json:"file_size_bytes"`
	CreatedAt    moment `json:"created_at"`
}

// captureFile takes a file of the capture, in a form as that of
// https://docs.withverifa.com/api-reference/documents/upload-session-document, whose path says what it shows.
func captureFile(name string) handler {
	return func(x *exchange) error {
		s, err := x.capturing()
		if err != nil {
			return x.refuseEarly(err)
		}
		return x.receive(x.captures, s.ID, func(f *form) error {
			f.shows = documentContext(name)
			return change(x, nil, func(e *session.Engine) (*session.Medium, error) {
				return f.store(e, s.ID)
			}, func(m *session.Medium) (int, any, error) {
				at := standingOf(s)
				at.Status = statusOf(session.StatusStarted, s.Sandbox) // what takes files from a person is started
				return http.StatusCreated, &capturedFile{at, name, string(m.Type), m.Size, moment(m.CreatedAt)}, nil
			})
		})
	}
}
