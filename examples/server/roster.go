package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// roster is who the integrations are, and their keys, at one moment. It does not change.
type roster struct {
	members []member
	ring    *auth.Ring
	apiKeys []auth.APIKey // of Verifa's language
}

// member is one integration of the server.
type member struct {
	session.Integration
	name     string    // for people; may be empty
	apiKey   uuid.UUID // nil in Verifa's language
	fullAuto bool      // full auto is wanted: the sandbox says how sure it is
}

// label names the integration for people.
func (m member) label() string { return cmp.Or(m.name, m.ID.String()) }

// ofFlags is the roster of a server whose flags make its integrations. A sandbox can do everything.
func ofFlags(cfg *config, o *own) (*roster, error) {
	secret, err := auth.NewSecret(o.SharedSecret)
	if err != nil {
		return nil, fmt.Errorf("the shared secret is not usable: %w", err)
	}
	r := new(roster)
	r.ring, err = auth.NewRing(auth.Credential{
		APIKey: o.APIKey, Integration: o.veriff, Active: true, Secrets: []*auth.Secret{secret},
	})
	if err != nil {
		return nil, err
	}
	policy := cfg.policy()
	policy.Registry, policy.RegistrySync = !cfg.live, !cfg.live
	r.members = []member{{
		Integration: session.Integration{
			ID: o.veriff, Sandbox: !cfg.live, Policy: policy, Endpoints: cfg.webhooks.Endpoints(o.veriff),
		},
		apiKey: o.APIKey, fullAuto: cfg.fullAuto,
	}}
	live := r.addVerifa(cfg, "verifa-live", o.live, o.Live)
	if err := errors.Join(live, r.addVerifa(cfg, "verifa-sandbox", o.sandbox, o.Sandbox)); err != nil {
		return nil, err
	}
	if cfg.watchlist != "" {
		for i := range r.members {
			r.members[i].Policy.Screening, r.members[i].Policy.Monitoring = true, cfg.monitoring
		}
	}
	return r, nil
}

// addVerifa adds an integration of Verifa's language, whose key holds every scope.
func (r *roster) addVerifa(cfg *config, name string, integration uuid.UUID, text string) error {
	key, err := auth.ParseAPIKey(text)
	if err != nil {
		return err
	}
	key.Integration, key.Active, key.Scopes = integration, true, auth.AllScopes()
	r.apiKeys = append(r.apiKeys, key)
	r.members = append(r.members, member{name: name, Integration: session.Integration{
		ID: integration, Sandbox: key.Sandbox, Dialect: verifa.Dialect, Policy: cfg.verifaPolicy(cfg.plan, key.Sandbox),
	}})
	return nil
}

