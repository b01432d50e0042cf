package veriff

import (
	"io"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/intake"
)

// incoming is the body of an upload as it arrives, each byte of it hashed for the signature.
type incoming struct {
	*intake.Body
	hash check
}

// incoming is the body of this request, of at most limit bytes.
func (x *exchange) incoming(limit int64) incoming {
	return incoming{intake.NewBody(x.w, x.r, limit, x.patience), x.check()}
}

// Read implements [io.Reader]. Its errors are those of [intake.Body].
func (b incoming) Read(p []byte) (int, error) {
	n, err := b.Body.Read(p)
	_, _ = b.hash.Write(p[:n]) // never fails
	return n, err
}

// isWhole says whether all of it has been read.
func (b incoming) isWhole() bool { return b.Err() == io.EOF }
