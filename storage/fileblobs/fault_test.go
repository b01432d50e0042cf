package fileblobs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/media/mediatest"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
)

var errDisk = errors.New("no space left on device")

// recorder writes down what is done to a disk, and lets the n-th thing fail, counted from one.
type recorder struct {
	log  []string
	fail int
	name string
}

func (r *recorder) ask(op, path string) error {
	hour, id, _ := strings.Cut(r.name, "/")
	r.log = append(r.log, op+" "+strings.NewReplacer(hour, "HOUR", id, "ID").Replace(path))
	if len(r.log) == r.fail {
		return errDisk
	}
	return nil
}

func watched(t *testing.T, dir string, r *recorder) *fileblobs.Blobs {
	t.Helper()
	b, err := fileblobs.Watched(dir, r.ask)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestCommitSyncsFileAndFoldersInThisOrder(t *testing.T) {
	t.Parallel()
	r := &recorder{name: mediatest.NewName()}
	b := watched(t, t.TempDir(), r)
	if err := put(t, b, r.name, "bytes"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"create tmp/HOUR-ID", "exists HOUR/ID", "write tmp/HOUR-ID", "sync tmp/HOUR-ID", "close tmp/HOUR-ID",
		"mkdir HOUR", "link HOUR/ID", "sync HOUR", "sync .", "remove tmp/HOUR-ID",
	}
	if !slices.Equal(r.log, want) {
		t.Errorf("Commit did\n%q, want\n%q", r.log, want)
	}

	r.log = nil
	if err := b.Remove(t.Context(), r.name); err != nil {
		t.Fatal(err)
	}
	want = []string{"exists HOUR/ID", "remove tmp/HOUR-ID", "remove HOUR/ID", "sync HOUR"}
	if !slices.Equal(r.log, want) {
		t.Errorf("Remove did\n%q, want\n%q", r.log, want)
	}

	r.log = nil
	if err := b.Remove(t.Context(), r.name); err != nil {
		t.Fatal(err)
	}
	want = []string{"exists HOUR/ID", "sync HOUR"}
	if !slices.Equal(r.log, want) {
		t.Errorf("Remove of what is gone did\n%q, want\n%q", r.log, want)
	}
}

func TestRemoveSyncsEachHourOnce(t *testing.T) {
	t.Parallel()
	r := &recorder{name: mediatest.NewName()}
	b := watched(t, t.TempDir(), r)
	names := []string{r.name, mediatest.NewName(), mediatest.NewName()}
	for _, name := range names {
		if err := put(t, b, name, "bytes"); err != nil {
			t.Fatal(err)
		}
	}
	r.log = nil
	if err := b.Remove(t.Context(), names...); err != nil {
		t.Fatal(err)
	}
	syncs := slices.DeleteFunc(r.log, func(s string) bool { return !strings.HasPrefix(s, "sync") })
	if want := []string{"sync HOUR"}; !slices.Equal(syncs, want) {
		t.Errorf("Remove of %d blobs synced %q, want %q", len(names), syncs, want)
	}
}

// Whatever fails on the way of a blob to its name, the caller hears of it and nothing remains.
func TestAnyFailureOfAnUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	clean := &recorder{name: mediatest.NewName()}
	if err := put(t, watched(t, t.TempDir(), clean), clean.name, "bytes"); err != nil {
		t.Fatal(err)
	}
	last := len(clean.log) - 1 // the draft's removal: the blob is committed then
	if last < 5 {
		t.Fatalf("an upload is %q, want more to fail", clean.log)
	}
	for n := 1; n <= last; n++ {
		t.Run(clean.log[n-1], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := &recorder{name: mediatest.NewName(), fail: n}
			b := watched(t, dir, r)
			if err := put(t, b, r.name, "bytes"); !errors.Is(err, errDisk) {
				t.Errorf("error %v, want %v", err, errDisk)
			}
			if got := files(t, dir); len(got) != 0 {
				t.Errorf("files are %q, want none", got)
			}
			if _, err := get(t, b, r.name); !errors.Is(err, media.ErrNotFound) {
				t.Errorf("Open: %v, want %v", err, media.ErrNotFound)
			}
			if err := put(t, b, r.name, "again"); err != nil {
				t.Errorf("the name is not free: %v", err)
			}
		})
	}
}

func TestADraftThatStaysDoesNoHarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := &recorder{name: mediatest.NewName(), fail: 10}
	b := watched(t, dir, r)
	if err := put(t, b, r.name, "bytes"); err != nil {
		t.Fatalf("Commit of a blob that is durable: %v", err)
	}
	if got := files(t, dir); len(got) != 2 {
		t.Fatalf("files are %q, want the blob and its draft", got)
	}
	if got, err := get(t, b, r.name); got != "bytes" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if err := put(t, b, r.name, "other"); !errors.Is(err, media.ErrExists) {
		t.Errorf("Create: %v, want %v", err, media.ErrExists)
	}
	if err := b.Remove(t.Context(), r.name); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("files are %q after Remove, want none", got)
	}
}

