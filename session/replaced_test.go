package session_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// replacing uploads what takes the place of what shows the same.
func (b *bench) replacing(id uuid.UUID, shows media.Context, more string) (*session.Medium, error) {
	return b.Upload(b.ctx, id, session.Upload{Context: shows, Content: strings.NewReader(string(png) + more), Replace: true})
}

// TestReplace: what is replaced is gone, its bytes too, and nothing else.
func TestReplace(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(in *session.Integration, _ *session.Config) { in.Policy.MaxMedia = 3 })
	id := b.create("any").ID
	there := func() (list []string) {
		for _, m := range b.get(id).Media {
			list = append(list, string(m.Context))
		}
		slices.Sort(list)
		return list
	}
	upload := func(shows media.Context) *session.Medium {
		m, err := b.replacing(id, shows, "")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	old, _ := upload(media.Face), upload(media.DocumentFront)
	newer := upload(media.Face)
	if want := []string{"document-front", "face"}; !slices.Equal(there(), want) || b.blobs.Len() != 2 {
		t.Errorf("there are %q and %d blobs, want %q", there(), b.blobs.Len(), want)
	}
	if _, err := b.File(b.ctx, old.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the replaced one: %v", err)
	}
	if got, err := b.readFile(newer); err != nil || !bytes.Equal(got, png) {
		t.Errorf("the one in its place: %d bytes, %v", len(got), err)
	}

	upload(media.DocumentBack)
	upload(media.DocumentBack) // there are as many as there may be
	if _, err := b.replacing(id, media.AddressFront, ""); !errors.Is(err, session.ErrEnough) || b.blobs.Len() != 3 {
		t.Errorf("one too many: %v, and %d blobs", err, b.blobs.Len())
	}
}

// TestReplaceOfAnAttempt: what was judged stays, when something else is asked for.
func TestReplaceOfAnAttempt(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("Resubmit").ID
	judged := b.upload(id)
	b.submit(id)
	b.settle()
	b.clock.Add(time.Second)
	m, err := b.replacing(id, judged.Context, "")
	if err != nil {
		t.Fatal(err)
	}
	if list := b.get(id).Media; len(list) != 2 || list[0].ID != judged.ID || list[1].ID != m.ID || m.Attempt == judged.Attempt {
		t.Errorf("there are %v", list)
	}
}

// TestReplaceInATransaction leaves the bytes alone: the rows may come back.
func TestReplaceInATransaction(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	old := b.upload(id)
	again := session.Upload{Context: old.Context, Content: bytes.NewReader(png), Replace: true}
	if _, err := b.With(b.store).Upload(b.ctx, id, again); err != nil {
		t.Fatal(err)
	}
	if list := b.get(id).Media; len(list) != 1 || list[0].ID == old.ID || b.blobs.Len() != 2 {
		t.Errorf("there are %v, and %d blobs", list, b.blobs.Len())
	}
}

// TestReplaceThatFails: nothing is lost by what is not taken, and a blob that cannot be removed fails nothing.
func TestReplaceThatFails(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	old := b.upload(id)
	for name, u := range map[string]session.Upload{
		"no photograph": {Context: old.Context, Content: strings.NewReader("no photograph"), Replace: true},
		"an end": {
			Content: strings.NewReader(string(png)), Replace: true,
			About: func() (media.Context, error) { return old.Context, errors.New("wrong signature") },
		},
	} {
		if _, err := b.Upload(b.ctx, id, u); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if list := b.get(id).Media; len(list) != 1 || list[0].ID != old.ID || b.blobs.Len() != 1 {
		t.Errorf("there are %v, and %d blobs", list, b.blobs.Len())
	}
	b.blobs.fail = errors.New("the disk is full")
	if _, err := b.replacing(id, old.Context, "x"); err != nil {
		t.Error(err)
	}
	if _, err := b.File(b.ctx, old.ID); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the replaced one: %v", err)
	}
}
