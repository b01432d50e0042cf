package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

const (
	film = "\x1a\x45\xdf\xa3\x8f\x42\x82\x84webm\x42\x87\x81\x02\x42\x85\x81\x02 and so on"
	chip = `{"com":"YQ==","sod":"Yg==","dg1":"Yw==","dg2":"ZA=="}`
)

// TestKindsOfMedia: a context takes what can show it, and nothing else; what is refused leaves nothing.
func TestKindsOfMedia(t *testing.T) {
	t.Parallel()
	late := func(c media.Context, err error) func() (media.Context, error) {
		return func() (media.Context, error) { return c, err }
	}
	refused := errors.New("no")
	for _, c := range []struct {
		name    string
		upload  session.Upload
		content string
		want    error
	}{
		{"a picture", session.Upload{Context: media.Face}, string(png), nil},
		{"a picture of which it is said late", session.Upload{About: late(media.Face, nil)}, string(png), nil},
		{"a film", session.Upload{Context: media.FacePreVideo, Duration: 1500 * time.Millisecond}, film, nil},
		{"a film of which it is said late", session.Upload{About: late(media.FacePreVideo, nil), Duration: time.Second}, film, nil},
		{"chip data", session.Upload{Context: media.Chip}, ` {"x":1,"dg2":"ZA==","com":"YQ==","sod":"Yg==","dg1":"Yw=="}`, nil},
		{"no context", session.Upload{}, string(png), media.ErrContext},
		{"unknown context", session.Upload{Context: "selfie"}, string(png), media.ErrContext},
		{"unknown context, late", session.Upload{About: late("selfie", nil)}, string(png), media.ErrContext},
		{"refused late", session.Upload{About: late(media.Face, refused)}, string(png), refused},
		{"a film as a picture", session.Upload{Context: media.Face}, film, media.ErrFormat},
		{"a picture as a film", session.Upload{Context: media.FacePreVideo}, string(png), media.ErrFormat},
		{"chip data as a picture", session.Upload{Context: media.Face}, chip, media.ErrFormat},
		{"a picture as chip data", session.Upload{Context: media.Chip}, string(png), media.ErrFormat},
		{"a picture as chip data, late", session.Upload{About: late(media.Chip, nil)}, string(png), media.ErrContext},
		{"chip data without a part", session.Upload{Context: media.Chip}, `{"com":"YQ=="}`, media.ErrChipMissing},
		{"chip data in another encoding", session.Upload{Context: media.Chip}, strings.Replace(chip, "YQ==", "*", 1), media.ErrChipEncoding},
		{"too much chip data", session.Upload{Context: media.Chip}, `{"com":"` + strings.Repeat("A", 600<<10) + `"}`, media.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setUp(t, nil)
			id := b.create("any").ID
			c.upload.Content = strings.NewReader(c.content)
			m, err := b.Upload(b.ctx, id, c.upload)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			s := b.get(id)
			if c.want != nil {
				if len(s.Media) != 0 || b.blobs.Len() != 0 || s.Seq != 1 {
					t.Errorf("%d media and %d blobs remain", len(s.Media), b.blobs.Len())
				}
				return
			}
			if s.Media[0].Context != m.Context || s.Media[0].Duration != c.upload.Duration || s.Media[0].Type == "" {
				t.Errorf("kept %s as %s, %s long", s.Media[0].Context, s.Media[0].Type, s.Media[0].Duration)
			}
			want := c.content
			if m.Context.IsChip() {
				want = chip
			}
			f, err := b.File(b.ctx, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			r, err := f.Open(b.ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); string(got) != want || err != nil || m.Size != int64(len(want)) {
				t.Errorf("it comes back as %q, %v; want %q", got, err, want)
			}
		})
	}
}

// TestAboutComesLast: it is asked when all has been read, once.
func TestAboutComesLast(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	content := bytes.NewReader(png)
	asked, left := 0, -1
	_, err := b.Upload(b.ctx, b.create("any").ID, session.Upload{Content: content, About: func() (media.Context, error) {
		asked, left = asked+1, content.Len()
		return media.Face, nil
	}})
	if err != nil || asked != 1 || left != 0 {
		t.Errorf("%v; asked %d times, with %d bytes left", err, asked, left)
	}
}

