package session

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Wire is what a wire language keeps about an endpoint, for its [Renderer] and [Deliverer]. The engine does not
// look at it, and neither may write to it.
type Wire struct {
	Names      []string        `json:"names,omitempty"`      // of the language's events; nil: all
	Blocklist  []string        `json:"blocklist,omitempty"`  // paths of members that are left out
	Filter     json.RawMessage `json:"filter,omitempty"`     // a JSON object: conditions on events
	Inflection string          `json:"inflection,omitempty"` // how the names of members are written
	Version    string          `json:"version,omitempty"`    // of the language
}

// StoredEndpoint is an endpoint that was added by [Engine.AddEndpoint], beside those that the host gives with
// [Integration.Endpoints]. Of its fields the Endpoint without its ID, the Label and the Description are the
// caller's to set; Enabled too, once it is there.
type StoredEndpoint struct {
	Endpoint
	Tenant      uuid.UUID `json:"tenant"`
	Integration uuid.UUID `json:"integration"` // which it is told of, and by which alone it is found
	Sandbox     bool      `json:"sandbox,omitempty"`
	Enabled     bool      `json:"enabled"`
	Label       string    `json:"label,omitempty"`       // at most 255 bytes
	Description string    `json:"description,omitempty"` // at most 4096 bytes
	Dead        int       `json:"dead,omitempty"`        // deliveries in a row that were given up
	DisabledAt  time.Time `json:"disabled_at,omitzero"`  // zero while Enabled
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"` // by a caller
	Secret      []byte    `json:"secret"`     // sealed: see [Engine.EndpointSecret]
}

// maxEndpoints is how many stored endpoints a tenant may have, live and in its sandbox each.
const maxEndpoints = 50

// resourceEndpoint is what the tenant's log calls a stored endpoint.
const resourceEndpoint = "webhook_endpoint"

// AddEndpoint adds an endpoint to the engine's integration, enabled, which is told of what happens from then
// on: by this engine at once, by other processes within 5 seconds, and so by every engine when it is added in a
// host's transaction. The secret, which the caller has made, is kept sealed. Like every change of stored
// endpoints it is written to the tenant's log in the same write, whatever [Policy.Audit] says, and is done once
// where [Engine.Once] says so; its Encode gets the StoredEndpoint.
//
// Errors: [ErrNoKey]; a *[FactsError] for what is not acceptable; [ErrEnough] beyond 50 of a tenant; those of
// [Engine.Once].
func (e *Engine) AddEndpoint(ctx context.Context, ep StoredEndpoint, secret string) (_ StoredEndpoint, err error) {
	ctx, verb := e.observe(ctx, "add_endpoint")
	defer verb.done(&err)
	return e.addEndpoint(ctx, "created", ep, secret)
}

// CloneEndpoint adds another endpoint that is as the one with the id, but for its own id and secret, and
// enabled.
//
// Errors: [ErrNotFound]; those of [Engine.AddEndpoint].
func (e *Engine) CloneEndpoint(ctx context.Context, id uuid.UUID, secret string) (_ StoredEndpoint, err error) {
	ctx, verb := e.observe(ctx, "clone_endpoint")
	defer verb.done(&err)
	if err := e.answered(ctx); err != nil {
		return StoredEndpoint{}, err
	}
	ep, err := e.Endpoint(ctx, id)
	if err != nil {
		return StoredEndpoint{}, err
	}
	return e.addEndpoint(ctx, "cloned", ep, secret)
}

