package verifa

import (
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/download"
	"github.com/bonafide-idv/bonafide/session"
)

// linkPurpose is what a link to a document is for.
type linkPurpose string

// The purposes of links. What an export links may be an older document too, and is shown for as long as it is there.
const (
	forReaders linkPurpose = "document"
	forExport  linkPurpose = "export"
)

// signedLink is a link to a document. Its signature is the integration, which is no secret, and a keyed hash under a
// key that only the session has, so that links die with the session's key.
type signedLink struct {
	integration uuid.UUID
	session     uuid.UUID
	document    string // its type
	purpose     linkPurpose
	expires     time.Time // in whole seconds
	proof       string
}

// signer signs the links of a session; nil when its key is gone.
func signer(s *session.Snapshot) *auth.LinkSigner {
	key := s.Derive("document links")
	if key == (session.Key{}) {
		return nil
	}
	return auth.NewLinkSigner(key)
}

// parts are what is signed beside the purpose and the end.
func (l signedLink) parts(medium uuid.UUID) []string {
	return []string{l.session.String(), l.document, medium.String()}
}

// query is the link's query, for a medium of the session.
func (l signedLink) query(s *session.Snapshot, medium uuid.UUID) string {
	proof := signer(s).Sign(string(l.purpose), l.parts(medium), l.expires)
	return "expires=" + strconv.FormatInt(l.expires.Unix(), 10) + "&sig=" + hex.EncodeToString(l.integration[:]) + proof
}

// signedLink reads the link that the request came by; false: it is none.
func (x *exchange) signedLink() (l signedLink, ok bool) {
	l.document = x.r.PathValue("type")
	if l.session, ok = parseID(prefixSession, x.r.PathValue("id")); !ok {
		return l, false
	}
	q := x.r.URL.Query()
	if len(q["expires"]) != 1 || len(q["sig"]) != 1 {
		return l, false
	}
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	if err != nil || expires < 0 || strconv.FormatInt(expires, 10) != q.Get("expires") {
		return l, false
	}
	sig := q.Get("sig")
	if len(sig) != 96 {
		return l, false
	}
	_, err = hex.Decode(l.integration[:], []byte(sig[:32]))
	l.expires, l.proof = time.Unix(expires, 0), sig[32:]
	return l, err == nil && hex.EncodeToString(l.integration[:]) == sig[:32] // a link has one text
}

// downloadDocument: https://docs.withverifa.com/api-reference/documents/download-session-document
func downloadDocument(x *exchange) error {
	f, err := x.linkedFile()
	if err != nil {
		return err
	}
	download.Head(x.w.Header(), f)
	x.sent = true
	x.w.WriteHeader(http.StatusOK)
	if x.r.Method == http.MethodHead {
		return nil
	}
	return download.Copy(x.r.Context(), x.w, f)
}

// linkedFile is the document that a link opens. Of a session that is not there, or of somebody else's, the answer is
// that to any wrong signature.
func (x *exchange) linkedFile() (*session.File, error) {
	l, ok := x.signedLink()
	if !ok {
		return nil, auth.ErrLink
	}
	ctx, engine := x.r.Context(), x.engine.For(l.integration)
	s, err := engine.Get(ctx, l.session)
	if err != nil {
		return nil, orNoLink(err)
	}
	m, export, err := l.medium(s, x.engine.Now())
	if err != nil {
		return nil, err
	}
	if export {
		engine = engine.Exporting()
	}
	f, err := engine.Via(session.About{
		Actor: "signed_link", IP: x.address().String(), Method: x.r.Method, Path: x.path, What: l.document,
	}).File(ctx, m)
	if errors.Is(err, session.ErrHidden) {
		return nil, errHidden
	}
	return f, orNoLink(err)
}

// orNoLink makes of what is not there, or not any more, a link that is not good.
func orNoLink(err error) error {
	if errors.Is(err, session.ErrNotFound) || errors.Is(err, session.ErrErased) {
		return auth.ErrLink
	}
	return err
}

// medium is what the link opens now, and whether it came with an export.
func (l signedLink) medium(s *session.Snapshot, now time.Time) (id uuid.UUID, export bool, err error) {
	by := signer(s)
	if by == nil || s.Integration != l.integration {
		return id, false, auth.ErrLink
	}
	for _, opens := range []struct {
		purpose linkPurpose
		list    []document
	}{{forReaders, documentsOf(s)}, {forExport, allDocuments(s)}} {
		for _, d := range opens.list {
			if d.name != l.document {
				continue
			}
			err = by.Verify(l.proof, string(opens.purpose), l.parts(d.ID), l.expires, now)
			if !errors.Is(err, auth.ErrLink) {
				return d.ID, opens.purpose == forExport, err
			}
		}
	}
	return id, false, auth.ErrLink
}
