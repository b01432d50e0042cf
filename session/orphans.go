package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bonafide-idv/bonafide/media"
)

const (
	// MaxUploadTime is how long an [Engine.Upload] may take, by the engine's clock. What takes longer is refused.
	MaxUploadTime = 12 * time.Hour
	// OrphanAge is how long after its hour has ended [Engine.SweepOrphans] looks at what was uploaded in it: as long as
	// an upload may take, and as long again for the host's transaction that it is in, and for clocks that differ.
	OrphanAge = 2 * MaxUploadTime
)

const (
	// orphansEvery is how often Run looks for an hour that is due.
	orphansEvery = 10 * time.Minute
	// orphansAtOnce is how many names are looked at between two notes of how far the sweep has come.
	orphansAtOnce = 1000
	// orphanTime bounds what is done for so many of them.
	orphanTime = 5 * time.Minute
	// discardedFor is how long the names of replaced media are kept, should no process run that long. That they
	// expire at all has each one that is added take others, that were dealt with, out of the store.
	discardedFor = 10 * 365 * 24 * time.Hour
)

// orphanHours is how far the sweep has come: the body of the one entry of [EntryOrphans] that a store has.
type orphanHours struct {
	Next   string   `json:"next"`             // the hour that is next, as [media.Hour] writes it
	After  string   `json:"after,omitempty"`  // the last name of that hour that was looked at
	Failed []string `json:"failed,omitempty"` // hours that are to be tried again, the one that was tried last at the end
	Marker string   `json:"marker,omitempty"` // the name of the blob that marks the blobs as this store's
}

// SweepOrphans removes blobs that no row names, for good. The blobs MUST be of this store alone, or those of another
// would look like that; a blob that each store leaves beside its own marks whose they are, and where another store's is
// found nothing is removed: [ErrSharedBlobs].
//
// Such blobs are those that a crash, a transaction that was rolled back, or an error of the blobs has cut off from
// their rows. Every hour of uploads is listed once, [OrphanAge] after it has ended, so that it costs what was uploaded
// and not what is stored. How far it has come is kept in the store: what stops for a week catches up, and any number of
// processes may sweep at once. It begins with the hour in which it is first called on a store; what is older is left
// alone. Where Blobs is a [media.Tidier], unfinished uploads of those hours go too. [Engine.Run] does so about every
// ten minutes.
//
// An hour that fails is tried again by a later call, and holds up no other. It answers how many blobs it found that way
// and removed; what [Upload.Replace] has replaced, and is removed here where that was interrupted, is not counted.
//
// Clocks of processes must not differ by hours.
//
// Errors: [ErrHosted]; [ErrSharedBlobs]; what the store and the blobs answer, beside what was done.
func (e *Engine) SweepOrphans(ctx context.Context) (removed int, err error) {
	ctx, verb := e.observe(ctx, "sweep_orphans")
	defer verb.done(&err)
	if e.hosted {
		return 0, ErrHosted
	}
	kept, at, err := e.orphanHours(ctx)
	if err == nil {
		err = e.markBlobs(ctx, &kept, &at)
	}
	if err != nil {
		return 0, unlessConflict(err)
	}
	discarded := e.sweepDiscarded(ctx)
	removed, err = e.sweepHours(ctx, kept, at)
	return removed, errors.Join(discarded, unlessConflict(err))
}

