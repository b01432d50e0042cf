package verifa

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"rsc.io/qr"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
	"github.com/bonafide-idv/bonafide/session"
)

var linkRoutes = []route{
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/generate-one-time-link", handle: makeLink, scopes: writeSessions,
		does: "makes a link that is good for one visit; older ones are dead",
		page: "api-reference/sessions/generate-one-time-link"},
	{method: http.MethodGet, path: "/api/v1/sessions/{id}/links", handle: listLinks, scopes: readSessions,
		does:    "lists its one-time links, newest first",
		page:    "api-reference/sessions/list-session-links",
		differs: "the path is our own; only the link that is alive has its `capture_url`"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/resume", handle: resumeSession, scopes: writeSessions,
		does: "gives it new time and a new link",
		page: "api-reference/sessions/resume-session"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/resend-invite", handle: resendInvite, scopes: writeSessions,
		does:    "has the person invited again, at most five times",
		page:    "api-reference/sessions/resend-invite",
		differs: "the path is our own; the mail is sent by the host, on the event"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/expire", handle: expireSession, scopes: writeSessions,
		does: "ends it before its time",
		page: "api-reference/sessions/expire-session"},
}

// captureURL is where the person goes; nil while there is nothing to be done there.
func (x *exchange) captureURL(s *session.Snapshot) *string {
	l := s.Link()
	if l == nil || s.LinkState(*l, x.engine.Now()) != session.LinkActive {
		return nil
	}
	return new(mount.URL(x.PublicURL, x.r) + "/verify/" + prefixToken + s.LinkToken())
}

