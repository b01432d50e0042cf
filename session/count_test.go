package session_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// TestEndpointBreaker: ten deliveries in a row that are given up disable an endpoint, and one that is made begins the
// count anew; what waits then waits for a day.
func TestEndpointBreaker(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	ep := b.addEndpoint()
	dead := func(n int) session.StoredEndpoint {
		t.Helper()
		for range n {
			b.create("any")
			b.settle()
		}
		got, err := b.Endpoint(b.ctx, ep.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	p.Answer(500)
	if got := dead(9); !got.Enabled || got.Dead != 9 {
		t.Fatalf("after nine: enabled %t, %d dead", got.Enabled, got.Dead)
	}
	p.Answer(204)
	if got := dead(1); !got.Enabled || got.Dead != 0 {
		t.Fatalf("after a success: enabled %t, %d dead", got.Enabled, got.Dead)
	}
	p.Answer(500)
	if got := dead(10); got.Enabled || got.Dead != 10 || !got.DisabledAt.Equal(b.clock.Now()) {
		t.Fatalf("after ten: enabled %t, %d dead, at %v", got.Enabled, got.Dead, got.DisabledAt)
	}
	if got := b.noted(); !slices.Equal(got, []string{"webhook_endpoint.created", "webhook_endpoint.disabled"}) {
		t.Errorf("the log tells %v", got)
	}
	on, err := b.ChangeEndpoint(b.ctx, ep.ID, func(ep *session.StoredEndpoint) error { ep.Enabled = true; return nil })
	if err != nil || !on.Enabled || on.Dead != 0 || !on.DisabledAt.IsZero() {
		t.Errorf("enabled again: %+v, %v", on, err)
	}
	if got := dead(1); !got.Enabled || got.Dead != 1 {
		t.Errorf("after one more: enabled %t, %d dead", got.Enabled, got.Dead)
	}
}

// TestDisabledEndpointWaits for a day, and what is given up then does not count.
func TestDisabledEndpointWaits(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	ep := b.addEndpoint()
	id := b.create("any").ID
	if _, err := b.ChangeEndpoint(b.ctx, ep.ID, func(ep *session.StoredEndpoint) error { ep.Enabled = false; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		want  session.DeliveryState
	}{{0, session.DeliveryDue}, {23 * time.Hour, session.DeliveryDue}, {time.Hour, session.DeliveryDead}} {
		b.clock.Add(step.after)
		b.settle()
		list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id})
		if err != nil || len(list) != 1 || list[0].State != step.want || list[0].Last.Note != "endpoint is disabled" {
			t.Errorf("%s later: %v %+v, %v, want %s", step.after, list, list[0].Last, err, step.want)
		}
	}
	if got, _ := b.Endpoint(b.ctx, ep.ID); got.Dead != 0 || p.count(ep.ID) != 0 {
		t.Errorf("%d dead, told %d times", got.Dead, p.count(ep.ID))
	}
}

// TestTestEndpoint: sent at once, answered with how it ended, kept nowhere and counted for nothing.
func TestTestEndpoint(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	ep := b.addEndpoint()
	p.Answer(500)
	for range 12 {
		got, err := b.TestEndpoint(b.ctx, ep.ID, []byte(`{"event":"test"}`))
		if err != nil || got.Status != 500 || !got.At.Equal(b.clock.Now()) {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	sent := p.Got()[0]
	if string(sent.Body) != `{"event":"test"}` || sent.ID == uuid.Nil || sent.Endpoint != ep.ID || sent.Integration != tenant {
		t.Errorf("sent %+v with %s", sent, sent.Body)
	}
	got, err := b.Endpoint(b.ctx, ep.ID)
	if err != nil || got.Dead != 0 || !got.Enabled {
		t.Errorf("after tests: %+v, %v", got, err)
	}
	if list, err := b.Deliveries(b.ctx, session.DeliveryQuery{}); err != nil || len(list) != 0 {
		t.Errorf("kept %v, %v", list, err)
	}
	without := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Deliverer = nil })
	if _, err := without.TestEndpoint(b.ctx, ep.ID, nil); !errors.Is(err, session.ErrNoDeliverer) {
		t.Errorf("without a deliverer: %v", err)
	}
}
