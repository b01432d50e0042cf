package fileblobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bonafide-idv/bonafide/media"
)

// The layout of the folder.
const (
	top     = "."   // the folder itself
	writing = "tmp" // where blobs are written
)

// staleAfter is how long nobody has written to a file under tmp before it counts as left by a crash.
const staleAfter = 24 * time.Hour

// Blobs is a folder of blobs. It is safe for concurrent use, also by several processes of one machine,
// each with a Blobs of its own.
type Blobs struct {
	disk disk
}

var (
	_ media.Blobs  = (*Blobs)(nil)
	_ media.Tidier = (*Blobs)(nil)
)

// Open opens the folder at dir, makes it where it is missing, and removes what crashes left there more than a
// day ago. Nothing in dir is touched by it but tmp.
func Open(dir string) (*Blobs, error) {
	if err := makeFolder(dir); err != nil {
		return nil, fmt.Errorf("fileblobs: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("fileblobs: %w", err)
	}
	b := &Blobs{disk: rooted{root}}
	if err := b.prepare(time.Now()); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("fileblobs: %w", err)
	}
	return b, nil
}

// makeFolder makes dir and what is missing above it. Above each that it made it syncs, so that none is
// lost with all that was committed into it.
func makeFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	above := filepath.Dir(filepath.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) && above != dir {
		if err := makeFolder(above); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // where it is no folder, opening it says so
	}
	if err != nil {
		return err
	}
	folder, err := os.Open(above)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// prepare makes tmp, and empties it of what is stale at now. The times are those of the file system, which
// stamps them by the same clock.
func (b *Blobs) prepare(now time.Time) error {
	if err := b.disk.mkdir(writing); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := b.disk.list(writing)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // its writer has ended meanwhile
		}
		if err != nil {
			return err
		}
		if now.Sub(info.ModTime()) < staleAfter {
			continue // another process may be writing it
		}
		if err := b.disk.remove(writing + "/" + entry.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close lets go of the folder. Readers and writers that are open go on; a writer's Commit fails.
func (b *Blobs) Close() error { return b.disk.close() }

// Create starts a blob, and claims its name until the writer ends. A name that no engine has made is
// refused with [media.ErrName]. The context is looked at here alone: the writer outlives it.
func (b *Blobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !media.ValidName(name) {
		return nil, media.ErrName
	}
	draft := draftOf(name)
	f, err := b.disk.create(draft)
	if errors.Is(err, fs.ErrExist) {
		return nil, media.ErrExists
	}
	if err != nil {
		return nil, fmt.Errorf("fileblobs: create: %w", err)
	}
	// Looked for after the claim: whoever committed the name before has let go of its claim after that.
	taken, err := b.disk.exists(name)
	w := &writer{disk: b.disk, file: f, draft: draft, name: name}
	if err == nil && !taken {
		return w, nil
	}
	if err = errors.Join(err, w.Abort()); err != nil {
		return nil, fmt.Errorf("fileblobs: create: %w", err)
	}
	return nil, media.ErrExists
}

// draftOf is where a blob is written. It is the same for one name in every process: the file is the claim.
func draftOf(name string) string {
	return writing + "/" + strings.Replace(name, "/", "-", 1)
}

// Open reads a committed blob. Each reader has a file of its own.
func (b *Blobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !media.ValidName(name) {
		return nil, fmt.Errorf("%w: %w", media.ErrNotFound, media.ErrName)
	}
	r, err := b.disk.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, media.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("fileblobs: open: %w", err)
	}
	return r, nil
}

// Remove removes blobs, and syncs the folder of each hour once, so that none comes back after a crash. It
// goes on where one cannot be removed, and answers all that failed; a name that no engine has made is
// refused with [media.ErrName]. After an error it can be called again with the same names.
func (b *Blobs) Remove(ctx context.Context, names ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var failed []error
	hours := map[string]bool{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			failed = append(failed, err)
			break
		}
		if !media.ValidName(name) {
			failed = append(failed, media.ErrName)
			continue
		}
		if err := b.removeFile(name); err != nil {
			failed = append(failed, fmt.Errorf("fileblobs: remove: %w", err))
			continue
		}
		// Also where the file is gone: whoever removed it may have failed to sync.
		hours[hourOf(name)] = true
	}
	for hour := range hours {
		if err := b.disk.syncFolder(hour); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, fmt.Errorf("fileblobs: remove: %w", err))
		}
	}
	return errors.Join(failed...)
}

// removeFile removes a committed blob, and first the draft that a crash may have left beside it: it is a
// second name of the same bytes. The draft of a blob that is not committed is its writer's.
func (b *Blobs) removeFile(name string) error {
	committed, err := b.disk.exists(name)
	if err != nil || !committed {
		return err
	}
	for _, path := range []string{draftOf(name), name} {
		if err := b.disk.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// List reads the folder of an hour, and keeps of it in memory about twice what it gives.
func (b *Blobs) List(ctx context.Context, hour, after string, n int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !media.ValidHour(hour) {
		return nil, media.ErrName
	}
	if n <= 0 {
		return nil, nil
	}
	var first []string // the lowest so far, and others that may be among them
	err := b.disk.names(hour, func(file string) error {
		name := hour + "/" + file
		if name > after && media.ValidName(name) {
			first = append(first, name)
		}
		if len(first)/2 >= n {
			first = lowest(first, n)
		}
		return ctx.Err()
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("fileblobs: list: %w", err)
	}
	return lowest(first, n), nil
}

// lowest are the first n names in their order.
func lowest(names []string, n int) []string {
	slices.Sort(names)
	return names[:min(len(names), n)]
}

// Tidy removes what was being written of uploads that began in the hours before that one, by their names. It goes
// on where one cannot be removed, and answers all that failed.
func (b *Blobs) Tidy(ctx context.Context, before string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !media.ValidHour(before) {
		return media.ErrName
	}
	var failed []error
	err := b.disk.names(writing, func(draft string) error {
		name := strings.Replace(draft, "-", "/", 1)
		if !media.ValidName(name) || hourOf(name) >= before {
			return ctx.Err()
		}
		if err := b.disk.remove(writing + "/" + draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
		return ctx.Err()
	})
	if err = errors.Join(append(failed, err)...); err != nil {
		return fmt.Errorf("fileblobs: tidy: %w", err)
	}
	return nil
}

func hourOf(name string) string {
	hour, _, _ := strings.Cut(name, "/")
	return hour
}
