package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// setUpAudit makes a bench whose integration is audited.
func setUpAudit(t *testing.T, adjust func(*session.Integration, *session.Config)) *bench {
	t.Helper()
	b, _ := setUpPost(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Audit = true
		if adjust != nil {
			adjust(in, cfg)
		}
	})
	return b
}

var clerk = session.About{Actor: "api_key:vk_live_abc1", IP: "192.0.2.7", Method: "GET", Path: "/api/v1/sessions/{id}", What: "api.session.read"}

// audited lists the audit log, newest first.
func (b *bench) audited(l session.AuditList) []session.Audited {
	b.t.Helper()
	list, err := b.Events(b.ctx, l)
	if err != nil {
		b.t.Fatal(err)
	}
	return list.Audited
}

// what lists what the audit log tells, oldest first.
func (b *bench) what(l session.AuditList) (what []string) {
	for _, a := range slices.Backward(b.audited(l)) {
		what = append(what, a.What)
	}
	return what
}

// TestReadsAreAudited: who reads a session or a medium on a request is written down, with the request; a read without
// one, and one where the policy has it off, is not.
func TestReadsAreAudited(t *testing.T) {
	t.Parallel()
	for _, audit := range []bool{true, false} {
		b := setUpAudit(t, func(in *session.Integration, _ *session.Config) { in.Policy.Audit = audit })
		s := b.create("any")
		m := b.upload(s.ID)
		for name, read := range map[string]func(*session.Engine) error{
			"get":     func(e *session.Engine) error { _, err := e.Get(b.ctx, s.ID); return err },
			"attempt": func(e *session.Engine) error { _, err := e.GetByAttempt(b.ctx, s.AttemptID); return err },
			"file":    func(e *session.Engine) error { _, err := e.File(b.ctx, m.ID); return err },
		} {
			before := len(b.audited(session.AuditList{}))
			if err := read(b.Engine); err != nil {
				t.Fatal(err)
			}
			if got := len(b.audited(session.AuditList{})); got != before {
				t.Errorf("%s without a request wrote %d lines", name, got-before)
			}
			b.clock.Add(time.Second)
			if err := read(b.Via(clerk)); err != nil {
				t.Fatal(err)
			}
			list := b.audited(session.AuditList{})
			if !audit {
				if got := b.get(s.ID).Seq; len(list) != 0 || got != 2 {
					t.Errorf("%s wrote %d lines and %d events though it is off", name, len(list), got-2)
				}
				continue
			}
			want := session.Audited{
				ID: list[0].ID, At: b.Now(), What: "read", Resource: "session", ResourceID: s.ID.String(), By: session.ActorHost, About: clerk,
			}
			if len(list) != before+1 || list[0] != want {
				t.Errorf("%s wrote %d lines, the last %+v, want one, %+v", name, len(list)-before, list[0], want)
			}
		}
		got := b.get(s.ID)
		if got.Version != 1 {
			t.Errorf("reads raised the version to %d", got.Version)
		}
	}
}

// noWrites is a store that cannot write.
type noWrites struct{ session.Store }

var errNoWrites = errors.New("the disk is full")

func (noWrites) Apply(context.Context, ...session.Change) []error { return []error{errNoWrites} }

// TestUnauditedReadFails: nobody is given what cannot be written down.
func TestUnauditedReadFails(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	id := b.create("any").ID
	b.store = noWrites{b.store}
	e := b.again(func(*session.Integration, *session.Config) {})
	if s, err := e.Via(clerk).Get(b.ctx, id); !errors.Is(err, errNoWrites) || s != nil {
		t.Errorf("read %v, %v", s, err)
	}
	if _, err := e.Get(b.ctx, id); err != nil {
		t.Errorf("a read of the host's own: %v", err)
	}
}

// TestReadMeanwhileChanged: what is given is what is written down to be read, also when somebody else was faster.
func TestReadMeanwhileChanged(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	id := b.create("any").ID
	b.store = &afterLoad{Store: b.store, loads: 1, do: func() { b.submit(id) }}
	e := b.again(func(*session.Integration, *session.Config) {})
	s, err := e.Via(clerk).Get(b.ctx, id)
	if err != nil || s.Status != session.StatusSubmitted {
		t.Fatalf("%v, %v", s, err)
	}
	if got, want := b.what(session.AuditList{What: []string{"created", "read", "submitted"}}), 3; len(got) != want {
		t.Errorf("the log tells %v", got)
	}
}

