package download

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/bonafide-idv/bonafide/session"
)

// Head sets what the head of the answer says of the file that follows: its type and length, and that it is to be
// saved under a name that tells nothing of the person, not shown, and not kept by a cache.
func Head(h http.Header, f *session.File) {
	h.Set("Content-Type", string(f.Type))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", f.ID.String()+f.Type.Extension()))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}

// Copy copies all of a file, through a small buffer, and fails when it is not all: what was copied then must not be
// taken for the whole.
func Copy(ctx context.Context, to io.Writer, f *session.File) error {
	from, err := f.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	n, err := io.Copy(to, from)
	if err == nil && n != f.Size {
		err = fmt.Errorf("download: medium %s has %d bytes instead of %d", f.ID, n, f.Size)
	}
	return err
}
