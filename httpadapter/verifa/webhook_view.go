package verifa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// endpointView is an endpoint of webhooks (https://docs.withverifa.com/api-reference/webhooks).
type endpointView struct {
	ID          string          `json:"id"`
	URL         string          `json:"url"`
	Secret      string          `json:"secret,omitempty"`
	Enabled     bool            `json:"enabled"`
	Events      []string        `json:"enabled_events"` // empty: all
	Environment string          `json:"environment"`
	Label       *string         `json:"label"`
	Description *string         `json:"description"`
	Blocklist   []string        `json:"attribute_blocklist"`
	Filter      json.RawMessage `json:"event_filter_conditions"`
	Version     *string         `json:"api_version"`
	Inflection  string          `json:"key_inflection"`
	CreatedAt   moment          `json:"created_at"`
	UpdatedAt   moment          `json:"updated_at"`
}

// endpointOf shows an endpoint with its secret, where that is shown.
func endpointOf(ep session.StoredEndpoint, secret string) *endpointView {
	v := &endpointView{
		ID: idText(prefixEndpoint, ep.ID), URL: ep.URL, Secret: secret, Enabled: ep.Enabled, Events: orNone(ep.Wire.Names),
		Environment: environmentOf(ep.Sandbox), Label: orNull(ep.Label), Description: orNull(ep.Description),
		Blocklist: orNone(ep.Wire.Blocklist), Filter: ep.Wire.Filter, Version: orNull(ep.Wire.Version),
		Inflection: ep.Wire.Inflection, CreatedAt: moment(ep.CreatedAt), UpdatedAt: moment(ep.UpdatedAt),
	}
	if len(v.Filter) == 0 {
		v.Filter = json.RawMessage("{}")
	}
	if v.Inflection == "" {
		v.Inflection = "snake"
	}
	return v
}

// shown is an endpoint as whoever reads it sees it: of a sandbox with its secret.
func (x *exchange) shown(ctx context.Context, ep session.StoredEndpoint) (*endpointView, error) {
	if !ep.Sandbox {
		return endpointOf(ep, ""), nil
	}
	secret, err := x.engine.EndpointSecret(ctx, ep.ID)
	return endpointOf(ep, secret), err
}

// endpointMembers are those of an endpoint that a client may set, all of them also when it is changed.
var endpointMembers = []string{
	"url", "label", "description", "enabled_events", "attribute_blocklist", "event_filter_conditions", "api_version",
	"key_inflection",
}

// endpointInto reads the members that are there into an endpoint.
func (x *exchange) endpointInto(o *object, ep *session.StoredEndpoint) {
	if o.has("url") {
		x.addressInto(o, ep)
	}
	o.textInto("label", &ep.Label)
	o.textInto("description", &ep.Description)
	o.textInto("api_version", &ep.Wire.Version)
	if v := ep.Wire.Version; v != "" && o.has("api_version") && checkVersion(v) != nil {
		o.fault("api_version", "is not a version that is spoken")
	}
	o.textInto("key_inflection", &ep.Wire.Inflection)
	if _, err := inflectionOf(ep.Wire.Inflection); err != nil {
		o.fault("key_inflection", "must be snake, camel or kebab")
	}
	if o.has("enabled_events") {
		ep.Wire.Names = o.eventNames("enabled_events")
	}
	if o.has("attribute_blocklist") {
		ep.Wire.Blocklist = unique(o.texts("attribute_blocklist"))
		for i, path := range ep.Wire.Blocklist {
			if !canLeaveOut(path) {
				o.fault(fmt.Sprintf("attribute_blocklist.%d", i), "must be the path of a member that a webhook may have, "+
					"as result.extracted_data.first_name, and neither event nor idempotency_key")
			}
		}
	}
	if o.has("event_filter_conditions") {
		ep.Wire.Filter = o.conditions("event_filter_conditions")
	}
}

// addressInto reads where webhooks are to go into an endpoint.
func (x *exchange) addressInto(o *object, ep *session.StoredEndpoint) {
	m, _ := o.member("url")
	if len(m.value) == 0 {
		o.fault("url", "must be a string")
		return
	}
	given := o.optional("url")
	if given == nil {
		return // which is noted
	}
	ep.URL = *given
	if err := x.CheckURL(ep.URL); err != nil {
		o.fault("url", err.Error())
	}
}

// eventNames are names of events; nil: all of them.
func (o *object) eventNames(name string) []string {
	names := o.texts(name)
	if slices.Contains(names, "*") {
		return nil
	}
	for i, event := range names {
		if !isEvent(event) {
			o.fault(fmt.Sprintf("%s.%d", name, i), eventMessage)
			return nil
		}
	}
	return unique(names)
}

// conditions are those on a payload: at each path a value, or a list of values.
func (o *object) conditions(name string) json.RawMessage {
	text := o.raw(name)
	paths := map[string]bool{}
	jsontext.Value(text).Each(func(key, wanted jsontext.Value) bool {
		path := attribute(key.Text())
		ok := wanted.Kind() != jsontext.Object && !paths[path]
		for _, v := range wanted.Elements() {
			ok = ok && v.Kind() != jsontext.Object && v.Kind() != jsontext.Array
		}
		if paths[path] = true; !ok {
			o.fault(name, "must have at each path, once, a value or a list of values")
		}
		return ok
	})
	if len(paths) == 0 {
		return nil
	}
	return text
}

// textInto reads a member that is there; null is the empty text.
func (o *object) textInto(name string, to *string) {
	if o.has(name) {
		*to = o.text(name)
	}
}

// asked are the members of a request that are there, in a form in which equal requests are equal.
func (o *object) asked(names ...string) ([]byte, error) {
	given := map[string]json.RawMessage{}
	for _, name := range names {
		if !o.has(name) {
			continue
		}
		value := o.members[fold(name)].value
		if len(value) == 0 {
			value = jsontext.Value("null")
		}
		text, err := jsontext.Normal(value)
		if err != nil {
			return nil, err
		}
		given[name] = text
	}
	return json.Marshal(given)
}

// isHTTPS is what is asked of an address when the host asks nothing. The sender has the last word.
func isHTTPS(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Contains(raw, "#") {
		return errors.New("must be an https URL without a user, a password and a fragment")
	}
	return nil
}

// orMissing is an error; that something is not there in the words for it.
func orMissing(err error, what string) error {
	if errors.Is(err, session.ErrNotFound) {
		return notFound(what + " not found.")
	}
	return err
}

// endpointID is the endpoint that the path names.
func (x *exchange) endpointID() (uuid.UUID, error) {
	id, ok := parseID(prefixEndpoint, x.r.PathValue("id"))
	if !ok {
		return id, orMissing(session.ErrNotFound, "Webhook endpoint")
	}
	return id, nil
}

// bareEndpoint is the endpoint that the path names, of a request that says nothing else.
func (x *exchange) bareEndpoint() (uuid.UUID, error) {
	id, err := x.endpointID()
	if err != nil {
		return id, err
	}
	return id, x.nothing()
}

// nothing refuses a request that has members in its body.
func (x *exchange) nothing() error {
	o, err := x.object(nil)
	if err != nil {
		return err
	}
	o.refuseOthers()
	return o.err()
}

// endpoint is the endpoint that the path names.
func (x *exchange) endpoint() (session.StoredEndpoint, error) {
	id, err := x.endpointID()
	if err != nil {
		return session.StoredEndpoint{}, err
	}
	ep, err := x.engine.Endpoint(x.r.Context(), id)
	return ep, orMissing(err, "Webhook endpoint")
}
