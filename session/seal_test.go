package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// forger is a store whose records are changed on their way to the engine.
type forger struct {
	session.Store
	forge func(*session.Record)
}

func (f *forger) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	rec, err := f.Store.Load(ctx, ref, parts)
	if err == nil && f.forge != nil {
		f.forge(&rec)
	}
	return rec, err
}

// withForger makes the bench's engine read through a forger.
func (b *bench) withForger() *forger {
	f := &forger{Store: b.store}
	b.Engine = b.Engine.With(f)
	return f
}

// TestSealedCannotBeChanged: no byte of what is sealed, and no sealed part in another's place, is ever taken
// for genuine.
func TestSealedCannotBeChanged(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id, other := b.to(session.StatusApproved), b.to(session.StatusApproved)
	b2, err := b.store.Load(b.ctx, session.Ref{Tenant: tenant, ID: other}, session.PartDecisions)
	if err != nil {
		t.Fatal(err)
	}
	f := b.withForger()
	refused := func(what string, forge func(*session.Record)) {
		t.Helper()
		f.forge = forge
		if s, err := b.Get(b.ctx, id); !errors.Is(err, session.ErrKeeper) || s != nil {
			t.Errorf("%s: %v, want ErrKeeper", what, err)
		}
	}
	size := 0
	f.forge = func(r *session.Record) { size = len(r.Session.Sealed) }
	b.get(id)
	for i := range size {
		refused(fmt.Sprintf("byte %d of the facts", i), func(r *session.Record) { r.Session.Sealed[i] ^= 1 })
	}
	refused("facts cut off", func(r *session.Record) { r.Session.Sealed = r.Session.Sealed[:size-1] })
	refused("facts of one byte", func(r *session.Record) { r.Session.Sealed = r.Session.Sealed[:1] })
	refused("facts of another session", func(r *session.Record) { r.Session.Sealed = b2.Session.Sealed })
	refused("a decision of another session", func(r *session.Record) { r.Decisions[0].Sealed = b2.Decisions[0].Sealed })
	refused("the decision in place of the facts", func(r *session.Record) { r.Session.Sealed = r.Decisions[0].Sealed })
	refused("the key of another session", func(r *session.Record) { r.Session.Key = []byte("no such key") })
	refused("another id of the decision", func(r *session.Record) { r.Decisions[0].ID = other })
	f.forge = nil
	b.get(id)
}

// TestBlobsCannotBeChanged: what is read of a changed blob is genuine as far as it goes, and then an error.
func TestBlobsCannotBeChanged(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("any")
	big := append(bytes.Clone(png), bytes.Repeat([]byte("photograph "), 20_000)...) // more than three chunks
	m, err := b.Upload(b.ctx, s.ID, session.Upload{Context: media.Face, Content: bytes.NewReader(big)})
	if err != nil || m.Size != int64(len(big)) || m.Type != media.PNG {
		t.Fatalf("%+v, %v", m, err)
	}
	sealed := b.blobs.bytes(t, m.Blob)
	if bytes.Contains(sealed, []byte("photograph")) || bytes.Contains(sealed, png[:8]) {
		t.Error("the blob is not sealed")
	}
	const chunk = 1 + 64<<10 + 16
	for name, forged := range map[string][]byte{
		"first byte":        flip(sealed, 0),
		"first chunk":       flip(sealed, 1),
		"second chunk":      flip(sealed, chunk+5),
		"last byte":         flip(sealed, len(sealed)-1),
		"last byte missing": sealed[:len(sealed)-1],
		"one chunk only":    sealed[:chunk],
		"no last chunk":     sealed[:1+3*(64<<10+16)],
		"chunks exchanged":  append(append(append([]byte{1}, sealed[chunk:chunk+64<<10+16]...), sealed[1:chunk]...), sealed[chunk+64<<10+16:]...),
		"one byte more":     append(bytes.Clone(sealed), 0),
		"twice":             append(bytes.Clone(sealed), sealed[1:]...),
		"empty":             {},
		"of another medium": b.blobs.bytes(t, b.upload(s.ID).Blob),
	} {
		b.blobs.replace(t, m.Blob, forged)
		got, err := b.readFile(m)
		if !errors.Is(err, session.ErrKeeper) || !bytes.HasPrefix(big, got) {
			t.Errorf("%s: read %d bytes, %v; want the beginning of the medium and ErrKeeper", name, len(got), err)
		}
	}
	b.blobs.replace(t, m.Blob, sealed)
	if got, err := b.readFile(m); err != nil || !bytes.Equal(got, big) {
		t.Errorf("as it was: %d bytes, %v", len(got), err)
	}
}

