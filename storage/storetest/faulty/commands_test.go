package faulty_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// faults are the ways in which an operation goes wrong.
func faults() map[string]faulty.Fault {
	return map[string]faulty.Fault{"refused": faulty.Refused(), "lost": faulty.Lost(), "unknown": faulty.Unknown()}
}

// command is one of the engine's that a client may ask for again with the same key.
type command struct {
	name string
	from func(b *bench) // makes b.id, in the state in which the command is possible
	do   func(b *bench, e *session.Engine) error
	// redo is what makes sure of it where a key does not; nil: it is asked for again with its key.
	redo func(b *bench) error
}

func commands() []command {
	created := func(b *bench) { b.id = b.create("Approve") }
	submitted := func(b *bench) { created(b); b.must(b.Submit(b.ctx, b.id)) }
	on := func(verb func(*session.Engine, *bench) (*session.Snapshot, error)) func(*bench, *session.Engine) error {
		return func(b *bench, e *session.Engine) error { _, err := verb(e, b); return err }
	}
	approve := decision.Verdict{Outcome: decision.Approved}
	return []command{
		{"create", func(*bench) {}, func(b *bench, e *session.Engine) error {
			_, err := e.Create(b.ctx, session.Facts{Person: session.Person{FirstName: "Approve"}})
			return err
		}, nil},
		{"start", created, on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Start(b.ctx, b.id) }), nil},
		{"upload", created, func(b *bench, e *session.Engine) error { return b.upload(e) }, nil},
		{"submit", func(b *bench) { created(b); ok(b.t, b.upload(b.Engine)) },
			on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Submit(b.ctx, b.id) }), nil},
		{"decide", submitted, on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Decide(b.ctx, b.id, approve) }), nil},
		{"ask for resubmission", submitted, on(func(e *session.Engine, b *bench) (*session.Snapshot, error) {
			return e.Decide(b.ctx, b.id, decision.Verdict{Outcome: decision.Resubmission})
		}), nil},
		{"expire", created, on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Expire(b.ctx, b.id) }), nil},
		{"resume", func(b *bench) { created(b); b.must(b.Expire(b.ctx, b.id)) },
			on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Resume(b.ctx, b.id) }), nil},
		{"reprocess", func(b *bench) { submitted(b); b.must(b.Decide(b.ctx, b.id, approve)) },
			on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Reprocess(b.ctx, b.id) }), nil},
		{"redact", func(b *bench) { submitted(b); b.must(b.Decide(b.ctx, b.id, approve)) },
			func(b *bench, e *session.Engine) error { _, err := e.Redact(b.ctx, b.id); return err },
			func(b *bench) error { _, err := b.Redact(b.ctx, b.id); return err }},
		{"delete", func(b *bench) { created(b); ok(b.t, b.upload(b.Engine)) },
			on(func(e *session.Engine, b *bench) (*session.Snapshot, error) { return e.Delete(b.ctx, b.id) }),
			func(b *bench) error {
				if _, err := b.Delete(b.ctx, b.id); !errors.Is(err, session.ErrNotFound) {
					return err
				}
				return nil
			}},
	}
}

// must is for what comes before the command.
func (b *bench) must(_ *session.Snapshot, err error) {
	b.t.Helper()
	ok(b.t, err)
}

// once is a client's key, and an answer that no two effects have in common.
func once() session.Once {
	return session.Once{Scope: "test", Key: "key", Request: []byte("request"), Encode: func(any) ([]byte, error) {
		return []byte(uuid.NewString()), nil
	}}
}

// TestCommands: each command of the engine is interrupted at each operation. It is then done or not done, and done if
// it was acknowledged; nothing of it is there by halves; and whoever repeats it gets the answer of the one that was done.
func TestCommands(t *testing.T) {
	t.Parallel()
	for on, open := range stores() {
		for _, c := range commands() {
			t.Run(on+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				store := open(t)
				before, after := undisturbed(t, store, c)
				for how, fault := range faults() {
					n := faulty.Each(fault, func(line *faulty.Line) { interrupted(t, newBench(t, store, line), c, how, before, after) })
					if n < 2 {
						t.Errorf("%s: %d operations can go wrong, want more", how, n)
					}
				}
			})
		}
	}
}

// undisturbed is what there is before the command, and after it.
func undisturbed(t *testing.T, store session.Store, c command) (before, after string) {
	t.Helper()
	b := newBench(t, store, new(faulty.Line))
	c.from(b)
	before = b.shape()
	ok(t, c.do(b, b.Once(once())))
	after = b.shape()
	if before == after {
		t.Fatalf("the command changes nothing of %s", before)
	}
	return before, after
}

