package veriff

import (
	"net/http"
	"slices"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/mount"
	"github.com/bonafide-idv/bonafide/session"
)

// envelope is what every successful answer about a session is wrapped in.
type envelope[T any] struct {
	Status       string `json:"status"`
	Verification T      `json:"verification"`
}

func success[T any](verification T) envelope[T] { return envelope[T]{"success", verification} }

// verification is a session in the answers to its creation and submission.
type verification struct {
	ID           string  `json:"id"`
	URL          string  `json:"url"`
	VendorData   *string `json:"vendorData"`
	EndUserID    *string `json:"endUserId"`
	Host         string  `json:"host"`
	Status       string  `json:"status"`
	SessionToken string  `json:"sessionToken"`
}

func (x *exchange) verification(s *session.Snapshot) verification {
	host, token := mount.URL(x.publicURL, x.r), sessionToken(s)
	return verification{
		ID: s.ID.String(), URL: host + "/v/" + token, VendorData: s.Facts.ExternalRef, EndUserID: s.Facts.EndUserID,
		Host: host, Status: words[s.Status].word, SessionToken: token,
	}
}

// readSession has no page of the vendor's: it is updateSession's answer, with the present status.
func readSession(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, success(x.verification(s)))
}

// updateSession is https://devdocs.veriff.com/apidocs/v1sessionsid-2.
func updateSession(x *exchange) error {
	body, err := x.signedBody()
	if err != nil {
		return err
	}
	id, err := x.id()
	if err != nil {
		return err
	}
	if err = readUpdate(body); err == nil {
		err = x.onlyKnown(updateMembers, body)
	}
	if err != nil {
		return x.orRefused(id, session.ActionSubmit, err)
	}
	s, err := x.engine.Submit(x.r.Context(), id)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, success(x.verification(s)))
}

// readUpdate takes the one update there is.
func readUpdate(body []byte) error {
	root, err := parseObject(body)
	if err != nil {
		return err
	}
	var r reader
	v := r.object(r.required(root.Member("verification"), memberMissing))
	if status := r.text(r.required(v.Member("status"), memberMissing)); status != "submitted" {
		r.fail(statusUnsupported)
	}
	return r.fault
}

// deleteSession is https://devdocs.veriff.com/apidocs/v1sessionsid-3.
func deleteSession(x *exchange) error {
	id, err := x.signedID()
	if err != nil {
		return err
	}
	if _, err := x.engine.Delete(x.r.Context(), id); err != nil {
		return err
	}
	return x.answer(http.StatusOK, success(struct {
		ID string `json:"id"`
	}{id.String()}))
}

type attempt struct {
	ID           string       `json:"id"`
	Status       string       `json:"status"`
	UserStatuses []userStatus `json:"userDefinedData,omitempty"`
	CreatedTime  *string      `json:"createdTime"`
}

// listAttempts is https://devdocs.veriff.com/apidocs/v1sessionsidattempts-1, newest first.
func listAttempts(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	list := make([]attempt, 0, len(s.Attempts))
	for _, a := range slices.Backward(s.Attempts) {
		listed := attempt{ID: a.ID.String(), Status: words[a.Status].word, CreatedTime: instant(a.CreatedAt, milliseconds)}
		for _, f := range s.UserStatuses(a.ID) {
			listed.UserStatuses = append(listed.UserStatuses, userStatusOf(f, milliseconds))
		}
		list = append(list, listed)
	}
	return x.answer(http.StatusOK, struct {
		Status        string    `json:"status"`
		Verifications []attempt `json:"verifications"`
	}{"success", list})
}
