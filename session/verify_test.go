package session_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// tampered is a store that somebody has been at.
type tampered struct {
	session.Store
	load  func(*session.Record) error
	entry func(session.Entry) (session.Entry, bool)
}

func (s *tampered) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	rec, err := s.Store.Load(ctx, ref, parts)
	if err == nil && s.load != nil {
		err = s.load(&rec)
	}
	return rec, err
}

func (s *tampered) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	n := q.N
	q.N = 1000
	list, err := s.Store.Entries(ctx, q)
	var out []session.Entry
	for _, e := range list {
		if s.entry != nil {
			var there bool
			if e, there = s.entry(e); !there {
				continue
			}
		}
		if len(out) < n {
			out = append(out, e)
		}
	}
	return out, err
}

// TestTamperingShows: whatever is changed in, or taken out of, the store behind the engine's back.
func TestTamperingShows(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
	note := func(id string) {
		t.Helper()
		if err := b.Via(clerk).RecordAudit(b.ctx, "api_key.created", "api_key", id); err != nil {
			t.Fatal(err)
		}
	}
	note("k1")
	id := b.to(session.StatusApproved)
	other := b.create("any").ID
	b.checkpoint()
	note("k2")
	b.submit(other)
	b.checkpoint()
	note("k3")
	for range 2 {
		b.clock.Add(time.Second)
		if _, err := b.Via(clerk).Get(b.ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	b.checkpoint()
	if report := b.verify(); len(report.Faults) != 0 || report.Checkpoints != 3 || report.Sessions != 2 || report.Entries != 3 {
		t.Fatalf("untouched: %+v", report)
	}
	of := func(do func(*session.Record)) func(*session.Record) error {
		return func(r *session.Record) error {
			if r.Session.ID == id {
				do(r)
			}
			return nil
		}
	}
	// remade is a chain that fits together again after a change.
	remade := func(r *session.Record) {
		var hash [32]byte
		for i := range r.Events {
			r.Events[i].Seq = int64(i + 1)
			hash = session.Chain(hash, r.Events[i])
			r.Events[i].Hash = hash
		}
		r.Session.Seq, r.Session.Head = int64(len(r.Events)), hash
	}
	named := func(kind session.EntryKind, name string, do func(*session.Entry) bool) func(session.Entry) (session.Entry, bool) {
		return func(e session.Entry) (session.Entry, bool) {
			if e.Kind != kind || e.Name != name {
				return e, true
			}
			return e, do(&e)
		}
	}
	replace := func(old, with string) func(*session.Entry) bool {
		return func(e *session.Entry) bool {
			if !bytes.Contains(e.Body, []byte(old)) {
				t.Errorf("%s is not in %s", old, e.Body)
			}
			e.Body = bytes.Replace(e.Body, []byte(old), []byte(with), 1)
			return true
		}
	}
	gone := func(*session.Entry) bool { return false }
	forged, exchanged := forgedCheckpoint(t, session.Key{8}), forgedCheckpoint(t, session.Key{7})
	for name, row := range map[string]struct {
		store tampered
		want  session.AuditFault
	}{
		"a session is removed": {tampered{load: func(r *session.Record) error {
			if r.Session.ID == id {
				return session.ErrNotFound
			}
			return nil
		}}, session.AuditFault{What: session.SessionRemoved, Checkpoint: 3, Session: id}},
		"who decided is altered": {tampered{load: of(func(r *session.Record) { r.Events[3].By = session.ActorHost })},
			session.AuditFault{What: session.EventAltered, Checkpoint: 3, Session: id, Seq: 4}},
		"when is altered": {tampered{load: of(func(r *session.Record) { r.Events[0].At = r.Events[0].At.Add(1e6) })},
			session.AuditFault{What: session.EventAltered, Checkpoint: 3, Session: id, Seq: 1}},
		"who asked is altered": {tampered{load: of(func(r *session.Record) { r.Events[4].About = nil })},
			session.AuditFault{What: session.EventAltered, Checkpoint: 3, Session: id, Seq: 5}},
		"and the chain is made anew": {tampered{load: of(func(r *session.Record) { r.Events[3].By = session.ActorHost; remade(r) })},
			session.AuditFault{What: session.EventAltered, Checkpoint: 3, Session: id, Seq: 6}},
		"an event is removed": {tampered{load: of(func(r *session.Record) { r.Events = slices.Delete(r.Events, 1, 2) })},
			session.AuditFault{What: session.EventRemoved, Checkpoint: 3, Session: id, Seq: 2}},
		"the last event is removed": {tampered{load: of(func(r *session.Record) { r.Events = r.Events[:4] })},
			session.AuditFault{What: session.EventRemoved, Checkpoint: 3, Session: id, Seq: 5}},
		"and the chain ends there": {tampered{load: of(func(r *session.Record) { r.Events = r.Events[:4]; remade(r) })},
			session.AuditFault{What: session.EventRemoved, Checkpoint: 3, Session: id, Seq: 5}},
		"all events are removed": {tampered{load: of(func(r *session.Record) { r.Events = nil })},
			session.AuditFault{What: session.EventRemoved, Checkpoint: 3, Session: id, Seq: 1}},
		"the session's head is altered": {tampered{load: of(func(r *session.Record) { r.Session.Head[0]++ })},
			session.AuditFault{What: session.EventAltered, Checkpoint: 3, Session: id, Seq: 6}},
		"a note is altered": {tampered{entry: named(session.EntryAudit, "2", replace(`"k2"`, `"k7"`))},
			session.AuditFault{What: session.EntryAltered, Entry: 2}},
		"who noted is altered": {tampered{entry: named(session.EntryAudit, "1", replace(`vk_live_abc1`, `vk_live_abc2`))},
			session.AuditFault{What: session.EntryAltered, Entry: 1}},
		"a note's hash is altered": {tampered{entry: named(session.EntryAudit, "3", replace(`"hash":"`, `"hash":"0`))},
			session.AuditFault{What: session.EntryAltered, Entry: 3}},
		"a note cannot be read": {tampered{entry: named(session.EntryAudit, "1", replace(`{`, `[`))},
			session.AuditFault{What: session.EntryAltered, Entry: 1}},
		"a note is removed": {tampered{entry: named(session.EntryAudit, "2", gone)},
			session.AuditFault{What: session.EntryRemoved, Entry: 2}},
		"the first note is removed": {tampered{entry: named(session.EntryAudit, "1", gone)},
			session.AuditFault{What: session.EntryRemoved, Entry: 1}},
		"the last note is removed": {tampered{entry: named(session.EntryAudit, "3", gone)},
			session.AuditFault{What: session.EntryRemoved, Checkpoint: 3, Entry: 3}},
		"all notes are removed": {tampered{entry: func(e session.Entry) (session.Entry, bool) { return e, e.Kind != session.EntryAudit }},
			session.AuditFault{What: session.EntryRemoved, Checkpoint: 3, Entry: 3}},
		"a checkpoint is altered": {tampered{entry: named(session.EntryCheckpoint, "2", replace(`"log":2`, `"log":1`))},
			session.AuditFault{What: session.CheckpointAltered, Checkpoint: 2}},
		"a checkpoint is forged": {tampered{entry: named(session.EntryCheckpoint, "2", func(e *session.Entry) bool { e.Body = forged; return true })},
			session.AuditFault{What: session.CheckpointAltered, Checkpoint: 2}},
		"a checkpoint is exchanged": {tampered{entry: named(session.EntryCheckpoint, "2", func(e *session.Entry) bool { e.Body = exchanged; return true })},
			session.AuditFault{What: session.CheckpointAltered, Checkpoint: 2}},
		"a checkpoint is removed": {tampered{entry: named(session.EntryCheckpoint, "2", gone)},
			session.AuditFault{What: session.CheckpointRemoved, Checkpoint: 2}},
		"the first checkpoint is removed": {tampered{entry: named(session.EntryCheckpoint, "1", gone)},
			session.AuditFault{What: session.CheckpointRemoved, Checkpoint: 1}},
	} {
		row.store.Store = b.store
		e, err := session.New(&row.store, session.Config{
			Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs, Key: session.Key{7},
		})
		if err != nil {
			t.Fatal(err)
		}
		report, err := e.For(tenant).VerifyAudit(b.ctx)
		if err != nil || !slices.Equal(report.Faults, []session.AuditFault{row.want}) {
			t.Errorf("%s: %+v, %v, want %+v", name, report.Faults, err, row.want)
		}
	}
}

// forgedCheckpoint is the body of a second checkpoint of the same tenant elsewhere, signed by a key.
func forgedCheckpoint(t *testing.T, key session.Key) []byte {
	t.Helper()
	forger := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = key })
	for range 2 {
		forger.create("any")
		forger.checkpoint()
	}
	return forger.entries(session.EntryCheckpoint)[1].Body
}

