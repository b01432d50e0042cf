package faulty_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// TestUnarmed: a line that is not armed changes nothing of what hangs on it.
func TestUnarmed(t *testing.T) {
	t.Parallel()
	line := &faulty.Line{N: 1, Fault: faulty.Refused()}
	storetest.Run(t, func(*testing.T) session.Store { return line.Store(memstore.New()) })
	if line.Passed() != 0 || line.Struck() != "" {
		t.Errorf("%d operations were counted, and %q struck", line.Passed(), line.Struck())
	}
}

// TestLine: exactly the n-th operation meets the fault, whatever hangs on the line.
func TestLine(t *testing.T) {
	t.Parallel()
	ctx, id := t.Context(), uuid.New()
	const name = "2026030112/0123456789abcdef0123456789abcdef"
	var store session.Store
	var keeper session.Keeper
	var blobs media.Blobs
	var ref []byte
	var w media.BlobWriter
	operations := []struct {
		name string
		do   func() error
	}{
		{"Store.Apply", func() error {
			return errors.Join(store.Apply(ctx, session.Change{ID: id, Entries: []session.Entry{entry(id)}})...)
		}},
		{"Store.Sweep", func() error { _, _, err := store.Sweep(ctx, sessiontest.Start(), 1, nil); return err }},
		{"Store.Load", func() error {
			if _, err := store.Load(ctx, session.Ref{ID: id}, 0); !errors.Is(err, session.ErrNotFound) {
				return err
			}
			return nil
		}},
		{"Store.Query", func() error { _, err := store.Query(ctx, session.Query{N: 1}); return err }},
		{"Store.Claim", func() error { _, _, err := store.Claim(ctx, time.Time{}, time.Time{}, 1, nil); return err }},
		{"Store.Settle", func() error {
			if err := store.Settle(ctx, session.Delivery{ID: id})[0]; !errors.Is(err, session.ErrNotFound) {
				return err
			}
			return nil
		}},
		{"Store.Deliveries", func() error { _, err := store.Deliveries(ctx, session.DeliveryQuery{N: 1}); return err }},
		{"Store.Entries", func() error { _, err := store.Entries(ctx, session.EntryQuery{N: 1}); return err }},
		{"Store.Events", func() error { _, err := store.Events(ctx, session.EventQuery{N: 1}); return err }},
		{"Keeper.Make", func() (err error) { _, ref, err = keeper.Make(ctx, id); return err }},
		{"Keeper.Open", func() error { _, err := keeper.Open(ctx, id, ref); return err }},
		{"Keeper.Destroy", func() error { return keeper.Destroy(ctx, id, ref) }},
		{"Blobs.Create", func() (err error) { w, err = blobs.Create(ctx, name); return err }},
		{"Blobs.Write", func() error { _, err := w.Write([]byte("any")); return err }},
		{"Blobs.Commit", func() error { return w.Commit() }},
		{"Blobs.Open", func() error {
			r, err := blobs.Open(ctx, name)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			return err
		}},
		{"Blobs.Remove", func() error { return blobs.Remove(ctx, name) }},
	}
	n := faulty.Each(faulty.Refused(), func(line *faulty.Line) {
		store, keeper, blobs = line.Store(memstore.New()), line.Keeper(session.NewMemoryKeeper()), line.Blobs(media.NewMemoryBlobs())
		line.Arm()
		for i, o := range operations {
			err := o.do()
			if struck := i+1 == line.N; struck != errors.Is(err, faulty.ErrFault) || struck && line.Struck() != o.name {
				t.Errorf("%s as number %d of a line that breaks at %d: %v, struck: %q", o.name, i+1, line.N, err, line.Struck())
			}
			if err != nil {
				break // what follows may need it
			}
		}
	})
	if n != len(operations) {
		t.Errorf("%d operations were struck, want %d", n, len(operations))
	}
}

// entry is a new one.
func entry(id uuid.UUID) session.Entry {
	return session.Entry{Kind: session.EntryAnswer, ID: id, Tenant: tenant, Version: 1, CreatedAt: sessiontest.Start()}
}

