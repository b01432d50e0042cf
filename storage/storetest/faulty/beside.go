package faulty

import (
	"context"
	"io"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// Keeper hangs a keeper on the line. Make, Open and Destroy are one operation each.
func (l *Line) Keeper(behind session.Keeper) session.Keeper { return keeper{behind, l} }

type keeper struct {
	session.Keeper
	line *Line
}

func (k keeper) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	type made struct {
		key session.Key
		ref []byte
	}
	out, err := answer(k.line, "Keeper.Make", func() (out made, err error) {
		out.key, out.ref, err = k.Keeper.Make(ctx, id)
		return out, err
	})
	return out.key, out.ref, err
}

func (k keeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	return answer(k.line, "Keeper.Open", func() (session.Key, error) { return k.Keeper.Open(ctx, id, ref) })
}

func (k keeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	return k.line.do("Keeper.Destroy", func() error { return k.Keeper.Destroy(ctx, id, ref) })
}

// Blobs hangs blobs on the line. Create, Open, Remove and List are operations, and so are the Write and the Commit of what
// Create gives; a Commit that is lost leaves a blob that nobody knows of, as an object storage can. Reading is none. The
// blobs are a [media.Tidier] if those behind them are, and Tidy is an operation then.
func (l *Line) Blobs(behind media.Blobs) media.Blobs {
	if t, ok := behind.(media.Tidier); ok {
		return tidied{blobs{behind, l}, t}
	}
	return blobs{behind, l}
}

// tidied are blobs that can be tidied.
type tidied struct {
	blobs
	behind media.Tidier
}

func (t tidied) Tidy(ctx context.Context, beforeHour string) error {
	return t.line.do("Blobs.Tidy", func() error { return t.behind.Tidy(ctx, beforeHour) })
}

type blobs struct {
	media.Blobs
	line *Line
}

func (b blobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	var behind media.BlobWriter
	err := b.line.do("Blobs.Create", func() (err error) { behind, err = b.Blobs.Create(ctx, name); return err })
	if err != nil {
		if behind != nil { // it is begun, and nobody will end it
			_ = behind.Abort()
		}
		return nil, err
	}
	return writer{behind, b.line}, nil
}

func (b blobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	var behind io.ReadCloser
	err := b.line.do("Blobs.Open", func() (err error) { behind, err = b.Blobs.Open(ctx, name); return err })
	if err != nil {
		if behind != nil {
			_ = behind.Close()
		}
		return nil, err
	}
	return behind, nil
}

func (b blobs) Remove(ctx context.Context, names ...string) error {
	return b.line.do("Blobs.Remove", func() error { return b.Blobs.Remove(ctx, names...) })
}

func (b blobs) List(ctx context.Context, hour, after string, n int) ([]string, error) {
	return answer(b.line, "Blobs.List", func() ([]string, error) { return b.Blobs.List(ctx, hour, after, n) })
}

type writer struct {
	media.BlobWriter
	line *Line
}

func (w writer) Write(p []byte) (int, error) {
	return answer(w.line, "Blobs.Write", func() (int, error) { return w.BlobWriter.Write(p) })
}

func (w writer) Commit() error { return w.line.do("Blobs.Commit", w.BlobWriter.Commit) }
