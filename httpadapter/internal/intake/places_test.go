package intake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
)

// TestPlacesOfOthers: who takes all places of one key leaves those of the others.
func TestPlacesOfOthers(t *testing.T) {
	t.Parallel()
	p := intake.NewPlaces(2)
	take := func(key byte, patience time.Duration) (func(), error) {
		return p.Take(t.Context(), uuid.UUID{key}, patience)
	}
	var releases []func()
	hold := func(key byte) {
		t.Helper()
		release, err := take(key, time.Minute)
		if err != nil {
			t.Fatalf("a place for %d: %v", key, err)
		}
		releases = append(releases, release)
	}
	hold(1)
	hold(1)
	if _, err := take(1, time.Nanosecond); !errors.Is(err, intake.ErrBusy) {
		t.Errorf("the third of one key: %v, want %v", err, intake.ErrBusy)
	}
	for _, other := range []byte{2, 3, 4} {
		hold(other)
		hold(other)
	}
	if _, err := take(5, time.Nanosecond); !errors.Is(err, intake.ErrBusy) {
		t.Errorf("the ninth of all: %v, want %v", err, intake.ErrBusy)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Take(gone, uuid.UUID{5}, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone: %v", err)
	}
	releases[0]()
	hold(5)
	for _, release := range releases[1:] {
		release()
	}
	if n := p.Lines(); n != 0 {
		t.Errorf("%d lines are remembered when nobody is in one", n)
	}
}

// TestPlaceOfWhoFoundNoRoom: who has a place of its key and none of all gives it back.
func TestPlaceOfWhoFoundNoRoom(t *testing.T) {
	t.Parallel()
	p := intake.NewPlaces(2)
	var last func()
	for _, key := range []byte{2, 2, 3, 3, 4, 4, 1, 5} {
		release, err := p.Take(t.Context(), uuid.UUID{key}, 0)
		if err != nil {
			t.Fatalf("a place for %d: %v", key, err)
		}
		last = release
	}
	if _, err := p.Take(t.Context(), uuid.UUID{1}, time.Nanosecond); !errors.Is(err, intake.ErrBusy) {
		t.Errorf("the ninth of all: %v, want %v", err, intake.ErrBusy)
	}
	last()
	if _, err := p.Take(t.Context(), uuid.UUID{1}, time.Nanosecond); err != nil {
		t.Errorf("the second of its key, when there is room: %v", err)
	}
}

// TestPatience: who waits gets a place that comes free in time, and no other.
func TestPatience(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		taken time.Duration
		want  error
	}{{"in time", 29 * time.Second, nil}, {"too late", 31 * time.Second, intake.ErrBusy}} {
		synctest.Test(t, func(t *testing.T) {
			p := intake.NewPlaces(1)
			release, err := p.Take(t.Context(), uuid.UUID{1}, 0)
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(row.taken, release)
			again, err := p.Take(t.Context(), uuid.UUID{1}, 30*time.Second)
			if err != row.want {
				t.Errorf("%s: got %v, want %v", row.name, err, row.want)
			}
			if err == nil {
				again()
			}
		})
	}
}
