package verifa

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

const (
	// maxFile is how many bytes a document may have: 10 MB
	// (https://docs.withverifa.com/api-reference/documents/upload-session-document).
	maxFile = 10 << 20
	// maxBeside is how many bytes a form may have beside its file.
	maxBeside = 64 << 10
	// maxField is how many bytes any other field of it may have.
	maxField = 1 << 10
)

// documentFormats are the formats of documents, as the vendor has them.
var documentFormats = []media.Type{media.JPEG, media.PNG, media.WebP, media.PDF}

// form is the body of an upload while it arrives: one file, and fields before and after it. Of the file no more than a
// buffer is ever in memory.
type form struct {
	x      *exchange
	body   *intake.Body
	beside *besideFile
	parts  *multipart.Reader
	fields *object
	shows  media.Context // what the file shows, where the path says so; empty: the field document_type says it
	proof  session.Proof
	filed  bool  // there was a file
	ended  bool  // there is no further part
	fault  error // of the form itself
}

// receive takes a form in, and refuses it early where that is to be: its sender may still be sending then. Of the places
// there are, owner has so many at once.
func (x *exchange) receive(places *intake.Places, owner uuid.UUID, take func(*form) error) error {
	f, err := x.openForm()
	if err != nil {
		return x.refuseEarly(err)
	}
	release, err := places.Take(x.r.Context(), owner, x.UploadWait)
	if err != nil {
		return x.refuseEarly(err)
	}
	defer release()
	if err = take(f); err == nil || f.body.Err() == io.EOF {
		return err
	}
	return x.refuseEarly(err)
}

// refuseEarly refuses an upload whose body may go on.
func (x *exchange) refuseEarly(err error) error {
	patience := x.UploadPatience
	if errors.Is(err, intake.ErrTooSlow) {
		patience = 0
	}
	if x.r.ContentLength == 0 || x.sent {
		return err
	}
	intake.Linger(x.w, x.r, patience, func() { x.refuse(err) })
	return nil
}

// openForm looks at what the head of the request says.
func (x *exchange) openForm() (*form, error) {
	kind, parameters, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, invalidRequest("Content-Type must be multipart/form-data, with its boundary.")
	}
	if x.r.ContentLength > maxFile+maxBeside {
		return nil, media.ErrTooLarge
	}
	body := intake.NewBody(x.w, x.r, maxFile+maxBeside, x.UploadPatience)
	beside := &besideFile{from: body, left: maxBeside}
	return &form{
		x: x, body: body, beside: beside, parts: multipart.NewReader(beside, parameters["boundary"]),
		fields: newObject("", nil, nil, new([]fieldFault)),
	}, nil
}

// store has the engine take the file into a session.
func (f *form) store(e *session.Engine, id uuid.UUID) (*session.Medium, error) {
	content, err := f.file()
	if err != nil {
		return nil, err
	}
	m, err := e.Upload(f.x.r.Context(), id, session.Upload{
		Content: content, About: f.about, Types: documentFormats, Most: maxFile, Replace: true, Proof: &f.proof,
	})
	if err != nil && f.fault != nil {
		return nil, f.fault
	}
	return m, err
}

// file reads the fields before the file, and gives the file.
func (f *form) file() (io.Reader, error) {
	for {
		part, err := f.next()
		if err != nil {
			return nil, err
		}
		if part == nil {
			break
		}
		if fold(part.FormName()) == "file" {
			f.filed, f.beside.inside = true, true
			return &filePart{f, part}, nil
		}
		if err := f.field(part); err != nil {
			return nil, err
		}
	}
	_, err := f.about()
	return nil, err
}

// next is the next part; nil: there is none, and the body has come to its end.
func (f *form) next() (*multipart.Part, error) {
	if f.ended {
		return nil, nil
	}
	part, err := f.parts.NextRawPart()
	if err == io.EOF { // and not an error that wraps it
		f.ended = true
		_, err = io.Copy(io.Discard, f.beside) // what follows says nothing, but belongs to the body
	}
	if err != nil || f.beside.left < 0 {
		return nil, f.broken()
	}
	return part, nil
}

