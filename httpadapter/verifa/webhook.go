package verifa

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

var (
	readWebhooks  = []string{"webhooks:read", "webhooks:write"}
	writeWebhooks = []string{"webhooks:write"}
)

const (
	webhooksPath  = "/api/v1/webhooks/endpoints"
	webhooksPages = "api-reference/webhooks/"
)

var webhookRoutes = []route{
	{method: http.MethodGet, path: webhooksPath, handle: listEndpoints, scopes: readWebhooks,
		does: "lists the endpoints of webhooks, newest first",
		page: webhooksPages + "list-webhook-endpoints"},
	{method: http.MethodPost, path: webhooksPath, handle: createEndpoint, scopes: writeWebhooks,
		does:    "adds an endpoint, whose secret is shown now and never again",
		page:    webhooksPages + "create-webhook-endpoint",
		differs: "members that are not known are refused; `attribute_blocklist` has paths of members that are left out, as `result.extracted_data.first_name`, and is refused where no webhook has the path; `event_filter_conditions` has at each path a value or a list of values, and a webhook that has one of them at every path is sent; in a sandbox the secret stays visible, as the vendor has it"},
	{method: http.MethodGet, path: webhooksPath + "/event-types", handle: listEventTypes, scopes: readWebhooks,
		does:    "lists the events that there are",
		page:    webhooksPages + "list-webhook-event-types",
		differs: "the end of the path is our own; of the vendor's names those are listed that are told here"},
	{method: http.MethodGet, path: webhooksPath + "/{id}", handle: readEndpoint, scopes: readWebhooks,
		does: "one endpoint",
		page: webhooksPages + "get-webhook-endpoint"},
	{method: http.MethodPatch, path: webhooksPath + "/{id}", handle: updateEndpoint, scopes: writeWebhooks,
		does:    "changes an endpoint, also to switch it off and on",
		page:    webhooksPages + "update-webhook-endpoint",
		differs: "members that are not known are refused"},
	{method: http.MethodDelete, path: webhooksPath + "/{id}", handle: deleteEndpoint, scopes: writeWebhooks,
		does: "removes an endpoint",
		page: webhooksPages + "delete-webhook-endpoint"},
	{method: http.MethodPost, path: webhooksPath + "/{id}/rotate-secret", handle: rotateSecret, scopes: writeWebhooks,
		does: "gives an endpoint another secret; the one before is of no use at once",
		page: webhooksPages + "rotate-webhook-secret"},
	{method: http.MethodPost, path: webhooksPath + "/{id}/clone", handle: cloneEndpoint, scopes: writeWebhooks,
		does:    "adds an endpoint that is as another, with a secret of its own",
		page:    webhooksPages + "clone-webhook-endpoint",
		differs: "the end of the path is our own"},
	{method: http.MethodPost, path: webhooksPath + "/{id}/enable", handle: enableEndpoint, scopes: writeWebhooks,
		does:    "switches on an endpoint that was switched off after ten deliveries in a row that were given up",
		page:    "integration-guides/webhooks-guide",
		differs: "the end of the path is our own"},
	{method: http.MethodPost, path: webhooksPath + "/{id}/test", handle: testEndpoint, scopes: writeWebhooks,
		does:    "sends a webhook at once, and says how that ended",
		page:    webhooksPages + "test-webhook-endpoint",
		differs: "`event_type` chooses the event, in whose form what is made up is sent, and which else is webhook.test; the payload has `\"test\": true`"},
	{method: http.MethodGet, path: webhooksPath + "/{id}/deliveries", handle: listDeliveries, scopes: readWebhooks,
		does:    "lists what an endpoint was and is to be told, newest first",
		page:    webhooksPages + "list-webhook-deliveries",
		differs: "the end of the path and the form of an item are our own; nothing is counted; `cursor` goes on where `next_cursor` says"},
	{method: http.MethodPost, path: webhooksPath + "/{id}/replay", handle: replayEndpoint, scopes: writeWebhooks,
		does:    "tells an endpoint again of everything from an event or a delivery on, `from`",
		differs: "the vendor has no such endpoint"},
	{method: http.MethodPost, path: "/api/v1/webhooks/deliveries/{id}/retry", handle: retryDelivery, scopes: writeWebhooks,
		does:    "makes a delivery again",
		page:    webhooksPages + "retry-webhook-delivery",
		differs: "the end of the path is our own; it is another delivery, with the same payload"},
}

// Retry is the profile by which webhooks of this dialect are tried again: after 30 seconds, 2, 8 and 32 minutes and 2
// hours, unless the receiver answers with any status from 200 to 299
// (https://docs.withverifa.com/api-details/webhooks).
func Retry() session.Retry {
	return session.Retry{
		After:  []time.Duration{30 * time.Second, 2 * time.Minute, 8 * time.Minute, 32 * time.Minute, 2 * time.Hour},
		Tries:  6,
		Any2xx: true,
	}
}

// listEndpoints: https://docs.withverifa.com/api-reference/webhooks/list-webhook-endpoints
func listEndpoints(x *exchange) error {
	q := x.query()
	p := q.page(50)
	if err := q.err(); err != nil {
		return err
	}
	all, err := x.engine.Endpoints(x.r.Context(), session.EndpointList{})
	if err != nil {
		return err
	}
	page, err := x.engine.Endpoints(x.r.Context(), session.EndpointList{After: p.after, Skip: p.offset, N: p.limit + 1})
	if err != nil {
		return err
	}
	views := map[uuid.UUID]*endpointView{}
	for _, ep := range page {
		if views[ep.ID], err = x.shown(x.r.Context(), ep); err != nil {
			return err
		}
	}
	return x.answer(http.StatusOK, listedOf(p, len(all), page,
		func(ep session.StoredEndpoint) uuid.UUID { return ep.ID },
		func(ep session.StoredEndpoint) *endpointView { return views[ep.ID] }))
}