// ChangeEndpoint lets change change an endpoint; it is called again when somebody else was faster. Enabling one
// that was disabled forgets its dead deliveries; what was to go to it before it was disabled, and is less than
// a day old, is sent within the hour.
//
// Errors: [ErrNotFound]; what change answers; those of [Engine.AddEndpoint].
func (e *Engine) ChangeEndpoint(ctx context.Context, id uuid.UUID, change func(*StoredEndpoint) error) (_ StoredEndpoint, err error) {
	ctx, verb := e.observe(ctx, "change_endpoint")
	defer verb.done(&err)
	return e.changeEndpoint(ctx, "updated", id, func(ep *keptEndpoint, now time.Time) error {
		was := ep.StoredEndpoint
		if err := change(&ep.StoredEndpoint); err != nil {
			return err
		}
		given := ep.StoredEndpoint
		ep.StoredEndpoint = was
		ep.Endpoint, ep.Label, ep.Description = given.Endpoint, given.Label, given.Description
		ep.ID = was.ID
		ep.enable(given.Enabled, now)
		return nil
	})
}

// RotateEndpoint gives an endpoint another secret. The one before is gone at once.
//
// Errors: [ErrNotFound]; those of [Engine.AddEndpoint].
func (e *Engine) RotateEndpoint(ctx context.Context, id uuid.UUID, secret string) (_ StoredEndpoint, err error) {
	ctx, verb := e.observe(ctx, "rotate_endpoint")
	defer verb.done(&err)
	return e.changeEndpoint(ctx, "rotated", id, func(ep *keptEndpoint, _ time.Time) (err error) {
		ep.Secret, err = e.sealSecret(id, secret)
		return err
	})
}

// RemoveEndpoint removes an endpoint. What waits for it is given up a day after it was to be told.
//
// Errors: [ErrNotFound]; [ErrNoKey]; those of [Engine.Once].
func (e *Engine) RemoveEndpoint(ctx context.Context, id uuid.UUID) (err error) {
	ctx, verb := e.observe(ctx, "remove_endpoint")
	defer verb.done(&err)
	_, err = e.changeEndpoint(ctx, "removed", id, func(ep *keptEndpoint, _ time.Time) error {
		ep.gone = true
		return nil
	})
	return err
}

// Endpoint finds a stored endpoint of the engine's integration.
//
// Errors: [ErrNotFound].
func (e *Engine) Endpoint(ctx context.Context, id uuid.UUID) (_ StoredEndpoint, err error) {
	ctx, verb := e.observe(ctx, "endpoint")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return StoredEndpoint{}, err
	}
	ep, err := e.endpointOf(ctx, in, id)
	return ep.StoredEndpoint, err
}

// EndpointList asks for a page of stored endpoints.
type EndpointList struct {
	After uuid.UUID // the last id of the page before
	Skip  int       // so many are passed over first
	N     int       // at most so many. Default: all
}

// Endpoints lists the stored endpoints of the engine's integration, newest first.
func (e *Engine) Endpoints(ctx context.Context, l EndpointList) (_ []StoredEndpoint, err error) {
	ctx, verb := e.observe(ctx, "endpoints")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return nil, err
	}
	set, err := e.loadEndpoints(ctx)
	if err != nil {
		return nil, err
	}
	list := set.where(func(ep *StoredEndpoint) bool {
		return ep.owner() == ownerOf(in) && (l.After == uuid.Nil || compareIDs(ep.ID, l.After) < 0)
	})
	list = list[min(max(l.Skip, 0), len(list)):]
	return list[:min(orDefault(max(l.N, 0), len(list)), len(list))], nil
}

// EndpointSecret is the secret of a stored endpoint, of whatever integration it is: it is for who signs what is
// sent.
//
// Errors: [ErrNotFound]; [ErrNoKey]; [ErrKeeper] when it was sealed under another [Config.Key].
func (e *Engine) EndpointSecret(ctx context.Context, id uuid.UUID) (_ string, err error) {
	ctx, verb := e.observe(ctx, "endpoint_secret")
	defer verb.done(&err)
	if e.cfg.key() == (Key{}) {
		return "", ErrNoKey
	}
	ep, err := e.storedEndpoint(ctx, id)
	if err != nil {
		return "", err
	}
	text, err := e.cfg.derive("endpoints").open(&Session{}, part{"endpoint secret", id}, ep.Secret)
	return string(text), err
}