// TestRequired: what the policy names must be there, in the current attempt.
func TestRequired(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) {
		in.Policy.Required = []media.Context{media.DocumentFront}
	})
	id := b.create("Resubmit").ID
	if _, err := b.Submit(b.ctx, id); !errors.Is(err, session.ErrIncomplete) {
		t.Fatalf("with nothing: %v", err)
	}
	b.upload(id)
	b.submit(id)
	b.settle()
	if _, err := b.Submit(b.ctx, id); !errors.Is(err, session.ErrIncomplete) {
		t.Errorf("again, with nothing new: %v", err)
	}
	if s := b.get(id); s.AttemptN != 1 || s.Status != session.StatusResubmissionRequested {
		t.Errorf("a refused submission opened attempt %d", s.AttemptN)
	}
	b.upload(id)
	b.submit(id)
	if _, err := b.Submit(b.ctx, id); !errors.Is(err, session.ErrTransition) {
		t.Errorf("submitted twice: %v", err)
	}
	in := session.Integration{Policy: session.Policy{Required: []media.Context{"selfie"}}}
	if faults := in.Validate(); len(faults) != 1 {
		t.Errorf("a context that is none was taken: %v", faults)
	}
}

// TestGetByAttempt finds the session of any of its attempts, within the tenant.
func TestGetByAttempt(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusResubmissionRequested)
	first := b.get(id).AttemptID
	b.upload(id)
	for _, attempt := range []struct{ id [16]byte }{{first}, {b.get(id).AttemptID}} {
		if s, err := b.GetByAttempt(b.ctx, attempt.id); err != nil || s.ID != id || len(s.Attempts) != 2 {
			t.Errorf("%v, %v", s, err)
		}
	}
	if _, err := b.GetByAttempt(b.ctx, id); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("by the session's own id: %v", err)
	}
}

// TestQueryID may be used once in an integration, where it is looked at.
func TestQueryID(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{true, false} {
		b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.Strict = strict })
		facts := session.Facts{QueryID: "7C9E6679-7425-40de-944b-e07fc1f90ae7"}
		if _, err := b.Create(b.ctx, facts); err != nil {
			t.Fatal(err)
		}
		b.clock.Add(1000 * 24 * time.Hour)
		facts.QueryID = strings.ToLower(facts.QueryID)
		if _, err := b.Create(b.ctx, facts); errors.Is(err, session.ErrReused) != strict {
			t.Errorf("strict %t: a second time: %v", strict, err)
		}
		facts.QueryID = "7c9e6679-7425-40de-944b-e07fc1f90ae8"
		if _, err := b.Create(b.ctx, facts); err != nil {
			t.Errorf("another one: %v", err)
		}
	}
}

// TestQueryIDs are bounded like every text.
func TestQueryIDs(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"too long": strings.Repeat("x", 256), "NUL": "a\x00", "no UTF-8": "\xff"} {
		if err := (session.Facts{QueryID: id}).Validate(); !errors.Is(err, session.ErrFacts) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (session.Facts{QueryID: strings.Repeat("x", 255)}).Validate(); err != nil {
		t.Error(err)
	}
}

// TestMaxMedia bounds each attempt by itself.
func TestMaxMedia(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.MaxMedia = 2 })
	id := b.create("Resubmit").ID
	full := func() {
		t.Helper()
		b.upload(id)
		b.upload(id)
		blobs := b.blobs.Len()
		one := session.Upload{Context: media.Face, Content: bytes.NewReader(png)}
		if _, err := b.Upload(b.ctx, id, one); !errors.Is(err, session.ErrEnough) || b.blobs.Len() != blobs {
			t.Errorf("a third: %v, with %d blobs instead of %d", err, b.blobs.Len(), blobs)
		}
	}
	full()
	b.submit(id)
	b.settle()
	full()
	if s := b.get(id); len(s.Media) != 4 || s.AttemptN != 2 {
		t.Errorf("%d media in %d attempts", len(s.Media), s.AttemptN)
	}
}

// countingKeeper counts the keys that are made.
type countingKeeper struct {
	session.Keeper
	keys atomic.Int64
}

func (k *countingKeeper) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	k.keys.Add(1)
	return k.Keeper.Make(ctx, id)
}

// TestFloodsOfRefusals make no keys and no writes: the first refusal is remembered.
func TestFloodsOfRefusals(t *testing.T) {
	t.Parallel()
	k := &countingKeeper{Keeper: session.NewMemoryKeeper()}
	b := setUp(t, func(in *session.Integration, cfg *session.Config) {
		in.Policy.Strict, in.Policy.Create = true, []session.Rule{{N: 3, Window: time.Hour}}
		cfg.Keeper = k
	})
	facts := session.Facts{QueryID: "7c9e6679-7425-40de-944b-e07fc1f90ae7"}
	for range 100 {
		_, _ = b.Create(b.ctx, facts)
	}
	for range 100 {
		_, _ = b.Create(b.ctx, session.Facts{})
	}
	list, err := b.List(b.ctx, session.List{})
	if err != nil || len(list) != 3 || k.keys.Load() != 5 {
		t.Errorf("%d sessions are there and %d keys were made, %v; want 3 and 5", len(list), k.keys.Load(), err)
	}
}
