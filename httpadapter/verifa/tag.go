package verifa

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

var tagRoutes = []route{
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/tags", handle: addTag, scopes: writeSessions,
		does:    "gives it one more tag, up to 50",
		page:    "api-reference/sessions/add-session-tag",
		differs: "the path is our own"},
	{method: http.MethodPut, path: "/api/v1/sessions/{id}/tags", handle: setTags, scopes: writeSessions,
		does:    "replaces its tags; of more than 50 the first are taken",
		page:    "api-reference/sessions/set-session-tags",
		differs: "the path is our own"},
	{method: http.MethodPost, path: "/api/v1/sessions/{id}/tags/remove", handle: removeTag, scopes: writeSessions,
		does:    "takes one away",
		page:    "api-reference/sessions/remove-session-tag",
		differs: "the path is our own"},
}

// tagged is what a change of tags answers (https://docs.withverifa.com/api-reference/sessions/add-session-tag).
type tagged struct {
	ID   string   `json:"id"`
	Tags []string `json:"tags"`
}

// addTag: https://docs.withverifa.com/api-reference/sessions/add-session-tag
func addTag(x *exchange) error { return x.changeTag((*session.Engine).Tag) }

// removeTag: https://docs.withverifa.com/api-reference/sessions/remove-session-tag
func removeTag(x *exchange) error { return x.changeTag((*session.Engine).Untag) }

// changeTag adds or removes one tag.
func (x *exchange) changeTag(
	verb func(*session.Engine, context.Context, uuid.UUID, string) (*session.Snapshot, error),
) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	tag := o.text("tag")
	if tag == "" && o.err() == nil {
		o.fault("tag", "is missing")
	}
	o.refuseOthers("tag")
	if err := o.err(); err != nil {
		return err
	}
	request, err := jsontext.Stringify(tag)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Snapshot, error) {
		s, err := verb(e, x.r.Context(), id, tag)
		return s, orTag(err)
	}, taggedOf)
}

// setTags: https://docs.withverifa.com/api-reference/sessions/set-session-tags
func setTags(x *exchange) error {
	id, err := x.sessionID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	given := o.texts("tags")
	if given == nil && o.err() == nil {
		o.fault("tags", "is missing")
	}
	o.refuseOthers("tags")
	if err := o.err(); err != nil {
		return err
	}
	tags := unique(given)
	tags = tags[:min(len(tags), session.MaxTags)]
	request, err := jsontext.Stringify(tags)
	if err != nil {
		return err
	}
	return change(x, request, func(e *session.Engine) (*session.Snapshot, error) {
		return e.SetTags(x.r.Context(), id, tags)
	}, taggedOf)
}

func taggedOf(s *session.Snapshot) (int, any, error) {
	return http.StatusOK, tagged{idText(prefixSession, s.ID), orNone(s.Facts.Tags)}, nil
}

// orTag names the member of a request for one tag.
func orTag(err error) error {
	var facts *session.FactsError
	if errors.As(err, &facts) {
		return invalidField("tag", string(facts.Fault))
	}
	return err
}
