package sqlstore_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// listPlans are the plans of the verbs that list: each is one range of one index.
var listPlans = []plan{
	{"Query", func(t *testing.T, p *planned) error { return p.query(t, session.Query{}) }, []string{
		"bonafide_sessions USING INDEX bonafide_sessions_list (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Query by status", func(t *testing.T, p *planned) error {
		return p.query(t, session.Query{Status: []session.Status{session.StatusCreated, session.StatusStarted}})
	}, []string{
		"bonafide_sessions USING INDEX bonafide_sessions_list (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Query by integration", func(t *testing.T, p *planned) error {
		return p.query(t, session.Query{Integrations: []uuid.UUID{newID(), p.first.Integration}, From: newID(), Skip: 3})
	}, []string{
		"bonafide_sessions USING INDEX bonafide_sessions_list (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Query by reference", func(t *testing.T, p *planned) error {
		return p.query(t, session.Query{
			Ref: p.first.Ref, Status: []session.Status{p.first.Status}, Integrations: []uuid.UUID{newID()},
		})
	}, []string{
		"bonafide_sessions USING INDEX bonafide_sessions_ref (tenant=? AND sandbox=? AND ref=? AND id>? AND id<?)",
	}},
	{"Query of the bare", func(t *testing.T, p *planned) error { return p.query(t, session.Query{Bare: true, Skip: 3}) }, []string{
		"bonafide_sessions USING COVERING INDEX bonafide_sessions_list (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Query of the bare by integration", func(t *testing.T, p *planned) error {
		return p.query(t, session.Query{Bare: true, Integrations: []uuid.UUID{newID(), p.first.Integration}})
	}, []string{
		"bonafide_sessions USING COVERING INDEX bonafide_sessions_list (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Query of the bare by reference", func(t *testing.T, p *planned) error {
		return p.query(t, session.Query{Bare: true, Ref: p.first.Ref})
	}, []string{
		"bonafide_sessions USING INDEX bonafide_sessions_ref (tenant=? AND sandbox=? AND ref=? AND id>? AND id<?)",
	}},
	{"Entries", func(t *testing.T, p *planned) error { return p.entries(t, session.EntryQuery{At: now}) }, []string{
		"bonafide_entries USING INDEX bonafide_entries_list (tenant=? AND sandbox=? AND kind=? AND id>? AND id<?)",
	}},
	{"Entries by id", func(t *testing.T, p *planned) error {
		return p.entries(t, session.EntryQuery{ID: p.entry.ID, At: now})
	}, []string{
		"bonafide_entries USING INDEX sqlite_autoindex_bonafide_entries_1 (id=?)",
	}},
	{"Entries by name", func(t *testing.T, p *planned) error {
		return p.entries(t, session.EntryQuery{Name: p.entry.Name, At: now})
	}, []string{
		"bonafide_entries USING INDEX bonafide_entries_name (tenant=? AND sandbox=? AND kind=? AND name=?)",
	}},
	{"Entries by session", func(t *testing.T, p *planned) error {
		return p.entries(t, session.EntryQuery{Session: p.first.ID, At: now})
	}, []string{
		"bonafide_entries USING INDEX bonafide_entries_session (session=? AND kind=? AND id>? AND id<?)",
	}},
	{"Events", func(t *testing.T, p *planned) error { return p.events(t, session.EventQuery{From: newID()}) }, []string{
		"bonafide_events USING INDEX bonafide_events_listed (listed=? AND id>? AND id<?)",
	}},
	{"Events of some kinds", func(t *testing.T, p *planned) error {
		return p.events(t, session.EventQuery{Kinds: []session.EventKind{session.EventCreated, session.EventStarted}})
	}, []string{
		"bonafide_events USING INDEX bonafide_events_listed (listed=? AND id>? AND id<?)",
	}},
	{"Events of a session", func(t *testing.T, p *planned) error {
		return p.events(t, session.EventQuery{Session: p.first.ID})
	}, []string{
		"bonafide_events USING PRIMARY KEY (session=? AND id>? AND id<?)",
	}},
	{"Deliveries", func(t *testing.T, p *planned) error { return p.deliveries(t, session.DeliveryQuery{}) }, []string{
		"bonafide_deliveries USING INDEX bonafide_deliveries_log (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Deliveries of an endpoint and state", func(t *testing.T, p *planned) error {
		return p.deliveries(t, session.DeliveryQuery{Endpoint: newID(), State: session.DeliveryDue})
	}, []string{
		"bonafide_deliveries USING INDEX bonafide_deliveries_log (tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
	{"Deliveries of a session", func(t *testing.T, p *planned) error {
		return p.deliveries(t, session.DeliveryQuery{Session: p.first.ID})
	}, []string{
		"bonafide_deliveries USING INDEX bonafide_deliveries_session (session=? AND tenant=? AND sandbox=? AND id>? AND id<?)",
	}},
}

func (p *planned) query(t *testing.T, q session.Query) error {
	q.Tenant, q.N = p.first.Tenant, 10
	_, err := p.Query(t.Context(), q)
	return err
}

func (p *planned) deliveries(t *testing.T, q session.DeliveryQuery) error {
	q.Tenant, q.N = p.first.Tenant, 10
	_, err := p.Deliveries(t.Context(), q)
	return err
}

func (p *planned) entries(t *testing.T, q session.EntryQuery) error {
	q.Tenant, q.Kind, q.N = p.first.Tenant, p.entry.Kind, 10
	_, err := p.Entries(t.Context(), q)
	return err
}

func (p *planned) events(t *testing.T, q session.EventQuery) error {
	q.Tenant, q.N = p.first.Tenant, 10
	_, err := p.Events(t.Context(), q)
	return err
}
