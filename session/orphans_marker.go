package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/media"
)

// ErrSharedBlobs is what [Engine.CheckBlobs] answers, and [Engine.SweepOrphans], which then removes nothing, where the
// blobs hold the marker of another store: it would take that one's media for orphans. Give each database a folder or a prefix of its own. The text names
// the marker; where its store is gone for good, as when a database was made anew, or was restored from before its first
// sweep, remove that blob by hand.
var ErrSharedBlobs = errors.New("session: the blobs are another store's too: give each a folder or prefix of its own")

// markerText is what a marker holds, for whoever finds it.
const markerText = "Marks whose blobs these are: see session.ErrSharedBlobs.\n"

// markerHour is the hour of all markers, which no clock shows, so that no upload and no sweep is of it.
func markerHour() string { return media.Hour(time.Time{}) }

// CheckBlobs answers [ErrSharedBlobs] where the blobs hold the marker of another store, and changes nothing. A host that
// asks before it serves finds a folder that was named by mistake before its own marker is there: the first
// [Engine.SweepOrphans], which [Engine.Run] begins at once, leaves that, and from then on neither store has its orphans
// removed. A store that was never swept has left no marker, and is not found.
//
// Errors: ErrSharedBlobs; [ErrHosted]; what the store and the blobs answer.
func (e *Engine) CheckBlobs(ctx context.Context) (err error) {
	ctx, verb := e.observe(ctx, "check_blobs")
	defer verb.done(&err)
	if e.hosted {
		return ErrHosted
	}
	_, at, err := e.findOrphanHours(ctx, e.now())
	if err != nil {
		return err
	}
	return onBlobs(ctx, func(ctx context.Context) error {
		_, err := e.findMarkers(ctx, at.Marker)
		return err
	})
}

// findMarkers reports whether the own marker is there. ErrSharedBlobs: another one is.
func (e *Engine) findMarkers(ctx context.Context, own string) (marked bool, err error) {
	found, err := e.cfg.Blobs.List(ctx, markerHour(), "", 2)
	if err != nil {
		return false, fmt.Errorf("session: markers of the blobs: %w", err)
	}
	for _, name := range found {
		if name == own {
			marked = true
		} else {
			err = fmt.Errorf("%w (the marker %s)", ErrSharedBlobs, name)
		}
	}
	return marked, err
}

// markBlobs leaves the store's marker beside its blobs, unless it is there. ErrSharedBlobs: so is another one.
// Which is its own is noted first, or a crash would leave a marker that nobody knows.
func (e *Engine) markBlobs(ctx context.Context, kept *Entry, at *orphanHours) error {
	if at.Marker == "" {
		at.Marker = blobName(time.Time{})
		if err := e.keepOrphanHours(ctx, kept, *at); err != nil {
			return err
		}
	}
	return onBlobs(ctx, func(ctx context.Context) error {
		marked, err := e.findMarkers(ctx, at.Marker)
		if marked || err != nil && !errors.Is(err, ErrSharedBlobs) {
			return err
		}
		written := e.writeMarker(ctx, at.Marker) // beside another's too: neither then removes what is the other's
		return cmp.Or(err, written)
	})
}

func (e *Engine) writeMarker(ctx context.Context, name string) error {
	w, err := e.cfg.Blobs.Create(ctx, name)
	if errors.Is(err, media.ErrExists) {
		return nil // another process of this store was faster
	}
	if err == nil {
		defer w.Abort()
		_, err = strings.NewReader(markerText).WriteTo(w)
	}
	if err == nil {
		err = w.Commit()
	}
	if err != nil && !errors.Is(err, media.ErrExists) {
		return fmt.Errorf("session: the marker of the blobs: %w", err)
	}
	return nil
}
