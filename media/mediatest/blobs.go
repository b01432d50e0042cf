// Package mediatest is for whoever writes a [media.Blobs]: [Blobs] is the test of it. A Blobs that passes
// does what the comments of the interface say; each of their MUSTs is a case of the same words.
package mediatest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
)

// Blobs tests what open opens. Each case calls open once, and expects a Blobs that holds nothing of
// another case.
func Blobs(t *testing.T, open func(t *testing.T) media.Blobs) {
	t.Helper()
	for _, c := range slices.Concat(lifeCases, listCases, concurrencyCases) {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// testCase is one promise of the interface.
type testCase struct {
	name string
	run  func(t *testing.T, b media.Blobs)
}

// lifeCases go through the life of a blob, from Create to Remove.
var lifeCases = []testCase{
	{"what was committed is read from its start", readsBack},
	{"a blob MUST NOT be readable under its name until Commit returned nil", unreadableBeforeCommit},
	{"a blob whose writer is never ended MUST NOT be readable", unreadableWhenLeft},
	{"Create of a name that is committed MUST fail with ErrExists", existsCommitted},
	{"Create of a name that is being written MUST fail with ErrExists", existsWriting},
	{"Open MUST answer ErrNotFound otherwise", notFound},
	{"a name that ValidName refuses is ErrName in Create and Remove, ErrNotFound in Open", refusesNames},
	{"two Opens of one name read the same bytes", twoOpens},
	{"Remove MUST return nil only when none of the names can be opened any more", removes},
	{"names that are not there are no error", removesMissing},
	{"a reader that was opened before Remove may read on or fail, and never reads other bytes", removedUnderReader},
	{"a removed name can be created again", createsAfterRemove},
	{"Abort leaves nothing behind", aborts},
	{"Abort after Commit does nothing", abortsAfterCommit},
	{"what is given to Write MUST NOT be kept after it returns", writeCopies},
	{"what Open gives is not what is kept", readCopies},
	{"a ctx that has ended before a method began MUST yield its error and no effect", ended},
	{"thirty megabytes stream through", streams},
}

// NewName makes a blob's name as an engine would, another one each time.
func NewName() string {
	return nameAt(listed)
}

func create(t *testing.T, b media.Blobs, name string) media.BlobWriter {
	t.Helper()
	w, err := b.Create(t.Context(), name)
	if err != nil {
		t.Fatalf("Create(%q): %v", name, err)
	}
	return w
}

func write(t *testing.T, w io.Writer, data []byte) {
	t.Helper()
	if n, err := w.Write(data); n != len(data) || err != nil {
		t.Fatalf("Write of %d bytes = %d, %v", len(data), n, err)
	}
}

func commit(t *testing.T, b media.Blobs, name string, data []byte) {
	t.Helper()
	w := create(t, b, name)
	write(t, w, data)
	if err := w.Commit(); err != nil {
		t.Fatalf("Commit(%q): %v", name, err)
	}
}

func read(t *testing.T, b media.Blobs, name string) []byte {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatalf("Open(%q): %v", name, err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("reading %q: %v", name, err)
	}
	return data
}

func mustMiss(t *testing.T, b media.Blobs, name, when string) {
	t.Helper()
	r, err := b.Open(t.Context(), name)
	if !errors.Is(err, media.ErrNotFound) {
		t.Errorf("Open(%q) %s: error %v, want %v", name, when, err, media.ErrNotFound)
	}
	if err == nil {
		_ = r.Close()
	}
}

func mustExist(t *testing.T, b media.Blobs, name, when string) {
	t.Helper()
	w, err := b.Create(t.Context(), name)
	if !errors.Is(err, media.ErrExists) {
		t.Errorf("Create(%q) %s: error %v, want %v", name, when, err, media.ErrExists)
	}
	if err == nil {
		_ = w.Abort()
	}
}

func readsBack(t *testing.T, b media.Blobs) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, row := range []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"one byte", []byte{0}},
		{"every byte", all},
		{"a page and a bit", bytes.Repeat([]byte("0123456789abcdef"), 257)},
	} {
		name := NewName()
		commit(t, b, name, row.data)
		if got := read(t, b, name); !bytes.Equal(got, row.data) {
			t.Errorf("%s: read %d bytes %.40q, want %d bytes %.40q", row.name, len(got), got, len(row.data), row.data)
		}
	}

	name := NewName()
	w := create(t, b, name)
	for i := range all {
		write(t, w, all[i:i+1])
		write(t, w, nil)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, b, name); !bytes.Equal(got, all) {
		t.Errorf("written byte by byte: read %q, want %q", got, all)
	}
}

