package s3blobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/media/mediatest"
	"github.com/bonafide-idv/bonafide/storage/s3blobs"
)

func TestBlobs(t *testing.T) {
	t.Parallel()
	for _, part := range []int{64 << 10, s3blobs.MinPartSize} {
		t.Run(fmt.Sprintf("parts of %d", part), func(t *testing.T) {
			t.Parallel()
			mediatest.Blobs(t, func(t *testing.T) media.Blobs {
				s := serve(t)
				return s.blobs(s.client(nil), part)
			})
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	client := s3.New(s3.Options{Region: "eu-central-1"})
	for _, row := range []struct {
		name   string
		client *s3.Client
		cfg    s3blobs.Config
		want   string // in the error; empty: none
	}{
		{"no client", nil, s3blobs.Config{Bucket: bucket}, "client"},
		{"no bucket", client, s3blobs.Config{}, "Bucket"},
		{"small parts", client, s3blobs.Config{Bucket: bucket, PartSize: s3blobs.MinPartSize - 1}, "PartSize"},
		{"negative parts", client, s3blobs.Config{Bucket: bucket, PartSize: -1}, "PartSize"},
		{"a slash before", client, s3blobs.Config{Bucket: bucket, Prefix: "/media"}, "Prefix"},
		{"two slashes", client, s3blobs.Config{Bucket: bucket, Prefix: "a//b"}, "Prefix"},
		{"two slashes behind", client, s3blobs.Config{Bucket: bucket, Prefix: "a//"}, "Prefix"},
		{"upwards", client, s3blobs.Config{Bucket: bucket, Prefix: "a/../b"}, "Prefix"},
		{"a space", client, s3blobs.Config{Bucket: bucket, Prefix: "my media"}, "Prefix"},
		{"beyond ASCII", client, s3blobs.Config{Bucket: bucket, Prefix: "médias"}, "Prefix"},
		{"too long", client, s3blobs.Config{Bucket: bucket, Prefix: strings.Repeat("a", 513)}, "Prefix"},
		{"the least", client, s3blobs.Config{Bucket: bucket}, ""},
		{"all", client, s3blobs.Config{Bucket: bucket, Prefix: "a/b_c-1.2/", PartSize: 8 << 20}, ""},
		{"nothing but a slash", client, s3blobs.Config{Bucket: bucket, Prefix: "/"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := s3blobs.New(row.client, row.cfg)
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("New(%+v): %v, want one that names %q", row.cfg, err, row.want)
			}
		})
	}
}

// TestSizes around that of a part, written in pieces of any size, come back as they were.
func TestSizes(t *testing.T) {
	t.Parallel()
	const part = 10_000
	s := serve(t)
	b := s.blobs(s.client(nil), part)
	for _, size := range []int{0, 1, part - 1, part, part + 1, 2*part - 1, 2 * part, 3 * part, 3*part + 1} {
		for _, piece := range []int{1 << 20, part, part - 1, 777} {
			name, data := mediatest.NewName(), pattern(size)
			w, err := b.Create(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			for from := 0; from < size; from += piece {
				if n, err := w.Write(data[from:min(size, from+piece)]); err != nil || n != min(size, from+piece)-from {
					t.Fatalf("Write of %d bytes by %d: %d, %v", size, piece, n, err)
				}
			}
			if err := w.Commit(); err != nil {
				t.Fatalf("Commit of %d bytes by %d: %v", size, piece, err)
			}
			if got, err := get(t.Context(), b, name); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes, written by %d: read %d others, %v", size, piece, len(got), err)
			}
		}
	}
	if open := s.unfinished(); len(open) != 0 {
		t.Errorf("uploads are still open: %q", open)
	}
}

// TestKeys are the prefix and the name, and nothing outside of the prefix is looked at.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := serve(t)
	client := s.client(nil)
	for _, prefix := range []string{"", "a", "a/b", "ab"} {
		b, err := s3blobs.New(client, s3blobs.Config{Bucket: bucket, Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		name := "2026010223/" + strings.Repeat("a", 32)
		if err := put(t.Context(), b, name, []byte(prefix)); err != nil {
			t.Fatal(err)
		}
		if got, err := b.List(t.Context(), "2026010223", "", 10); err != nil || !slices.Equal(got, []string{name}) {
			t.Errorf("List under the prefix %q = %q, %v, want %q", prefix, got, err, name)
		}
		if got, err := get(t.Context(), b, name); err != nil || string(got) != prefix {
			t.Errorf("Open under the prefix %q = %q, %v", prefix, got, err)
		}
	}
	id := "2026010223/" + strings.Repeat("a", 32)
	if got, want := s.objects(), []string{id, "a/" + id, "a/b/" + id, "ab/" + id}; !slices.Equal(got, want) {
		t.Errorf("objects are %q, want %q", got, want)
	}
}

// TestManyAtOnce share the buffers, and none gets another's bytes.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t)
	b := s.blobs(s.client(nil), 20_000)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for round := range 6 {
				name := mediatest.NewName()
				data := bytes.Repeat([]byte{byte(worker), byte(round)}, 5_000*(round+1))
				if err := put(t.Context(), b, name, data); err != nil {
					t.Error(err)
				}
				if got, err := get(t.Context(), b, name); err != nil || !bytes.Equal(got, data) {
					t.Errorf("worker %d, round %d: read %d other bytes, %v", worker, round, len(got), err)
				}
			}
		})
	}
	all.Wait()
	if n := len(s.objects()); n != 48 {
		t.Errorf("there are %d objects, want 48", n)
	}
}