// TestCheckpointsOfAnother: a tenant's checkpoint does not pass as another's.
func TestCheckpointsOfAnother(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
	b.create("any")
	b.checkpoint()
	body := b.entries(session.EntryCheckpoint)[0].Body
	if bytes.Contains(body, []byte("customer-17")) {
		t.Error("a checkpoint tells of the person")
	}
	foreign := b.again(func(in *session.Integration, cfg *session.Config) {
		in.ID, cfg.Key = uuid.MustParse("7c9d0a51-0000-4000-8000-00000000000a"), session.Key{7}
	})
	moved := b.entries(session.EntryCheckpoint)[0]
	moved.ID, moved.Tenant = uuid.New(), uuid.MustParse("7c9d0a51-0000-4000-8000-00000000000a")
	if errs := b.store.Apply(b.ctx, session.Change{ID: uuid.New(), Entries: []session.Entry{moved}}); errs != nil {
		t.Fatal(errs)
	}
	report, err := foreign.VerifyAudit(b.ctx)
	if want := []session.AuditFault{{What: session.CheckpointAltered, Checkpoint: 1}}; err != nil || !slices.Equal(report.Faults, want) {
		t.Errorf("as another's: %+v, %v", report, err)
	}
}

// TestVerifyNeedsTheKey: without it nothing is said to be genuine, and nothing is signed.
func TestVerifyNeedsTheKey(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	lasting := struct{ session.Store }{b.store} // which is not said to end with the process
	e, err := session.New(lasting, session.Config{Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: b.keeper, Blobs: b.blobs})
	if err != nil {
		t.Fatal(err)
	}
	e = e.For(tenant)
	if _, err := e.VerifyAudit(b.ctx); !errors.Is(err, session.ErrNoKey) {
		t.Errorf("verify: %v, want ErrNoKey", err)
	}
	if err := e.Checkpoint(b.ctx); !errors.Is(err, session.ErrNoKey) {
		t.Errorf("checkpoint: %v, want ErrNoKey", err)
	}
	if _, err := e.AddEndpoint(b.ctx, wanted(), "whsec_x"); !errors.Is(err, session.ErrNoKey) {
		t.Errorf("add an endpoint: %v, want ErrNoKey", err)
	}
	if err := e.RecordAudit(b.ctx, "api_key.created", "api_key", "k"); err != nil {
		t.Errorf("a note needs no key: %v", err)
	}
}