func (e *Engine) sealSecret(id uuid.UUID, secret string) ([]byte, error) {
	if secret == "" {
		return nil, &FactsError{"secret", FaultMissing}
	}
	return e.cfg.derive("endpoints").seal(&Session{}, part{"endpoint secret", id}, []byte(secret)), nil
}

func (e *Engine) addEndpoint(ctx context.Context, what string, ep StoredEndpoint, secret string) (
	StoredEndpoint, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return StoredEndpoint{}, err
	}
	return e.writeEndpoint(ctx, in, func(now time.Time) (string, keptEndpoint, error) {
		set, err := e.loadEndpoints(ctx)
		if err != nil {
			return "", keptEndpoint{}, err
		}
		tenants := func(ep *StoredEndpoint) bool { return ep.Tenant == in.Tenant && ep.Sandbox == in.Sandbox }
		if len(set.where(tenants)) >= maxEndpoints {
			return "", keptEndpoint{}, ErrEnough
		}
		added := keptEndpoint{version: 1, StoredEndpoint: StoredEndpoint{
			Endpoint: ep.Endpoint, Tenant: in.Tenant, Integration: in.ID, Sandbox: in.Sandbox, Enabled: true,
			Label: ep.Label, Description: ep.Description, CreatedAt: now, UpdatedAt: now,
		}}
		added.ID = e.cfg.NewID(now)
		added.Secret, err = e.sealSecret(added.ID, secret)
		return what, added, err
	})
}

func (e *Engine) changeEndpoint(ctx context.Context, what string, id uuid.UUID,
	change func(*keptEndpoint, time.Time) error) (StoredEndpoint, error) {
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return StoredEndpoint{}, err
	}
	return e.writeEndpoint(ctx, in, func(now time.Time) (string, keptEndpoint, error) {
		ep, err := e.endpointOf(ctx, in, id)
		if err != nil {
			return "", ep, err
		}
		was := ep.Enabled
		if err := change(&ep, now); err != nil {
			return "", ep, err
		}
		ep.version++
		ep.UpdatedAt = now
		switch {
		case ep.Enabled && !was:
			return "enabled", ep, nil
		case was && !ep.Enabled:
			return "disabled", ep, nil
		}
		return what, ep, nil
	})
}

// writeEndpoint writes what next says to be the next version of an endpoint of an integration, and what was
// done in a word; without a word the tenant's log does not tell of it.
func (e *Engine) writeEndpoint(ctx context.Context, in Integration,
	next func(now time.Time) (string, keptEndpoint, error)) (StoredEndpoint, error) {
	if e.cfg.key() == (Key{}) {
		return StoredEndpoint{}, ErrNoKey
	}
	// What is read for the first time while this is written must not take its place: see endpointCache.put.
	if err := e.refresh(ctx); err != nil {
		return StoredEndpoint{}, err
	}
	var written keptEndpoint
	err := e.logged(ctx, in, func(now time.Time) (note AuditEntry, entries []Entry, err error) {
		what, ep, err := next(now)
		if err != nil {
			return note, nil, err
		}
		if err := ep.validate(e.cfg.Renderers); err != nil {
			return note, nil, err
		}
		entry, err := ep.entry(now)
		if err != nil {
			return note, nil, err
		}
		kept, err := e.keep(in, now, ep.StoredEndpoint)
		if what != "" {
			note = AuditEntry{What: resourceEndpoint + "." + what, Resource: resourceEndpoint, ResourceID: ep.ID.String()}
		}
		if err == nil {
			written, err = readEndpoint(entry) // a copy, which shares nothing with the caller's
			written.gone = ep.gone
		}
		return note, append(kept, entry), err
	})
	if err != nil {
		return StoredEndpoint{}, err
	}
	e.told.put(written)
	written.Endpoint = written.Endpoint.clone()
	return written.StoredEndpoint, nil
}