// TestFaults: what is refused is not done, and what is lost is.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   faulty.Fault
		done    bool
		unknown bool
	}{
		"refused": {faulty.Refused(), false, false}, "lost": {faulty.Lost(), true, false}, "unknown": {faulty.Unknown(), true, true},
	} {
		behind := memstore.New()
		line := &faulty.Line{N: 1, Fault: test.fault}
		line.Arm()
		fresh, taken := uuid.New(), session.Entry{Version: 7}
		errs := line.Store(behind).Apply(t.Context(), session.Change{ID: fresh, Entries: []session.Entry{entry(fresh)}},
			session.Change{ID: uuid.New(), Entries: []session.Entry{taken}})
		if len(errs) != 2 || !errors.Is(errs[0], faulty.ErrFault) || errors.Is(errs[0], session.ErrUnknown) != test.unknown {
			t.Errorf("%s: got %v", name, errs)
		}
		if len(errs) == 2 && errors.Is(errs[1], session.ErrConflict) != test.done {
			t.Errorf("%s: what the store refuses: got %v", name, errs[1])
		}
		list, err := behind.Entries(t.Context(), session.EntryQuery{Tenant: tenant, Kind: session.EntryAnswer, At: sessiontest.Start(), N: 9})
		if err != nil || (len(list) == 1) != test.done {
			t.Errorf("%s: %d entries, %v; want it done: %t", name, len(list), err, test.done)
		}
	}
}

// TestTorn: what is there by halves is said.
func TestTorn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tear func(*session.Record)
		want string
	}{
		"whole":                         {func(*session.Record) {}, ""},
		"a state without its event":     {func(r *session.Record) { r.Session.Status = session.StatusApproved }, "its row is approved, and its last event"},
		"an event without its state":    {func(r *session.Record) { r.Session.Seq-- }, "its row is at event"},
		"an event that is missing":      {func(r *session.Record) { r.Events = append(r.Events[:1:1], r.Events[2:]...) }, "event 2 has the number 3"},
		"an event that is another":      {func(r *session.Record) { r.Events[1].By = "nobody" }, "the chain is broken"},
		"an attempt that is missing":    {func(r *session.Record) { r.Attempts = nil }, "attempt 1, and there are 0"},
		"a decision that is missing":    {func(r *session.Record) { r.Session.Status, r.Events = "approved", nil }, "without a decision"},
		"a medium of no upload":         {func(r *session.Record) { r.Media = append(r.Media, r.Media[0]) }, "2 media of 1 uploads"},
		"a medium without its blob":     {func(r *session.Record) { r.Media[0].Blob = "none" }, "blob not found"},
		"a medium that is cut off":      {func(r *session.Record) { r.Media[0].Size *= 2 }, "are there"},
		"a deletion that no event says": {func(r *session.Record) { r.Session.DeletedAt = sessiontest.Start() }, "deleted by its events: false"},
		"a redaction that none says":    {func(r *session.Record) { r.Session.RedactedAt = sessiontest.Start() }, "no event says so"},
		"too many versions":             {func(r *session.Record) { r.Session.Version = 99 }, "version 99"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, memstore.New(), new(faulty.Line))
			b.id = b.create("any")
			ok(t, b.upload(b.Engine))
			b.must(b.Start(b.ctx, b.id))
			faults, err := faulty.Torn(b.ctx, tearing{b.store, test.tear}, b.blobs, b.tenant(), b.id)
			ok(t, err)
			if got := strings.Join(faults, "\n"); test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// tearing is a store that has lost something.
type tearing struct {
	session.Store
	tear func(*session.Record)
}

func (s tearing) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	rec, err := s.Store.Load(ctx, ref, parts)
	s.tear(&rec)
	return rec, err
}

// Nothing that a store or blobs can do is missed by a line.
func TestEveryMethodIsAnOperation(t *testing.T) {
	t.Parallel()
	line := &faulty.Line{}
	line.Arm()
	store, blobs := line.Store(memstore.New()), line.Blobs(tidy{media.NewMemoryBlobs()})
	for _, of := range []struct {
		value any
		kind  reflect.Type
	}{
		{store, reflect.TypeFor[session.Store]()},
		{blobs, reflect.TypeFor[media.Blobs]()},
		{blobs, reflect.TypeFor[media.Tidier]()},
	} {
		for i := range of.kind.NumMethod() {
			name := of.kind.Method(i).Name
			before := line.Passed()
			method := reflect.ValueOf(of.value).MethodByName(name)
			var args []reflect.Value
			for j := range method.Type().NumIn() {
				if method.Type().IsVariadic() && j == method.Type().NumIn()-1 {
					break
				}
				arg := reflect.Zero(method.Type().In(j))
				if j == 0 {
					arg = reflect.ValueOf(t.Context())
				}
				args = append(args, arg)
			}
			method.Call(args)
			if line.Passed() == before {
				t.Errorf("%s.%s is no operation", of.kind, name)
			}
		}
	}
}

// tidy are blobs that can be tidied.
type tidy struct{ media.Blobs }

func (tidy) Tidy(context.Context, string) error { return nil }
