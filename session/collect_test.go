package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

var device = session.Device{Provider: "example", Fingerprint: "f-1", IPv4: "203.0.113.7", Details: []byte(`{"a":1}`)}

// TestCollect: the newest counts, per attempt, and the session's version stays.
func TestCollect(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Resubmit").ID
	before := b.get(id)
	for _, fingerprint := range []string{"f-1", "f-2"} {
		d := device
		d.Fingerprint = fingerprint
		if _, err := b.Collect(b.ctx, id, d); err != nil {
			t.Fatal(err)
		}
	}
	s := b.get(id)
	if got := s.Device(s.AttemptID); got == nil || got.Fingerprint != "f-2" || string(got.Details) != `{"a":1}` || got.IPv4 != device.IPv4 {
		t.Errorf("kept %#v", got)
	}
	if len(s.Findings) != 2 || s.Version != before.Version || s.Seq != before.Seq+2 {
		t.Errorf("%d findings at version %d, seq %d; want 2 at %d, %d", len(s.Findings), s.Version, s.Seq, before.Version, before.Seq+2)
	}
	b.submit(id)
	b.settle() // a resubmission is requested
	if _, err := b.Collect(b.ctx, id, device); !errors.Is(err, session.ErrTransition) || b.get(id).AttemptN != 1 {
		t.Errorf("about an attempt that was judged: %v", err)
	}
	b.upload(id) // which opens the next
	if _, err := b.Collect(b.ctx, id, device); err != nil {
		t.Errorf("about the next attempt: %v", err)
	}
	if s = b.get(id); s.Device(s.AttemptID) == nil || s.AttemptN != 2 || s.Status != session.StatusResubmissionRequested {
		t.Errorf("then attempt %d in %s", s.AttemptN, s.Status)
	}
	b.submit(id)
	if _, err := b.Collect(b.ctx, id, device); !errors.Is(err, session.ErrTransition) {
		t.Errorf("after submission: %v", err)
	}
	if err := b.Can(b.ctx, id, session.ActionCollect); !errors.Is(err, session.ErrTransition) {
		t.Errorf("Can says %v", err)
	}
	if _, err := b.Collect(b.ctx, uuid.New(), device); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("of no session: %v", err)
	}
}

// TestCollectAfterTheEnd: an expired session takes no data, whether a sweep has come by or not.
func TestCollectAfterTheEnd(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	b.clock.Add(7 * 24 * time.Hour)
	transition := (*session.TransitionError)(nil)
	if _, err := b.Collect(b.ctx, id, device); !errors.As(err, &transition) || transition.Status != session.StatusExpired || transition.Action != session.ActionCollect {
		t.Errorf("got %v", err)
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		name   string
		change func(*session.Device)
		field  string
		fault  session.FactsFault
	}{
		{"good", func(*session.Device) {}, "", ""},
		{"IPv6 alone", func(d *session.Device) { d.IPv4, d.IPv6 = "", "2001:db8::1" }, "", ""},
		{"both addresses", func(d *session.Device) { d.IPv6 = "2001:db8::1" }, "", ""},
		{"longest", func(d *session.Device) { d.Provider, d.Fingerprint = long[1:], long[1:] }, "", ""},
		{"longest of other letters", func(d *session.Device) { d.Provider = strings.Repeat("é", 255) }, "", ""},
		{"too long of other letters", func(d *session.Device) { d.Provider = strings.Repeat("é", 256) }, "provider", session.FaultTooLong},
		{"no provider", func(d *session.Device) { d.Provider = "" }, "provider", session.FaultMissing},
		{"no fingerprint", func(d *session.Device) { d.Fingerprint = "" }, "fingerprint", session.FaultMissing},
		{"long provider", func(d *session.Device) { d.Provider = long }, "provider", session.FaultTooLong},
		{"long fingerprint", func(d *session.Device) { d.Fingerprint = long }, "fingerprint", session.FaultTooLong},
		{"NUL", func(d *session.Device) { d.Provider = "a\x00" }, "provider", session.FaultText},
		{"no address", func(d *session.Device) { d.IPv4 = "" }, "ip", session.FaultMissing},
		{"IPv6 for IPv4", func(d *session.Device) { d.IPv4 = "2001:db8::1" }, "ipv4", session.FaultAddress},
		{"IPv4 for IPv6", func(d *session.Device) { d.IPv6 = "203.0.113.7" }, "ipv6", session.FaultAddress},
		{"a zone", func(d *session.Device) { d.IPv6 = "fe80::1%eth0" }, "ipv6", session.FaultAddress},
		{"a name", func(d *session.Device) { d.IPv4 = "localhost" }, "ipv4", session.FaultAddress},
		{"details of a list", func(d *session.Device) { d.Details = []byte(`[1]`) }, "details", session.FaultObject},
		{"details of nothing", func(d *session.Device) { d.Details = []byte(`null`) }, "details", session.FaultObject},
		{"details without end", func(d *session.Device) {
			d.Details = fmt.Appendf(nil, `{"a":%q}`, strings.Repeat("x", 64<<10))
		}, "details", session.FaultTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := device
			c.change(&d)
			err := d.Validate()
			fault := (*session.FactsError)(nil)
			if c.field == "" {
				if err != nil {
					t.Errorf("got %v, want nil", err)
				}
			} else if !errors.As(err, &fault) || fault.Field != c.field || fault.Fault != c.fault {
				t.Errorf("got %v, want %s %s", err, c.field, c.fault)
			}
		})
	}
}

