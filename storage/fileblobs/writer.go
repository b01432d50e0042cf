package fileblobs

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/bonafide-idv/bonafide/media"
)

// errEnded is the answer to whoever goes on with a writer that was committed or aborted.
var errEnded = errors.New("fileblobs: blob writer has ended")

// writer writes a draft, and gives it its name when it is committed.
type writer struct {
	disk   disk
	file   file
	draft  string
	name   string
	failed error // of the first Write that failed: the bytes are not whole
	ended  bool
}

// Write writes to the draft. After a failure every Write fails, and so does Commit.
func (w *writer) Write(p []byte) (int, error) {
	if w.ended {
		return 0, errEnded
	}
	if w.failed != nil {
		return 0, w.failed
	}
	n, err := w.file.Write(p)
	if err != nil {
		w.failed = fmt.Errorf("fileblobs: write: %w", err)
	}
	return n, w.failed
}

// Commit syncs the draft, gives it its name, and syncs the folders. When it fails, the file under the name
// is removed again before the claim to the name is let go.
func (w *writer) Commit() error {
	if w.ended {
		return errEnded
	}
	w.ended = true
	err := w.failed
	if err == nil {
		err = w.file.Sync()
	}
	err = errors.Join(err, w.file.Close())
	if err == nil {
		err = w.publish()
	}
	if err == nil {
		// The blob is there and durable. A draft that stays is a second name for the same file, which the
		// next Open removes when it is a day old.
		_ = w.disk.remove(w.draft)
		return nil
	}
	return fmt.Errorf("fileblobs: commit: %w", errors.Join(err, w.removeDraft()))
}

// publish links the draft under its name.
func (w *writer) publish() error {
	hour := hourOf(w.name)
	if err := w.disk.mkdir(hour); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	err := w.disk.link(w.draft, w.name)
	if errors.Is(err, fs.ErrExist) {
		return media.ErrExists // of a writer whose draft was taken for stale
	}
	if err != nil {
		return err
	}
	// The top as well, even if another made the hour: it may not have come to sync it yet.
	err = errors.Join(w.disk.syncFolder(hour), w.disk.syncFolder(top))
	if err != nil {
		return errors.Join(err, w.disk.remove(w.name))
	}
	return nil
}

// Abort removes the draft. After Commit, and again, it does nothing.
func (w *writer) Abort() error {
	if w.ended {
		return nil
	}
	w.ended = true
	return errors.Join(w.file.Close(), w.removeDraft())
}

func (w *writer) removeDraft() error {
	if err := w.disk.remove(w.draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
