package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/session"
)

// runModel plays random commands on the stores and on the model, and demands that all answer alike.
func runModel(t *testing.T, opens ...func(t *testing.T) session.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		p := &player{T: rt, model: newModel()}
		for _, open := range opens {
			p.kits = append(p.kits, kitOf(rt, t.Context(), open(t)))
		}
		p.kit = p.kits[0]
		p.tenants = []uuid.UUID{p.kit.tenant, p.kit.id()}
		p.endpoints = []uuid.UUID{p.kit.id(), p.kit.id(), p.kit.id()}
		p.integrations = []uuid.UUID{p.kit.id(), p.kit.id()}
		rt.Repeat(map[string]func(*rapid.T){
			"Apply": p.apply, "Apply again": p.apply, "Sweep": p.sweep, "Load": p.load, "Query": p.query,
			"Claim": p.claim, "Settle": p.settle, "Deliveries": p.deliveries, "Entries": p.entries, "Events": p.events,
			"Blobs": p.blobs,
		})
		for id := range p.model.sessions {
			p.compare(id)
		}
		p.compareEntries(p.model.entries)
	})
}

// player draws commands, and plays them on each store and on the model.
type player struct {
	*rapid.T
	kits         []*kit // one for each store; ids and times come from the first
	kit          *kit
	model        *model
	tenants      []uuid.UUID
	endpoints    []uuid.UUID
	integrations []uuid.UUID
	claimed      []session.Delivery // what was ever claimed, to be settled
	attempts     []uuid.UUID        // what was ever there, to be loaded
	media        []uuid.UUID
	alarms       int
}

// on runs a command on each store, saying which one when there are several.
func (p *player) on(rt *rapid.T, run func(k *kit)) {
	for i, k := range p.kits {
		k.teller = rt
		if len(p.kits) > 1 {
			rt.Logf("on store %d of %d", i+1, len(p.kits))
		}
		run(k)
	}
}

// draw draws one of a list by its place, which is all that a failure then prints of it.
func draw[T any](rt *rapid.T, list []T, what string) T {
	return list[rapid.IntRange(0, len(list)-1).Draw(rt, what)]
}

// odds answers true once in n.
func odds(rt *rapid.T, n int, what string) bool { return rapid.IntRange(1, n).Draw(rt, what) == n }

// moment draws a time that no other call has drawn: of two sessions due at once no order is promised.
func (p *player) moment(rt *rapid.T, what string) time.Time {
	p.alarms++
	seconds := rapid.IntRange(-5, 20).Draw(rt, what)
	return p.kit.in(time.Duration(seconds)*time.Second + time.Duration(p.alarms)*time.Microsecond)
}

// pick draws one of the sessions that are there, or makes one up.
func (p *player) pick(rt *rapid.T) session.Session {
	list := p.model.all()
	if len(list) == 0 || odds(rt, 20, "a session that is not there") {
		s := p.kit.create().Session
		s.Version = 1
		return s
	}
	return draw(rt, list, "session")
}

// change draws one change, mostly one that can be done.
func (p *player) change(rt *rapid.T) session.Change {
	k := p.kit
	if odds(rt, 6, "of no session") {
		c := k.own()
		p.addEntries(rt, &c)
		p.addPermits(rt, &c)
		return c
	}
	var c session.Change
	if len(p.model.sessions) == 0 || odds(rt, 4, "create") {
		c = k.create()
		c.Session.Tenant = draw(rt, p.tenants, "tenant")
		c.Session.Sandbox = odds(rt, 4, "sandbox")
		if odds(rt, 10, "of an id that is taken") {
			c.Session.ID = p.pick(rt).ID
			c.Events[0].Session = c.Session.ID
			c.Attempts[0].Session = c.Session.ID
		}
	} else {
		s := p.pick(rt)
		if odds(rt, 10, "stale") {
			s.Version += rapid.SampledFrom([]int64{-1, 1}).Draw(rt, "by")
		}
		c = k.change(s)
		c.Keep = c.Base != 0 && rapid.Bool().Draw(rt, "keep")
		c.Withdraw = odds(rt, 4, "withdraw")
		c.Erase = session.Erase(rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2, 3}).Draw(rt, "erase"))
		if len(p.media) > 0 && odds(rt, 4, "replace") {
			c.Replaced = rapid.SliceOfN(rapid.SampledFrom(p.media), 1, 3).Draw(rt, "replaced")
		}
		c.Session.Status = rapid.SampledFrom(session.Statuses()).Draw(rt, "status")
		c.Session.ActiveAt = p.moment(rt, "active")
		if odds(rt, 8, "delete") {
			c.Session.DeletedAt = k.now
		}
	}
	c.Session.Integration = draw(rt, p.integrations, "integration")
	c.Session.Ref = draw(rt, refs, "ref")
	c.Session.DueAt = time.Time{}
	if rapid.Bool().Draw(rt, "alarm") {
		c.Session.DueAt = p.moment(rt, "due")
	}
	p.addParts(rt, &c)
	if odds(rt, 8, "a part that is there") {
		p.double(rt, &c)
	} else {
		p.addPermits(rt, &c)
	}
	return c
}

