package veriff

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pagePolicy lets the page have its own style and its own form, and nothing else.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}()

// page is what the person is told.
type page struct {
	status int // of HTTP
	Title  string
	Text   string
	Button string // what the button that starts says; empty: there is none
}

var (
	pageUnknown = page{http.StatusNotFound, "This link does not work",
		"It may have been copied incompletely, or the verification it belonged to no longer exists. " +
			"Please ask for a new link where you got this one.", ""}
	pageBroken = page{http.StatusInternalServerError, "Something went wrong", "Please try again in a little while.", ""}

	pageSubmitted = page{http.StatusOK, "Your verification has been submitted",
		"There is nothing more for you to do here. You will hear from those who asked you to verify your identity.", ""}
	pageDecided = page{http.StatusOK, "Your verification is complete",
		"You will hear from those who asked you to verify your identity.", ""}
	pageEnded = page{http.StatusGone, "This link has expired",
		"The time for this verification is over. Please ask for a new link where you got this one.", ""}
)

var pages = map[session.Status]page{
	session.StatusCreated: {http.StatusOK, "Verify your identity",
		"You have been asked to verify your identity. Have your identity document at hand before you begin.", "Begin"},
	session.StatusResubmissionRequested: {http.StatusOK, "Please try again",
		"What you sent was not enough to verify your identity. You can send it again.", "Try again"},
	session.StatusStarted: {http.StatusOK, "Your verification has begun",
		"It is open now, and waits for your photographs.", ""},
	session.StatusSubmitted:        pageSubmitted,
	session.StatusAwaitingExternal: pageSubmitted,
	session.StatusReview:           pageSubmitted,
	session.StatusFailed:           pageSubmitted,
	session.StatusApproved:         pageDecided,
	session.StatusDeclined:         pageDecided,
	session.StatusExpired:          pageEnded,
	session.StatusAbandoned:        pageEnded,
}

// showPage says where the session stands. It changes nothing: links are opened by mail filters and previews
// too.
func showPage(x *exchange) error {
	_, s, err := x.byLink()
	if err != nil {
		return x.show(x.pageOf(err))
	}
	return x.show(pages[s.Status])
}

// startByPage starts the session, and sends the browser back to the page.
func startByPage(x *exchange) error {
	engine, s, err := x.byLink()
	if err == nil {
		s, err = engine.Start(x.r.Context(), s.ID)
	}
	if err != nil {
		return x.show(x.pageOf(err))
	}
	// The token alone, relative to this address: the same page under whatever prefix.
	x.w.Header().Set("Location", x.r.PathValue("token"))
	p := pages[s.Status]
	p.status = http.StatusSeeOther
	return x.show(p)
}

// pageOf is what the person is told of an error.
func (x *exchange) pageOf(err error) page {
	var transition *session.TransitionError
	switch {
	case errors.As(err, &transition):
		p := pages[transition.Status]
		if p.status == http.StatusOK {
			p.status = http.StatusConflict
		}
		return p
	case errors.Is(err, auth.ErrToken), refusalOf(err) == resourceUnknown:
		return pageUnknown
	}
	x.log.ErrorContext(x.r.Context(), "a page failed", "method", x.r.Method, "error", err)
	return pageBroken
}

func (x *exchange) show(p page) error {
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, struct {
		page
		Style template.CSS
	}{p, template.CSS(pageStyle)}); err != nil {
		return err
	}
	h := x.w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	x.begin(p.status, "text/html; charset=utf-8", int64(b.Len()), nil)
	_, _ = x.w.Write(b.Bytes()) // a person who has gone is nobody to tell
	return nil
}