// TestNote: numbered without gaps, chained, with who did it, also when many write at once; nothing where it is off.
func TestNote(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	const n = 200
	var noting sync.WaitGroup
	for i := range n {
		noting.Go(func() {
			if err := b.Via(clerk).RecordAudit(b.ctx, "api_key.revoked", "api_key", strconv.Itoa(i)); err != nil {
				t.Errorf("note: %v", err)
			}
		})
	}
	noting.Wait()
	list := b.audited(session.AuditList{N: 1000})
	seen := map[string]bool{}
	for _, a := range list {
		seen[a.ResourceID] = true
		if a.What != "api_key.revoked" || a.Resource != "api_key" || a.About != clerk || !a.At.Equal(b.Now()) {
			t.Fatalf("noted %+v", a)
		}
	}
	if len(list) != n || len(seen) != n {
		t.Errorf("%d lines of %d keys, want %d", len(list), len(seen), n)
	}
	if report := b.verify(); len(report.Faults) != 0 || report.Entries != n {
		t.Errorf("verified: %+v", report)
	}
	if err := b.RecordAudit(b.ctx, "revoked", "api_key", "1"); !errors.Is(err, session.ErrFacts) {
		t.Errorf("a word like a session's events: %v", err)
	}
	off := setUpAudit(t, func(in *session.Integration, _ *session.Config) { in.Policy.Audit = false })
	if err := off.RecordAudit(off.ctx, "api_key.revoked", "api_key", "1"); err != nil || len(off.audited(session.AuditList{})) != 0 {
		t.Errorf("where it is off: %v, %v", err, off.audited(session.AuditList{}))
	}
}

// TestNoteWithoutOrder: where ids are not in the order of time, and where the clock goes back, the log goes on.
func TestNoteWithoutOrder(t *testing.T) {
	t.Parallel()
	for name, newID := range map[string]func(time.Time) uuid.UUID{
		"random": func(time.Time) uuid.UUID { return uuid.New() }, "ordered": session.NewID,
	} {
		b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) { cfg.NewID = newID })
		for i := range 40 {
			b.clock.Add(time.Duration(10-i) * time.Minute)
			if err := b.RecordAudit(b.ctx, "sessions.listed", "session", ""); err != nil {
				t.Fatalf("%s ids, line %d: %v", name, i+1, err)
			}
		}
		if report := b.verify(); report.Entries != 40 || len(report.Faults) != 0 {
			t.Errorf("%s ids: %+v", name, report)
		}
		list := b.audited(session.AuditList{})
		if inTime := func(a, b session.Audited) int { return b.At.Compare(a.At) }; name == "ordered" && !slices.IsSortedFunc(list, inTime) {
			t.Error("the log goes back in time with the clock")
		}
	}
}

