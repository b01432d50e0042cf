package verifa

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

var writeDocuments = []string{"documents:write"}

var documentRoutes = []route{
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/documents", handle: uploadDocument, scopes: writeDocuments,
		does:    "uploads a document, a selfie or a proof of address; a newer one takes the place of an older one",
		page:    "api-reference/documents/upload-session-document",
		differs: "with an `Idempotency-Key` it is done once, as every write"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/documents", handle: listDocuments, scopes: readResults,
		does: "lists what was uploaded, the newest of each type, with links that are valid for a while",
		page: "api-reference/documents/list-session-documents",
		differs: "410 after the sensitive window and a redaction, where a guide has an empty list; " +
			"of several attempts only the newest that has any"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/documents/{type}", handle: downloadDocument,
		does:    "downloads a document by its signed link",
		page:    "api-reference/documents/download-session-document",
		differs: "needs no key; whatever is wrong with the link is 403; a newer document of the type ends it"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/submit", handle: submitSession, scopes: writeSessions,
		does:    "says that everything is uploaded",
		page:    "api-reference/sessions/submit-session",
		differs: "the back of a national identity card is required too, as for the capture"},
}

// documentTypes are what is uploaded, in this language's names and in the order of lists.
var documentTypes = []struct {
	name  string
	shows media.Context
}{
	{"id_front", media.DocumentFront},
	{"id_back", media.DocumentBack},
	{"selfie", media.Face},
	{"proof_of_address", media.AddressFront},
}

// documentType is the name of what a medium shows; empty: this language has none.
func documentType(c media.Context) string {
	for _, t := range documentTypes {
		if t.shows == c {
			return t.name
		}
	}
	return ""
}

// documentContext is what is shown by a name; empty: there is no such name.
func documentContext(name string) media.Context {
	for _, t := range documentTypes {
		if t.name == name {
			return t.shows
		}
	}
	return ""
}

// documentNames are the names of what media show.
func documentNames(shown []media.Context) []string {
	names := []string{}
	for _, c := range shown {
		names = append(names, cmp.Or(documentType(c), string(c)))
	}
	return names
}

// document is a medium that counts: the newest of its type.
type document struct {
	*session.Medium
	name string
}

// documentsOf are those of a session, in the order of the types, whichever attempt they are of.
func documentsOf(s *session.Snapshot) []document { return documentsAmong(s.Media) }

// documentsAmong are those of some media, in the order of the types.
func documentsAmong(media []session.Medium) (list []document) {
	for _, t := range documentTypes {
		for i := range slices.Backward(media) {
			if media[i].Context == t.shows {
				list = append(list, document{&media[i], t.name})
				break
			}
		}
	}
	return list
}

// newestDocuments are those of the newest attempt that has any. What was judged is shown until a new one has come, and
// never between those of the next attempt.
func newestDocuments(s *session.Snapshot) []document {
	for _, a := range slices.Backward(s.Attempts) {
		of := slices.DeleteFunc(slices.Clone(s.Media), func(m session.Medium) bool { return m.Attempt != a.ID })
		if list := documentsAmong(of); len(list) > 0 {
			return list
		}
	}
	return nil
}

// allDocuments is everything that was uploaded to a session, in the order of upload, also what does not count any more.
func allDocuments(s *session.Snapshot) (list []document) {
	for i := range s.Media {
		shows := s.Media[i].Context
		list = append(list, document{&s.Media[i], cmp.Or(documentType(shows), string(shows))})
	}
	return list
}

// uploaded is what the upload of a document answers
// (https://docs.withverifa.com/api-reference/documents/upload-session-document).
type uploaded struct {
	ID           string `json:"id"`
	SessionID    string `json:"session_id"`
	DocumentType string `json:"document_type"`
	MIMEType     string `json:"mime_type"`
	Size         int64  `json:"file_size_bytes"`
	CreatedAt    moment `json:"created_at"`
}