// TestAnotherProcessThatWasFaster: a name that is taken between Create and Commit is not overwritten, where the server
// knows conditional writes.
func TestAnotherProcessThatWasFaster(t *testing.T) {
	t.Parallel()
	s := serve(t)
	one, other, name := s.blobs(s.client(nil), 10_000), s.blobs(s.client(nil), 10_000), mediatest.NewName()
	w, err := one.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), other, name, []byte("faster")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("slower")); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); !errors.Is(err, media.ErrExists) {
		t.Errorf("Commit of a name that was taken: %v, want %v", err, media.ErrExists)
	}
	if got, err := get(t.Context(), one, name); err != nil || string(got) != "faster" {
		t.Errorf("then there is %q, %v", got, err)
	}
	if _, err := one.Create(t.Context(), name); !errors.Is(err, media.ErrExists) {
		t.Errorf("Create after that: %v, want %v", err, media.ErrExists)
	}
}

// TestTidyInPages aborts what other processes left, and nothing else, also where there is more than one page of it.
func TestTidyInPages(t *testing.T) {
	t.Parallel()
	s := serve(t)
	client := s.client(nil)
	b := s.blobs(client, 10_000)
	begin := func(key string) {
		t.Helper()
		in := &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &key}
		if _, err := client.CreateMultipartUpload(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for i := range 1100 {
		begin("of/one-store/" + media.Name(at, [16]byte{byte(i), byte(i >> 8)}))
	}
	id := strings.Repeat("a", 32)
	want := []string{
		"2026010200/" + id, "of/another/2026010200/" + id, "of/one-store/2026010204/" + id, "of/one-store/2026010300/" + id,
		"of/one-store/readme", "of/one-store/tmp/" + id,
	}
	for _, key := range want {
		begin(key)
	}
	if err := b.Tidy(t.Context(), "2026010204"); err != nil {
		t.Fatal(err)
	}
	if got := s.unfinished(); !slices.Equal(got, want) {
		t.Errorf("uploads that are open after Tidy: %q, want %q", got, want)
	}
}

// TestManyAreListedAndRemoved by more requests than one.
func TestManyAreListedAndRemoved(t *testing.T) {
	t.Parallel()
	s := serve(t)
	client := s.client(nil)
	b := s.blobs(client, 10_000)
	at := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	var names []string
	for i := range 2500 {
		name := media.Name(at, [16]byte{byte(i >> 8), byte(i)})
		key := "of/one-store/" + name
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key}); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for _, n := range []int{1, 999, 1000, 1001, 2400, 9999} {
		if got, err := b.List(t.Context(), "2026010203", names[99], n); err != nil || !slices.Equal(got, names[100:min(100+n, 2500)]) {
			t.Errorf("List of %d gave %d, %v", n, len(got), err)
		}
	}
	if err := b.Remove(t.Context(), append(slices.Clone(names), "no name")...); !errors.Is(err, media.ErrName) {
		t.Errorf("Remove of 2,500 and one that is no name: %v, want %v", err, media.ErrName)
	}
	s.mustBeEmpty("after Remove")
}

