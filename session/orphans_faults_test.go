package session_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/sessiontest"
)

// TestOrphansWhereSomethingFails: it is tried again, and holds up no other hour.
func TestOrphansWhereSomethingFails(t *testing.T) {
	t.Parallel()
	away := errors.New("the disk is away")
	for _, op := range []string{"list", "remove", "panic"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			b := setUpSwept(t)
			bad, worse := b.orphan(), ""
			b.clock.Add(time.Hour)
			worse = b.orphan()
			b.clock.Add(time.Hour)
			good := b.orphan()
			b.clock.Add(session.OrphanAge + time.Hour)
			b.swept.fail = func(does, what string) error {
				if !strings.HasPrefix(what, bad[:10]) && !strings.HasPrefix(what, worse[:10]) {
					return nil
				}
				if op == "panic" {
					panic(away)
				}
				if does == op {
					return away
				}
				return nil
			}
			total := 0
			for range 6 { // the hour before the one that is good fails first
				n, err := b.SweepOrphans(b.ctx)
				total += n
				if err == nil || op != "panic" && !errors.Is(err, away) {
					t.Errorf("the sweep answered %v", err)
				}
			}
			if total != 1 || b.there(good) || !b.there(bad) || !b.there(worse) {
				t.Errorf("swept %d, and the good one is there: %t", total, b.there(good))
			}
			later := b.orphan()
			b.clock.Add(session.OrphanAge + time.Hour)
			if n, _ := b.SweepOrphans(b.ctx); n != 1 || b.there(later) {
				t.Errorf("then swept %d, and a later orphan is there: %t", n, b.there(later))
			}
			b.swept.fail = nil
			b.sweep(2)
			b.swept.listed = nil
			b.sweep(0)
			if b.blobs.Len() != 0 || len(b.swept.listed) != 0 {
				t.Errorf("in the end there are %d blobs, and %q were listed again", b.blobs.Len(), b.swept.listed)
			}
		})
	}
}

// TestOrphansTidy has unfinished uploads of the same hours removed, and goes on where that fails.
func TestOrphansTidy(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	b.orphan()
	away := errors.New("the disk is away")
	b.swept.fail = func(op, _ string) error {
		if op == "tidy" {
			return away
		}
		return nil
	}
	b.clock.Add(session.OrphanAge + time.Hour)
	if n, err := b.SweepOrphans(b.ctx); n != 1 || !errors.Is(err, away) {
		t.Errorf("swept %d, %v, want 1 and %v", n, err, away)
	}
	b.swept.fail = nil
	b.clock.Add(time.Hour)
	b.sweep(0)
	b.sweep(0)
	want := []string{media.Hour(b.clock.Now().Add(-session.OrphanAge - time.Hour)), media.Hour(b.clock.Now().Add(-session.OrphanAge))}
	if !slices.Equal(b.swept.tidied, want) {
		t.Errorf("tidied before %q, want %q", b.swept.tidied, want)
	}
}

// sweptStore fails at the n-th call of a sweep.
type sweptStore struct {
	session.Store
	n     int
	calls int
}

var errSwept = errors.New("the database is away")

func (s *sweptStore) fails() error {
	if s.calls++; s.calls == s.n {
		return errSwept
	}
	return nil
}

func (s *sweptStore) Apply(ctx context.Context, changes ...session.Change) []error {
	if err := s.fails(); err != nil {
		return []error{err}
	}
	return s.Store.Apply(ctx, changes...)
}

func (s *sweptStore) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	if err := s.fails(); err != nil {
		return nil, err
	}
	return s.Store.Entries(ctx, q)
}

func (s *sweptStore) Blobs(ctx context.Context, names []string) ([]string, error) {
	if err := s.fails(); err != nil {
		return nil, err
	}
	return s.Store.Blobs(ctx, names)
}

