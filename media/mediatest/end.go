package mediatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/media"
)

// concurrencyCases: every method MUST be safe for concurrent use.
var concurrencyCases = []testCase{
	{"every method MUST be safe for concurrent use", together},
	{"of many who create one name at once exactly one does", oneCreates},
}

func removes(t *testing.T, b media.Blobs) {
	names := []string{NewName(), NewName(), NewName()}
	for _, name := range names {
		commit(t, b, name, []byte(name))
	}
	kept := NewName()
	commit(t, b, kept, []byte("kept"))
	if err := b.Remove(t.Context(), names...); err != nil {
		t.Fatalf("Remove of %d: %v", len(names), err)
	}
	for _, name := range names {
		mustMiss(t, b, name, "after Remove")
	}
	if got := read(t, b, kept); string(got) != "kept" {
		t.Errorf("another blob is %q after Remove, want %q", got, "kept")
	}
}

func removesMissing(t *testing.T, b media.Blobs) {
	if err := b.Remove(t.Context()); err != nil {
		t.Errorf("Remove of no names: %v", err)
	}
	there, missing := NewName(), NewName()
	if err := b.Remove(t.Context(), missing); err != nil {
		t.Errorf("Remove of a name that never was: %v", err)
	}
	commit(t, b, there, []byte("there"))
	for _, when := range []string{"first", "again"} {
		if err := b.Remove(t.Context(), missing, there, missing, there); err != nil {
			t.Errorf("Remove of some that are there and some that are not, %s: %v", when, err)
		}
		mustMiss(t, b, there, "after Remove, "+when)
	}
}

func removedUnderReader(t *testing.T, b media.Blobs) {
	name, data := NewName(), pattern(1<<20)
	commit(t, b, name, data)
	r, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	start := make([]byte, 10)
	if _, err := io.ReadFull(r, start); err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	got := append(start, rest...)
	if err == nil && !bytes.Equal(got, data) || !bytes.HasPrefix(data, got) {
		t.Errorf("a reader over Remove read %d bytes that are not those written, error %v", len(got), err)
	}
}

func createsAfterRemove(t *testing.T, b media.Blobs) {
	name := NewName()
	commit(t, b, name, []byte("first, and longer"))
	if err := b.Remove(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	commit(t, b, name, []byte("second"))
	if got := read(t, b, name); string(got) != "second" {
		t.Errorf("read %q, want %q", got, "second")
	}
}

func aborts(t *testing.T, b media.Blobs) {
	name := NewName()
	w := create(t, b, name)
	write(t, w, []byte("never seen, and longer"))
	if err := w.Abort(); err != nil {
		t.Fatalf("Abort: %v", err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort again: %v", err)
	}
	mustMiss(t, b, name, "after Abort")
	second := create(t, b, name)
	write(t, second, []byte("second"))
	if err := w.Abort(); err != nil {
		t.Errorf("Abort of an old writer: %v", err)
	}
	mustExist(t, b, name, "after Abort of an old writer, while a new one writes")
	if err := second.Commit(); err != nil {
		t.Errorf("Commit after Abort of an old writer: %v", err)
	}
	if got := read(t, b, name); string(got) != "second" {
		t.Errorf("read %q, want %q", got, "second")
	}
}

func abortsAfterCommit(t *testing.T, b media.Blobs) {
	name := NewName()
	w := create(t, b, name)
	write(t, w, []byte("stays"))
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("Abort after Commit: %v", err)
	}
	if got := read(t, b, name); string(got) != "stays" {
		t.Errorf("read %q after Abort after Commit, want %q", got, "stays")
	}
	mustExist(t, b, name, "after Abort after Commit")
}

func writeCopies(t *testing.T, b media.Blobs) {
	name := NewName()
	w := create(t, b, name)
	buffer := []byte("aaaa")
	write(t, w, buffer)
	copy(buffer, "bbbb")
	write(t, w, buffer)
	copy(buffer, "cccc")
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	copy(buffer, "dddd")
	if got := read(t, b, name); string(got) != "aaaabbbb" {
		t.Errorf("read %q after the buffer was used again, want %q", got, "aaaabbbb")
	}
}

func readCopies(t *testing.T, b media.Blobs) {
	name := NewName()
	commit(t, b, name, []byte("kept"))
	copy(read(t, b, name), "lost")
	if got := read(t, b, name); string(got) != "kept" {
		t.Errorf("read %q after a reader changed what it got, want %q", got, "kept")
	}
}

func ended(t *testing.T, b media.Blobs) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, release := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer release()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		name, fresh := NewName(), NewName()
		commit(t, b, name, []byte("kept"))
		if w, err := b.Create(ctx, fresh); !errors.Is(err, want) {
			t.Errorf("Create: error %v, want %v", err, want)
			if err == nil {
				_ = w.Abort()
			}
		}
		if r, err := b.Open(ctx, name); !errors.Is(err, want) {
			t.Errorf("Open: error %v, want %v", err, want)
			if err == nil {
				_ = r.Close()
			}
		}
		for _, names := range [][]string{{name}, {}} {
			if err := b.Remove(ctx, names...); !errors.Is(err, want) {
				t.Errorf("Remove of %d names: error %v, want %v", len(names), err, want)
			}
		}
		if got := read(t, b, name); string(got) != "kept" {
			t.Errorf("read %q after a Remove whose ctx had ended, want %q", got, "kept")
		}
		commit(t, b, fresh, []byte("the name is free"))
	}
}