func unreadableBeforeCommit(t *testing.T, b media.Blobs) {
	name := NewName()
	w := create(t, b, name)
	mustMiss(t, b, name, "after Create")
	write(t, w, bytes.Repeat([]byte("x"), 1<<20))
	mustMiss(t, b, name, "after Write")
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := len(read(t, b, name)); got != 1<<20 {
		t.Errorf("read %d bytes after Commit, want %d", got, 1<<20)
	}
}

func unreadableWhenLeft(t *testing.T, b media.Blobs) {
	name := NewName()
	write(t, create(t, b, name), []byte("left alone"))
	commit(t, b, NewName(), []byte("another"))
	mustMiss(t, b, name, "while nobody ends it")
}

func existsCommitted(t *testing.T, b media.Blobs) {
	name := NewName()
	commit(t, b, name, []byte("first"))
	mustExist(t, b, name, "after Commit")
	mustExist(t, b, name, "again")
	if got := read(t, b, name); string(got) != "first" {
		t.Errorf("read %q after refused Creates, want %q", got, "first")
	}
}

func existsWriting(t *testing.T, b media.Blobs) {
	name := NewName()
	w := create(t, b, name)
	mustExist(t, b, name, "after Create")
	write(t, w, []byte("first"))
	mustExist(t, b, name, "after Write")
	if err := w.Commit(); err != nil {
		t.Fatalf("Commit after refused Creates: %v", err)
	}
	if got := read(t, b, name); string(got) != "first" {
		t.Errorf("read %q after refused Creates, want %q", got, "first")
	}
}

func notFound(t *testing.T, b media.Blobs) {
	mustMiss(t, b, NewName(), "of what never was")
}

func refusesNames(t *testing.T, b media.Blobs) {
	kept := NewName()
	commit(t, b, kept, []byte("kept"))
	for _, name := range []string{"", "x", "2026022823/", "../etc/passwd", "../" + kept, kept + "0", kept[1:], strings.ToUpper(kept)} {
		if media.ValidName(name) {
			continue // its chance has no letter
		}
		mustMiss(t, b, name, "of what is no name")
		w, err := b.Create(t.Context(), name)
		if !errors.Is(err, media.ErrName) {
			t.Errorf("Create(%q): error %v, want %v", name, err, media.ErrName)
		}
		if err == nil {
			_ = w.Abort()
		}
		if err := b.Remove(t.Context(), name); !errors.Is(err, media.ErrName) {
			t.Errorf("Remove(%q): error %v, want %v", name, err, media.ErrName)
		}
	}
	if got := read(t, b, kept); string(got) != "kept" {
		t.Errorf("read %q after names that are refused, want %q", got, "kept")
	}
}

func twoOpens(t *testing.T, b media.Blobs) {
	name, data := NewName(), pattern(1<<20)
	commit(t, b, name, data)
	first, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	half := make([]byte, len(data)/2)
	if _, err := io.ReadFull(first, half); err != nil {
		t.Fatal(err)
	}
	if got := read(t, b, name); !bytes.Equal(got, data) {
		t.Errorf("a second Open beside a first one that is read gave other bytes")
	}
	rest, err := io.ReadAll(first)
	if err != nil || !bytes.Equal(append(half, rest...), data) {
		t.Errorf("the first Open gave other bytes, error %v", err)
	}
	if got := read(t, b, name); !bytes.Equal(got, data) {
		t.Errorf("a third Open gave other bytes")
	}
}

func pattern(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return data
}