// TestOrphansWhereTheStoreFails at any call: nothing that has a row goes, and the next sweep does the rest.
func TestOrphansWhereTheStoreFails(t *testing.T) {
	t.Parallel()
	for n, done := 1, false; !done; n++ {
		b := setUpSwept(t)
		id := b.create("any").ID
		b.swept.watchedBlobs.fail = errors.New("not now")
		old := b.upload(id)
		if _, err := b.replacing(id, old.Context, "x"); err != nil {
			t.Fatal(err)
		}
		b.swept.watchedBlobs.fail = nil
		b.orphan()
		b.clock.Add(90 * time.Minute)
		b.orphan()
		b.clock.Add(session.OrphanAge + time.Hour)
		store := &sweptStore{Store: b.store, n: n}
		over := *b.bench
		over.Engine = b.over(store, b.swept)
		_, err := over.SweepOrphans(b.ctx)
		if done = err == nil; done && store.calls >= n || !done && !errors.Is(err, errSwept) {
			t.Errorf("where call %d of %d fails: %v", n, store.calls, err)
		}
		if _, err := b.SweepOrphans(b.ctx); err != nil {
			t.Errorf("after call %d failed: %v", n, err)
		}
		if list := b.get(id).Media; len(list) != 1 || !b.there(list[0].Blob) || b.blobs.Len() != 1 {
			t.Errorf("after call %d failed there are %d rows and %d blobs, want 1", n, len(list), b.blobs.Len())
		}
		if n > 30 {
			t.Fatal("a sweep has no end of calls")
		}
	}
}

