package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/media"
)

// ErrSharedBlobs is what [Engine.SweepOrphans] answers, and removes nothing, where the blobs hold the marker of another
// store: it would take that one's media for orphans. Give each database a folder or a prefix of its own. The text names
// the marker; where its store is gone for good, as when a database was made anew, or was restored from before its first
// sweep, remove that blob by hand.
var ErrSharedBlobs = errors.New("session: the blobs are another store's too: give each a folder or prefix of its own")

// markerText is what a marker holds, for whoever finds it.
const markerText = "Marks whose blobs these are: see session.ErrSharedBlobs.\n"

// markerHour is the hour of all markers, which no clock shows, so that no upload and no sweep is of it.
func markerHour() string { return media.Hour(time.Time{}) }

// markBlobs leaves the store's marker beside its blobs, unless it is there. ErrSharedBlobs: so is another one.
// Which is its own is noted first, or a crash would leave a marker that nobody knows.
func (e *Engine) markBlobs(ctx context.Context, kept *Entry, at *orphanHours) error {
	if at.Marker == "" {
		at.Marker = blobName(time.Time{})
		if err := e.keepOrphanHours(ctx, kept, *at); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, orphanTime)
	defer cancel()
	return survived(func() error {
		found, err := e.cfg.Blobs.List(ctx, markerHour(), "", 2) // the own one and another
		if err != nil {
			return fmt.Errorf("session: markers of the blobs: %w", err)
		}
		if !slices.Contains(found, at.Marker) {
			err = e.writeMarker(ctx, at.Marker)
		}
		for _, name := range found {
			if name != at.Marker {
				return fmt.Errorf("%w (the marker %s)", ErrSharedBlobs, name)
			}
		}
		return err
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