// TestTheEndOfAContext ends a writer, and leaves nothing behind.
func TestTheEndOfAContext(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		size int
		end  func(media.BlobWriter) error
	}{
		{"Commit of one part", 1, media.BlobWriter.Commit},
		{"Commit of many parts", 35_000, media.BlobWriter.Commit},
		{"Abort of one part", 1, media.BlobWriter.Abort},
		{"Abort of many parts", 35_000, media.BlobWriter.Abort},
		{"Write", 35_000, func(w media.BlobWriter) error {
			_, err := w.Write(pattern(20_000))
			return errors.Join(err, w.Abort())
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			b := s.blobs(s.client(nil), 10_000)
			ctx, cancel := context.WithCancel(t.Context())
			w, err := b.Create(ctx, mediatest.NewName())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(pattern(row.size)); err != nil {
				t.Fatal(err)
			}
			cancel()
			err = row.end(w)
			if aborts := strings.HasPrefix(row.name, "Abort"); aborts != (err == nil) || !aborts && !errors.Is(err, context.Canceled) {
				t.Errorf("%s after its ctx has ended: %v", row.name, err)
			}
			s.mustBeEmpty("after that")
		})
	}
}

func TestAnEndedWriterIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	b := s.blobs(s.client(nil), 10_000)
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

// BenchmarkUpload shows that memory does not grow with the blob: a part and what the SDK needs for each request.
func BenchmarkUpload(bm *testing.B) {
	for _, size := range []int{100 << 10, 4 << 20, 32 << 20} {
		bm.Run(fmt.Sprintf("%dKiB", size>>10), func(bm *testing.B) {
			b, err := s3blobs.New(swallower{}.client(), s3blobs.Config{Bucket: bucket})
			if err != nil {
				bm.Fatal(err)
			}
			piece := pattern(64 << 10)
			bm.SetBytes(int64(size))
			bm.ReportAllocs()
			for bm.Loop() {
				w, err := b.Create(bm.Context(), mediatest.NewName())
				if err != nil {
					bm.Fatal(err)
				}
				for left := size; left > 0; left -= len(piece) {
					if _, err := w.Write(piece[:min(left, len(piece))]); err != nil {
						bm.Fatal(err)
					}
				}
				if err := w.Commit(); err != nil {
					bm.Fatal(err)
				}
			}
		})
	}
}

// An upload holds one part, however large the blob is: what it allocates beyond that grows by little.
func TestUploadMemory(t *testing.T) {
	b, err := s3blobs.New(swallower{}.client(), s3blobs.Config{Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	piece := pattern(64 << 10)
	upload := func(size int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w, err := b.Create(t.Context(), mediatest.NewName())
		if err != nil {
			t.Fatal(err)
		}
		for left := size; left > 0; left -= len(piece) {
			if _, err := w.Write(piece[:min(left, len(piece))]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	upload(1 << 20) // what is made once
	const size = 256 << 20
	if got := upload(size); got > size/8 {
		t.Errorf("an upload of %d MiB: got %d MiB allocated, want %d at most", size>>20, got>>20, size>>23)
	} else {
		t.Logf("an upload of %d MiB: %d MiB allocated", size>>20, got>>20)
	}
}

// BenchmarkOpen reads a blob as it comes.
func BenchmarkOpen(bm *testing.B) {
	s := serve(bm)
	b := s.blobs(s.client(nil), s3blobs.MinPartSize)
	name, size := mediatest.NewName(), 8<<20
	if err := put(bm.Context(), b, name, pattern(size)); err != nil {
		bm.Fatal(err)
	}
	bm.SetBytes(int64(size))
	bm.ReportAllocs()
	for bm.Loop() {
		r, err := b.Open(bm.Context(), name)
		if err != nil {
			bm.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != int64(size) || errors.Join(err, r.Close()) != nil {
			bm.Fatal(n, err)
		}
	}
}
