package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// post is a receiver that knows to whom it was to deliver.
type post struct {
	sessiontest.Receiver
	mu sync.Mutex
	to []session.Endpoint
}

func (p *post) Deliver(ctx context.Context, to session.Endpoint, d session.Delivery) session.Try {
	p.mu.Lock()
	p.to = append(p.to, to)
	p.mu.Unlock()
	return p.Receiver.Deliver(ctx, to, d)
}

// count says how many deliveries went to an endpoint.
func (p *post) count(id uuid.UUID) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, to := range p.to {
		if to.ID == id {
			n++
		}
	}
	return n
}

// setUpPost makes a bench without endpoints of the host, and with one try for each delivery.
func setUpPost(t *testing.T, adjust func(*session.Integration, *session.Config)) (*bench, *post) {
	t.Helper()
	p := &post{}
	return setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Endpoints, cfg.Deliverer = nil, p
		if adjust != nil {
			adjust(in, cfg)
		}
	}), p
}

// wanted is an endpoint with everything that a caller can set.
func wanted() session.StoredEndpoint {
	return session.StoredEndpoint{
		Endpoint: session.Endpoint{
			URL: "https://hooks.example.com/idv", Format: sessiontest.Format, Retry: session.Retry{Tries: 1, Any2xx: true},
			Wire: session.Wire{
				Names: []string{"session.approved"}, Blocklist: []string{"result.extracted_data"},
				Filter: json.RawMessage(`{"status":["approved"]}`), Inflection: "camel", Version: "2026-04-17",
			},
		},
		Label: "main", Description: "the main receiver",
	}
}

func (b *bench) addEndpoint() session.StoredEndpoint {
	b.t.Helper()
	ep, err := b.AddEndpoint(b.ctx, wanted(), "whsec_of-the-test")
	if err != nil {
		b.t.Fatalf("add an endpoint: %v", err)
	}
	return ep
}

// noted lists what the tenant's log tells, oldest first.
func (b *bench) noted() (what []string) {
	b.t.Helper()
	list, err := b.Events(b.ctx, session.AuditList{Resource: "webhook_endpoint", N: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, a := range slices.Backward(list.Audited) {
		what = append(what, a.What)
	}
	return what
}

// TestStoredEndpoint: it is told at once, with all that its renderer and deliverer need to know, and found and listed.
func TestStoredEndpoint(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	before := b.create("any").ID
	ep := b.addEndpoint()
	if !ep.Enabled || ep.Tenant != tenant || ep.Integration != tenant || !ep.CreatedAt.Equal(b.clock.Now()) {
		t.Errorf("added %+v", ep)
	}
	after := b.create("any").ID
	b.settle()
	if told, not := len(p.Kinds(after)), len(p.Kinds(before)); told != 1 || not != 0 {
		t.Errorf("told %d and %d times of the sessions after and before it, want once and never", told, not)
	}
	want := wanted().Endpoint
	want.ID = ep.ID
	if fmt.Sprintf("%+v", p.to[0]) != fmt.Sprintf("%+v", want) {
		t.Errorf("delivered to %+v, want %+v", p.to[0], want)
	}
	got, err := b.Endpoint(b.ctx, ep.ID)
	if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", ep) {
		t.Errorf("found %+v, %v, want %+v", got, err, ep)
	}
	b.clock.Add(time.Second)
	second := b.addEndpoint()
	for _, page := range []struct {
		name string
		list session.EndpointList
		want []uuid.UUID
	}{
		{"all", session.EndpointList{}, []uuid.UUID{second.ID, ep.ID}},
		{"one", session.EndpointList{N: 1}, []uuid.UUID{second.ID}},
		{"skipped", session.EndpointList{Skip: 1, N: 5}, []uuid.UUID{ep.ID}},
		{"after", session.EndpointList{After: second.ID}, []uuid.UUID{ep.ID}},
		{"beyond", session.EndpointList{Skip: 3}, nil},
	} {
		list, err := b.Endpoints(b.ctx, page.list)
		var ids []uuid.UUID
		for _, ep := range list {
			ids = append(ids, ep.ID)
		}
		if err != nil || !slices.Equal(ids, page.want) {
			t.Errorf("%s: %v, %v, want %v", page.name, ids, err, page.want)
		}
	}
}

// TestEndpointIsTheCallersOwn: what a caller does to a value after the call changes nothing that is kept.
func TestEndpointIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	b.create("any") // so that it is known which endpoints there are
	given := wanted()
	ep, err := b.AddEndpoint(b.ctx, given, "whsec_x")
	if err != nil {
		t.Fatal(err)
	}
	given.Wire.Names[0], ep.Wire.Names[0] = "given", "answered"
	b.create("any")
	b.settle()
	if got := p.to[0].Wire.Names; !slices.Equal(got, wanted().Wire.Names) {
		t.Errorf("delivered to an endpoint for %v, want %v", got, wanted().Wire.Names)
	}
}