// double makes one part of the change have the id of another that is there, mostly so that it is refused.
// It has no permits, as it is not promised whether these are judged before.
func (p *player) double(rt *rapid.T, c *session.Change) {
	from := p.pick(rt).ID
	r := p.model.sessions[from]
	if r == nil {
		return
	}
	was := r.Record
	c.Entries = nil // it is not promised which of the two is judged before, either
	switch rapid.IntRange(0, 5).Draw(rt, "of kind") {
	case 0:
		if len(c.Attempts) > 0 && len(was.Attempts) > 0 && from != c.Session.ID { // or two would have one N
			c.Attempts[0].ID = draw(rt, was.Attempts, "attempt").ID
		}
	case 1:
		if len(c.Decisions) > 0 && len(was.Decisions) > 0 {
			c.Decisions[0].ID = draw(rt, was.Decisions, "decision").ID
		}
	case 2:
		if len(c.Media) > 0 && len(was.Media) > 0 {
			c.Media[0].ID = draw(rt, was.Media, "medium").ID
		}
	case 3:
		e := &c.Events[len(c.Events)-1]
		e.ID, e.Listed = draw(rt, was.Events, "event").ID, false // or two in a list would have one ID
	case 4:
		if len(c.Deliveries) > 0 && len(r.Deliveries) > 0 {
			c.Deliveries[0].ID = draw(rt, r.Deliveries, "delivery").ID
		}
	case 5:
		if len(c.Findings) > 0 && len(was.Findings) > 0 {
			c.Findings[0].ID = draw(rt, was.Findings, "finding").ID
		}
	}
}

func (p *player) addParts(rt *rapid.T, c *session.Change) {
	k := p.kit
	for range rapid.IntRange(0, 2).Draw(rt, "more events") {
		k.addEvent(c, session.EventUploaded)
	}
	for i := range c.Events {
		c.Events[i].Listed = rapid.Bool().Draw(rt, "listed")
		c.Events[i].About = rapid.SampledFrom([][]byte{nil, []byte("{}"), {0, 255}}).Draw(rt, "about")
	}
	if odds(rt, 3, "entries") {
		p.addEntries(rt, c)
	}
	if rapid.Bool().Draw(rt, "medium") {
		p.media = append(p.media, k.addMedia(c))
		c.Media[len(c.Media)-1].Blob = draw(rt, blobNames, "blob")
	}
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, "findings") {
		k.addFinding(c)
	}
	r := p.model.sessions[c.Session.ID]
	if r != nil && odds(rt, 3, "decision") {
		k.addDecision(c, int(k.ids.Load()))
	}
	if r != nil && odds(rt, 3, "attempt") {
		a := session.Attempt{ID: k.id(), Session: c.Session.ID, N: int(k.ids.Load()), Status: session.StatusCreated, CreatedAt: k.now}
		if len(r.Record.Attempts) > 0 && rapid.Bool().Draw(rt, "that is there") {
			a = draw(rt, r.Record.Attempts, "attempt")
			a.Status, a.EndedAt = session.StatusDeclined, k.now
		}
		c.Attempts = append(c.Attempts, a)
	}
	for _, a := range c.Attempts {
		p.attempts = append(p.attempts, a.ID)
	}
	p.addDeliveries(rt, c, r)
}

// addDeliveries adds deliveries of the change's events, or of older ones. No two are of one event for one endpoint.
func (p *player) addDeliveries(rt *rapid.T, c *session.Change, r *kept) {
	k := p.kit
	events, there := c.Events, []session.Delivery(nil)
	if r != nil {
		there = r.Deliveries
		if odds(rt, 4, "of older events too") {
			events = append(clone(r.Record.Events), events...)
		}
	}
	for range rapid.IntRange(0, 3).Draw(rt, "deliveries") {
		endpoint, event := draw(rt, p.endpoints, "endpoint"), draw(rt, events, "event").ID
		same := func(d session.Delivery) bool { return d.Endpoint == endpoint && d.Event == event }
		if slices.ContainsFunc(there, same) || slices.ContainsFunc(c.Deliveries, same) {
			continue
		}
		state := rapid.SampledFrom([]session.DeliveryState{session.DeliveryDue, session.DeliveryDue, session.DeliveryHeld, session.DeliveryDone}).Draw(rt, "state")
		d := k.addDelivery(c, state, time.Time{})
		d.Endpoint, d.Event = endpoint, event
		d.Personal = rapid.Bool().Draw(rt, "personal")
		if state.Pending() {
			d.DueAt = k.in(time.Duration(rapid.IntRange(-3, 10).Draw(rt, "delivery due")) * time.Second)
		}
	}
}

func (p *player) addPermits(rt *rapid.T, c *session.Change) {
	rules := []session.Rule{{N: 1, Window: 3 * time.Second}, {N: 2, Window: 9 * time.Second}, {N: 4, Window: 10 * time.Second}, {N: 9, Window: time.Minute}}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(rt, "permits") {
		c.Permits = append(c.Permits, session.Permit{
			Key:   rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "key"),
			Rules: rules[rapid.IntRange(0, 3).Draw(rt, "rules"):],
			At:    p.kit.in(time.Duration(rapid.IntRange(-4, 4).Draw(rt, "at")) * time.Second),
		})
	}
}