// enable enables or disables the endpoint.
func (ep *StoredEndpoint) enable(on bool, now time.Time) {
	switch {
	case on && !ep.Enabled:
		ep.Dead, ep.DisabledAt = 0, time.Time{}
	case !on && ep.Enabled:
		ep.DisabledAt = now
	}
	ep.Enabled = on
}

func (ep Endpoint) clone() Endpoint {
	ep.Kinds, ep.Retry.After = slices.Clone(ep.Kinds), slices.Clone(ep.Retry.After)
	w := &ep.Wire
	w.Names, w.Blocklist, w.Filter = slices.Clone(w.Names), slices.Clone(w.Blocklist), slices.Clone(w.Filter)
	return ep
}

// maxWords is how many [Wire.Names] and how many [Wire.Blocklist] there may be.
const maxWords = 200

// validate answers the first fault as a *[FactsError].
func (ep *StoredEndpoint) validate(renderers map[string]Renderer) error {
	w := ep.Wire
	texts := []field{
		{"url", ep.URL, maxText}, {"label", ep.Label, maxName}, {"description", ep.Description, maxText},
		{"inflection", w.Inflection, maxName}, {"version", w.Version, maxName},
	}
	for _, name := range w.Names {
		texts = append(texts, field{"names", name, maxName})
	}
	for _, path := range w.Blocklist {
		texts = append(texts, field{"blocklist", path, maxName})
	}
	switch {
	case ep.URL == "":
		return &FactsError{"url", FaultMissing}
	case renderers[ep.Format] == nil:
		return &FactsError{"format", FaultUnknown}
	case !ep.Retry.valid():
		return &FactsError{"retry", FaultUnknown}
	case len(w.Names) > maxWords:
		return &FactsError{"names", FaultTooLong}
	case len(w.Blocklist) > maxWords:
		return &FactsError{"blocklist", FaultTooLong}
	}
	if err := checkObject("filter", w.Filter, maxMetadata); err != nil {
		return err
	}
	return faultOf(texts)
}

// keptEndpoint is a stored endpoint as the store has it.
type keptEndpoint struct {
	StoredEndpoint
	version int64
	gone    bool // is removed
}

// entry is how an endpoint is kept: all of them under the nil tenant, so that they can be read at once.
func (ep keptEndpoint) entry(now time.Time) (Entry, error) {
	body, err := json.Marshal(ep.StoredEndpoint)
	if err != nil {
		return Entry{}, fmt.Errorf("session: an endpoint: %w", err)
	}
	out := Entry{
		Kind: EntryEndpoint, ID: ep.ID, Version: ep.version, CreatedAt: ep.CreatedAt, UpdatedAt: now, Body: body,
	}
	if ep.gone {
		out.ExpiresAt = now
	}
	return out, nil
}

func readEndpoint(kept Entry) (ep keptEndpoint, err error) {
	if err := json.Unmarshal(kept.Body, &ep.StoredEndpoint); err != nil || ep.ID != kept.ID {
		return ep, fmt.Errorf("session: the endpoint %s cannot be read", kept.ID)
	}
	ep.version = kept.Version
	return ep, nil
}

// storedEndpoint finds a stored endpoint of whatever integration.
func (e *Engine) storedEndpoint(ctx context.Context, id uuid.UUID) (keptEndpoint, error) {
	if id == uuid.Nil {
		return keptEndpoint{}, ErrNotFound
	}
	found, err := e.store.Entries(ctx, EntryQuery{Kind: EntryEndpoint, ID: id, At: e.now(), N: 1})
	if err != nil {
		return keptEndpoint{}, err
	}
	if len(found) == 0 {
		return keptEndpoint{}, ErrNotFound
	}
	return readEndpoint(found[0])
}

// endpointOf finds a stored endpoint of one integration.
func (e *Engine) endpointOf(ctx context.Context, in Integration, id uuid.UUID) (keptEndpoint, error) {
	ep, err := e.storedEndpoint(ctx, id)
	if err == nil && ep.owner() != ownerOf(in) {
		return keptEndpoint{}, ErrNotFound
	}
	return ep, err
}
