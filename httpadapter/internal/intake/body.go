package intake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// What a body can be refused for. Beside these there is what an error of the connection says.
var (
	// ErrTooLarge says that a body is longer than its limit, or than one that the host has set around the handler.
	ErrTooLarge = errors.New("intake: the body is too large")
	// ErrTooSlow says that a sender has used up the patience there was with it.
	ErrTooSlow = errors.New("intake: the body came too slowly")
	// ErrBrokenOff says that a body ended before its end.
	ErrBrokenOff = errors.New("intake: the body broke off")
)

// Body is a long body as it arrives: bounded, and paced. A sender must come to 32 KiB a second, and may fall behind
// that by its patience. Only the waiting counts, and not what the reader does with the bytes; and who was fast has
// nothing saved up beyond the patience. Where the server can set a deadline for reading, even silence ends by it.
//
// It is made by [NewBody], and is for one goroutine.
type Body struct {
	from     io.Reader
	pace     pace
	left     int64 // how many bytes may still come
	declared bool  // exactly so many
	err      error // what ended it; io.EOF: it came whole
}

// NewBody is the body of r, whose answer goes to w, of at most limit bytes as they come: nothing is decompressed.
// Nothing else may read the body. One that declares more than limit gives [ErrTooLarge] and is not read.
func NewBody(w http.ResponseWriter, r *http.Request, limit int64, patience time.Duration) *Body {
	b := &Body{
		from: r.Body, left: limit, declared: r.ContentLength >= 0,
		pace: pace{set: http.NewResponseController(w).SetReadDeadline, patience: patience, left: patience},
	}
	if r.ContentLength > limit {
		b.err = ErrTooLarge
	}
	if b.declared {
		b.left = r.ContentLength
	}
	return b
}

// Read implements [io.Reader]. Its errors are [ErrTooLarge], [ErrTooSlow], [ErrBrokenOff], or of a request that was
// cancelled; they stay. [io.EOF] says that the body came whole: then the deadline for reading is gone. Otherwise it
// stays where it is, as the connection then ends.
func (b *Body) Read(p []byte) (int, error) {
	n := 0
	if b.err == nil {
		n, b.err = b.read(p)
	}
	if b.err == io.EOF {
		b.pace.end() // at once: it is also the deadline by which net/http finds out that a client has gone
	}
	return n, b.err
}

// Err is what ended the body: [io.EOF] when it came whole, and nil when it has not ended.
func (b *Body) Err() error { return b.err }

func (b *Body) read(p []byte) (int, error) {
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
		return 0, ErrTooLarge
	case b.declared && b.left == 0:
		return n, io.EOF
	case err == io.EOF && b.declared:
		return n, ErrBrokenOff
	case err != nil:
		return n, faultOfReading(err)
	}
	return n, nil
}

func faultOfReading(err error) error {
	var most *http.MaxBytesError // a limit that the host has set around the handler
	switch {
	case err == io.EOF, errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTooSlow
	case errors.As(err, &most):
		return ErrTooLarge
	}
	return ErrBrokenOff
}

// firstRead is how many bytes of a body there is room for before any have come.
const firstRead = 16 << 10

// ReadAll reads the body of r, of at most limit bytes, as it came: it is never decompressed. More than that gives
// [ErrTooLarge], unread where it is declared. Less than was declared gives [io.ErrUnexpectedEOF]; all other errors
// are those of reading, as they came.
func ReadAll(r *http.Request, limit int64) ([]byte, error) {
	declared := r.ContentLength
	if declared > limit {
		return nil, ErrTooLarge
	}
	var body bytes.Buffer // grows with what comes, whatever is declared
	body.Grow(int(min(max(declared, 0), firstRead)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case n < declared:
		return nil, io.ErrUnexpectedEOF
	case n > limit:
		return nil, ErrTooLarge
	}
	return body.Bytes(), nil
}
