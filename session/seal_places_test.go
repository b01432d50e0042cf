package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// sealedIn are all sealed bytes of a record, by what they are, to be read and to be written.
func sealedIn(r *session.Record) map[string]*[]byte {
	all := map[string]*[]byte{"facts": &r.Session.Sealed}
	for i := range r.Decisions {
		all[fmt.Sprintf("decision %d", i)] = &r.Decisions[i].Sealed
	}
	for i := range r.Media {
		all[fmt.Sprintf("media facts %d", i)] = &r.Media[i].Sealed
	}
	for i := range r.Findings {
		all[fmt.Sprintf("%s %d", r.Findings[i].Kind, i)] = &r.Findings[i].Sealed
	}
	return all
}

// TestSealedHasOnePlace: nothing that is sealed in one place of a session, or of another of the same person's, is taken
// for genuine in any other place.
func TestSealedHasOnePlace(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(*bench, *session.Config) {})
	id, other := b.whole(), b.whole()
	f := b.withForger()
	var mine, theirs session.Record
	f.forge = func(r *session.Record) { mine = *r }
	b.get(id)
	f.forge = func(r *session.Record) { theirs = *r }
	b.get(other)
	places := sealedIn(&mine)
	if kinds := len(places); kinds < 16 {
		t.Fatalf("%d things are sealed, want every kind there is", kinds)
	}
	refused := func(what string, forge func(*session.Record)) {
		t.Helper()
		f.forge = forge
		if s, err := b.Get(b.ctx, id); !errors.Is(err, session.ErrKeeper) || s != nil {
			t.Errorf("%s: %v, want ErrKeeper", what, err)
		}
	}
	for place := range places {
		for from, record := range map[string]*session.Record{"its own": &mine, "another session's": &theirs} {
			for what, sealed := range sealedIn(record) {
				if bytes.Equal(*sealed, *places[place]) {
					continue
				}
				refused(from+" "+what+" as the "+place, func(r *session.Record) { *sealedIn(r)[place] = *sealed })
			}
		}
		refused(place+" in another format", func(r *session.Record) {
			sealed := bytes.Clone(*sealedIn(r)[place])
			sealed[0]++
			*sealedIn(r)[place] = sealed
		})
	}
	refused("another session with its key", func(r *session.Record) {
		key, sealed := theirs.Session.Key, theirs.Session.Sealed
		r.Session.Key, r.Session.Sealed = key, sealed
	})
	refused("another tenant", func(r *session.Record) { r.Session.Tenant = uuid.New() })
}

// TestDeliveriesHaveOnePlace: the body of one is none of another.
func TestDeliveriesHaveOnePlace(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(*bench, *session.Config) {})
	id := b.whole()
	list, err := b.store.Deliveries(b.ctx, session.DeliveryQuery{Tenant: tenant, Session: id, N: 1000})
	if err != nil || len(list) < 10 {
		t.Fatalf("%d deliveries, %v", len(list), err)
	}
	b.Engine = b.With(exchanged{Store: b.store, bodies: list})
	shown, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id, N: 1000})
	if err != nil || len(shown) != len(list) {
		t.Fatalf("%d deliveries, %v", len(shown), err)
	}
	for _, d := range shown {
		if d.Personal && (d.Body != nil || d.Last.Note != "body or its key cannot be opened") {
			t.Errorf("delivery %s shows another's body: %q, %q", d.ID, d.Body, d.Last.Note)
		}
	}
}

// exchanged is a store in which everything that is sealed beside sessions has the bytes of the next of its kind.
type exchanged struct {
	session.Store
	bodies []session.Delivery
	forge  func(session.Entry) []byte
}

func (x exchanged) Deliveries(ctx context.Context, q session.DeliveryQuery) ([]session.Delivery, error) {
	list, err := x.Store.Deliveries(ctx, q)
	for i := range list {
		for j := range x.bodies {
			if next := x.bodies[(j+1)%len(x.bodies)]; x.bodies[j].ID == list[i].ID {
				list[i].Body = next.Body
			}
		}
	}
	return list, err
}