func interrupted(t *testing.T, b *bench, c command, how, before, after string) {
	t.Helper()
	c.from(b)
	var answer []byte // that was given
	key := once()
	encode := key.Encode
	key.Encode = func(result any) (text []byte, err error) { answer, err = encode(result); return answer, err }
	b.line.Arm()
	err := c.do(b, b.Once(key))
	b.line.Disarm()
	when := how + " " + b.line.Struck()
	if c.name == "upload" && when == "lost Store.Apply" {
		return // a store that says that nothing was done is believed, and the blob removed
	}
	b.whole(when)
	switch got := b.shape(); {
	case got == after:
	case got != before:
		t.Errorf("%s: got\n%s\nwant\n%s\nor\n%s", when, got, before, after)
	case err == nil:
		t.Errorf("%s: it was acknowledged, and is not there: got\n%s\nwant\n%s", when, got, after)
	}
	done := b.shape() == after
	if c.redo != nil {
		ok(t, c.redo(b))
	} else {
		b.repeated(when, c, key, done, answer)
	}
	b.whole(when + ", repeated")
	if got := b.shape(); got != after {
		t.Errorf("%s, repeated: got\n%s\nwant\n%s", when, got, after)
	}
}

// repeated asks for the command again with its key, twice.
func (b *bench) repeated(when string, c command, key session.Once, done bool, answer []byte) {
	b.t.Helper()
	again := key
	if !done {
		var fresh []byte
		again.Encode = func(any) ([]byte, error) { fresh = []byte(uuid.NewString()); return fresh, nil }
		if err := c.do(b, b.Once(again)); err != nil {
			b.t.Errorf("%s: it was not done, and is refused now: %v", when, err)
		}
		answer = fresh
	}
	for range 2 {
		var answered *session.AnsweredError
		if err := c.do(b, b.Once(again)); !errors.As(err, &answered) || !bytes.Equal(answered.Answer, answer) {
			b.t.Errorf("%s: the repetition answers %v, want what was answered by the one that was done", when, err)
		}
	}
}

// TestAlarms: what follows by itself is interrupted at each operation, and comes to the same end.
func TestAlarms(t *testing.T) {
	t.Parallel()
	for on, open := range stores() {
		for _, c := range []struct {
			name string
			from func(b *bench)
			end  session.Status
		}{
			{"a decision, and what is told of it", func(b *bench) {
				b.id = b.create("Approve")
				ok(b.t, b.upload(b.Engine))
				b.must(b.Submit(b.ctx, b.id))
			}, session.StatusApproved},
			{"an expiry", func(b *bench) { b.id = b.create("any"); b.clock.Add(time.Hour) }, session.StatusExpired},
			{"an erasure", func(b *bench) {
				b.id = b.create("any")
				ok(b.t, b.upload(b.Engine))
				b.must(b.Delete(b.ctx, b.id))
			}, session.StatusExpired},
		} {
			t.Run(on+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				store := open(t)
				for how, fault := range faults() {
					n := faulty.Each(fault, func(line *faulty.Line) {
						b := newBench(t, store, line)
						c.from(b)
						b.line.Arm()
						_, _ = b.Settle(b.ctx)
						b.line.Disarm()
						when := how + " " + b.line.Struck()
						b.whole(when)
						for range 4 { // what was leased or claimed comes back
							b.clock.Add(2 * time.Minute)
							b.settle()
						}
						b.whole(when + ", and then undisturbed")
						b.toldAlike(when)
						b.ended(when, c.end)
					})
					if n < 5 {
						t.Errorf("%s: %d operations can go wrong, want more", how, n)
					}
				}
			})
		}
	}
}

// ended fails the test unless the session has come to its end, and of a deleted one nothing is left.
func (b *bench) ended(when string, want session.Status) {
	b.t.Helper()
	rec, err := b.store.Load(b.ctx, session.Ref{Tenant: b.tenant(), ID: b.id, Deleted: true}, session.PartMedia)
	ok(b.t, err)
	if rec.Session.Status != want {
		b.t.Errorf("%s: it ends as %s, want %s", when, rec.Session.Status, want)
	}
	if rec.Session.DeletedAt.IsZero() {
		return
	}
	if _, err := b.blobs.Open(b.ctx, b.blob); !errors.Is(err, media.ErrNotFound) || len(rec.Media) != 0 {
		b.t.Errorf("%s: of a deleted session %d media are left, and the blob: %v", when, len(rec.Media), err)
	}
}

// toldAlike fails the test unless each delivery that is done was made at least once, each time with the same bytes, and
// none is left.
func (b *bench) toldAlike(when string) {
	b.t.Helper()
	told := map[uuid.UUID]string{}
	for _, d := range b.receiver.Got() {
		if before, again := told[d.ID]; again && before != string(d.Body) {
			b.t.Errorf("%s: delivery %s was %s, and then %s", when, d.ID, before, d.Body)
		}
		told[d.ID] = string(d.Body)
	}
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: b.id})
	ok(b.t, err)
	if len(list) == 0 {
		b.t.Errorf("%s: there are no deliveries", when)
	}
	for _, d := range list {
		if d.State.Pending() || d.State == session.DeliveryDone && told[d.ID] == "" {
			b.t.Errorf("%s: delivery %s of event %d is %s, and was made: %t", when, d.ID, d.Seq, d.State, told[d.ID] != "")
		}
	}
}
