package session

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A sealed blob is a format byte, then chunks of 64 KiB, each sealed by AES-256-GCM under a key that
// only this medium has. The nonce is the chunk's number and whether it is the last, so that chunks cannot be
// left out, put in another order or cut off without notice, and memory stays bounded.
const (
	streamFormat = 1
	streamChunk  = 64 << 10
)

func streamNonce(n uint64, last bool) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:], n)
	if last {
		nonce[11] = 1
	}
	return nonce
}

// sealWriter seals what is written to it; Close writes the last chunk and does not close to.
type sealWriter struct {
	to    io.Writer
	aead  cipher.AEAD
	bound []byte
	buf   []byte
	out   []byte
	n     uint64
}

func newSealWriter(to io.Writer, k Key, bound []byte) (*sealWriter, error) {
	if _, err := to.Write([]byte{streamFormat}); err != nil {
		return nil, err
	}
	return &sealWriter{
		to: to, aead: k.gcm(), bound: bound,
		buf: make([]byte, 0, streamChunk), out: make([]byte, 0, streamChunk+16),
	}, nil
}

func (w *sealWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		if len(w.buf) == streamChunk { // only now is it known not to be the last
			if err := w.flush(false); err != nil {
				return written, err
			}
		}
		n := min(len(p), streamChunk-len(w.buf))
		w.buf = append(w.buf, p[:n]...)
		p = p[n:]
		written += n
	}
	return written, nil
}

func (w *sealWriter) Close() error { return w.flush(true) }

func (w *sealWriter) flush(last bool) error {
	w.out = w.aead.Seal(w.out[:0], streamNonce(w.n, last), w.buf, w.bound)
	w.n++
	w.buf = w.buf[:0]
	_, err := w.to.Write(w.out)
	return err
}

// sealReader reads what a sealWriter wrote, and closes from.
type sealReader struct {
	from  io.ReadCloser
	aead  cipher.AEAD
	bound []byte
	in    []byte // one sealed chunk and one byte of the next
	have  int    // bytes in in
	plain []byte
	n     uint64
	begun bool
	done  bool
}

func newSealReader(from io.ReadCloser, k Key, bound []byte) *sealReader {
	return &sealReader{from: from, aead: k.gcm(), bound: bound, in: make([]byte, streamChunk+16+1)}
}

func (r *sealReader) Read(p []byte) (int, error) {
	for len(r.plain) == 0 {
		if r.done {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

var errStream = fmt.Errorf("%w: a blob was changed or cut off", ErrKeeper)

// next opens one chunk. A chunk is the last when nothing follows it.
func (r *sealReader) next() error {
	if !r.begun {
		var format [1]byte
		if _, err := io.ReadFull(r.from, format[:]); err != nil || format[0] != streamFormat {
			return errStream
		}
		r.begun = true
	}
	n, err := io.ReadFull(r.from, r.in[r.have:])
	r.have += n
	last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !last {
		return err
	}
	sealed := r.in[:r.have]
	if !last {
		sealed = r.in[:len(r.in)-1]
	}
	r.plain, err = r.aead.Open(r.plain[:0:0], streamNonce(r.n, last), sealed, r.bound)
	if err != nil {
		return errStream
	}
	r.n++
	r.done = last
	if !last {
		r.in[0] = r.in[len(r.in)-1]
		r.have = 1
	}
	return nil
}

func (r *sealReader) Close() error { return r.from.Close() }
