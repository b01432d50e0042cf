package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// edited is a text of which some is taken out at one place, and something put in.
func edited(text []byte, at, out uint16, in []byte) []byte {
	from := int(at) % (len(text) + 1)
	to := min(from+int(out), len(text))
	return append(append(append([]byte(nil), text[:from]...), in...), text[to:]...)
}

// editing is a store whose newest entry of a kind, or the about of the event of a read, was edited.
type editing struct {
	session.Store
	kind session.EntryKind // empty: the event's
	edit func([]byte) []byte
	was  []byte // before the edit; nil: nobody has read it
	is   []byte
}

func (s *editing) do(body *[]byte) {
	s.was = *body
	*body = s.edit(*body)
	s.is = *body
}

func (s *editing) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	list, err := s.Store.Entries(ctx, q)
	if err != nil || q.Kind != s.kind || len(list) == 0 {
		return list, err
	}
	newest, err := s.Store.Entries(ctx, session.EntryQuery{Tenant: q.Tenant, Sandbox: q.Sandbox, Kind: q.Kind, At: q.At, N: 1})
	for i := range list {
		if len(newest) > 0 && list[i].ID == newest[0].ID {
			s.do(&list[i].Body)
		}
	}
	return list, err
}

// reads edits the about of what was read by somebody.
func (s *editing) reads(list []session.Event) {
	for i := range list {
		if s.kind == "" && list[i].Kind == session.EventRead {
			about := []byte(list[i].About)
			s.do(&about)
			list[i].About = about
		}
	}
}

func (s *editing) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	rec, err := s.Store.Load(ctx, ref, parts)
	s.reads(rec.Events)
	return rec, err
}

func (s *editing) Events(ctx context.Context, q session.EventQuery) ([]session.Event, error) {
	list, err := s.Store.Events(ctx, q)
	s.reads(list)
	return list, err
}

// storedKinds are what the engine reads again of what it has written in clear, and how it comes to do so.
var storedKinds = []struct {
	kind session.EntryKind
	read func(*bench, *session.Engine) error
	of   func() any // what the body is of, where it is signed or chained
}{
	{session.EntryAudit, nil, func() any { return new(session.AuditEntry) }},
	{session.EntryCheckpoint, nil, func() any { return new(session.Checkpoint) }},
	{"", nil, func() any { return new(json.RawMessage) }},
	{session.EntryIdentity, func(b *bench, e *session.Engine) error {
		_, err := e.Identity(b.ctx, uuid.Nil, "customer-17")
		return err
	}, nil},
	{session.EntryEndpoint, func(b *bench, e *session.Engine) error {
		list, err := e.Endpoints(b.ctx, session.EndpointList{})
		for _, ep := range list {
			_, secret := e.EndpointSecret(b.ctx, ep.ID)
			err = errors.Join(err, secret)
		}
		_, created := e.Create(b.ctx, session.Facts{})
		return errors.Join(err, created)
	}, nil},
	{session.EntryWorkflow, func(b *bench, e *session.Engine) error {
		_, err := e.Workflows(b.ctx, session.WorkflowPage{})
		return err
	}, nil},
	{session.EntryWorkflowVersion, readDefault, nil},
	{session.EntryWorkflowDefault, readDefault, nil},
}

func readDefault(b *bench, e *session.Engine) error {
	s, err := e.Create(b.ctx, session.Facts{})
	if err == nil {
		_, err = e.Submit(b.ctx, s.ID)
	}
	_, settled := e.Settle(b.ctx)
	return errors.Join(err, settled)
}

