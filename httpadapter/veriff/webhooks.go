package veriff

import (
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// Webhooks are the addresses of an integration, one for each kind of webhook that the vendor's settings have
// (https://devdocs.veriff.com/docs/webhooks-guide). An empty one is not told.
type Webhooks struct {
	Decision   string
	Event      string
	Watchlist  string
	UserStatus string
	FullAuto   string
}

// Endpoints gives the endpoints of an integration. Kinds that go to one address share an endpoint, so that their
// webhooks come there in the order of the events. An endpoint's id is named after the first of its kinds and
// stays the same when addresses change, and what is pending goes where its endpoint is now: so change which kinds
// share an address only when nothing is pending for the integration.
func (w Webhooks) Endpoints(integration uuid.UUID) []session.Endpoint {
	var endpoints []session.Endpoint
	for _, hook := range []struct {
		name, url string
		kinds     []session.EventKind
	}{
		{"webhook", w.Decision, decisionKinds()},
		{"webhook-event", w.Event, []session.EventKind{session.EventStarted, session.EventSubmitted}},
		{"webhook-watchlist", w.Watchlist, []session.EventKind{session.EventScreened}},
		{"webhook-user-status", w.UserStatus, []session.EventKind{session.EventUserStatus}},
	} {
		if hook.url == "" {
			continue
		}
		if i := slices.IndexFunc(endpoints, func(ep session.Endpoint) bool { return ep.URL == hook.url }); i >= 0 {
			endpoints[i].Kinds = append(endpoints[i].Kinds, hook.kinds...)
			continue
		}
		endpoints = append(endpoints, session.Endpoint{
			ID: uuid.NewSHA1(integration, []byte(hook.name)), URL: hook.url, Format: Format, Kinds: hook.kinds,
		})
	}
	if w.FullAuto != "" {
		endpoints = append(endpoints, session.Endpoint{
			ID: uuid.NewSHA1(integration, []byte("webhook-fullauto")), URL: w.FullAuto, Format: FormatFullAuto,
		})
	}
	return endpoints
}

// decisionKinds are the events of which the decision webhook tells.
func decisionKinds() (kinds []session.EventKind) {
	for _, s := range session.Statuses() {
		if isDecision(words[s].code) {
			kinds = append(kinds, session.EventKind(s))
		}
	}
	return kinds
}