// unlessConflict is the error, but none where another process goes on with the sweep.
func unlessConflict(err error) error {
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

// sweepOrphans is SweepOrphans where nobody waits for its answer.
func (e *Engine) sweepOrphans(ctx context.Context) {
	removed, err := e.SweepOrphans(ctx)
	if removed > 0 {
		e.cfg.Log.InfoContext(ctx, "blobs that no row names were removed", "removed", removed)
	}
	if err != nil && ctx.Err() == nil {
		e.cfg.Log.ErrorContext(ctx, "the sweep of orphans failed", "error", err)
	}
}

// sweepHours goes on where it was left off, and ends with what failed before, or with what fails now.
func (e *Engine) sweepHours(ctx context.Context, kept Entry, at orphanHours) (removed int, err error) {
	due := media.Hour(e.now().Add(-OrphanAge)) // what is before it has ended so long ago
	if at.Next > media.Hour(e.now().Add(time.Hour)) {
		at.setBack(due)
		if err := e.keepOrphanHours(ctx, &kept, at); err != nil {
			return 0, err
		}
	}
	if at.Next >= due && len(at.Failed) == 0 {
		return 0, nil
	}
	untidy := e.tidy(ctx, due)
	again := slices.Clone(at.Failed)
	for err == nil && at.Next < due {
		var n int
		n, err = e.sweepHour(ctx, &kept, &at, at.Next, &at.After)
		removed += n
	}
	for _, hour := range again {
		if err != nil || hour >= due {
			continue
		}
		var n int
		n, err = e.sweepHour(ctx, &kept, &at, hour, new(string))
		removed += n
	}
	return removed, cmp.Or(err, untidy)
}

// sweepHour sweeps what comes after a name in an hour, to its end, and notes each time how far it has come.
func (e *Engine) sweepHour(ctx context.Context, kept *Entry, at *orphanHours, hour string, after *string) (removed int, err error) {
	for ended := false; err == nil && !ended; {
		var n int
		n, *after, err = e.sweepPage(ctx, hour, *after)
		removed += n
		if ended = *after == ""; ended {
			at.ended(hour, err != nil)
		}
		err = cmp.Or(err, e.keepOrphanHours(ctx, kept, *at))
	}
	return removed, err
}

// ended notes that an hour has come to its end, or is to be tried again.
func (at *orphanHours) ended(hour string, failed bool) {
	at.Failed = slices.DeleteFunc(at.Failed, func(other string) bool { return other == hour })
	if failed {
		at.Failed = append(at.Failed, hour)
	}
	if hour == at.Next {
		at.Next = hourAfter(hour)
	}
}

// setBack has all hours from that one on listed when they are due: a clock that was ahead has listed them before
// there was anything in them.
func (at *orphanHours) setBack(due string) {
	at.Next, at.After = due, ""
	at.Failed = slices.DeleteFunc(at.Failed, func(hour string) bool { return hour >= due })
}

// hourAfter is the hour after one that is valid.
func hourAfter(hour string) string {
	at, _ := media.ParseHour(hour)
	return media.Hour(at.Add(time.Hour))
}

// sweepPage looks at so many names of an hour, and gives the last of them; empty: there are no more, or it failed.
func (e *Engine) sweepPage(ctx context.Context, hour, after string) (removed int, last string, err error) {
	err = onBlobs(ctx, func(ctx context.Context) error {
		names, err := e.cfg.Blobs.List(ctx, hour, after, orphansAtOnce)
		if err != nil || len(names) == 0 {
			return err
		}
		if removed, err = e.removeOrphans(ctx, names); err != nil {
			return err
		}
		last = names[len(names)-1]
		return nil
	})
	if err != nil {
		return removed, "", fmt.Errorf("session: orphans of the hour %s: %w", hour, err)
	}
	return removed, last, nil
}

// removeOrphans removes those of the names that no row has.
func (e *Engine) removeOrphans(ctx context.Context, names []string) (removed int, err error) {
	there, err := e.store.Blobs(ctx, names)
	if err != nil {
		return 0, err
	}
	known := make(map[string]bool, len(there))
	for _, name := range there {
		known[name] = true
	}
	orphans := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return known[name] })
	if len(orphans) == 0 {
		return 0, nil
	}
	if err := e.cfg.Blobs.Remove(ctx, orphans...); err != nil {
		return 0, err
	}
	return len(orphans), nil
}

// tidy has unfinished uploads of hours that are due removed.
func (e *Engine) tidy(ctx context.Context, due string) error {
	tidier, ok := e.cfg.Blobs.(media.Tidier)
	if !ok {
		return nil
	}
	return onBlobs(ctx, func(ctx context.Context) error { return tidier.Tidy(ctx, due) })
}

