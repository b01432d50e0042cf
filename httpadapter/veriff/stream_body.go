package veriff

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// slowest is how many bytes a second a sender must come to, once its patience is used up.
const slowest = 32 << 10

// incoming is the body of an upload as it arrives: bounded, paced, and each byte of it hashed for the signature.
type incoming struct {
	from     io.Reader
	pace     pace
	hash     check
	left     int64 // how many bytes may still come
	declared bool  // exactly so many
	err      error // what ended it; io.EOF: it came whole
}

// incoming is the body of this request, of at most limit bytes.
func (x *exchange) incoming(limit int64) *incoming {
	declared := x.r.ContentLength >= 0
	if declared {
		limit = x.r.ContentLength
	}
	return &incoming{
		from: x.r.Body, hash: x.check(), left: limit, declared: declared,
		pace: pace{set: http.NewResponseController(x.w).SetReadDeadline, patience: x.patience, left: x.patience},
	}
}

// Read implements [io.Reader]. Its errors are refusals, or of a request that was cancelled.
func (b *incoming) Read(p []byte) (int, error) {
	n := 0
	if b.err == nil {
		n, b.err = b.read(p)
	}
	if b.isWhole() {
		b.pace.end() // at once: it is also the deadline by which net/http finds out that a client has gone
	}
	_, _ = b.hash.Write(p[:n]) // never fails
	return n, b.err
}

func (b *incoming) read(p []byte) (int, error) {
	if b.declared && b.left == 0 {
		return 0, io.EOF
	}
	most := b.left
	if !b.declared {
		most++ // to tell the end from what is too much
	}
	n, err := b.pace.read(b.from, p[:min(int64(len(p)), most)])
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return 0, bodyTooLarge
	case b.declared && b.left == 0:
		return n, io.EOF
	case err == io.EOF && b.declared:
		return n, bodyMalformed
	case err != nil:
		return n, faultOfReading(err)
	}
	return n, nil
}

// isWhole says whether all of it has been read.
func (b *incoming) isWhole() bool { return b.err == io.EOF }

// Close ends the use of it. The deadline stays where the body is not whole, as the connection then ends.
func (b *incoming) Close() { b.hash.Close() }

func faultOfReading(err error) error {
	var most *http.MaxBytesError // a limit that the host has set around the handler
	switch {
	case err == io.EOF, errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return uploadTooSlow
	case errors.As(err, &most):
		return bodyTooLarge
	}
	return bodyMalformed // it ended before its end
}

// pace cuts off who sends too slowly. Only the waiting counts, and not what is done here with the bytes; and who
// was fast has nothing saved up beyond the patience.
type pace struct {
	set      func(deadline time.Time) error // nil: the server cannot
	patience time.Duration                  // how far a sender may fall behind
	left     time.Duration                  // of it
}

func (p *pace) read(from io.Reader, into []byte) (int, error) {
	if p.left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	begun := time.Now()
	if p.set != nil && p.set(begun.Add(p.left)) != nil {
		p.set = nil
	}
	n, err := from.Read(into)
	earned := time.Duration(n) * time.Second / slowest
	p.left = min(p.left-time.Since(begun)+earned, p.patience)
	return n, err
}

// end takes the deadline away.
func (p *pace) end() {
	if p.set != nil {
		_ = p.set(time.Time{})
		p.set = nil
	}
}
