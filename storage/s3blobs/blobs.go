package s3blobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/bonafide-idv/bonafide/media"
)

// MinPartSize is the least part that S3 takes, but for the last one: 5 MiB
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
const MinPartSize = 5 << 20

// Config says where blobs are.
type Config struct {
	// Bucket must be there. It is required.
	Bucket string
	// Prefix stands before every name, with a slash between them. Blobs of another store must have another one.
	// Default: none, and the bucket holds nothing else.
	Prefix string
	// PartSize is how many bytes of an upload are held in memory, and sent at a time; at least [MinPartSize], and one
	// upload has at most 10,000 of them. Default: MinPartSize.
	PartSize int
}

// Blobs is a part of a bucket. It is safe for concurrent use, also by several processes, each with a Blobs of its own.
type Blobs struct {
	client *s3.Client
	Config

	buffers sync.Pool // of *[]byte, of parts that were sent

	mu      sync.Mutex
	writing map[string]bool // the names that have a writer in this process
}

var (
	_ media.Blobs  = (*Blobs)(nil)
	_ media.Tidier = (*Blobs)(nil)
)

// New makes Blobs of a client, whose region, credentials, retries and timeouts are its own. It asks the server for
// nothing.
func New(client *s3.Client, cfg Config) (*Blobs, error) {
	if client == nil {
		return nil, errors.New("s3blobs: the client is missing")
	}
	if cfg.Bucket == "" {
		return nil, errors.New("s3blobs: Config.Bucket is missing")
	}
	if cfg.PartSize == 0 {
		cfg.PartSize = MinPartSize
	}
	if cfg.PartSize < MinPartSize {
		return nil, fmt.Errorf("s3blobs: Config.PartSize is %d, and must be at least %d", cfg.PartSize, MinPartSize)
	}
	if cfg.Prefix = strings.TrimSuffix(cfg.Prefix, "/"); cfg.Prefix != "" {
		if !validPrefix(cfg.Prefix) {
			return nil, fmt.Errorf("s3blobs: Config.Prefix is %q, and must be names of letters, digits and ._- "+
				"with single slashes between them", cfg.Prefix)
		}
		cfg.Prefix += "/"
	}
	return &Blobs{client: client, Config: cfg, writing: map[string]bool{}}, nil
}

// validPrefix reports whether keys that begin with it are the same for every server and every proxy in between.
func validPrefix(prefix string) bool {
	for segment := range strings.SplitSeq(prefix, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
		for _, c := range segment {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune("._-", c):
			default:
				return false
			}
		}
	}
	return len(prefix) <= 512
}

// key is the object's.
func (b *Blobs) key(name string) *string { return aws.String(b.Prefix + name) }

// Create starts a blob. That the name is free is asked of the server; whoever takes it after that is seen by Commit, if
// the server knows conditional writes. The end of ctx ends the writer.
func (b *Blobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !media.ValidName(name) {
		return nil, media.ErrName
	}
	if !b.claim(name) {
		return nil, media.ErrExists
	}
	_, err := b.head(ctx, name)
	if err == nil {
		err = media.ErrExists
	}
	if !errors.Is(err, media.ErrNotFound) {
		b.release(name)
		return nil, err
	}
	return &writer{of: b, ctx: ctx, name: name, mark: rand.Text()}, nil
}

func (b *Blobs) claim(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.writing[name] {
		return false
	}
	b.writing[name] = true
	return true
}

func (b *Blobs) release(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.writing, name)
}

// head gives the mark of the writer that committed a blob.
func (b *Blobs) head(ctx context.Context, name string) (mark string, err error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Bucket, Key: b.key(name)})
	if err != nil {
		return "", failed("look for", name, err)
	}
	return out.Metadata[markKey], nil
}

// Open reads a committed blob, as it comes from the server. Each reader is a request of its own, which ends with ctx.
func (b *Blobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !media.ValidName(name) {
		return nil, fmt.Errorf("%w: %w", media.ErrNotFound, media.ErrName)
	}
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: b.key(name)}, quietly)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return &reader{out.Body, name}, nil
}

// quietly says nothing of answers that have no checksum: the bytes are sealed, and no changed bit opens.
func quietly(o *s3.Options) { o.DisableLogOutputChecksumValidationSkipped = true }

// reader says of which blob it could not read on.
type reader struct {
	io.ReadCloser
	name string
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = failed("read", r.name, err)
	}
	return n, err
}

// failed says what was tried, and is ErrNotFound where there is no such object. Neither the name nor what the SDK says
// is secret: requests are signed in a header, which no error shows.
func failed(what, name string, err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchKey", "NotFound":
			return media.ErrNotFound
		}
	}
	return fmt.Errorf("s3blobs: %s %s: %w", what, name, err)
}

// hasCode reports whether the server answered one of the codes.
func hasCode(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}

// removedAtOnce is the most that S3 removes by one request.
const removedAtOnce = 1000

// Remove removes blobs, a thousand by one request. It goes on where some cannot be removed, and answers all that
// failed; a name that no engine has made is refused with [media.ErrName]. After an error it can be called again with
// the same names.
func (b *Blobs) Remove(ctx context.Context, names ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var faults []error
	var objects []types.ObjectIdentifier
	for _, name := range names {
		if media.ValidName(name) {
			objects = append(objects, types.ObjectIdentifier{Key: b.key(name)})
		} else {
			faults = append(faults, media.ErrName)
		}
	}
	for len(objects) > 0 {
		n := min(len(objects), removedAtOnce)
		if err := b.remove(ctx, objects[:n]); err != nil {
			faults = append(faults, err)
		}
		objects = objects[n:]
	}
	return errors.Join(faults...)
}

func (b *Blobs) remove(ctx context.Context, objects []types.ObjectIdentifier) error {
	out, err := b.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &b.Bucket, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return fmt.Errorf("s3blobs: remove %d blobs: %w", len(objects), err)
	}
	left := 0
	var first types.Error
	for _, e := range out.Errors {
		if aws.ToString(e.Code) == "NoSuchKey" {
			continue
		}
		if left++; left == 1 {
			first = e
		}
	}
	if left > 0 {
		return fmt.Errorf("s3blobs: remove: %d of %d blobs are left, the first of them %s: %s: %s", left, len(objects),
			strings.TrimPrefix(aws.ToString(first.Key), b.Prefix), aws.ToString(first.Code), aws.ToString(first.Message))
	}
	return nil
}
