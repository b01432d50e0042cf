package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// log lists the deliveries of a session, oldest first.
func (b *bench) log(id uuid.UUID) []session.Delivery {
	b.t.Helper()
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{Session: id, N: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// TestRetryDelivery: the same bytes of the same event, as another delivery, whether it was made or given up.
func TestRetryDelivery(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"done": 200, "dead": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, p := setUpPost(t, nil)
			b.addEndpoint()
			p.Answer(status)
			id := b.create("any").ID
			if pending := b.log(id)[0]; pending.State != session.DeliveryDue {
				t.Fatalf("before anything: %s", pending)
			} else if _, err := b.RetryDelivery(b.ctx, pending.ID); !errors.Is(err, session.ErrDeliveryPending) {
				t.Errorf("while it is pending: %v, want ErrDeliveryPending", err)
			}
			b.settle()
			first := b.log(id)[0]
			again, err := b.RetryDelivery(b.ctx, first.ID)
			if err != nil {
				t.Fatal(err)
			}
			if again.ID == first.ID || again.Event != first.Event || string(again.Body) != string(first.Body) || len(again.Body) == 0 {
				t.Errorf("%s again is %+v", first, again)
			}
			p.Answer(200)
			b.settle()
			got := p.Got()
			if len(got) != 2 || got[1].ID != again.ID || string(got[1].Body) != string(got[0].Body) || got[1].Seq != got[0].Seq || got[1].Tries != 1 {
				t.Fatalf("delivered %v", got)
			}
			if !slices.ContainsFunc(b.log(id), func(d session.Delivery) bool { return d.ID == first.ID && d.State == first.State }) {
				t.Errorf("of %s there is left %v", first, b.log(id))
			}
			rec, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: id}, session.PartEvents)
			if err != nil || len(rec.Events) != 2 || rec.Events[1].Kind != session.EventResent || rec.Session.Version != 1 {
				t.Errorf("the events are %v, version %d, %v", rec.Events, rec.Session.Version, err)
			}
		})
	}
}

// TestRetryDeliveryRefused: what is not there, and what is erased with its session.
func TestRetryDeliveryRefused(t *testing.T) {
	t.Parallel()
	b, _ := setUpPost(t, nil)
	b.addEndpoint()
	id := b.create("any").ID
	b.settle()
	first := b.log(id)[0]
	for _, none := range []uuid.UUID{uuid.Nil, uuid.New(), first.Event, id} {
		if _, err := b.RetryDelivery(b.ctx, none); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", none, err)
		}
	}
	if _, err := b.Redact(b.ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.RetryDelivery(b.ctx, first.ID); !errors.Is(err, session.ErrErased) {
		t.Errorf("after a redaction: %v, want ErrErased", err)
	}
	b.settle()
	for _, d := range b.log(id) {
		if d.ID == first.ID {
			continue
		}
		if _, err := b.RetryDelivery(b.ctx, d.ID); err != nil || d.Personal {
			t.Errorf("what tells of the redaction (personal %t): %v", d.Personal, err)
		}
	}
}

// TestRetryDeliveryOnce: a key has one effect.
func TestRetryDeliveryOnce(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	b.addEndpoint()
	id := b.create("any").ID
	b.settle()
	once := session.Once{Scope: "retry", Key: "k", Encode: func(v any) ([]byte, error) {
		return []byte(v.(session.Delivery).ID.String()), nil
	}}
	d, err := b.Once(once).RetryDelivery(b.ctx, b.log(id)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Once(once).RetryDelivery(b.ctx, b.log(id)[0].ID)
	var before *session.AnsweredError
	if !errors.As(err, &before) || string(before.Answer) != d.ID.String() {
		t.Errorf("again: %v", err)
	}
	if b.settle(); len(p.Got()) != 2 {
		t.Errorf("delivered %d times, want 2", len(p.Got()))
	}
}

// TestHurryOnce: of several who ask at once with one key all get one answer, and who leaves in between gets it later.
func TestHurryOnce(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	b.receiver.Answer(500)
	id := b.create("any").ID
	b.settle()
	d := b.log(id)[0] // it waits for an hour
	once := session.Once{Scope: "retry", Key: "k", Encode: func(v any) ([]byte, error) {
		return []byte(v.(session.Delivery).ID.String()), nil
	}}
	ctx, leave := context.WithCancel(b.ctx)
	if _, err := b.With(&left{b.store, leave}).Once(once).RetryDelivery(ctx, d.ID); err != nil {
		t.Errorf("who leaves: %v", err)
	}
	answers := make(chan error, 8)
	for range cap(answers) {
		go func() {
			_, err := b.Once(once).RetryDelivery(b.ctx, d.ID)
			answers <- err
		}()
	}
	for range cap(answers) {
		var before *session.AnsweredError
		if err := <-answers; err != nil && (!errors.As(err, &before) || string(before.Answer) != d.ID.String()) {
			t.Errorf("got %v, want what the first is answered", err)
		}
	}
	if got := b.log(id)[0]; got.DueAt.After(b.clock.Now()) {
		t.Errorf("it is due at %v, want now", got.DueAt)
	}
}

// left is a store whose caller leaves as soon as something is written.
type left struct {
	session.Store
	leave func()
}

func (s *left) Apply(ctx context.Context, changes ...session.Change) []error {
	defer s.leave()
	return s.Store.Apply(ctx, changes...)
}

func (s *left) Settle(ctx context.Context, done ...session.Delivery) []error {
	defer s.leave()
	return s.Store.Settle(ctx, done...)
}

// TestReplay: each event from one on once, in order, in pages, without those that are erased.
func TestReplay(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	ep := b.addEndpoint()
	var ids []uuid.UUID
	for range 4 {
		s := b.create("any")
		b.clock.Add(1e9)
		if _, err := b.Start(b.ctx, s.ID); err != nil {
			t.Fatal(err)
		}
		b.clock.Add(1e9)
		b.settle()
		ids = append(ids, s.ID)
	}
	told := p.Got() // of four sessions, two each
	if _, err := b.Redact(b.ctx, ids[2]); err != nil {
		t.Fatal(err)
	}
	b.settle()
	before := len(p.Got())
	from, made, calls := told[1].ID, 0, 0
	for next := from; next != uuid.Nil; calls++ {
		n, more, err := b.Replay(b.ctx, ep.ID, next, 2)
		if err != nil {
			t.Fatal(err)
		}
		made, next = made+n, more
		b.settle()
	}
	var got, want []string
	for _, d := range p.Got()[before:] {
		got = append(got, string(d.Body))
	}
	for _, i := range []int{1, 2, 3, 6, 7} {
		want = append(want, string(told[i].Body))
	}
	redaction := len(got) - len(want) // what told of the redaction is told again too
	if redaction < 1 || made != len(got) || !slices.Equal(got[:len(want)], want) || calls < 3 {
		t.Errorf("%d said to be made in %d calls, and told again %q, want %q first", made, calls, got, want)
	}
	n, next, err := b.Replay(b.ctx, ep.ID, told[6].Event, 0)
	if err != nil || next != uuid.Nil || n != 2+redaction {
		t.Errorf("from an event on: %d, %s, %v, want %d", n, next, err, 2+redaction)
	}
	if again, _, err := b.Replay(b.ctx, ep.ID, told[6].Event, 0); err != nil || again != 0 {
		t.Errorf("while they are pending %d are made again, %v", again, err)
	}
	if _, _, err := b.Replay(b.ctx, uuid.New(), told[6].ID, 0); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a delivery of another endpoint: %v, want ErrNotFound", err)
	}
}

