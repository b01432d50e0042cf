package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// roster is who the integrations are, and their keys, at one moment. It does not change.
type roster struct {
	members []member
	ring    *auth.Ring
}

// member is one integration of the server.
type member struct {
	session.Integration
	name     string // for people; may be empty
	apiKey   uuid.UUID
	fullAuto bool // full auto is wanted: the sandbox says how sure it is
}

// label names the integration for people.
func (m member) label() string { return cmp.Or(m.name, m.ID.String()) }

// ofFlags is the roster of a server whose flags make its only integration. A sandbox can do everything.
func ofFlags(cfg *config, creds credentials, integration uuid.UUID) (*roster, error) {
	secret, err := auth.NewSecret(creds.SharedSecret)
	if err != nil {
		return nil, fmt.Errorf("the shared secret is not usable: %w", err)
	}
	ring, err := auth.NewRing(auth.Credential{
		APIKey: creds.APIKey, Integration: integration, Active: true, Secrets: []*auth.Secret{secret},
	})
	if err != nil {
		return nil, err
	}
	policy := cfg.policy()
	policy.Registry, policy.RegistrySync = !cfg.live, !cfg.live
	if cfg.watchlist != "" {
		policy.Screening, policy.Monitoring = true, cfg.monitoring
	}
	return &roster{ring: ring, members: []member{{
		Integration: session.Integration{
			ID: integration, Sandbox: !cfg.live, Policy: policy, Endpoints: cfg.webhooks.Endpoints(integration),
		},
		apiKey: creds.APIKey, fullAuto: cfg.fullAuto,
	}}}, nil
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
				ID: e.id, Tenant: e.owner.tenant, Sandbox: e.sandbox, Policy: e.policy, Endpoints: e.webhooks.Endpoints(e.id),
			},
			name: e.name, apiKey: e.owner.apiKey, fullAuto: e.ownAuto,
		}
		if e.fullAuto != nil {
			m.fullAuto = *e.fullAuto
		}
		if faults := m.Validate(); len(faults) > 0 {
			return nil, fmt.Errorf("%s: %s", e.path, strings.Join(faults, "; "))
		}
		r.members = append(r.members, m)
		if e.owner != e {
			continue
		}
		err := r.ring.Add(auth.Credential{
			APIKey: e.apiKey, Integration: e.id, Flexible: e.flexible, Active: e.active, Secrets: e.secrets, Signing: e.signing,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %s", e.path, strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	return r, nil
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
		if e.keyOf == "" {
			e.id = cmp.Or(e.id, uuid.NewSHA1(e.apiKey, []byte("integration")))
			e.tenant = cmp.Or(e.tenant, e.id)
			e.owner = e
		}
	}
	for _, e := range entries {
		if e.keyOf != "" {
			owner := byName[e.keyOf]
			if owner == nil || owner.keyOf != "" {
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
		case is.Tenant != was.Tenant, is.Sandbox != was.Sandbox:
			return fmt.Errorf("integration %s has another tenant, or is no longer a sandbox or no longer live, "+
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

// first is the first integration with a key of its own.
func (r *roster) first() member {
	for _, m := range r.members {
		if c, err := r.ring.ByKey(context.Background(), m.apiKey); err == nil && c.Integration == m.ID {
			return m
		}
	}
	return r.members[0]
}

func (r *roster) find(id uuid.UUID) (member, bool) {
	for _, m := range r.members {
		if m.ID == id {
			return m, true
		}
	}
	return member{}, false
}