// onBlobs calls what works on the blobs, for so long, and makes an error of its panic.
func onBlobs(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, orphanTime)
	defer cancel()
	return survived(func() error { return call(ctx) })
}

// orphanHours reads how far the sweep has come, and notes at its very first that it begins now.
func (e *Engine) orphanHours(ctx context.Context) (kept Entry, at orphanHours, err error) {
	now := e.now()
	kept, at, err = e.findOrphanHours(ctx, now)
	if err == nil && kept.Version == 0 {
		kept = Entry{Kind: EntryOrphans, ID: e.cfg.NewID(now), Name: orphansName, CreatedAt: now}
		at = orphanHours{Next: media.Hour(now)}
		err = e.keepOrphanHours(ctx, &kept, at)
	}
	return kept, at, err
}

// findOrphanHours reads how far the sweep has come; a version of 0: it has not begun.
func (e *Engine) findOrphanHours(ctx context.Context, now time.Time) (kept Entry, at orphanHours, err error) {
	found, err := e.store.Entries(ctx, EntryQuery{Kind: EntryOrphans, Name: orphansName, At: now, N: 1})
	if err != nil || len(found) == 0 {
		return kept, at, err
	}
	if json.Unmarshal(found[0].Body, &at) != nil || !media.ValidHour(at.Next) {
		return kept, at, fmt.Errorf("session: the entry %s, of how far orphans are swept, cannot be read", found[0].ID)
	}
	return found[0], at, nil
}

// orphansName has a store refuse a second entry of how far the sweep has come.
const orphansName = "swept"

// keepOrphanHours notes how far the sweep has come. ErrConflict: another process has come further.
func (e *Engine) keepOrphanHours(ctx context.Context, kept *Entry, at orphanHours) error {
	now := e.now()
	kept.Version++
	kept.UpdatedAt = now
	kept.Body, _ = json.Marshal(at) // of texts alone, it never fails
	return e.applyEntries(ctx, now, *kept)
}

// discard notes which blobs have lost their rows by the change, so that their names are not lost with the process.
func (w *work) discard(blobs []string) {
	if len(blobs) == 0 {
		return
	}
	body, _ := json.Marshal(blobs) // of texts alone, it never fails
	w.change.Entries = append(w.change.Entries, Entry{
		Kind: EntryDiscarded, ID: w.e.cfg.NewID(w.now), Version: 1, CreatedAt: w.now, UpdatedAt: w.now,
		ExpiresAt: w.now.Add(discardedFor), Body: body,
	})
}

// sweepDiscarded removes blobs that have lost their rows, unless that was done at once, and forgets their names. One
// that cannot be removed keeps no other from it.
func (e *Engine) sweepDiscarded(ctx context.Context) error {
	var failed []error
	q := EntryQuery{Kind: EntryDiscarded, At: e.now(), N: 100}
	for {
		page, err := e.store.Entries(ctx, q)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		var done []Entry
		for _, d := range page {
			if err := e.removeDiscarded(ctx, d); err != nil {
				failed = append(failed, err)
				continue
			}
			d.Version++
			d.Body, d.UpdatedAt, d.ExpiresAt = nil, q.At, q.At
			done = append(done, d)
		}
		if len(done) > 0 {
			err = e.applyEntries(ctx, q.At, done...)
		}
		switch {
		case errors.Is(err, ErrConflict):
			return errors.Join(failed...) // another process is at them
		case err != nil, len(page) < q.N:
			return errors.Join(append(failed, err)...)
		}
		q.After = page[len(page)-1].ID
	}
}

func (e *Engine) removeDiscarded(ctx context.Context, d Entry) error {
	var names []string
	if err := json.Unmarshal(d.Body, &names); err != nil {
		return fmt.Errorf("session: the entry %s, of media that were replaced, cannot be read", d.ID)
	}
	err := onBlobs(ctx, func(ctx context.Context) error { _, err := e.removeOrphans(ctx, names); return err })
	if err != nil {
		return fmt.Errorf("session: media that were replaced: %w", err)
	}
	return nil
}
