package session_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// marked gives the markers among the blobs.
func (b *sweptBench) marked() []string {
	b.t.Helper()
	names, err := b.swept.List(b.ctx, markers, "", 10)
	if err != nil {
		b.t.Fatal(err)
	}
	return names
}

// TestOrphansOfSharedBlobs: where two stores have the same blobs neither removes any, until one of them has gone.
func TestOrphansOfSharedBlobs(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	kept, orphan := b.upload(b.create("any").ID), b.orphan()
	other := b.over(memstore.New(), b.swept)
	for range 5 {
		for whose, engine := range map[string]*session.Engine{"the one": b.Engine, "the other": other} {
			n, err := engine.SweepOrphans(b.ctx)
			if whose == "the one" && b.clock.Now().Before(kept.CreatedAt.Add(time.Hour)) {
				continue // it may not have met the other yet
			}
			if n != 0 || !errors.Is(err, session.ErrSharedBlobs) {
				t.Errorf("%s swept %d, %v, want ErrSharedBlobs", whose, n, err)
			}
		}
		b.clock.Add(session.OrphanAge)
	}
	if !b.there(kept.Blob) || !b.there(orphan) {
		t.Errorf("there are the blob of a row: %t, the orphan: %t, want both", b.there(kept.Blob), b.there(orphan))
	}
	_, err := other.SweepOrphans(b.ctx)
	theirs := ""
	for _, name := range b.marked() {
		if strings.Contains(err.Error(), name) {
			theirs = name // the one that the other complains of
		}
	}
	for _, name := range b.marked() {
		if name != theirs {
			_ = b.swept.Remove(b.ctx, name)
		}
	}
	b.sweep(1)
	if !b.there(kept.Blob) || b.there(orphan) {
		t.Errorf("alone: there are the blob of a row: %t, the orphan: %t", b.there(kept.Blob), b.there(orphan))
	}
}

// TestCheckBlobs finds another store's marker, before the own one is there and after, and leaves nothing behind.
func TestCheckBlobs(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	check := func(when string, e *session.Engine, want error) {
		t.Helper()
		before := b.marked()
		if err := e.CheckBlobs(b.ctx); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", when, err, want)
		}
		if after := b.marked(); !slices.Equal(before, after) {
			t.Errorf("%s: the markers are %q, and were %q", when, after, before)
		}
	}
	other := b.over(memstore.New(), b.swept)
	if err := b.swept.Remove(b.ctx, b.marked()...); err != nil {
		t.Fatal(err)
	}
	check("before there is a marker", b.Engine, nil)
	check("before there is a marker", other, nil)
	b.sweep(0)
	check("with the own marker", b.Engine, nil)
	check("with another's marker", other, session.ErrSharedBlobs)
	if _, err := other.SweepOrphans(b.ctx); !errors.Is(err, session.ErrSharedBlobs) {
		t.Fatal(err)
	}
	check("with both, the one", b.Engine, session.ErrSharedBlobs)
	check("with both, the other", other, session.ErrSharedBlobs)
	check("in a transaction", b.Engine.With(memstore.New()), session.ErrHosted)
}

// TestOrphansOfReplacedMediaInSharedBlobs: those stay too.
func TestOrphansOfReplacedMediaInSharedBlobs(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	id := b.create("any").ID
	b.blobs.fail = errors.New("not now")
	old := b.upload(id)
	if _, err := b.replacing(id, old.Context, "x"); err != nil {
		t.Fatal(err)
	}
	b.blobs.fail = nil
	_, _ = b.over(memstore.New(), b.swept).SweepOrphans(b.ctx)
	if n, err := b.SweepOrphans(b.ctx); n != 0 || !errors.Is(err, session.ErrSharedBlobs) || !b.there(old.Blob) {
		t.Errorf("swept %d, %v, and what was replaced is there: %t", n, err, b.there(old.Blob))
	}
}

// TestOrphansHaveOneMarker, whoever sweeps, whose bytes are nobody's, and that comes back when it is lost.
func TestOrphansHaveOneMarker(t *testing.T) {
	t.Parallel()
	b := setUpSwept(t)
	first := b.marked()
	if len(first) != 1 {
		t.Fatalf("there are the markers %q, want one", first)
	}
	second := b.over(b.store, b.swept)
	for range 3 {
		if err := b.swept.Remove(b.ctx, first...); err != nil {
			t.Fatal(err)
		}
		b.orphan()
		b.clock.Add(2 * session.OrphanAge)
		if n, err := second.SweepOrphans(b.ctx); n != 1 || err != nil {
			t.Errorf("another process swept %d, %v, want 1", n, err)
		}
		b.sweep(0)
		if got := b.marked(); len(got) != 1 || got[0] != first[0] {
			t.Errorf("there are the markers %q, want %q", got, first)
		}
	}
}

// TestOrphansAfterAClockWasAhead: what is cut off once it is right again goes in its time.
func TestOrphansAfterAClockWasAhead(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{26 * time.Hour, 30 * 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		b := setUpSwept(t)
		b.clock.Add(ahead)
		last := media.Hour(b.clock.Now().Add(-session.OrphanAge - time.Hour))
		b.swept.fail = func(op, hour string) error {
			if op == "list" && hour == last {
				return errors.New("the disk is away")
			}
			return nil
		}
		if _, err := b.SweepOrphans(b.ctx); err == nil {
			t.Errorf("ahead by %s: the hour %s was swept, want it to fail", ahead, last)
		}
		b.swept.fail = nil
		b.clock.Add(-ahead)
		b.swept.listed = nil
		b.sweep(0)
		if len(b.swept.listed) > 0 {
			t.Errorf("ahead by %s: %q were listed then, long before their time", ahead, b.swept.listed)
		}
		fresh := b.orphan()
		b.sweep(0)
		b.clock.Add(session.OrphanAge + time.Hour)
		b.sweep(1)
		if b.there(fresh) {
			t.Errorf("ahead by %s: the orphan %s is still there", ahead, fresh)
		}
	}
}