// FuzzStored: whatever has become of what is stored, it is read or an error is answered; and what is not the same value
// any more as a line of the log, a checkpoint, or the about of an event, is found by the verification.
func FuzzStored(f *testing.F) {
	f.Fuzz(func(t *testing.T, kind byte, at, out uint16, in []byte) {
		row := storedKinds[int(kind)%len(storedKinds)]
		b := setUpAudit(t, func(in *session.Integration, cfg *session.Config) {
			in.Policy.Workflows, in.Policy.Identities, cfg.Key = true, true, session.Key{7}
		})
		b.addDefault(`{"entry":"s","nodes":{"s":{"type":"start","next":"e"},"e":{"type":"terminal","outcome":"approved"}}}`)
		b.addEndpoint()
		id := b.to(session.StatusApproved)
		if _, err := b.Via(clerk).Get(b.ctx, id); err != nil {
			t.Fatal(err)
		}
		b.checkpoint()
		b.clock.Add(time.Second)
		store := &editing{Store: b.store, kind: row.kind, edit: func(body []byte) []byte { return edited(body, at, out, in) }}
		b.store = store
		e := b.again(func(in *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		if row.read != nil {
			_ = row.read(b, e) // what it answers is an error, or what could be read
		}
		_, listed := e.Events(b.ctx, session.AuditList{})
		report, err := e.VerifyAudit(b.ctx)
		if store.was == nil {
			t.Fatalf("nobody has read a %q", row.kind)
		}
		if row.of == nil {
			if listed != nil || err != nil || len(report.Faults) > 0 {
				t.Errorf("the log does not verify because of a %q: %v, %v, %+v", row.kind, listed, err, report.Faults)
			}
			return
		}
		if err == nil && len(report.Faults) == 0 && !sameValue(row.of, store.was, store.is) {
			t.Errorf("%s became %s, and nobody has noticed", store.was, store.is)
		}
	})
}

// sameValue reports whether two texts are read as the same.
func sameValue(of func() any, one, other []byte) bool {
	a, b := of(), of()
	if string(one) == string(other) {
		return true
	}
	if json.Unmarshal(one, a) != nil || json.Unmarshal(other, b) != nil {
		return false
	}
	first, err := json.Marshal(a)
	second, wrong := json.Marshal(b)
	return err == nil && wrong == nil && string(first) == string(second)
}

// FuzzReceipt: no text is a genuine receipt but one that says the same as that which was signed, and what is read of it
// is written in one way.
func FuzzReceipt(f *testing.F) {
	f.Fuzz(func(t *testing.T, at, out uint16, in []byte) {
		b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		receipt, err := b.Redact(b.ctx, b.create("any").ID)
		if err != nil {
			t.Fatal(err)
		}
		genuine, err := json.Marshal(receipt)
		if err != nil {
			t.Fatal(err)
		}
		text := edited(genuine, at, out, in)
		var read session.Receipt
		if json.Unmarshal(text, &read) != nil {
			return
		}
		written, err := json.Marshal(read)
		if err != nil {
			t.Fatalf("%s is read, and cannot be written: %v", text, err)
		}
		if genuinely := read.Verify(b.ReceiptKey()) == nil; genuinely != (string(written) == string(genuine)) {
			t.Errorf("%s: got genuine %t, and it says %s; signed was %s", text, genuinely, written, genuine)
		}
	})
}

// FuzzLink: no text opens a session but the one that the session gave, and in its one spelling.
func FuzzLink(f *testing.F) {
	f.Fuzz(func(t *testing.T, at, out uint16, in []byte) {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Links = true })
		s := b.create("any")
		text := string(edited([]byte(s.LinkToken()), at, out, in))
		_, got, err := b.ByLink(b.ctx, text)
		if opens := err == nil; opens != (text == s.LinkToken()) || opens != (got != nil) {
			t.Errorf("%q: got %v and error %v, and its link is %q", text, got, err, s.LinkToken())
		}
		if err != nil && !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%q: got error %v, want ErrNotFound", text, err)
		}
	})
}

// FuzzAnswer: what was remembered of a request is answered as it was, or not at all.
func FuzzAnswer(f *testing.F) {
	f.Fuzz(func(t *testing.T, at, out uint16, in []byte) {
		b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		s, err := b.Once(key("k", "a")).Create(b.ctx, session.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		const open = 2 // the first byte of what is kept in clear, which the store vouches for
		store := &editing{Store: b.store, kind: session.EntryAnswer, edit: func(body []byte) []byte { return edited(body, at, out, in) }}
		b.store = store
		e := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
		_, err = e.Once(key("k", "a")).Create(b.ctx, session.Facts{})
		if err == nil {
			t.Fatalf("it was done again, as %x became %x", store.was, store.is)
		}
		same, answer := string(store.is) == string(store.was), answerOf(err)
		if genuine := answer == s.ID.String(); same && !genuine || !genuine && answer != "" && store.is[0] != open {
			t.Errorf("%x became %x, which is answered with %q: %v", store.was, store.is, answer, err)
		}
	})
}