func streams(t *testing.T, b media.Blobs) {
	const size, piece = 30 << 20, 32 << 10
	name, buffer := NewName(), pattern(piece)
	written, seen := sha256.New(), sha256.New()
	w := create(t, b, name)
	for i := range size / piece {
		buffer[0], buffer[1] = byte(i), byte(i>>8) // no two pieces are alike
		written.Write(buffer)
		write(t, w, buffer)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	r, err := b.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyBuffer(seen, r, buffer)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if n != size || !bytes.Equal(seen.Sum(nil), written.Sum(nil)) {
		t.Errorf("read %d bytes, want the %d that were written", n, size)
	}
}

func together(t *testing.T, b media.Blobs) {
	const workers, rounds = 8, 12
	shared := NewName()
	commit(t, b, shared, pattern(100_000))
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for round := range rounds {
				if err := oneLife(t.Context(), b, shared, fmt.Appendf(nil, "worker %d, round %d", worker, round)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// oneLife creates, reads and removes a blob, and looks at one that others read too.
func oneLife(ctx context.Context, b media.Blobs, shared string, data []byte) error {
	name := NewName()
	w, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Commit(); err != nil {
		return err
	}
	if got, err := readAll(ctx, b, name); err != nil || !bytes.Equal(got, data) {
		return fmt.Errorf("read %q, want %q, error %v", got, data, err)
	}
	if got, err := readAll(ctx, b, shared); err != nil || !bytes.Equal(got, pattern(100_000)) {
		return fmt.Errorf("the shared blob has other bytes, error %v", err)
	}
	if err := b.Remove(ctx, name); err != nil {
		return err
	}
	if _, err := b.Open(ctx, name); !errors.Is(err, media.ErrNotFound) {
		return fmt.Errorf("after Remove: error %v, want %v", err, media.ErrNotFound)
	}
	return nil
}

func readAll(ctx context.Context, b media.Blobs, name string) ([]byte, error) {
	r, err := b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

func oneCreates(t *testing.T, b media.Blobs) {
	const workers = 16
	for round := range 20 {
		name := NewName()
		winners := make([]bool, workers)
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				w, err := b.Create(t.Context(), name)
				if err != nil {
					if !errors.Is(err, media.ErrExists) {
						t.Errorf("Create: %v, want nil or %v", err, media.ErrExists)
					}
					return
				}
				winners[worker] = true
				_, err = w.Write([]byte{byte(worker)})
				if err := errors.Join(err, w.Commit()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		winner := slices.Index(winners, true)
		if winner < 0 || slices.Contains(winners[winner+1:], true) {
			t.Fatalf("round %d: who created: %v, want exactly one", round, winners)
		}
		if got := read(t, b, name); !bytes.Equal(got, []byte{byte(winner)}) {
			t.Errorf("round %d: read %v, want what worker %d wrote", round, got, winner)
		}
	}
}