func (x exchanged) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	list, err := x.Store.Entries(ctx, q)
	for i := range list {
		if x.forge != nil {
			list[i].Body = x.forge(list[i])
		}
	}
	return list, err
}

// TestAnswersHaveOnePlace: what one request was answered is no answer of another, of the same session or another, nor
// for what belongs to no session.
func TestAnswersHaveOnePlace(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(*bench, *session.Config) {})
	id, other := b.create(canary).ID, b.create(canary).ID
	tag := func(e *session.Engine, key string, id uuid.UUID) error {
		b.clock.Add(time.Second) // so that answers are in the order of their ids
		_, err := e.Once(onceWith(key)).Tag(b.ctx, id, key)
		return err
	}
	add := func(e *session.Engine, key string) error {
		b.clock.Add(time.Second)
		_, err := e.Once(onceWith(key)).AddEndpoint(b.ctx, session.StoredEndpoint{Endpoint: session.Endpoint{URL: "https://a.example", Format: "plain"}}, canary)
		return err
	}
	b.each(
		func() error { return tag(b.Engine, "1", id) }, func() error { return tag(b.Engine, "2", id) },
		func() error { return tag(b.Engine, "3", other) },
		func() error { return add(b.Engine, "4") }, func() error { return add(b.Engine, "5") },
	)
	kept := b.entries(session.EntryAnswer)
	if len(kept) != 5 {
		t.Fatalf("%d answers are remembered, want 5", len(kept))
	}
	const head = 1 + 32 // what it is, and of which request
	for i, own := range kept {
		for j, foreign := range kept {
			forged := b.With(exchanged{Store: b.store, forge: func(e session.Entry) []byte {
				if e.ID != own.ID {
					return e.Body
				}
				return append(bytes.Clone(own.Body[:head]), foreign.Body[head:]...)
			}})
			ask := func() error { return tag(forged, fmt.Sprint(i+1), map[bool]uuid.UUID{true: id, false: other}[i < 2]) }
			if i >= 3 {
				ask = func() error { return add(forged, fmt.Sprint(i+1)) }
			}
			err, answered := ask(), (*session.AnsweredError)(nil)
			if i == j && !errors.As(err, &answered) || i != j && !errors.Is(err, session.ErrKeeper) {
				t.Errorf("answer %d in the place of %d: %v", j+1, i+1, err)
			}
		}
	}
}

// TestEndpointSecretsHaveOnePlace: the secret of one endpoint signs for no other.
func TestEndpointSecretsHaveOnePlace(t *testing.T) {
	t.Parallel()
	b := setUpOver(t, withAll, func(*bench, *session.Config) {})
	var kept []session.StoredEndpoint
	for i := range 2 {
		ep, err := b.AddEndpoint(b.ctx, session.StoredEndpoint{Endpoint: session.Endpoint{URL: "https://a.example", Format: "plain"}}, fmt.Sprint("secret ", i))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, ep)
	}
	for _, c := range []struct {
		name  string
		other []byte
		want  error
	}{
		{"its own", kept[0].Secret, nil}, {"another's", kept[1].Secret, session.ErrKeeper}, {"one byte less", kept[0].Secret[1:], session.ErrKeeper},
		{"another bit", flip(kept[0].Secret, len(kept[0].Secret)-1), session.ErrKeeper}, {"none", nil, session.ErrKeeper},
	} {
		forged := b.With(exchanged{Store: b.store, forge: func(e session.Entry) []byte {
			was, err := json.Marshal(kept[0].Secret)
			is, err2 := json.Marshal(c.other)
			if e.Kind != session.EntryEndpoint || err != nil || err2 != nil {
				return e.Body
			}
			return bytes.Replace(e.Body, was, is, 1)
		}})
		secret, err := forged.EndpointSecret(b.ctx, kept[0].ID)
		if !errors.Is(err, c.want) || (err == nil) != (secret == "secret 0") {
			t.Errorf("%s: %q, %v, want %v", c.name, secret, err, c.want)
		}
	}
}