func flip(sealed []byte, i int) []byte {
	forged := bytes.Clone(sealed)
	forged[i] ^= 0x80
	return forged
}

func (b *bench) readFile(m *session.Medium) ([]byte, error) {
	f, err := b.File(b.ctx, m.ID)
	if err != nil {
		return nil, err
	}
	r, err := f.Open(b.ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// TestBlobsOfAnySize come back as they were, however they are read.
func TestBlobsOfAnySize(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s := b.create("any")
	rapid.Check(t, func(t *rapid.T) {
		const chunk = 64 << 10
		size := rapid.OneOf(rapid.IntRange(0, 300), rapid.SampledFrom([]int{
			chunk - len(png) - 1, chunk - len(png), chunk - len(png) + 1, 2*chunk - len(png), 2*chunk - len(png) + 1,
		})).Draw(t, "size")
		want := append(bytes.Clone(png), bytes.Repeat([]byte{7}, size)...)
		step := rapid.IntRange(1, 100_000).Draw(t, "step")
		m, err := b.Upload(b.ctx, s.ID, session.Upload{Context: media.Face, Content: stepReader{bytes.NewReader(want), step}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := b.File(b.ctx, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.Open(b.ctx)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(stepReader{r, step})
		if err != nil || !bytes.Equal(got, want) || m.Size != int64(len(want)) {
			t.Fatalf("%d bytes came back as %d, %v; size %d", len(want), len(got), err, m.Size)
		}
	})
}

// stepReader reads at most n bytes at once.
type stepReader struct {
	io.Reader
	n int
}

func (r stepReader) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), r.n)]) }

// TestUploadsThatFail leave no blob and no row, and pass the reader's own error on.
func TestUploadsThatFail(t *testing.T) {
	t.Parallel()
	b := setUp(t, func(_ *session.Integration, cfg *session.Config) { cfg.MediaLimits = media.Limits{Image: 1000} })
	id := b.create("any").ID
	forged := errors.New("the signature is wrong")
	for name, c := range map[string]struct {
		context media.Context
		content io.Reader
		err     error
	}{
		"nothing":             {media.Face, strings.NewReader(""), media.ErrFormat},
		"text":                {media.Face, strings.NewReader("hello"), media.ErrFormat},
		"no context":          {"", bytes.NewReader(png), media.ErrContext},
		"unknown context":     {"selfie", bytes.NewReader(png), media.ErrContext},
		"picture of a film":   {"face-pre-video", bytes.NewReader(png), media.ErrFormat},
		"one byte too large":  {media.Face, bytes.NewReader(append(bytes.Clone(png), make([]byte, 1001-len(png))...)), media.ErrTooLarge},
		"broken at once":      {media.Face, io.MultiReader(failing{forged}), forged},
		"broken off":          {media.Face, io.MultiReader(bytes.NewReader(png), failing{forged}), forged},
		"forged at the limit": {media.Face, io.MultiReader(bytes.NewReader(png), bytes.NewReader(make([]byte, 1000-len(png))), failing{forged}), forged},
	} {
		if _, err := b.Upload(b.ctx, id, session.Upload{Context: c.context, Content: c.content}); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
	}
	if s := b.get(id); len(s.Media) != 0 || b.blobs.Len() != 0 || s.Seq != 1 {
		t.Errorf("%d media, %d blobs and seq %d remain", len(s.Media), b.blobs.Len(), s.Seq)
	}
	exact := append(bytes.Clone(png), make([]byte, 1000-len(png))...)
	if _, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: bytes.NewReader(exact)}); err != nil {
		t.Errorf("exactly at the limit: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestSubmittedMeanwhile: a submission during an upload wins, and no blob remains.
func TestSubmittedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.create("any").ID
	content := io.MultiReader(bytes.NewReader(png), doing(func() { b.submit(id) }))
	_, err := b.Upload(b.ctx, id, session.Upload{Context: media.Face, Content: content})
	if !errors.Is(err, session.ErrTransition) || b.blobs.Len() != 0 {
		t.Errorf("%v and %d blobs; want it refused", err, b.blobs.Len())
	}
}

// doing is an empty reader with an effect.
type doing func()

func (d doing) Read([]byte) (int, error) { d(); return 0, io.EOF }

// TestKeysCannotBePrinted by any verb that fits a value (go vet refuses %p), as JSON, or in a log.
func TestKeysCannotBePrinted(t *testing.T) {
	t.Parallel()
	key := session.Key([]byte("0123456789abcdef0123456789abcdef"))
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&out, verb+" ", key)
		fmt.Fprintf(&out, verb+" ", struct{ K session.Key }{key})
		fmt.Fprintf(&out, verb+" ", []session.Key{key})
	}
	text, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", key)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "key", key)
	for _, leak := range []string{"0123456789", "30313233", "48 49 50", "48, 49, 50", "0x30"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("a printed key holds %q:\n%s", leak, out.String())
		}
	}
}

