package download_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/download"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// png is the head of a picture of 3 by 2 pixels.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x00\x00\x00\x00 and so on"

// cutBlobs loses the end of every blob, where cut is set, and opens none where broken is.
type cutBlobs struct {
	media.Blobs
	cut    bool
	broken error
}

func (b *cutBlobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if b.broken != nil {
		return nil, b.broken
	}
	from, err := b.Blobs.Open(ctx, name)
	if err == nil && b.cut {
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(from, int64(len(png)-1)), from}, nil
	}
	return from, err
}

// uploaded is a picture in a new session.
func uploaded(t *testing.T, blobs media.Blobs) *session.File {
	t.Helper()
	integration := uuid.MustParse("11111111-0000-4000-8000-000000000002")
	e, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration}}, Keeper: session.NewMemoryKeeper(), Blobs: blobs,
	})
	if err != nil {
		t.Fatal(err)
	}
	e = e.For(integration)
	s, err := e.Create(t.Context(), session.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.Upload(t.Context(), s.ID, session.Upload{Context: media.Face, Content: strings.NewReader(png)})
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.File(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestHead: the bytes come from a stranger, and are about a person.
func TestHead(t *testing.T) {
	t.Parallel()
	f := uploaded(t, media.NewMemoryBlobs())
	got := http.Header{}
	download.Head(got, f)
	want := map[string]string{
		"Content-Type":            "image/png",
		"Content-Length":          strconv.Itoa(len(png)),
		"Content-Disposition":     `attachment; filename="` + f.ID.String() + `.png"`,
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"X-Content-Type-Options":  "nosniff",
		"Cache-Control":           "no-store",
	}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("got %s %q, want %q", name, got.Get(name), value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d fields, want %d: %v", len(got), len(want), got)
	}
}

// TestCopy: all of a file, as often as it is wanted, or an error.
func TestCopy(t *testing.T) {
	t.Parallel()
	blobs := &cutBlobs{Blobs: media.NewMemoryBlobs()}
	f := uploaded(t, blobs)
	for range 2 {
		var to strings.Builder
		if err := download.Copy(t.Context(), &to, f); err != nil || to.String() != png {
			t.Errorf("got %q, %v, want %q", to.String(), err, png)
		}
	}
	blobs.cut = true
	if err := download.Copy(t.Context(), io.Discard, f); err == nil {
		t.Error("a file that has lost its end: got no error")
	}
	blobs.broken = errors.New("broken")
	if err := download.Copy(t.Context(), io.Discard, f); !errors.Is(err, blobs.broken) {
		t.Errorf("a file that cannot be opened: got %v, want %v", err, blobs.broken)
	}
}