// TestEventsFilters: both kinds of line in one list, newest first, by every filter and in pages.
func TestEventsFilters(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	step := func() time.Time { b.clock.Add(time.Second); return b.Now() }
	first := b.create("any").ID
	mid := step()
	if err := b.RecordAudit(b.ctx, "sessions.listed", "list", ""); err != nil {
		t.Fatal(err)
	}
	step()
	b.submit(first)
	late := step()
	if err := b.RecordAudit(b.ctx, "api_key.revoked", "api_key", "k1"); err != nil {
		t.Fatal(err)
	}
	step()
	second := b.create("any").ID
	for name, row := range map[string]struct {
		list session.AuditList
		want []string
	}{
		"all":                 {session.AuditList{}, []string{"created", "sessions.listed", "submitted", "api_key.revoked", "created"}},
		"a kind of event":     {session.AuditList{What: []string{"created"}}, []string{"created", "created"}},
		"a note":              {session.AuditList{What: []string{"api_key.revoked"}}, []string{"api_key.revoked"}},
		"one of each":         {session.AuditList{What: []string{"submitted", "sessions.listed"}}, []string{"sessions.listed", "submitted"}},
		"sessions":            {session.AuditList{Resource: "session"}, []string{"created", "submitted", "created"}},
		"keys":                {session.AuditList{Resource: "api_key"}, []string{"api_key.revoked"}},
		"nothing of its kind": {session.AuditList{Resource: "identity"}, nil},
		"one session":         {session.AuditList{ResourceID: first.String()}, []string{"created", "submitted"}},
		"the other":           {session.AuditList{Resource: "session", ResourceID: second.String()}, []string{"created"}},
		"one key":             {session.AuditList{ResourceID: "k1"}, []string{"api_key.revoked"}},
		"from":                {session.AuditList{From: mid}, []string{"sessions.listed", "submitted", "api_key.revoked", "created"}},
		"from later on":       {session.AuditList{From: late}, []string{"api_key.revoked", "created"}},
		"to":                  {session.AuditList{To: late}, []string{"created", "sessions.listed", "submitted"}},
		"both":                {session.AuditList{From: mid, To: late}, []string{"sessions.listed", "submitted"}},
		"the newest two":      {session.AuditList{N: 2}, []string{"api_key.revoked", "created"}},
		"skipped":             {session.AuditList{N: 2, Skip: 2}, []string{"sessions.listed", "submitted"}},
		"beyond":              {session.AuditList{Skip: 9}, nil},
	} {
		if got := b.what(row.list); !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
	all := b.audited(session.AuditList{})
	var paged []session.Audited
	for l := (session.AuditList{N: 2}); ; l.After = paged[len(paged)-1].ID {
		page := b.audited(l)
		if paged = append(paged, page...); len(page) < 2 {
			break
		}
	}
	if !slices.Equal(paged, all) {
		t.Errorf("in pages: %v, want %v", paged, all)
	}
	for _, a := range all {
		if got, err := b.Event(b.ctx, a.ID); err != nil || got != a {
			t.Errorf("by its id: %+v, %v, want %+v", got, err, a)
		}
	}
	for _, none := range []uuid.UUID{uuid.Nil, uuid.New(), first} {
		if _, err := b.Event(b.ctx, none); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", none, err)
		}
	}
	foreign := b.again(func(in *session.Integration, _ *session.Config) { in.ID = uuid.New() })
	if list, err := foreign.Events(b.ctx, session.AuditList{}); err != nil || len(list.Audited) != 0 {
		t.Errorf("another tenant sees %v, %v", list, err)
	}
	if _, err := foreign.Event(b.ctx, all[0].ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("another tenant, by id: %v", err)
	}
}

// TestLastIDs: what has the last id of its kind is found by it.
func TestLastIDs(t *testing.T) {
	t.Parallel()
	var n byte
	b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) {
		cfg.NewID = func(at time.Time) uuid.UUID {
			id := session.NewID(at)
			n++
			id[13], id[14], id[15] = n, 0xff, 0xff
			return id
		}
	})
	b.addEndpoint()
	id := b.create("any").ID
	b.settle()
	for _, a := range b.audited(session.AuditList{}) {
		if got, err := b.Event(b.ctx, a.ID); err != nil || got != a {
			t.Errorf("%s: %+v, %v", a.ID, got, err)
		}
	}
	if _, err := b.RetryDelivery(b.ctx, b.log(id)[0].ID); err != nil {
		t.Errorf("a delivery: %v", err)
	}
}

// TestEventsHoldNobody: a session's events tell nothing of the person, and stay when it is redacted.
func TestEventsHoldNobody(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	id := b.create("Canary").ID
	if _, err := b.As(session.ActorPerson).Via(session.About{IP: "203.0.113.9", Path: "/verify"}).Start(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Redact(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	list := b.audited(session.AuditList{ResourceID: id.String()})
	text := fmt.Sprintf("%+v", list)
	for _, of := range []string{"Canary", "customer-17", "203.0.113.9"} {
		if len(list) < 3 || strings.Contains(text, of) {
			t.Errorf("%q is in the log: %s", of, text)
		}
	}
}

// TestReadsTellNobody: no endpoint is told of a read.
func TestReadsTellNobody(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Audit = true })
	id := b.create("any").ID
	if _, err := b.Via(clerk).Get(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	b.settle()
	if got := b.receiver.Kinds(id); !slices.Equal(got, []session.EventKind{"created"}) {
		t.Errorf("told %v", got)
	}
}
