package rows

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func uploads(home *databases.Home) []measure.Row {
	row := func(against string, most float64, kind uploadKind, note string) measure.Row {
		return measure.Row{
			Name: "upload of 24 MB" + kind.name, Against: against, Note: note,
			Aim: measure.Aim{AtMost: most, Memory: 1 << 20},
			Run: func(ctx context.Context, s measure.Setting) (measure.Result, error) {
				return upload(ctx, s, home, kind)
			},
		}
	}
	return []measure.Row{
		row("HMAC, base64 and SHA-256 of the same bytes", 1.15, uploadKind{"", false, false},
			"The whole handler, without a socket, to blobs that keep nothing. It seals with AES-GCM all the same, which the peer "+
				"does not. The peer takes each part by itself, in pieces of 64 KiB. Memory is all that one upload allocates."),
		row("the same with AES-GCM and a file", 1.3, uploadKind{" to a file", true, false},
			"The whole handler, without a socket, to storage/fileblobs. The peer seals pieces of 64 KiB, writes them to a "+
				"file and syncs it and its folder."),
		row("the same without HTTP", 1.6, uploadKind{" over loopback HTTP, to a file", true, true},
			"A client, the socket and the whole handler, to storage/fileblobs; the peer does the parts in process, sealed "+
				"and to a file."),
	}
}

// uploadKind says where an upload goes, and how.
type uploadKind struct {
	name         string
	toFile, wire bool
}

func upload(ctx context.Context, s measure.Setting, home *databases.Home, kind uploadKind) (r measure.Result, err error) {
	size := s.Size(24<<20, 1<<20)
	if s.Quick {
		r.Size = "only 1 MB"
	}
	dir, err := home.Dir()
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	photo := pdf(size/4*3 - 128)
	body, text := uploadOf(photo)
	receiving, err := newReceiver(ctx, dir, kind, body, len(photo))
	if err != nil {
		return r, err
	}
	defer receiving.close()
	peer := &parts{body: body, text: text}
	if kind.toFile {
		peer.dir = dir
	}
	r.Rounds, err = s.Hold(ctx, measure.Contest{
		Ours: measure.Repeat(receiving.upload), Theirs: []measure.Side{measure.Repeat(peer.do)},
	})
	if err == nil {
		r.Cost, err = measure.CostOf(4, receiving.upload)
	}
	return r, err
}

// pdf is so many bytes that are taken for a document.
func pdf(size int) []byte {
	out := append(make([]byte, 0, size), "%PDF-1.7\n"...)
	for i := len(out); i < size; i++ {
		out = append(out, byte(i*i>>7))
	}
	return out
}

// uploadOf is the body of an upload, and the text of its content.
func uploadOf(content []byte) (body []byte, text string) {
	text = base64.StdEncoding.EncodeToString(content)
	return []byte(`{"image":{"context":"address-front","content":"` + text + `"}}`), text
}

// receiver is the whole of ours, and somebody who uploads to it.
type receiver struct {
	handler   http.Handler
	path      string
	header    http.Header
	body      []byte
	blobs     *countedBlobs
	size      int
	over      func(*http.Request) (*http.Response, error)
	stop      func()
	closeFile func()
}

func newReceiver(ctx context.Context, dir string, kind uploadKind, body []byte, size int) (u *receiver, err error) {
	u = &receiver{body: body, size: size, blobs: &countedBlobs{}, stop: func() {}, closeFile: func() {}}
	if kind.toFile {
		files, err := fileblobs.Open(dir + "/blobs")
		if err != nil {
			return nil, err
		}
		u.blobs.Blobs, u.closeFile = files, func() { _ = files.Close() }
	}
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration, Policy: session.Policy{MaxMedia: 1 << 30}}}, Blobs: u.blobs,
	})
	if err != nil {
		return nil, err
	}
	credential := caller
	credential.Secrets = []*auth.Secret{auth.GenerateSecret()}
	keys, err := auth.NewRing(credential)
	if err != nil {
		return nil, err
	}
	if u.handler, err = httpadapter.New(engine, keys, httpadapter.Config{}); err != nil {
		return nil, err
	}
	made, err := engine.For(integration).Create(ctx, session.Facts{})
	if err != nil {
		return nil, err
	}
	u.path = "/v1/sessions/" + made.ID.String() + "/media"
	u.header = http.Header{}
	u.header.Set("Content-Type", "application/json")
	u.header.Set("X-Auth-Client", credential.APIKey.String())
	u.header.Set("X-Hmac-Signature", string(credential.Secrets[0].Sign(nil, body)))
	u.over = u.withoutSocket
	if kind.wire {
		err = u.onLoopback()
	}
	return u, err
}

// onLoopback has the uploads come over a socket.
func (u *receiver) onLoopback() (err error) {
	at, stop, err := listen(u.handler)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{WriteBufferSize: 64 << 10}}
	u.stop = func() { client.CloseIdleConnections(); stop() }
	u.over = func(r *http.Request) (*http.Response, error) {
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", at, ""
		return client.Do(r)
	}
	return nil
}

func (u *receiver) withoutSocket(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	u.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func (u *receiver) close() {
	u.stop()
	u.closeFile()
}

// readerOnly hides what else a reader can do.
type readerOnly struct{ io.Reader }

// upload makes one upload, and demands that it was taken and kept.
func (u *receiver) upload() error {
	r := httptest.NewRequest(http.MethodPost, u.path, readerOnly{bytes.NewReader(u.body)})
	r.ContentLength, r.Header = int64(len(u.body)), u.header.Clone()
	before := u.blobs.bytes
	answer, err := u.over(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("an upload was answered %d: %.200s: %w", answer.StatusCode, text, err)
	}
	if kept := u.blobs.bytes - before; kept < u.size {
		return fmt.Errorf("of %d bytes %d were kept", u.size, kept)
	}
	return nil
}

// countedBlobs counts what is written to a place for blobs, or, without one, nowhere. It is for one upload at a time.
type countedBlobs struct {
	media.Blobs
	bytes int
}

// Create implements [media.Blobs].
func (b *countedBlobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	w := &countedWriter{to: b, BlobWriter: nowhere{}}
	if b.Blobs == nil {
		return w, nil
	}
	var err error
	w.BlobWriter, err = b.Blobs.Create(ctx, name)
	return w, err
}

type countedWriter struct {
	media.BlobWriter
	to *countedBlobs
}

// Write implements [io.Writer].
func (w *countedWriter) Write(p []byte) (int, error) {
	n, err := w.BlobWriter.Write(p)
	w.to.bytes += n
	return n, err
}

// nowhere keeps nothing.
type nowhere struct{}

// Write implements [io.Writer].
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// Commit implements [media.BlobWriter].
func (nowhere) Commit() error { return nil }

// Abort implements [media.BlobWriter].
func (nowhere) Abort() error { return nil }