// over is another engine of the same integration on a store and blobs, as another process has it.
func (b *bench) over(store session.Store, blobs media.Blobs) *session.Engine {
	b.t.Helper()
	engine, err := session.New(store, session.Config{
		Clock: b.clock, Keeper: b.keeper, Blobs: blobs, Integrations: session.Fixed{b.in},
		Renderers: map[string]session.Renderer{sessiontest.Format: sessiontest.Plain{}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return engine.For(b.in.ID)
}

// TestOrphansSweptByMany at once: nothing goes but what has to, and each goes.
func TestOrphansSweptByMany(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	id := b.create("any").ID
	var rows []string
	for range 20 {
		b.orphan()
		rows = append(rows, b.upload(id).Blob)
		b.clock.Add(20 * time.Minute)
	}
	b.clock.Add(session.OrphanAge + time.Hour)
	var all sync.WaitGroup
	for range 4 {
		engine := b.over(b.store, b.swept)
		all.Go(func() {
			if _, err := engine.SweepOrphans(b.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b.sweep(0)
	if b.blobs.Len() != len(rows) || slices.ContainsFunc(rows, func(name string) bool { return !b.there(name) }) {
		t.Errorf("there are %d blobs, want those of %d rows", b.blobs.Len(), len(rows))
	}
}

// TestOrphansSweptByAnotherMeanwhile: who is behind ends, and that is no error.
func TestOrphansSweptByAnotherMeanwhile(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"list", "remove"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			b := setUpSwept(t)
			for range 3 {
				b.orphan()
				b.clock.Add(time.Hour)
			}
			b.clock.Add(session.OrphanAge)
			other, listed := b.over(b.store, b.swept), 0
			b.swept.fail = func(op, what string) error {
				if op != at || what == markers {
					return nil
				}
				b.swept.fail = nil
				n, err := other.SweepOrphans(b.ctx)
				if n != 3 || err != nil {
					t.Errorf("the other one swept %d, %v, want 3", n, err)
				}
				listed = len(b.swept.listed)
				return nil
			}
			if _, err := b.SweepOrphans(b.ctx); err != nil || b.blobs.Len() != 0 {
				t.Errorf("the sweep answered %v, and there are %d blobs", err, b.blobs.Len())
			}
			if len(b.swept.listed) != listed {
				t.Errorf("after the other one, %q were listed again", b.swept.listed[listed:])
			}
		})
	}
}

// TestRunSweepsOrphans, says how many there were, and goes on where something fails.
func TestRunSweepsOrphans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		blobs := &sweptBlobs{watchedBlobs: newBlobs()}
		b := setUp(t, func(_ *session.Integration, cfg *session.Config) {
			cfg.Blobs, cfg.Clock, cfg.Log = blobs, wallClock{}, slog.New(slog.NewTextHandler(&log, nil))
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		time.Sleep(time.Minute)
		w, err := blobs.Create(t.Context(), media.Name(time.Now(), uuid.New()))
		if err := errors.Join(err, w.Commit()); err != nil {
			t.Fatal(err)
		}
		blobs.lock.Lock()
		blobs.fail = func(string, string) error { return errors.New("the disk is away") }
		blobs.lock.Unlock()
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		if !strings.Contains(log.String(), "the disk is away") || blobs.Len() != 1 {
			t.Errorf("%d blobs, and the log says %s", blobs.Len(), log.String())
		}
		blobs.lock.Lock()
		blobs.fail = nil
		blobs.lock.Unlock()
		time.Sleep(20 * time.Minute)
		cancel()
		if err := <-ended; err != nil || blobs.Len() != 0 || !strings.Contains(log.String(), "removed=1") {
			t.Errorf("Run: %v, %d blobs, and the log says %s", err, blobs.Len(), log.String())
		}
	})
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

// TestEveryRowHasItsBlob at any time, whatever goes wrong, and every blob has its row when all is swept.
func TestEveryRowHasItsBlob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := setUpSwept(t)
		ids := []uuid.UUID{b.create("any").ID}
		away := errors.New("the disk is away")
		var failing bool
		b.swept.fail = func(string, string) error {
			if failing && rapid.Bool().Draw(rt, "fails") {
				return away
			}
			return nil
		}
		upload := func(engine *session.Engine, replace bool) {
			_, _ = engine.Upload(b.ctx, rapid.SampledFrom(ids).Draw(rt, "session"), session.Upload{
				Context: media.DocumentFront, Content: bytes.NewReader(png), Replace: replace,
			})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create":      func(*rapid.T) { ids = append(ids, b.create("any").ID) },
			"upload":      func(*rapid.T) { upload(b.Engine, false) },
			"replace":     func(*rapid.T) { upload(b.Engine, true) },
			"transaction": func(*rapid.T) { upload(b.With(b.store), true) },
			"rolled back": func(*rapid.T) { upload(b.With(rolledBack{b.store}), true) },
			"crash":       func(*rapid.T) { b.orphan() },
			"submit":      func(*rapid.T) { _, _ = b.Submit(b.ctx, rapid.SampledFrom(ids).Draw(rt, "session")) },
			"redact":      func(*rapid.T) { _, _ = b.Redact(b.ctx, rapid.SampledFrom(ids).Draw(rt, "session")) },
			"fail":        func(rt *rapid.T) { failing = rapid.Bool().Draw(rt, "failing") },
			"settle":      func(*rapid.T) { _, _ = b.Settle(b.ctx) },
			"sweep":       func(*rapid.T) { _, _ = b.SweepOrphans(b.ctx) },
			"time": func(rt *rapid.T) {
				b.clock.Add(time.Duration(rapid.IntRange(1, 50*60).Draw(rt, "minutes")) * time.Minute)
			},
			"": func(rt *rapid.T) {
				for _, id := range ids {
					for _, m := range b.get(id).Media {
						if m.SHA256 != "" && !b.there(m.Blob) {
							rt.Fatalf("the row %s has no blob", m.ID)
						}
					}
				}
			},
		})
		failing = false
		for range 3 { // what is retried waits for its time
			b.clock.Add(2 * session.OrphanAge)
			b.settle()
			b.sweepAll()
		}
		rows := 0
		for _, id := range ids {
			rows += len(b.get(id).Media)
		}
		if got := b.blobs.Len(); got != rows {
			rt.Errorf("there are %d blobs and %d rows", got, rows)
		}
	})
}

func (b *sweptBench) sweepAll() {
	b.t.Helper()
	if _, err := b.SweepOrphans(b.ctx); err != nil {
		b.t.Errorf("sweep: %v", err)
	}
}