func TestAWriteThatFailedCannotBeCommitted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := &recorder{name: mediatest.NewName(), fail: 3}
	b := watched(t, dir, r)
	w, err := b.Create(t.Context(), r.name)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write([]byte("bytes")); n != 2 || !errors.Is(err, errDisk) {
		t.Errorf("Write = %d, %v, want 2, %v", n, err, errDisk)
	}
	if n, err := w.Write([]byte("bytes")); n != 0 || !errors.Is(err, errDisk) {
		t.Errorf("a further Write = %d, %v, want 0, %v", n, err, errDisk)
	}
	if err := w.Commit(); !errors.Is(err, errDisk) {
		t.Errorf("Commit: %v, want %v", err, errDisk)
	}
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("files are %q, want none", got)
	}
}

// A Remove that failed is not nil, and a second one finishes it.
func TestAnyFailureOfRemoveIsToldAndMended(t *testing.T) {
	t.Parallel()
	const steps, stepsOfFirst = 7, 3
	for n := 1; n <= steps; n++ {
		dir := t.TempDir()
		r := &recorder{name: mediatest.NewName()}
		b := watched(t, dir, r)
		other := mediatest.NewName()
		for _, name := range []string{r.name, other} {
			if err := put(t, b, name, "bytes"); err != nil {
				t.Fatal(err)
			}
		}
		r.log, r.fail = nil, n
		if err := b.Remove(t.Context(), r.name, other); !errors.Is(err, errDisk) {
			t.Errorf("Remove with %q failing: %v, want %v", r.log[n-1], err, errDisk)
		}
		if _, err := get(t, b, other); n <= stepsOfFirst && !errors.Is(err, media.ErrNotFound) {
			t.Errorf("the second blob, with %q failing for the first: %v, want %v", r.log[n-1], err, media.ErrNotFound)
		}
		r.log, r.fail = nil, 0
		if err := b.Remove(t.Context(), r.name, other); err != nil {
			t.Errorf("Remove again: %v", err)
		}
		if !slices.Contains(r.log, "sync HOUR") {
			t.Errorf("Remove again did %q, want it to sync the hour", r.log)
		}
		if got := files(t, dir); len(got) != 0 {
			t.Errorf("files are %q, want none", got)
		}
	}
}

func TestAnErrorOfTheDiskIsNotNotFound(t *testing.T) {
	t.Parallel()
	r := &recorder{name: mediatest.NewName(), fail: 1}
	b := watched(t, t.TempDir(), r)
	if _, err := b.Open(t.Context(), r.name); !errors.Is(err, errDisk) || errors.Is(err, media.ErrNotFound) {
		t.Errorf("Open: %v, want %v alone", err, errDisk)
	}
}

func TestMakeFolderIsCalledTwice(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b", "c") + "/"
	for range 2 {
		if err := fileblobs.MakeFolder(dir); err != nil {
			t.Errorf("MakeFolder(%q): %v", dir, err)
		}
	}
}

// A blob is compared with a file of the same bytes that is written and synced, its folder not.
func BenchmarkUpload(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		data := make([]byte, size)
		b.Run(fmt.Sprintf("blob/%d", size), func(b *testing.B) {
			blobs, err := fileblobs.Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				w, err := blobs.Create(b.Context(), mediatest.NewName())
				if err != nil {
					b.Fatal(err)
				}
				_, err = w.Write(data)
				if err := errors.Join(err, w.Commit()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("file/%d", size), func(b *testing.B) {
			dir := b.TempDir()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				f, err := os.Create(filepath.Join(dir, strconv.Itoa(n)))
				if err != nil {
					b.Fatal(err)
				}
				_, err = f.Write(data)
				if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestListAndTidySayWhatFailed(t *testing.T) {
	t.Parallel()
	r := &recorder{name: "2026010222/" + strings.Repeat("a", 32)}
	b := watched(t, t.TempDir(), r)
	stuck, left := "2026010222/"+strings.Repeat("b", 32), "2026010222/"+strings.Repeat("c", 32)
	for _, name := range []string{stuck, left} {
		if _, err := b.Create(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name string
		do   func() error
		fail int
	}{
		{"List", func() error { _, err := b.List(t.Context(), "2026010222", "", 10); return err }, 1},
		{"Tidy", func() error { return b.Tidy(t.Context(), "2026010223") }, 1},
		{"Tidy of the first of two", func() error { return b.Tidy(t.Context(), "2026010223") }, 2},
	} {
		r.log, r.fail = nil, row.fail
		if err := row.do(); !errors.Is(err, errDisk) {
			t.Errorf("%s whose step %d fails: %v, want %v", row.name, row.fail, err, errDisk)
		}
	}
	if len(r.log) != 3 {
		t.Errorf("Tidy did %q, want it to go on after a draft that cannot be removed", r.log)
	}
	r.log, r.fail = nil, 0
	if err := b.Tidy(t.Context(), "2026010223"); err != nil || len(r.log) != 2 {
		t.Errorf("Tidy again: %v, and did %q", err, r.log)
	}
}
