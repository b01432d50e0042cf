package veriff

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// uploadMedia is https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3. The vendor does not publish how the data
// of a document's chip are wrapped; here it is nfcDocument, as images are listed as images and uploaded as image,
// and chip data are listed as nfcDocuments.
func uploadMedia(x *exchange) error {
	whole, err := x.takeUpload()
	if err == nil || whole {
		return err
	}
	x.refuseEarly(err)
	return nil
}

// takeUpload does all of an upload, and says whether its body has been read.
func (x *exchange) takeUpload() (whole bool, err error) {
	limit := uploadLimit(x.adapter.engine.MediaLimits())
	signature, err := x.announced(limit)
	if err != nil {
		return x.r.ContentLength == 0, err
	}
	release, err := x.uploads.Take(x.r.Context(), x.credential.Integration, x.uploadWait)
	if err != nil {
		return x.r.ContentLength == 0, err
	}
	defer release()
	u := x.openUpload(signature, limit)
	defer u.body.hash.Close()
	m, err := u.store()
	if err != nil {
		return u.body.isWhole(), err
	}
	return true, x.answer(http.StatusOK, x.uploaded(m))
}

// refuseEarly refuses an upload whose body may go on.
func (x *exchange) refuseEarly(err error) {
	patience := x.patience
	if errors.Is(err, intake.ErrTooSlow) {
		patience = 0
	}
	intake.Linger(x.w, x.r, patience, func() { x.refuse(err) })
}

// announced looks at everything that the head of the request says, and gives the signature.
func (x *exchange) announced(limit int64) (signature string, err error) {
	if err := x.identify(); err != nil {
		return "", err
	}
	signature, err = x.signature()
	if err == nil && x.r.ContentLength > limit {
		err = bodyTooLarge
	}
	return signature, err
}

// uploadLimit is how many bytes the request with the largest medium may have: its base64, an eighth of that for
// the escapes with which some writers of JSON write the slash or the plus, and what stands around it.
func uploadLimit(limits media.Limits) int64 {
	var most int64
	for _, t := range media.Types() {
		if !t.IsVideo() { // no client uploads films
			most = max(most, limits.For(t))
		}
	}
	text := (most + 2) / 3 * 4
	return text + text/8 + maxSkeleton
}

// maxSkeleton is how many bytes the body of an upload may have besides the medium.
const maxSkeleton = 64 << 10

// upload is one upload while it arrives.
type upload struct {
	*exchange
	signature string
	body      incoming
	stream    *stream
	content   *content // nil: the body has none
	ended     bool
	verdict   error // on the body as it was sent, before what it says
}

func (x *exchange) openUpload(signature string, limit int64) *upload {
	body := x.incoming(limit)
	chip := maxSkeleton + int(x.engine.MediaLimits().For(media.JSON))
	return &upload{exchange: x, signature: signature, body: body, stream: newStream(body, maxSkeleton, chip)}
}

// store has the engine take the medium. A wrong signature is said before everything that the engine refuses it
// for, and what is wrong with the body before what is wrong with the medium.
func (u *upload) store() (*session.Medium, error) {
	var sent session.Upload
	if u.stream.seek() {
		u.stream.chip, u.content = maxSkeleton, newContent(u.stream)
		sent = session.Upload{Content: u.content, About: u.about}
	} else if err := u.end(); err != nil {
		return nil, err
	}
	id, err := u.id()
	if err != nil {
		return nil, cmp.Or(u.end(), err)
	}
	if u.content == nil {
		if sent, err = u.chip(); err != nil {
			return nil, u.orRefused(id, session.ActionUpload, err)
		}
	}
	m, err := u.engine.Upload(u.r.Context(), id, sent)
	if err != nil {
		return nil, u.cause(id, err)
	}
	return m, nil
}

// cause is what an upload that the engine has not taken is refused for.
func (u *upload) cause(id uuid.UUID, err error) error {
	if err := u.end(); err != nil {
		return err
	}
	if u.content == nil {
		return err
	}
	if _, fault := u.image(); fault != nil {
		return u.orRefused(id, session.ActionUpload, fault)
	}
	return err
}

// end reads what is left of the body, and matches its signature.
func (u *upload) end() error {
	if u.ended {
		return u.verdict
	}
	u.ended = true
	if u.content != nil {
		u.content.skip()
	}
	u.stream.rest()
	if u.verdict = u.body.Err(); u.body.isWhole() {
		u.verdict = u.accept(u.body.hash.Match(u.signature))
	}
	return u.verdict
}

// about is for the engine, which asks when it has read the content.
func (u *upload) about() (media.Context, error) {
	if err := u.end(); err != nil {
		return "", err
	}
	return u.image()
}

// image reads what the body says of its image. Where the policy is strict, it may say nothing else.
func (u *upload) image() (media.Context, error) {
	shows, err := u.says()
	if err != nil {
		return "", err
	}
	return shows, u.onlyKnown(uploadMembers, u.stream.skeleton)
}

// says reads what there is besides the content. Type and timestamp are not the client's to say.
func (u *upload) says() (media.Context, error) {
	root, err := u.root()
	if err != nil {
		return "", err
	}
	var r reader
	if len(root.Member("nfcDocument")) > 0 { // one thing at a time: nothing is dropped in silence
		r.fail(memberInvalid)
	}
	image := r.object(r.required(root.Member("image"), imageMissing))
	shows := media.Context(r.text(r.required(image.Member("context"), imageContext)))
	r.typed(r.required(image.Member("content"), imageNoData), jsontext.String, memberInvalid)
	switch {
	case r.fault != nil:
		return "", r.fault
	case u.content.fault != nil:
		return "", u.content.fault
	case !shows.IsImage():
		return "", imageContext
	}
	return shows, nil
}

// root is the body without its content.
func (u *upload) root() (jsontext.Value, error) {
	if u.stream.fault != nil {
		return nil, u.stream.fault
	}
	return parseObject(u.stream.skeleton)
}

var chipMembers = members{"nfcDocument": named(media.ChipMembers())}

// chip is what a body without an image's content is taken for, where it has no image at all.
func (u *upload) chip() (session.Upload, error) {
	root, err := u.root()
	if err != nil {
		return session.Upload{}, err
	}
	document := root.Member("nfcDocument")
	if len(document) == 0 || len(root.Member("image")) > 0 {
		u.content = newContent(u.stream) // the one that is missing
		_, err := u.image()
		return session.Upload{}, err
	}
	if document[0] != '{' {
		return session.Upload{}, memberInvalid
	}
	sent := session.Upload{Context: media.Chip, Content: bytes.NewReader(document)}
	return sent, u.onlyKnown(chipMembers, u.stream.skeleton)
}

// uploaded is the answer to an upload.
func (x *exchange) uploaded(m *session.Medium) any {
	told := x.image(m)
	if m.Context.IsChip() {
		told.Context = string(m.Context)
		return struct {
			Status      string `json:"status"`
			NFCDocument image  `json:"nfcDocument"`
		}{"success", told}
	}
	return struct {
		Status string       `json:"status"`
		Image  uploadAnswer `json:"image"`
	}{"success", uploadAnswer{string(m.Context), told}}
}