// uploadDocument: https://docs.withverifa.com/api-reference/documents/upload-session-document
func uploadDocument(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return x.refuseEarly(err)
	}
	return x.receive(x.uploads, x.key.Integration, func(f *form) error {
		return change(x, nil, func(e *session.Engine) (*session.Medium, error) {
			return f.store(e, id)
		}, func(m *session.Medium) (int, any, error) {
			return http.StatusCreated, &uploaded{
				ID: idText(prefixDocument, m.ID), SessionID: idText(prefixSession, m.Session), DocumentType: documentType(m.Context),
				MIMEType: string(m.Type), Size: m.Size, CreatedAt: moment(m.CreatedAt),
			}, nil
		})
	})
}

// shownDocument is a document in a list (https://docs.withverifa.com/api-details/data-access).
type shownDocument struct {
	DocType   string `json:"doc_type"`
	MIMEType  string `json:"mime_type"`
	URL       string `json:"url"`
	ExpiresIn int    `json:"expires_in"`
}

// listDocuments: https://docs.withverifa.com/api-reference/documents/list-session-documents
func listDocuments(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	switch {
	case !s.RedactedAt.IsZero():
		return session.ErrErased
	case s.Hidden:
		return errHidden
	}
	list := []shownDocument{}
	for _, d := range newestDocuments(s) {
		link := x.documentURL(s, d, forReaders, x.LinkLife)
		list = append(list, shownDocument{d.name, string(d.Type), link, int(x.LinkLife / time.Second)})
	}
	return x.answer(http.StatusOK, struct {
		Data []shownDocument `json:"data"`
	}{list})
}

// exportedDocument is a document in an export.
type exportedDocument struct {
	ID          string `json:"id"`
	DocType     string `json:"doc_type"`
	MIMEType    string `json:"mime_type"`
	Size        int64  `json:"file_size_bytes"`
	CreatedAt   moment `json:"created_at"`
	DownloadURL string `json:"download_url"`
}

// exportedDocuments are all documents of a session, with links that are valid for [exportLife].
func (x *exchange) exportedDocuments(s *session.Snapshot) []exportedDocument {
	list := []exportedDocument{}
	for _, d := range allDocuments(s) {
		list = append(list, exportedDocument{
			ID: idText(prefixDocument, d.ID), DocType: d.name, MIMEType: string(d.Type), Size: d.Size, CreatedAt: moment(d.CreatedAt),
			DownloadURL: x.documentURL(s, d, forExport, exportLife),
		})
	}
	return list
}

// errHidden is what whoever asks for documents after the sensitive window is answered.
var errHidden = gone("The sensitive data of this session are no longer available.")

// documentURL is a link to a document that is valid for a while.
func (x *exchange) documentURL(s *session.Snapshot, d document, purpose linkPurpose, life time.Duration) string {
	l := signedLink{
		integration: s.Integration, session: s.ID, document: d.name, purpose: purpose,
		expires: time.Unix(ceilUnix(x.engine.Now().Add(life)), 0),
	}
	return mount.URL(x.PublicURL, x.r) + "/api/v1/sessions/" + idText(prefixSession, s.ID) + "/documents/" + d.name + "?" +
		l.query(s, d.ID)
}

// submitSession: https://docs.withverifa.com/api-reference/sessions/submit-session
func submitSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	return change(x, nil, func(e *session.Engine) (*session.Snapshot, error) {
		return e.Submit(x.r.Context(), id)
	}, func(s *session.Snapshot) (int, any, error) { return http.StatusOK, submittedOf(s), nil })
}

// submitted is what a submission answers.
type submitted struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	IsSandbox bool   `json:"is_sandbox"`
	Message   string `json:"message"`
}

func submittedOf(s *session.Snapshot) *submitted {
	message := "The session is being verified."
	if s.Sandbox {
		message = "The session waits for its outcome to be chosen."
	}
	return &submitted{idText(prefixSession, s.ID), statusOf(s.Status, s.Sandbox), s.Sandbox, message}
}
