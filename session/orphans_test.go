package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// sweptBlobs notes what a sweep does, and can be told to fail.
type sweptBlobs struct {
	*watchedBlobs
	lock   sync.Mutex
	listed []string // the hours, each time they were listed from their beginning, but for that of markers
	tidied []string
	fail   func(op, what string) error // nil: nothing fails
}

func (b *sweptBlobs) fails(op, what string) error {
	b.lock.Lock()
	fail := b.fail
	b.lock.Unlock()
	if fail == nil {
		return nil
	}
	return fail(op, what)
}

func (b *sweptBlobs) List(ctx context.Context, hour, after string, n int) ([]string, error) {
	if after == "" && hour != markers {
		b.lock.Lock()
		b.listed = append(b.listed, hour)
		b.lock.Unlock()
	}
	if err := b.fails("list", hour); err != nil {
		return nil, err
	}
	return b.watchedBlobs.List(ctx, hour, after, n)
}

func (b *sweptBlobs) Remove(ctx context.Context, names ...string) error {
	if err := b.fails("remove", strings.Join(names, " ")); err != nil {
		return err
	}
	return b.watchedBlobs.Remove(ctx, names...)
}

func (b *sweptBlobs) Tidy(_ context.Context, before string) error {
	b.lock.Lock()
	b.tidied = append(b.tidied, before)
	b.lock.Unlock()
	return b.fails("tidy", before)
}

// sweptBench is a bench with blobs of which everything is known.
type sweptBench struct {
	*bench
	swept *sweptBlobs
}

func setUpSwept(t *testing.T) *sweptBench {
	t.Helper()
	s := &sweptBench{swept: &sweptBlobs{watchedBlobs: newBlobs()}}
	s.bench = setUp(t, func(in *session.Integration, cfg *session.Config) {
		cfg.Blobs = s.swept
		in.Policy.Lifetime = 365 * 24 * time.Hour
	})
	s.blobs = s.swept.watchedBlobs
	s.sweep(0) // from now on
	return s
}

// sweep demands how many orphans there are.
func (b *sweptBench) sweep(want int) {
	b.t.Helper()
	if got, err := b.SweepOrphans(b.ctx); got != want || err != nil {
		b.t.Errorf("at %s the sweep removed %d, %v, want %d", b.clock.Now(), got, err, want)
	}
}

// orphan commits a blob of the clock's hour, and never gives it a row.
func (b *sweptBench) orphan() string {
	b.t.Helper()
	id := uuid.New()
	name := media.Name(b.clock.Now(), id)
	w, err := b.swept.Create(b.ctx, name)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		b.t.Fatal(err)
	}
	return name
}

func (b *sweptBench) there(name string) bool {
	r, err := b.swept.Open(b.ctx, name)
	if err == nil {
		_ = r.Close()
	}
	return err == nil
}

// TestOrphans: what has no row goes a day after its hour has ended, not a moment before, and nothing else goes.
func TestOrphans(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	kept := b.upload(b.create("any").ID)
	crashed := b.orphan()
	end := b.clock.Now().Truncate(time.Hour).Add(time.Hour + session.OrphanAge)
	b.clock.Set(end.Add(-time.Microsecond))
	b.sweep(0)
	if !b.there(crashed) {
		t.Error("an orphan went before its time")
	}
	now := b.orphan()
	b.clock.Set(end)
	b.sweep(1)
	if b.there(crashed) || !b.there(kept.Blob) || !b.there(now) {
		t.Errorf("there are the orphan: %t, the blob of a row: %t, that of a moment ago: %t",
			b.there(crashed), b.there(kept.Blob), b.there(now))
	}
	if got, err := b.readFile(kept); err != nil || !bytes.Equal(got, png) {
		t.Errorf("the upload that has a row: %d bytes, %v", len(got), err)
	}
	b.clock.Add(2 * session.OrphanAge)
	b.sweep(1)
	b.sweep(0)
}

// TestOrphansOfAnHourAreListedOnce, whatever else is stored, also those of hours in which nobody swept.
func TestOrphansOfAnHourAreListedOnce(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	first := b.clock.Now()
	var names []string
	for range 100 {
		names = append(names, b.orphan())
		b.clock.Add(90 * time.Minute)
	}
	for range 40 { // nobody swept for six days
		b.clock.Add(50 * time.Minute)
		if _, err := b.SweepOrphans(b.ctx); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.Add(session.OrphanAge)
	if _, err := b.SweepOrphans(b.ctx); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if b.there(name) {
			t.Errorf("orphan %d, %s, is still there", i, name)
		}
	}
	counts := map[string]int{}
	for _, hour := range b.swept.listed {
		counts[hour]++
	}
	for at := first; media.Hour(at) < media.Hour(b.clock.Now().Add(-session.OrphanAge)); at = at.Add(time.Hour) {
		// Of an hour that had names the end is asked for, with the last of them.
		if got := counts[media.Hour(at)]; got != 1 {
			t.Errorf("the hour %s was listed %d times", media.Hour(at), got)
		}
		delete(counts, media.Hour(at))
	}
	if len(counts) > 0 {
		t.Errorf("these were listed too: %v", counts)
	}
}