// createEndpoint: https://docs.withverifa.com/api-reference/webhooks/create-webhook-endpoint
func createEndpoint(x *exchange) error {
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	ep := session.StoredEndpoint{Endpoint: session.Endpoint{Format: Format, Retry: Retry()}}
	if !o.has("url") {
		o.fault("url", "is missing")
	}
	x.endpointInto(o, &ep)
	o.refuseOthers(endpointMembers...)
	if err := o.err(); err != nil {
		return err
	}
	request, err := o.asked(endpointMembers...)
	if err != nil {
		return err
	}
	secret := auth.GenerateWebhookSecret().Reveal()
	return change(x, request, func(e *session.Engine) (session.StoredEndpoint, error) {
		return e.AddEndpoint(x.r.Context(), ep, secret)
	}, func(ep session.StoredEndpoint) (int, any, error) {
		return http.StatusCreated, endpointOf(ep, secret), nil
	})
}

// listEventTypes: https://docs.withverifa.com/api-details/webhooks
func listEventTypes(x *exchange) error {
	type eventType struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	list := []eventType{}
	for _, t := range catalogue {
		if t.kind != "" {
			list = append(list, eventType{t.name, t.does})
		}
	}
	return x.answer(http.StatusOK, struct {
		Data []eventType `json:"data"`
	}{list})
}

// readEndpoint: https://docs.withverifa.com/api-reference/webhooks/get-webhook-endpoint
func readEndpoint(x *exchange) error {
	ep, err := x.endpoint()
	if err != nil {
		return err
	}
	v, err := x.shown(x.r.Context(), ep)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, v)
}

// updateEndpoint: https://docs.withverifa.com/api-reference/webhooks/update-webhook-endpoint
func updateEndpoint(x *exchange) error {
	id, err := x.endpointID()
	if err != nil {
		return err
	}
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	names := append([]string{"enabled"}, endpointMembers...)
	on := o.optionalBool("enabled")
	if o.has("enabled") && on == nil {
		o.fault("enabled", "must be true or false")
	}
	x.endpointInto(o, new(session.StoredEndpoint))
	o.refuseOthers(names...)
	if err := o.err(); err != nil {
		return err
	}
	request, err := o.asked(names...)
	if err != nil {
		return err
	}
	return x.changeEndpoint(request, func(e *session.Engine) (session.StoredEndpoint, error) {
		return e.ChangeEndpoint(x.r.Context(), id, func(ep *session.StoredEndpoint) error {
			x.endpointInto(o, ep)
			if on != nil {
				ep.Enabled = *on
			}
			return nil
		})
	})
}

// changeEndpoint changes an endpoint and shows it.
func (x *exchange) changeEndpoint(request []byte, verb func(*session.Engine) (session.StoredEndpoint, error)) error {
	err := change(x, request, verb, func(ep session.StoredEndpoint) (int, any, error) {
		v, err := x.shown(x.r.Context(), ep)
		return http.StatusOK, v, err
	})
	return orMissing(err, "Webhook endpoint")
}

// enableEndpoint: https://docs.withverifa.com/integration-guides/webhooks-guide
func enableEndpoint(x *exchange) error {
	id, err := x.bareEndpoint()
	if err != nil {
		return err
	}
	return x.changeEndpoint(nil, func(e *session.Engine) (session.StoredEndpoint, error) {
		return e.ChangeEndpoint(x.r.Context(), id, func(ep *session.StoredEndpoint) error {
			ep.Enabled = true
			return nil
		})
	})
}

// deleteEndpoint: https://docs.withverifa.com/api-reference/webhooks/delete-webhook-endpoint
func deleteEndpoint(x *exchange) error {
	id, err := x.bareEndpoint()
	if err != nil {
		return err
	}
	err = change(x, nil, func(e *session.Engine) (session.StoredEndpoint, error) {
		return session.StoredEndpoint{}, e.RemoveEndpoint(x.r.Context(), id)
	}, func(session.StoredEndpoint) (int, any, error) {
		return http.StatusOK, struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		}{idText(prefixEndpoint, id), "deleted"}, nil
	})
	return orMissing(err, "Webhook endpoint")
}

// rotateSecret: https://docs.withverifa.com/api-reference/webhooks/rotate-webhook-secret
func rotateSecret(x *exchange) error {
	id, err := x.bareEndpoint()
	if err != nil {
		return err
	}
	secret := auth.GenerateWebhookSecret().Reveal()
	err = change(x, nil, func(e *session.Engine) (session.StoredEndpoint, error) {
		return e.RotateEndpoint(x.r.Context(), id, secret)
	}, func(ep session.StoredEndpoint) (int, any, error) { return http.StatusOK, endpointOf(ep, secret), nil })
	return orMissing(err, "Webhook endpoint")
}

// cloneEndpoint: https://docs.withverifa.com/api-reference/webhooks/clone-webhook-endpoint
func cloneEndpoint(x *exchange) error {
	id, err := x.bareEndpoint()
	if err != nil {
		return err
	}
	secret := auth.GenerateWebhookSecret().Reveal()
	err = change(x, nil, func(e *session.Engine) (session.StoredEndpoint, error) {
		return e.CloneEndpoint(x.r.Context(), id, secret)
	}, func(ep session.StoredEndpoint) (int, any, error) {
		return http.StatusCreated, endpointOf(ep, secret), nil
	})
	return orMissing(err, "Webhook endpoint")
}
