package mediatest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/media"
)

// listCases are those of List, and of Tidy where there is one.
var listCases = []testCase{
	{"List gives committed names of one hour, in order", lists},
	{"of those that come after after, which need not be there", listsAfter},
	{"up to n, and none for an n that is not positive", listsUpTo},
	{"pages give every name once, whatever is removed and created meanwhile", listsInPages},
	{"List gives none that is not committed", listsCommitted},
	{"an hour that ValidHour refuses is ErrName in List", refusesHours},
	{"List and a ctx that has ended", listEnded},
	{"List MUST give every name whose Commit returned before List began", listsTogether},
	{"Tidy removes what is left of uploads that began before an hour, and nothing else", tidies},
	{"a writer that is still at it may fail after Tidy, and then leaves nothing", tidiesUnderWriter},
	{"Tidy refuses what is no hour, and a ctx that has ended", tidyRefuses},
}

// listed is the hour of most names of these cases.
var listed = time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC)

// nameAt makes a name as an engine would at a time, another one each time.
func nameAt(at time.Time) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	return media.Name(at, random)
}

// committed commits so many blobs of an hour, and gives their names in order.
func committed(t *testing.T, b media.Blobs, at time.Time, n int) []string {
	t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = nameAt(at)
		commit(t, b, names[i], []byte(names[i]))
	}
	slices.Sort(names)
	return names
}

func mustList(t *testing.T, b media.Blobs, hour, after string, n int, want []string) {
	t.Helper()
	got, err := b.List(t.Context(), hour, after, n)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("List(%q, %q, %d) = %q, %v, want %q", hour, after, n, got, err, want)
	}
}

func lists(t *testing.T, b media.Blobs) {
	hour := media.Hour(listed)
	mustList(t, b, hour, "", 10, nil)
	names := committed(t, b, listed, 20)
	before, after := committed(t, b, listed.Add(-time.Second), 2), committed(t, b, listed.Add(time.Hour), 2)
	mustList(t, b, hour, "", 100, names)
	mustList(t, b, media.Hour(listed.Add(-time.Hour)), "", 100, before)
	mustList(t, b, media.Hour(listed.Add(time.Hour)), "", 100, after)
	mustList(t, b, media.Hour(listed.Add(2*time.Hour)), "", 100, nil)
}

func listsAfter(t *testing.T, b media.Blobs) {
	hour, names := media.Hour(listed), committed(t, b, listed, 5)
	for i, name := range names {
		mustList(t, b, hour, name, 100, names[i+1:])
	}
	if err := b.Remove(t.Context(), names[2]); err != nil {
		t.Fatal(err)
	}
	mustList(t, b, hour, names[2], 100, names[3:])
	mustList(t, b, hour, names[1], 100, names[3:])
	mustList(t, b, hour, hour+"/", 100, slices.Delete(slices.Clone(names), 2, 3))
	mustList(t, b, hour, hour+"/"+strings.Repeat("f", 32), 100, nil)
}

func listsUpTo(t *testing.T, b media.Blobs) {
	hour, names := media.Hour(listed), committed(t, b, listed, 7)
	for n := -1; n <= 8; n++ {
		mustList(t, b, hour, "", n, names[:min(max(n, 0), 7)])
		mustList(t, b, hour, names[3], n, names[4:][:min(max(n, 0), 3)])
	}
	mustList(t, b, hour, "", int(^uint(0)>>1), names)
}