// TestPeopleAreNotPrinted: what the engine hands out prints neither its key nor anything about the person, nor
// does a log of it.
func TestPeopleAreNotPrinted(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	s, err := b.Create(b.ctx, session.Facts{
		ExternalRef: new("canary"), Callback: "https://canary.example", Address: "canary",
		Person: session.Person{FirstName: "Approve", LastName: "canary"}, Document: session.Document{Number: "canary"},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.upload(s.ID)
	b.submit(s.ID)
	b.settle()
	s = b.get(s.ID)
	key, err := b.keeper.Open(b.ctx, s.ID, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, v := range []any{s, *s, session.Case{Snapshot: s}, &session.Case{Snapshot: s}, s.Facts, &s.Facts, s.Facts.Person, s.Facts.Document, s.Media, s.Decisions, b.receiver.Got(), b.keeper} {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("value", "value", v)
	}
	for _, v := range []any{
		s, *s, session.Case{Snapshot: s}, s.Facts, s.Facts.Person, s.Facts.Document, s.Media[0], s.Media[0].MediaFacts, s.Decisions[0],
		b.receiver.Got()[0],
	} {
		slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "value", v)
	}
	raw := [32]byte(key)
	for _, leak := range []string{
		"canary", s.Media[0].SHA256, strings.Trim(fmt.Sprint(raw), "[]"), fmt.Sprintf("%x", raw), strings.Trim(fmt.Sprintf("%#v", raw[:]), "[]byte{}"),
	} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q is printed:\n%s", leak, &out)
		}
	}
}

// TestLostKeeper: when the keys are away, nothing is answered as if there were nothing.
func TestLostKeeper(t *testing.T) {
	t.Parallel()
	b := setUp(t, nil)
	id := b.to(session.StatusApproved)
	lost, err := session.New(b.store, session.Config{
		Integrations: session.Fixed{b.in}, Clock: b.clock, Keeper: session.NewMemoryKeeper(), Blobs: b.blobs,
		Renderers: map[string]session.Renderer{"plain": mute{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e := lost.For(tenant)
	for name, do := range map[string]func() error{
		"get":    func() error { _, err := e.Get(b.ctx, id); return err },
		"start":  func() error { _, err := e.Start(b.ctx, id); return err },
		"decide": func() error { _, err := e.Decide(b.ctx, id, decision.Verdict{Outcome: "approved"}); return err },
	} {
		if err := do(); !errors.Is(err, session.ErrKeeper) {
			t.Errorf("%s: %v, want ErrKeeper", name, err)
		}
	}
}

// mute has no words for anything.
type mute struct{}

func (mute) Render(session.Event, *session.Snapshot, session.Endpoint) ([]byte, bool, bool, error) {
	return nil, false, false, nil
}