// qrCode is the picture of an address, as a data URL of a PNG; nil of none.
func qrCode(address *string) (*string, error) {
	if address == nil {
		return nil, nil
	}
	code, err := qr.Encode(*address, qr.L)
	if err != nil {
		return nil, err
	}
	return new("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())), nil
}

// oneTimeLink is a link that is good for one visit
// (https://docs.withverifa.com/api-reference/sessions/generate-one-time-link).
type oneTimeLink struct {
	ID         string  `json:"id"`
	SessionID  string  `json:"session_id"`
	CaptureURL *string `json:"capture_url"`
	Status     string  `json:"status"`
	ExpiresAt  moment  `json:"expires_at"`
	CreatedAt  moment  `json:"created_at"`
	QRCode     *string `json:"qr_code_data_url"`
}

// linkWords are this language's words for the states of a link. One whose session was submitted without it is good for
// nothing more, as one whose time is over.
var linkWords = map[session.LinkState]string{
	session.LinkActive: "active", session.LinkConsumed: "consumed", session.LinkExpired: "expired",
	session.LinkRevoked: "revoked", session.LinkDone: "expired",
}

func (x *exchange) linkOf(s *session.Snapshot, l session.Link) (*oneTimeLink, error) {
	state := s.LinkState(l, x.engine.Now())
	v := &oneTimeLink{
		ID: idText(prefixLink, linkID(s.ID, l.N)), SessionID: idText(prefixSession, s.ID), Status: linkWords[state],
		ExpiresAt: moment(l.ExpiresAt), CreatedAt: moment(l.CreatedAt),
	}
	if state == session.LinkActive {
		v.CaptureURL = x.captureURL(s)
	}
	var err error
	v.QRCode, err = qrCode(v.CaptureURL)
	return v, err
}

// linkID names a link of a session. It tells nothing of the link's text.
func linkID(s uuid.UUID, n int) uuid.UUID {
	return uuid.NewSHA1(s, strconv.AppendInt(nil, int64(n), 10))
}

// maxLinkMinutes is for how long a one-time link may be good.
const maxLinkMinutes = 30 * 24 * 60

// makeLink: https://docs.withverifa.com/api-reference/sessions/generate-one-time-link
func makeLink(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	minutes := o.integer("expires_in_minutes")
	if minutes != nil && (*minutes < 1 || *minutes > maxLinkMinutes) {
		o.fault("expires_in_minutes", "must be from 1 to "+strconv.Itoa(maxLinkMinutes))
	}
	o.refuseOthers("expires_in_minutes")
	if err := o.err(); err != nil {
		return err
	}
	var life time.Duration
	if minutes != nil {
		life = time.Duration(*minutes) * time.Minute
	}
	return onLink(x, []byte(life.String()), func(e *session.Engine) (*session.Snapshot, error) {
		return e.NewLink(x.r.Context(), id, life)
	}, func(s *session.Snapshot) (int, any, error) {
		v, err := x.linkOf(s, *s.Link())
		return http.StatusCreated, v, err
	})
}

// onLink is change for what is about the way to the capture: whatever stands against it is 400.
func onLink(x *exchange, request []byte, verb func(*session.Engine) (*session.Snapshot, error),
	encode func(*session.Snapshot) (int, any, error)) error {
	err := change(x, request, verb, encode)
	if errors.Is(err, session.ErrErased) {
		return invalidRequest("Not possible once the session is redacted.")
	}
	return err
}

// listLinks: https://docs.withverifa.com/api-reference/sessions/list-session-links
func listLinks(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	s, err := x.engine.Get(x.r.Context(), id)
	if err != nil {
		return err
	}
	list := []*oneTimeLink{}
	for _, l := range slices.Backward(s.Facts.Links) {
		if !l.Once {
			continue
		}
		v, err := x.linkOf(s, l)
		if err != nil {
			return err
		}
		list = append(list, v)
	}
	return x.answer(http.StatusOK, struct {
		Data []*oneTimeLink `json:"data"`
	}{list})
}

// resumed is what a resumption answers (https://docs.withverifa.com/api-reference/sessions/resume-session).
type resumed struct {
	ID         string  `json:"id"`
	Status     string  `json:"status"`
	CaptureURL *string `json:"capture_url"`
	ExpiresAt  moment  `json:"expires_at"`
	QRCode     *string `json:"qr_code_data_url"`
}

// resumeSession: https://docs.withverifa.com/api-reference/sessions/resume-session
func resumeSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	return onLink(x, nil, func(e *session.Engine) (*session.Snapshot, error) {
		return e.Resume(x.r.Context(), id)
	}, func(s *session.Snapshot) (int, any, error) {
		capture := x.captureURL(s)
		code, err := qrCode(capture)
		return http.StatusOK, &resumed{
			ID: idText(prefixSession, s.ID), Status: statusOf(s.Status, s.Sandbox), CaptureURL: capture,
			ExpiresAt: moment(s.ExpiresAt), QRCode: code,
		}, err
	})
}

// resendInvite: https://docs.withverifa.com/api-reference/sessions/resend-invite
func resendInvite(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	err = onLink(x, nil, func(e *session.Engine) (*session.Snapshot, error) {
		return e.Invite(x.r.Context(), id)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, struct {
			ID     string `json:"id"`
			Status string `json:"status"`
			Sent   int    `json:"invites_sent"`
		}{idText(prefixSession, s.ID), statusOf(s.Status, s.Sandbox), s.Facts.Invite.Sent}, nil
	})
	switch {
	case errors.Is(err, session.ErrOff):
		return invalidRequest("The session was not created with send_email.")
	case errors.Is(err, session.ErrEnough):
		return invalidRequest("The invitation was resent as often as it may be.")
	}
	return err
}

// expireSession: https://docs.withverifa.com/api-reference/sessions/expire-session
func expireSession(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	return onLink(x, nil, func(e *session.Engine) (*session.Snapshot, error) {
		return e.Expire(x.r.Context(), id)
	}, func(s *session.Snapshot) (int, any, error) {
		return http.StatusOK, struct {
			ID        string `json:"id"`
			Status    string `json:"status"`
			ExpiredAt moment `json:"expired_at"`
		}{idText(prefixSession, s.ID), statusOf(s.Status, s.Sandbox), moment(s.EndedAt)}, nil
	})
}