// listsInPages removes each page before it asks for the next one, as the engine does, and creates others beside it.
func listsInPages(t *testing.T, b media.Blobs) {
	hour, names := media.Hour(listed), committed(t, b, listed, 50)
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	seen := map[string]bool{}
	for after := ""; ; {
		page, err := b.List(t.Context(), hour, after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, name := range page {
			if name <= after || seen[name] {
				t.Fatalf("List after %q gave %q, seen before: %v", after, name, seen[name])
			}
			after, seen[name] = name, true
		}
		if err := b.Remove(t.Context(), page...); err != nil {
			t.Fatal(err)
		}
		committed(t, b, listed, 1)
		if len(seen) > 2*len(names) {
			break
		}
	}
	for name := range there {
		if !seen[name] {
			t.Errorf("%q was never given", name)
		}
	}
}

func listsCommitted(t *testing.T, b media.Blobs) {
	hour, kept := media.Hour(listed), committed(t, b, listed, 2)
	open, aborted := create(t, b, nameAt(listed)), create(t, b, nameAt(listed))
	write(t, open, pattern(100_000))
	write(t, aborted, pattern(100_000))
	mustList(t, b, hour, "", 100, kept)
	if err := aborted.Abort(); err != nil {
		t.Fatal(err)
	}
	mustList(t, b, hour, "", 100, kept)
	if err := b.Remove(t.Context(), kept[0]); err != nil {
		t.Fatal(err)
	}
	mustList(t, b, hour, "", 100, kept[1:])
	if err := open.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := b.List(t.Context(), hour, "", 100); len(got) != 2 || err != nil {
		t.Errorf("List after Commit = %q, %v, want 2 names", got, err)
	}
}

func refusesHours(t *testing.T, b media.Blobs) {
	committed(t, b, listed, 1)
	for _, hour := range []string{"", "2026", "202602282", "20260228230", "202602282x", "../2026022", "2026022823/", "tmp"} {
		if got, err := b.List(t.Context(), hour, "", 10); !errors.Is(err, media.ErrName) {
			t.Errorf("List(%q) = %q, %v, want %v", hour, got, err, media.ErrName)
		}
	}
}

func listEnded(t *testing.T, b media.Blobs) {
	committed(t, b, listed, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := b.List(ctx, media.Hour(listed), "", 10); !errors.Is(err, context.Canceled) {
		t.Errorf("List = %q, %v, want %v", got, err, context.Canceled)
	}
}

func listsTogether(t *testing.T, b media.Blobs) {
	hour := media.Hour(listed)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if err := seesItsOwn(t.Context(), b, hour); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	mustList(t, b, hour, "", 100, nil)
}

// seesItsOwn commits a blob, finds it in the list, and removes it again.
func seesItsOwn(ctx context.Context, b media.Blobs, hour string) error {
	name := nameAt(listed)
	w, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	_, err = w.Write([]byte(name))
	if err := errors.Join(err, w.Commit()); err != nil {
		return err
	}
	if got, err := b.List(ctx, hour, "", 1000); err != nil || !slices.Contains(got, name) || !slices.IsSorted(got) {
		return fmt.Errorf("the list is %q, %v, want %q among them, in order", got, err, name)
	}
	if err := b.Remove(ctx, name); err != nil {
		return err
	}
	if got, err := b.List(ctx, hour, "", 1000); err != nil || slices.Contains(got, name) {
		return fmt.Errorf("the list after Remove is %q, %v, want %q no more", got, err, name)
	}
	return nil
}

func tidies(t *testing.T, b media.Blobs) {
	tidier, ok := b.(media.Tidier)
	if !ok {
		return // nothing outlives the process, or nothing has to be removed
	}
	before := listed.Add(-time.Second)
	kept := committed(t, b, before, 1)
	live, ended := create(t, b, nameAt(listed)), create(t, b, nameAt(before))
	write(t, live, pattern(100_000))
	if err := ended.Commit(); err != nil {
		t.Fatal(err)
	}
	write(t, create(t, b, nameAt(before)), pattern(100_000)) // and never ended
	for _, when := range []string{"first", "again"} {
		if err := tidier.Tidy(t.Context(), media.Hour(listed)); err != nil {
			t.Errorf("Tidy, %s: %v", when, err)
		}
	}
	if got := read(t, b, kept[0]); string(got) != kept[0] {
		t.Errorf("a committed blob is %q after Tidy, want %q", got, kept[0])
	}
	if got, err := b.List(t.Context(), media.Hour(before), "", 10); len(got) != 2 || err != nil {
		t.Errorf("List after Tidy = %q, %v, want 2 names", got, err)
	}
	if err := live.Commit(); err != nil {
		t.Errorf("Commit of an upload of the hour itself, after Tidy: %v", err)
	}
}

func tidiesUnderWriter(t *testing.T, b media.Blobs) {
	tidier, ok := b.(media.Tidier)
	if !ok {
		return
	}
	name := nameAt(listed)
	w := create(t, b, name)
	write(t, w, pattern(12<<20))
	if err := tidier.Tidy(t.Context(), media.Hour(listed.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err == nil {
		if got := read(t, b, name); !bytes.Equal(got, pattern(12<<20)) {
			t.Errorf("read %d other bytes after Tidy and Commit", len(got))
		}
		return
	}
	mustMiss(t, b, name, "after Tidy")
	mustList(t, b, media.Hour(listed), "", 10, nil)
	commit(t, b, name, []byte("second"))
	if got := read(t, b, name); string(got) != "second" {
		t.Errorf("read %q after Tidy, want %q", got, "second")
	}
}

func tidyRefuses(t *testing.T, b media.Blobs) {
	tidier, ok := b.(media.Tidier)
	if !ok {
		return
	}
	for _, hour := range []string{"", "2026", "20260228230", "202602282x", "tmp"} {
		if err := tidier.Tidy(t.Context(), hour); !errors.Is(err, media.ErrName) {
			t.Errorf("Tidy(%q): %v, want %v", hour, err, media.ErrName)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tidier.Tidy(ctx, media.Hour(listed)); !errors.Is(err, context.Canceled) {
		t.Errorf("Tidy: %v, want %v", err, context.Canceled)
	}
}
