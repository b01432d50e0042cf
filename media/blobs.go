package media

import (
	"context"
	"errors"
	"io"
)

// ErrNotFound is what [Blobs.Open] answers for a name that was never committed, or was removed.
var ErrNotFound = errors.New("media: blob not found")

// ErrExists is what [Blobs.Create] answers for a name that is committed or being written.
var ErrExists = errors.New("media: blob exists")

// Blobs keeps bytes under names. A *name* is made by the engine: "YYYYMMDDHH/" and 32 lower-case hex
// digits, the hour (UTC, by the engine's clock) in which the upload began and 128 random bits. It
// holds nothing of a client, of a session or of the bytes, so equal uploads have different names, and
// an implementation may use it as a path or an object key as it is. The bytes are sealed by the engine
// before they come here.
//
// Every method MUST be safe for concurrent use. A ctx that has ended before a method began MUST yield its
// error and no effect. A name that [ValidName] refuses is [ErrName] in Create and Remove, [ErrNotFound] in
// Open; an hour that [ValidHour] refuses is [ErrName] in List.
//
// Blobs belong to one store: what no row of that store names is removed in time, whoever wrote it. Two
// installations that share a folder or a bucket need folders or prefixes of their own. For the engine to find
// out where they have not, each store keeps one small blob, its marker, under the hour 0001010100, which is that of no
// upload.
//
// media/mediatest is the suite that every Blobs passes.
type Blobs interface {
	// Create starts a blob. The blob MUST NOT be readable under its name, nor be there after a crash,
	// until Commit returned nil. Create of a name that exists MUST fail with ErrExists. The end of ctx MAY
	// end the writer too, whose Write and Commit then fail.
	Create(ctx context.Context, name string) (BlobWriter, error)

	// Open reads a committed blob from its start, and MUST answer ErrNotFound otherwise. Two Opens of
	// one name read the same bytes: an answer is signed in a first pass and sent in a second.
	Open(ctx context.Context, name string) (io.ReadCloser, error)

	// Remove MUST return nil only when none of the names can be opened any more. Names that are not
	// there are no error. A reader that was opened before may read on or fail.
	Remove(ctx context.Context, names ...string) error

	// List gives up to n committed names of one hour, "YYYYMMDDHH", in order, of those that come after
	// after, which need not be there; none for an n that is not positive. It MUST give every name whose
	// Commit returned before List began and that nobody removes, and none that is not committed. The
	// engine asks for an hour when it is long past, and as a rule once, so that looking for what no row
	// names costs what was uploaded, and not what is stored.
	List(ctx context.Context, hour, after string, n int) ([]string, error)
}

// Tidier is a [Blobs] of which processes that died leave unfinished uploads behind, under no name that List
// gives.
type Tidier interface {
	// Tidy removes what is left of uploads that began in the hours before that one, "YYYYMMDDHH", and were
	// neither committed nor aborted. A writer that is still at such an upload may fail. Committed blobs MUST
	// NOT change. It MUST be safe for concurrent use, and may be called again after an
	// error.
	Tidy(ctx context.Context, before string) error
}

// BlobWriter takes the bytes of one blob. Exactly one of Commit and Abort ends it; Abort after Commit
// does nothing, so that it can be deferred. What is given to Write MUST NOT be kept after it returns. A
// BlobWriter is used by one goroutine.
type BlobWriter interface {
	io.Writer

	// Commit makes the blob durable (file and folder synced, or upload completed) before it returns nil.
	// When it fails, nothing remains.
	Commit() error

	// Abort discards what was written, and leaves nothing behind.
	Abort() error
}
