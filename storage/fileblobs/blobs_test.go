package fileblobs_test

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
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/media/mediatest"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
)

func open(t *testing.T, dir string) *fileblobs.Blobs {
	t.Helper()
	b, err := fileblobs.Open(dir)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	mediatest.Blobs(t, func(t *testing.T) media.Blobs { return open(t, t.TempDir()) })
}

func put(t *testing.T, b media.Blobs, name, data string) error {
	t.Helper()
	w, err := b.Create(t.Context(), name)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, data); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Commit()
}

func get(t *testing.T, b media.Blobs, name string) (string, error) {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(r)
	return string(data), errors.Join(err, r.Close())
}

// files lists all files of a folder, by their paths in it.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			path, err = filepath.Rel(dir, path)
			out = append(out, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestModesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folders")
	b := open(t, dir)
	name := mediatest.NewName()
	if err := put(t, b, name, "bytes"); err != nil {
		t.Fatal(err)
	}
	w, err := b.Create(t.Context(), mediatest.NewName())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Abort() }()
	seen := 0
	err = filepath.WalkDir(filepath.Dir(dir), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
		seen++
		return nil
	})
	if want := 6; err != nil || seen != want {
		t.Errorf("looked at %d files and folders, want %d, error %v", seen, want, err)
	}
}

func TestCommittedIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, left := mediatest.NewName(), mediatest.NewName()
	first := open(t, dir)
	if err := put(t, first, name, "bytes"); err != nil {
		t.Fatal(err)
	}
	w, err := first.Create(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "never committed"); err != nil {
		t.Fatal(err)
	}
	second := open(t, dir) // the first was not closed: its process was killed, or it runs still
	if got, err := get(t, second, name); got != "bytes" || err != nil {
		t.Errorf("after reopening: %q, %v, want %q", got, err, "bytes")
	}
	if _, err := get(t, second, left); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("what was never committed, after reopening: %v, want %v", err, media.ErrNotFound)
	}
	for _, taken := range []string{name, left} {
		if err := put(t, second, taken, "other"); !errors.Is(err, media.ErrExists) {
			t.Errorf("Create by another of a name that is taken: %v, want %v", err, media.ErrExists)
		}
	}
}

func TestNamesOfNoEngineAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := filepath.Join(dir, "2026010223", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	if err := os.MkdirAll(filepath.Dir(outside), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, filepath.Join(dir, "blobs"))
	id := strings.Repeat("a", 32)
	for _, name := range []string{
		"", ".", "..", "/", "tmp", "../2026010223/" + id, "2026010223/../../2026010223/" + id, outside, "2026010223/" + id + "\x00",
		"2026010223/" + strings.ToUpper(id), "2026010223", "tmp/2026010223-" + id, `2026010223\` + id,
	} {
		if _, err := b.Create(t.Context(), name); !errors.Is(err, media.ErrName) {
			t.Errorf("Create(%q): %v, want %v", name, err, media.ErrName)
		}
		if _, err := b.Open(t.Context(), name); !errors.Is(err, media.ErrName) || !errors.Is(err, media.ErrNotFound) {
			t.Errorf("Open(%q): %v, want %v and %v", name, err, media.ErrName, media.ErrNotFound)
		}
		if err := b.Remove(t.Context(), name); !errors.Is(err, media.ErrName) {
			t.Errorf("Remove(%q): %v, want %v", name, err, media.ErrName)
		}
	}
	if got, want := files(t, dir), []string{"2026010223/" + id}; !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
}

func TestALinkOutOfTheFolderIsNotFollowed(t *testing.T) {
	t.Parallel()
	dir, secret := t.TempDir(), t.TempDir()
	id := strings.Repeat("b", 32)
	if err := os.WriteFile(filepath.Join(secret, id), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	if err := os.Symlink(secret, filepath.Join(dir, "2026010223")); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t, b, "2026010223/"+id); err == nil {
		t.Errorf("Open through a link out of the folder read %q", got)
	}
}

func TestOpenRemovesWhatCrashesLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir)
	start := time.Now()
	stale := mediatest.NewName()
	if _, err := b.Create(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	kept := mediatest.NewName()
	if err := put(t, b, kept, "bytes"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		later time.Duration
		want  int
	}{
		{"at once", 0, 2},
		{"after a day less a minute", 24*time.Hour - time.Minute, 2},
		{"after a day and a minute", 24*time.Hour + time.Minute, 1},
		{"again", 48 * time.Hour, 1},
	} {
		if err := b.Prepare(start.Add(row.later)); err != nil {
			t.Fatal(err)
		}
		if got := files(t, dir); len(got) != row.want {
			t.Errorf("%s: files are %q, want %d", row.name, got, row.want)
		}
	}
	if got, err := get(t, b, kept); got != "bytes" || err != nil {
		t.Errorf("a committed blob is %q, %v after that", got, err)
	}
	if err := put(t, b, stale, "again"); err != nil {
		t.Errorf("the name of what was stale is not free: %v", err)
	}
}

// TestTidyRemovesWhatCrashesLeft by the hour of its name, whatever the file says, and also the draft that a crash left
// beside a committed blob.
func TestTidyRemovesWhatCrashesLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir)
	committed := "2026010222/" + strings.Repeat("a", 32)
	if err := put(t, b, committed, "bytes"); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, committed), filepath.Join(dir, "tmp", strings.Replace(committed, "/", "-", 1))); err != nil {
		t.Fatal(err)
	}
	for _, hour := range []string{"2025123123", "2026010222", "2026010223", "2026010300"} {
		if _, err := b.Create(t.Context(), hour+"/"+strings.Repeat("b", 32)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tmp", "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Tidy(t.Context(), "2026010223"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		committed, "tmp/2026010223-" + strings.Repeat("b", 32), "tmp/2026010300-" + strings.Repeat("b", 32), "tmp/README",
	}
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
	if got, err := get(t, b, committed); got != "bytes" || err != nil {
		t.Errorf("the committed blob is %q, %v", got, err)
	}
}

// TestListPassesOverWhatIsNoBlob.
func TestListPassesOverWhatIsNoBlob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir)
	name := "2026010222/" + strings.Repeat("a", 32)
	if err := put(t, b, name, "bytes"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README", strings.Repeat("A", 32), strings.Repeat("a", 33), ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, "2026010222", file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.List(t.Context(), "2026010222", "", 10); err != nil || !slices.Equal(got, []string{name}) {
		t.Errorf("List = %q, %v, want %q", got, err, name)
	}
	if err := os.WriteFile(filepath.Join(dir, "2026010221"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := b.List(t.Context(), "2026010221", "", 10); err == nil {
		t.Errorf("List of an hour that is a file = %q, nil", got)
	}
}

func TestOpenByAgeOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, dir)
	if _, err := b.Create(t.Context(), mediatest.NewName()); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(filepath.Join(dir, files(t, dir)[0]), old, old); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if got := files(t, dir); len(got) != 0 {
		t.Errorf("files are %q after Open, want none", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below"), "/dev/null/x"} {
		if b, err := fileblobs.Open(path); err == nil {
			t.Errorf("Open(%q) = %v, want an error", path, b)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := fileblobs.Open(dir); err == nil {
		t.Errorf("Open of a folder whose tmp is a file = %v, want an error", b)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	b := open(t, t.TempDir())
	name := mediatest.NewName()
	if err := put(t, b, name, "bytes"); err != nil {
		t.Fatal(err)
	}
	w, err := b.Create(t.Context(), mediatest.NewName())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err == nil {
		t.Error("Commit after Close is nil")
	}
	if _, err := b.Create(t.Context(), mediatest.NewName()); err == nil {
		t.Error("Create after Close is nil")
	}
	if _, err := b.Open(t.Context(), name); err == nil || errors.Is(err, media.ErrNotFound) {
		t.Errorf("Open after Close: %v, want an error that does not say that the blob is gone", err)
	}
	if err := b.Remove(t.Context(), name); err == nil {
		t.Error("Remove after Close is nil")
	}
}

func TestAnEndedWriterIsRefused(t *testing.T) {
	t.Parallel()
	b := open(t, t.TempDir())
	for _, end := range []func(media.BlobWriter) error{media.BlobWriter.Commit, media.BlobWriter.Abort} {
		w, err := b.Create(t.Context(), mediatest.NewName())
		if err != nil {
			t.Fatal(err)
		}
		if err := end(w); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("more")); err == nil {
			t.Error("Write to an ended writer is nil")
		}
		if err := w.Commit(); err == nil {
			t.Error("Commit of an ended writer is nil")
		}
	}
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "blobs")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	blobs, err := fileblobs.Open(dir)
	if err != nil {
		panic(err)
	}
	defer func() { _ = blobs.Close() }()

	ctx, name := context.Background(), media.Name(time.Unix(0, 0), [16]byte{1})
	w, err := blobs.Create(ctx, name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = w.Abort() }() // does nothing once the blob is committed
	if _, err := io.WriteString(w, "sealed bytes"); err != nil {
		panic(err)
	}
	if err := w.Commit(); err != nil {
		panic(err)
	}

	r, err := blobs.Open(ctx, name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = r.Close() }()
	data, _ := io.ReadAll(r)
	fmt.Printf("%s: %s\n", name, data)
	// Output: 1970010100/01000000000000000000000000000000: sealed bytes
}