// TestOrphansBeginWithTheFirstSweep: blobs that are older than all that the store knows are left alone, so that an
// empty store that is opened by mistake takes nothing away.
func TestOrphansBeginWithTheFirstSweep(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	b.clock.Add(-time.Hour)
	older := b.orphan()
	b.clock.Add(30 * 24 * time.Hour)
	b.sweep(0)
	if !b.there(older) {
		t.Error("a blob from before the first sweep is gone")
	}
}

// rolledBack is a host's transaction that comes to nothing.
type rolledBack struct{ session.Store }

func (rolledBack) Apply(context.Context, ...session.Change) []error { return nil }

// TestOrphansOfATransaction: those of one that was rolled back go, and what it would have replaced stays.
func TestOrphansOfATransaction(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	id := b.create("any").ID
	old := b.upload(id)
	for _, replace := range []bool{false, true} {
		u := session.Upload{Context: old.Context, Content: bytes.NewReader(png), Replace: replace}
		if _, err := b.With(rolledBack{b.store}).Upload(b.ctx, id, u); err != nil {
			t.Fatal(err)
		}
	}
	if b.blobs.Len() != 3 {
		t.Fatalf("there are %d blobs, want 3", b.blobs.Len())
	}
	b.clock.Add(session.OrphanAge + time.Hour)
	b.sweep(2)
	if !b.there(old.Blob) {
		t.Error("what a transaction would have replaced is gone")
	}
	if _, err := b.With(b.store).SweepOrphans(b.ctx); !errors.Is(err, session.ErrHosted) {
		t.Errorf("within a transaction: %v, want ErrHosted", err)
	}
}

// slowly lets the clock run while it is read.
type slowly struct {
	io.Reader
	b    *bench
	time time.Duration
}

func (s *slowly) Read(p []byte) (int, error) {
	s.b.clock.Add(s.time)
	s.time = 0
	return s.Reader.Read(p)
}

// TestOrphansAndARowThatIsWrittenLate: an upload may take as long as MaxUploadTime, and no longer.
func TestOrphansAndARowThatIsWrittenLate(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	id := b.create("any").ID
	slow := func(time time.Duration) (*session.Medium, error) {
		content := &slowly{bytes.NewReader(png), b.bench, time}
		return b.Upload(b.ctx, id, session.Upload{Context: media.DocumentFront, Content: content})
	}
	m, err := slow(session.MaxUploadTime)
	if err != nil {
		t.Fatal(err)
	}
	b.clock.Add(2 * session.OrphanAge)
	b.sweep(0)
	if got, err := b.readFile(m); err != nil || !bytes.Equal(got, png) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := slow(session.MaxUploadTime + time.Microsecond); !errors.Is(err, context.DeadlineExceeded) || b.blobs.Len() != 1 {
		t.Errorf("an upload that takes too long: %v, and %d blobs", err, b.blobs.Len())
	}
}

// TestOrphansOfReplacedMedia: those whose removal was interrupted go with the next sweep, however old they are.
func TestOrphansOfReplacedMedia(t *testing.T) {
	t.Parallel()
	for _, hosted := range []bool{false, true} {
		t.Run(fmt.Sprintf("hosted %t", hosted), func(t *testing.T) {
			t.Parallel()
			b := setUpSwept(t)
			id := b.create("any").ID
			old := b.upload(id)
			b.clock.Add(3 * session.OrphanAge)
			b.sweep(0) // its hour is never listed again
			engine := b.Engine
			if hosted {
				engine = b.With(b.store)
			}
			failing := errors.New("the disk is away")
			b.swept.fail = func(string, string) error { return failing }
			again := session.Upload{Context: old.Context, Content: bytes.NewReader(png), Replace: true}
			m, err := engine.Upload(b.ctx, id, again)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.SweepOrphans(b.ctx); !errors.Is(err, failing) {
				t.Errorf("while the blobs are away: %v, want %v", err, failing)
			}
			b.swept.fail = nil
			if !b.there(old.Blob) {
				t.Fatal("what could not be removed is not there")
			}
			b.sweep(0)
			if b.there(old.Blob) || !b.there(m.Blob) {
				t.Errorf("there are the old one: %t, the new one: %t", b.there(old.Blob), b.there(m.Blob))
			}
			left, err := b.store.Entries(b.ctx, session.EntryQuery{Kind: session.EntryDiscarded, At: b.Now(), N: 10})
			if err != nil || len(left) != 0 {
				t.Errorf("names are still noted: %d, %v", len(left), err)
			}
		})
	}
}

// TestOrphansInPages: an hour has more than are looked at at once, and each is looked at once.
func TestOrphansInPages(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	id := b.create("any").ID
	var rows []string
	for i := range 2500 {
		if b.orphan(); i%50 == 0 {
			rows = append(rows, b.upload(id).Blob)
		}
	}
	b.clock.Add(session.OrphanAge + time.Hour)
	b.sweep(2500)
	for _, blob := range rows {
		if !b.there(blob) {
			t.Fatalf("the blob %s of a row is gone", blob)
		}
	}
}