// TestEndpointLife: each change does what it says, and is written to the tenant's log.
func TestEndpointLife(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	ep := b.addEndpoint()
	enable := func(on bool) session.StoredEndpoint {
		t.Helper()
		got, err := b.ChangeEndpoint(b.ctx, ep.ID, func(ep *session.StoredEndpoint) error {
			ep.Enabled, ep.Label, ep.Secret, ep.CreatedAt, ep.Tenant, ep.Dead = on, "new", nil, time.Time{}, uuid.Nil, 7
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	changed := enable(true)
	if changed.Label != "new" || !changed.CreatedAt.Equal(ep.CreatedAt) || changed.Tenant != tenant || changed.Dead != 0 {
		t.Errorf("changed to %+v", changed)
	}
	if secret, err := b.EndpointSecret(b.ctx, ep.ID); err != nil || secret != "whsec_of-the-test" {
		t.Errorf("the secret after a change: %q, %v", secret, err)
	}
	b.create("any")
	if off := enable(false); off.Enabled || !off.DisabledAt.Equal(b.clock.Now()) {
		t.Errorf("disabled: %+v", off)
	}
	b.create("any")
	b.settle()
	if p.count(ep.ID) != 0 {
		t.Error("a disabled endpoint was told")
	}
	enable(true)
	b.clock.Add(time.Hour)
	b.settle()
	if n := p.count(ep.ID); n != 1 {
		t.Errorf("after it was enabled it was told %d times, want of the session before it was disabled", n)
	}
	if _, err := b.RotateEndpoint(b.ctx, ep.ID, "whsec_second"); err != nil {
		t.Fatal(err)
	}
	if secret, _ := b.EndpointSecret(b.ctx, ep.ID); secret != "whsec_second" {
		t.Errorf("the secret after a rotation: %q", secret)
	}
	clone, err := b.CloneEndpoint(b.ctx, ep.ID, "whsec_third")
	if err != nil || clone.ID == ep.ID || clone.URL != ep.URL || clone.Label != "new" || fmt.Sprint(clone.Wire) != fmt.Sprint(ep.Wire) {
		t.Errorf("cloned: %+v, %v", clone, err)
	}
	if secret, _ := b.EndpointSecret(b.ctx, clone.ID); secret != "whsec_third" {
		t.Errorf("the clone's secret: %q", secret)
	}
	if err := b.RemoveEndpoint(b.ctx, ep.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Endpoint(b.ctx, ep.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("found after it was removed: %v", err)
	}
	for _, d := range b.log(b.create("any").ID) {
		if d.Endpoint == ep.ID {
			t.Error("told after it was removed")
		}
	}
	var want []string
	for _, what := range strings.Fields("created updated disabled enabled rotated cloned removed") {
		want = append(want, "webhook_endpoint."+what)
	}
	if got := b.noted(); !slices.Equal(got, want) {
		t.Errorf("the log tells %v, want %v", got, want)
	}
}

// TestEndpointRefusals: what is not acceptable is not kept.
func TestEndpointRefusals(t *testing.T) {
	t.Parallel()
	b, _ := setUpPost(t, nil)
	long := strings.Repeat("x", 5000)
	for name, spoil := range map[string]func(*session.StoredEndpoint){
		"url":         func(ep *session.StoredEndpoint) { ep.URL = "" },
		"format":      func(ep *session.StoredEndpoint) { ep.Format = "nobody's" },
		"retry":       func(ep *session.StoredEndpoint) { ep.Retry.Tries = -1 },
		"label":       func(ep *session.StoredEndpoint) { ep.Label = long },
		"description": func(ep *session.StoredEndpoint) { ep.Description = "a\x00b" },
		"names":       func(ep *session.StoredEndpoint) { ep.Wire.Names = make([]string, 201) },
		"blocklist":   func(ep *session.StoredEndpoint) { ep.Wire.Blocklist = []string{long} },
		"filter":      func(ep *session.StoredEndpoint) { ep.Wire.Filter = json.RawMessage(`[1]`) },
		"inflection":  func(ep *session.StoredEndpoint) { ep.Wire.Inflection = long },
		"version":     func(ep *session.StoredEndpoint) { ep.Wire.Version = long },
	} {
		ep := wanted()
		spoil(&ep)
		_, err := b.AddEndpoint(b.ctx, ep, "whsec_x")
		var refused *session.FactsError
		if !errors.As(err, &refused) || refused.Field != name {
			t.Errorf("a bad %s: %v", name, err)
		}
	}
	if _, err := b.AddEndpoint(b.ctx, wanted(), ""); !errors.Is(err, session.ErrFacts) {
		t.Errorf("no secret: %v", err)
	}
	if list, err := b.Endpoints(b.ctx, session.EndpointList{}); err != nil || len(list) != 0 || len(b.noted()) != 0 {
		t.Errorf("%d endpoints are kept, %v, and %v noted", len(list), err, b.noted())
	}
	keyless := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{1} })
	ep := b.addEndpoint()
	if _, err := keyless.EndpointSecret(b.ctx, ep.ID); !errors.Is(err, session.ErrKeeper) {
		t.Errorf("the secret under another key: %v, want ErrKeeper", err)
	}
}

// TestEndpointLimit: 50 of a tenant, live and sandbox each, also when they are added at once.
func TestEndpointLimit(t *testing.T) {
	t.Parallel()
	box := session.Integration{ID: uuid.MustParse("7c9d0a51-0000-4000-8000-00000000000b"), Tenant: tenant, Sandbox: true}
	b, _ := setUpPost(t, nil)
	e := b.again(func(in *session.Integration, cfg *session.Config) { cfg.Integrations = session.Fixed{*in, box} })
	var adding sync.WaitGroup
	errs := make([]error, 60)
	for i := range errs {
		adding.Go(func() { _, errs[i] = e.AddEndpoint(b.ctx, wanted(), "whsec_x") })
	}
	adding.Wait()
	added := 0
	for _, err := range errs {
		if err == nil {
			added++
		} else if !errors.Is(err, session.ErrEnough) {
			t.Errorf("one too many: %v, want ErrEnough", err)
		}
	}
	if added != 50 {
		t.Errorf("%d were added, want 50", added)
	}
	if _, err := e.For(box.ID).AddEndpoint(b.ctx, wanted(), "whsec_x"); err != nil {
		t.Errorf("the first of the sandbox: %v", err)
	}
}

// TestForeignEndpoints are not there, and not told.
func TestForeignEndpoints(t *testing.T) {
	t.Parallel()
	others := map[string]session.Integration{
		"another tenant":      {ID: uuid.MustParse("7c9d0a51-0000-4000-8000-00000000000a")},
		"the sandbox":         {ID: uuid.MustParse("7c9d0a51-0000-4000-8000-00000000000b"), Tenant: tenant, Sandbox: true},
		"another integration": {ID: uuid.MustParse("7c9d0a51-0000-4000-8000-00000000000c"), Tenant: tenant},
	}
	b, p := setUpPost(t, nil)
	e := b.again(func(in *session.Integration, cfg *session.Config) {
		fixed := session.Fixed{*in}
		for _, in := range others {
			fixed = append(fixed, in)
		}
		cfg.Integrations, cfg.Deliverer = fixed, p
	})
	ep, err := e.AddEndpoint(b.ctx, wanted(), "whsec_x")
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range others {
		o := e.For(in.ID)
		_, get := o.Endpoint(b.ctx, ep.ID)
		_, change := o.ChangeEndpoint(b.ctx, ep.ID, func(*session.StoredEndpoint) error { return nil })
		_, rotate := o.RotateEndpoint(b.ctx, ep.ID, "whsec_y")
		_, clone := o.CloneEndpoint(b.ctx, ep.ID, "whsec_y")
		_, test := o.TestEndpoint(b.ctx, ep.ID, nil)
		for verb, err := range map[string]error{
			"get": get, "change": change, "rotate": rotate, "clone": clone, "test": test, "remove": o.RemoveEndpoint(b.ctx, ep.ID),
		} {
			if !errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s of %s: %v, want ErrNotFound", verb, name, err)
			}
		}
		if list, err := o.Endpoints(b.ctx, session.EndpointList{}); err != nil || len(list) != 0 {
			t.Errorf("%s lists %v, %v", name, list, err)
		}
		if _, err := o.Create(b.ctx, session.Facts{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Settle(b.ctx); err != nil || p.count(ep.ID) != 0 {
		t.Errorf("told %d times of others' sessions, %v", p.count(ep.ID), err)
	}
}

// TestEndpointSecretIsSealed: it is in no entry in clear, the remembered answer of its creation included.
func TestEndpointSecretIsSealed(t *testing.T) {
	t.Parallel()
	b, _ := setUpPost(t, nil)
	once := session.Once{Scope: "add", Key: "k-1", Request: []byte("r"), Encode: func(any) ([]byte, error) { return []byte("whsec_clear"), nil }}
	ep, err := b.Once(once).AddEndpoint(b.ctx, wanted(), "whsec_clear")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []session.EntryQuery{
		{Kind: session.EntryEndpoint}, {Tenant: tenant, Kind: session.EntryAnswer}, {Tenant: tenant, Kind: session.EntryAudit},
	} {
		q.N, q.At = 10, b.Now()
		kept, err := b.store.Entries(b.ctx, q)
		if err != nil || len(kept) != 1 || bytes.Contains(kept[0].Body, []byte("whsec_clear")) {
			t.Errorf("%s: %d entries, %v, or the secret is in clear", q.Kind, len(kept), err)
		}
	}
	for _, text := range []string{fmt.Sprintf("%+v", ep), fmt.Sprintf("%#v", ep)} {
		if strings.Contains(text, "whsec_clear") {
			t.Error("the secret is printed")
		}
	}
}
