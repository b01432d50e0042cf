package verifa

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var eventRoutes = []route{
	{method: http.MethodGet, path: "/api/v1/events", handle: listEvents, scopes: readSessions,
		does:    "lists what was done, newest first, from the audit log",
		page:    "api-reference/events/list-events",
		differs: "`q` is exact: a type, or the id of a thing; nothing is counted; `cursor` goes on where `next_cursor` says"},
	{method: http.MethodGet, path: "/api/v1/events/{id}", handle: readEvent, scopes: readSessions,
		does: "one of them",
		page: "api-reference/events/get-event"},
}

// auditView is one thing that was done (https://docs.withverifa.com/api-reference/events/list-events).
type auditView struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	CreatedAt  moment            `json:"created_at"`
	Resource   string            `json:"resource_type"`
	ResourceID *string           `json:"resource_id"`
	Actor      string            `json:"actor"`
	Metadata   map[string]string `json:"metadata"`
	IP         *string           `json:"ip_address"`
	Method     *string           `json:"request_method"`
	Path       *string           `json:"request_path"`
}

func auditOf(a session.Audited) *auditView {
	v := &auditView{
		ID: idText(prefixAudit, a.ID), Type: auditType(a.What), CreatedAt: moment(a.At), Resource: a.Resource,
		ResourceID: resourceID(a.Resource, a.ResourceID), Actor: a.About.Actor, Metadata: map[string]string{},
		IP: orNull(a.About.IP), Method: orNull(a.About.Method), Path: orNull(a.About.Path),
	}
	if v.Actor == "" {
		v.Actor = string(cmp.Or(a.By, session.ActorEngine))
	}
	if a.About.What != "" {
		v.Metadata["what"] = a.About.What
	}
	return v
}

// listEvents: https://docs.withverifa.com/api-reference/events/list-events
func listEvents(x *exchange) error {
	q := x.query()
	p := q.page(50)
	list := session.AuditList{
		Resource: q.text("resource_type"), ResourceID: parseResource(q.text("resource_id")), From: q.time("created_after"),
		To: q.time("created_before"), After: p.after, Skip: p.offset, N: p.limit + 1,
	}
	if action := q.text("action"); action != "" {
		if list.What = auditKinds(action); list.What == nil {
			q.fault("action", "is not the type of an event")
		}
	}
	some := true
	if exact := q.text("q"); exact != "" {
		list, some = narrowed(list, exact)
	}
	if err := q.err(); err != nil {
		return err
	}
	var found session.AuditPage
	if some {
		var err error
		if found, err = x.engine.Events(x.r.Context(), list); err != nil {
			return err
		}
	}
	page := listedOf(p, uncounted, found.Audited, func(a session.Audited) uuid.UUID { return a.ID }, auditOf)
	if found.Next != uuid.Nil {
		page.Pagination.NextCursor = new(idText(prefixCursor, found.Next))
	}
	return x.answer(http.StatusOK, page)
}

// narrowed is what of a list has a type, or is about a thing of an id; false: nothing can.
func narrowed(list session.AuditList, exact string) (session.AuditList, bool) {
	if kinds := auditKinds(exact); kinds != nil {
		if list.What != nil {
			kinds = slices.DeleteFunc(kinds, func(what string) bool { return !slices.Contains(list.What, what) })
		}
		list.What = kinds
		return list, len(kinds) > 0
	}
	id := parseResource(exact)
	if list.ResourceID != "" && list.ResourceID != id {
		return list, false
	}
	list.ResourceID = id
	return list, true
}

// readEvent: https://docs.withverifa.com/api-reference/events/get-event
func readEvent(x *exchange) error {
	id, ok := parseID(prefixAudit, x.r.PathValue("id"))
	if !ok {
		return orMissing(session.ErrNotFound, "Event")
	}
	a, err := x.engine.Event(x.r.Context(), id)
	if err != nil {
		return orMissing(err, "Event")
	}
	return x.answer(http.StatusOK, auditOf(a))
}