// TestReplayErasesMeanwhile: a body that goes while it is to be sent again is not sent.
func TestReplayErasesMeanwhile(t *testing.T) {
	t.Parallel()
	b, p := setUpPost(t, nil)
	b.addEndpoint()
	id := b.create("any").ID
	b.settle()
	first := b.log(id)[0]
	b.store = &afterLoad{Store: b.store, loads: 1, do: func() {
		if _, err := b.Redact(b.ctx, id); err != nil {
			t.Error(err)
		}
	}}
	racing := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Deliverer = p })
	if _, err := racing.RetryDelivery(b.ctx, first.ID); !errors.Is(err, session.ErrErased) {
		t.Errorf("a redaction in between: %v, want ErrErased", err)
	}
	b.settle()
	for _, d := range p.Got()[1:] {
		if d.Event == first.Event {
			t.Error("sent after the redaction")
		}
	}
}

// afterLoad is a store that does something after so many loads.
type afterLoad struct {
	session.Store
	loads int
	do    func()
}

func (s *afterLoad) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	rec, err := s.Store.Load(ctx, ref, parts)
	if s.loads--; s.loads == 0 {
		s.do()
	}
	return rec, err
}

// lostKeys is a keeper that cannot open one session's key.
type lostKeys struct {
	session.Keeper
	id   uuid.UUID
	lost func() // called then, if it is set
}

func (k *lostKeys) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	if id == k.id {
		if k.lost != nil {
			k.lost()
		}
		return session.Key{}, session.ErrKeeper
	}
	return k.Keeper.Open(ctx, id, ref)
}

// TestDeliveriesWithOneUnreadable: the others are shown.
func TestDeliveriesWithOneUnreadable(t *testing.T) {
	t.Parallel()
	lost := &lostKeys{}
	b, _ := setUpPost(t, func(_ *session.Integration, cfg *session.Config) {
		lost.Keeper = cfg.Keeper
		cfg.Keeper = lost
	})
	b.addEndpoint()
	b.create("any")
	lost.id = b.create("any").ID
	b.create("any")
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{})
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, d := range list {
		if gone := d.Session == lost.id; (len(d.Body) == 0) != gone || (d.Last.Note == "body or its key cannot be opened") != gone {
			t.Errorf("of the lost session %t: body %q, note %q", gone, d.Body, d.Last.Note)
		}
	}
	ended, cancel := context.WithCancel(b.ctx)
	lost.lost = cancel
	if _, err := b.Deliveries(ended, session.DeliveryQuery{}); err == nil {
		t.Error("a body that could not be opened because ctx ended is shown as lost")
	}
}

// TestHurry: a delivery that failed need not wait for its next try, and is itself.
func TestHurry(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	b.receiver.Answer(503)
	b.create("any")
	b.settle()
	list, err := b.Deliveries(b.ctx, session.DeliveryQuery{})
	if err != nil || len(list) == 0 || list[0].Tries != 1 {
		t.Fatalf("got %v and %v, want one that failed", list, err)
	}
	b.receiver.Answer(200)
	if n := b.settle(); n != 0 {
		t.Fatalf("%d were done, want none before the next try is due", n)
	}
	again, err := b.RetryDelivery(b.ctx, list[0].ID)
	if err != nil || again.ID != list[0].ID {
		t.Fatalf("got %v and %v, want the same delivery", again, err)
	}
	b.settle()
	if list, err = b.Deliveries(b.ctx, session.DeliveryQuery{}); err != nil || list[0].State != session.DeliveryDone || list[0].Tries != 2 {
		t.Errorf("got %v, %d tries and %v, want it made", list[0].State, list[0].Tries, err)
	}
}