// rosterOf is the roster of the file's integrations.
func rosterOf(list value, entries []*entry) (*roster, error) {
	if len(entries) == 0 {
		return nil, list.fault("must have an integration")
	}
	if err := settle(entries); err != nil {
		return nil, err
	}
	r := &roster{ring: new(auth.Ring)}
	for _, e := range entries {
		m := member{
			Integration: session.Integration{
				ID: e.id, Tenant: e.owner.tenant, Sandbox: e.sandbox, Dialect: e.dialect, Policy: e.policy,
			},
			name: e.name, apiKey: e.owner.apiKey, fullAuto: e.ownAuto && e.dialect == "",
		}
		if e.dialect == "" {
			m.Endpoints = e.webhooks.Endpoints(e.id)
		}
		if e.fullAuto != nil {
			m.fullAuto = *e.fullAuto
		}
		if faults := m.Validate(); len(faults) > 0 {
			return nil, fmt.Errorf("%s: %s", e.path, strings.Join(faults, "; "))
		}
		r.members = append(r.members, m)
		if err := r.addKeys(e); err != nil {
			return nil, fmt.Errorf("%s: %s", e.path, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	return r, nil
}

// addKeys adds the keys of an integration that has its own.
func (r *roster) addKeys(e *entry) error {
	for _, key := range e.apiKeys {
		if slices.ContainsFunc(r.apiKeys, func(k auth.APIKey) bool { return k.Hash == key.Hash }) {
			return auth.ErrDuplicateAPIKey
		}
		key.Integration, key.Active = e.id, key.Active && e.active
		r.apiKeys = append(r.apiKeys, key)
	}
	if e.owner != e || e.dialect != "" {
		return nil
	}
	return r.ring.Add(auth.Credential{
		APIKey: e.apiKey, Integration: e.id, Flexible: e.flexible, Active: e.active, Secrets: e.secrets, Signing: e.signing,
	})
}

// settle finds out whose key each integration has, and gives the integrations the ids and tenants that the file
// leaves out.
func settle(entries []*entry) error {
	byName, byID := map[string]*entry{}, map[uuid.UUID]*entry{}
	for _, e := range entries {
		if e.name != "" && byName[e.name] != nil {
			return fmt.Errorf("%s.name: %s has it already", e.path, byName[e.name].path)
		}
		byName[e.name] = e
		if e.dialect != "" {
			e.id = cmp.Or(e.id, uuid.NewSHA1(uuid.Nil, []byte("integration "+e.dialect+" "+e.name)))
		}
		if e.keyOf == "" {
			e.id = cmp.Or(e.id, uuid.NewSHA1(e.apiKey, []byte("integration")))
			e.tenant = cmp.Or(e.tenant, e.id)
			e.owner = e
		}
	}
	for _, e := range entries {
		if e.keyOf != "" {
			owner := byName[e.keyOf]
			if owner == nil || owner.keyOf != "" || owner.dialect != "" {
				return fmt.Errorf("%s.also_api_key_of: no integration with a key of its own has this name", e.path)
			}
			e.id = cmp.Or(e.id, uuid.NewSHA1(owner.apiKey, []byte("integration "+e.name)))
			owner.flexible = append(owner.flexible, e.id)
			e.owner = owner
		}
		if cmp.Or(e.tenant, e.owner.tenant) != e.owner.tenant {
			return fmt.Errorf("%s.tenant: it must be that of the integration that also_api_key_of names", e.path)
		}
		if byID[e.id] != nil {
			return fmt.Errorf("%s: %s has the same id or the same key", e.path, byID[e.id].path)
		}
		byID[e.id] = e
	}
	return nil
}

// mayFollow says why the roster cannot take the place of another while the server runs: what belongs to an
// integration that is gone, or is another's now, would be out of sight.
func (r *roster) mayFollow(last *roster) error {
	for _, was := range last.members {
		switch is, ok := r.find(was.ID); {
		case !ok:
			return fmt.Errorf("integration %s is no longer there, which needs a restart: let it be inactive instead", was.label())
		case is.Tenant != was.Tenant, is.Sandbox != was.Sandbox, is.Dialect != was.Dialect:
			return fmt.Errorf("integration %s has another tenant or dialect, or is no longer a sandbox or no longer live, "+
				"which needs a restart", was.label())
		}
	}
	return nil
}

// introduce logs who the integrations are that were not there before, and what one of them wants in vain.
func (r *roster) introduce(log *slog.Logger, last *roster) {
	for _, m := range r.members {
		if _, ok := last.find(m.ID); ok {
			continue
		}
		log.Info("an integration", "name", m.name, "id", m.ID)
		if m.fullAuto && !m.Sandbox {
			log.Warn("full auto is told of no decision of a live integration, unless it is posted at the desk of -desk-addr "+
				"with a record.automation", "integration", m.label())
		}
	}
}

// labels name all integrations.
func (r *roster) labels() (labels []string) {
	for _, m := range r.members {
		labels = append(labels, m.label())
	}
	return labels
}

// first is the first integration of Veriff's language with a key of its own; false: there is none.
func (r *roster) first() (member, bool) {
	for _, m := range r.members {
		if c, err := r.ring.ByKey(context.Background(), m.apiKey); err == nil && c.Integration == m.ID {
			return m, true
		}
	}
	return member{}, false
}

// firstSandbox is the first sandbox of Verifa's language; false: there is none.
func (r *roster) firstSandbox() (member, bool) {
	for _, m := range r.members {
		if m.Dialect == verifa.Dialect && m.Sandbox {
			return m, true
		}
	}
	return member{}, false
}

func (r *roster) find(id uuid.UUID) (member, bool) {
	for _, m := range r.members {
		if m.ID == id {
			return m, true
		}
	}
	return member{}, false
}