// broken is why the form cannot be read on.
func (f *form) broken() error {
	err := f.body.Err()
	switch {
	case errors.Is(err, intake.ErrTooLarge):
		f.fault = media.ErrTooLarge
	case err != nil && err != io.EOF:
		f.fault = err
	case f.beside.left < 0:
		f.fault = &refusal{
			status: http.StatusRequestEntityTooLarge, code: "invalid_request",
			detail: "The form is too large: beside its file it may have 64 KiB.",
		}
	default:
		f.fault = invalidRequest("The body is not valid multipart/form-data.")
	}
	return f.fault
}

// field keeps what a field says.
func (f *form) field(part *multipart.Part) error {
	name := part.FormName()
	if part.FileName() != "" && !slices.Contains(formNames, fold(name)) {
		return f.strange(name)
	}
	text, err := io.ReadAll(io.LimitReader(part, maxField+1))
	switch {
	case err != nil:
		return f.broken()
	case fold(name) == "file":
		f.fields.fault(shorten(name), "is given twice")
	case len(text) > maxField:
		f.fields.fault(shorten(name), "is too long")
	case !utf8.Valid(text) || !utf8.ValidString(name):
		f.fields.fault("fields", "must be UTF-8")
	default:
		f.fields.put(name, string(text))
	}
	return nil
}

// formNames are the fields that are known, as they are looked up.
var formNames = []string{"file", "documenttype", "poadocumenttype", "poadocumentdate"}

// strange refuses a file under a name that is not known, which nobody waits for to be read.
func (f *form) strange(name string) error {
	f.fields.fault(shorten(strings.ToValidUTF8(name, "\ufffd")), "is not a part here: the one with the file is named file")
	if !f.filed {
		f.fields.fault("file", "is missing")
	}
	return f.fields.err()
}

// put adds a member that is a text.
func (o *object) put(name, text string) {
	if first, twice := o.members[fold(name)]; twice {
		o.fault(shorten(name), "means the same as "+shorten(first.name)+": give one of them")
		return
	}
	value, _ := jsontext.Stringify(text) // texts can always be written
	o.members[fold(name)] = member{name: name, value: value}
}

// about says what the file shows, once it has come: the fields may stand behind it.
func (f *form) about() (media.Context, error) {
	for {
		part, err := f.next()
		if err != nil {
			return "", err
		}
		if part == nil {
			break
		}
		if err := f.field(part); err != nil {
			return "", err
		}
	}
	if !f.filed {
		f.fields.fault("file", "is missing")
	}
	shows := f.shows
	if shows == "" {
		if shows = documentContext(f.fields.text("document_type")); shows == "" {
			f.fields.fault("document_type", documentMessage)
		}
	}
	f.readProof(shows)
	return shows, f.fields.err()
}

// readProof reads what is said of a proof of address.
func (f *form) readProof(shows media.Context) {
	if shows != media.AddressFront {
		return
	}
	f.proof.Type = f.fields.text("poa_document_type")
	if f.proof.Type == "" {
		f.fields.fault("poa_document_type", "is missing")
	}
	if text := f.fields.text("poa_document_date"); text != "" {
		var err error
		if f.proof.Date, err = decision.ParseDate(text); err != nil {
			f.fields.fault("poa_document_date", "must be a day of the calendar, as 2026-01-31")
		}
	}
}

// filePart is the file of a form.
type filePart struct {
	form *form
	part *multipart.Part
}

// Read implements [io.Reader]. Behind the file, what comes counts again as what stands beside it.
func (p *filePart) Read(into []byte) (int, error) {
	n, err := p.part.Read(into)
	if err == nil {
		return n, nil
	}
	p.form.beside.inside = false
	if err != io.EOF {
		err = p.form.broken()
	}
	return n, err
}

// besideFile is a form's body, in which all that is no file is bounded.
type besideFile struct {
	from   io.Reader
	left   int  // how many bytes may still come beside the file
	inside bool // the file is being read
}

// Read implements [io.Reader].
func (b *besideFile) Read(into []byte) (int, error) {
	if b.left < 0 {
		return 0, intake.ErrTooLarge
	}
	n, err := b.from.Read(into)
	if !b.inside {
		b.left -= n
	}
	return n, err
}