// TestSetUserStatus: all are kept, at any time, and of attempts that the session has.
func TestSetUserStatus(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusDeclined)
	before := b.get(id)
	first := session.UserStatus{Status: "Suspicious  attempt!", Reason: "Looks like abuse", ReasonCode: "abuse"}
	s, err := b.SetUserStatus(b.ctx, id, uuid.Nil, first)
	if err != nil || s.Version != before.Version || s.Status != session.StatusDeclined {
		t.Fatalf("%v at version %d, want %d", err, s.Version, before.Version)
	}
	if _, err := b.SetUserStatus(b.ctx, id, before.AttemptID, session.UserStatus{Status: "Cleared", StatusCode: "ok"}); err != nil {
		t.Fatal(err)
	}
	list := b.get(id).UserStatuses(before.AttemptID)
	if len(list) != 2 || list[0].UserStatus.StatusCode != "suspicious_attempt" || list[1].UserStatus.StatusCode != "ok" || list[0].By != session.ActorReviewer {
		t.Errorf("kept %d", len(list))
	}
	for name, c := range map[string]struct {
		id, attempt uuid.UUID
		status      session.UserStatus
		want        error
	}{
		"no session":      {uuid.New(), uuid.Nil, first, session.ErrNotFound},
		"another attempt": {id, uuid.New(), first, session.ErrNotFound},
		"nothing":         {id, uuid.Nil, session.UserStatus{}, session.ErrFacts},
		"no letter":       {id, uuid.Nil, session.UserStatus{Status: "!!!"}, session.ErrFacts},
		"NUL":             {id, uuid.Nil, session.UserStatus{Status: "a\x00"}, session.ErrFacts},
		"too long":        {id, uuid.Nil, session.UserStatus{Status: "a", Reason: strings.Repeat("x", 5000)}, session.ErrFacts},
	} {
		if _, err := b.SetUserStatus(b.ctx, c.id, c.attempt, c.status); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if got := len(b.get(id).UserStatuses(before.AttemptID)); got != 2 {
		t.Errorf("then %d", got)
	}
}

// TestEnough: what can be added again and again is bounded, for each attempt by itself.
func TestEnough(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Resubmit").ID
	collect := func() error { _, err := b.Collect(b.ctx, id, device); return err }
	status := func() error {
		_, err := b.SetUserStatus(b.ctx, id, uuid.Nil, session.UserStatus{Status: "seen"})
		return err
	}
	for name, c := range map[string]struct {
		add  func() error
		most int
	}{"device": {collect, 10}, "user status": {status, 100}} {
		for range c.most {
			if err := c.add(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		before := b.get(id)
		if err := c.add(); !errors.Is(err, session.ErrEnough) {
			t.Errorf("%s: one more than %d: %v", name, c.most, err)
		}
		if s := b.get(id); s.Seq != before.Seq || len(s.Findings) != len(before.Findings) {
			t.Errorf("%s: a refusal changed the session", name)
		}
	}
	b.submit(id)
	b.settle()
	b.upload(id)
	if err := collect(); err != nil {
		t.Errorf("in the next attempt: %v", err)
	}
}
