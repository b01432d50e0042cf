package s3blobs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/storage/s3blobs"
)

const bucket = "example-media"

// server is an S3 in this process, with one bucket.
type server struct {
	*httptest.Server
	t testing.TB
}

func serve(t testing.TB) *server {
	t.Helper()
	s := &server{httptest.NewServer(gofakes3.New(s3mem.New()).Server()), t}
	t.Cleanup(s.Close)
	c, ctx := s.client(nil), t.Context()
	if _, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	// The fake lists no uploads of a bucket that never had one.
	key := aws.String("first")
	u, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: key, UploadId: u.UploadId})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client is one of the server, whose requests go through a transport, and are tried once.
func (s *server) client(through http.RoundTripper, adjust ...func(*s3.Options)) *s3.Client {
	if through == nil {
		through = s.Client().Transport
	}
	return clientAt(s.URL, through, adjust...)
}

func clientAt(address string, through http.RoundTripper, adjust ...func(*s3.Options)) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &address, Region: "eu-central-1", UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "example", SecretAccessKey: "not-a-secret"}, nil
		}),
		HTTPClient: &http.Client{Transport: through},
	}, adjust...)
}

// quickly has a client try three times, without waiting.
func quickly(o *s3.Options) {
	o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		o.RateLimiter = ratelimit.None
	})
}

// blobs are on the server, of small parts.
func (s *server) blobs(client *s3.Client, part int) *s3blobs.Blobs {
	s.t.Helper()
	b, err := s3blobs.New(client, s3blobs.Config{Bucket: bucket, Prefix: "of/one-store"})
	if err != nil {
		s.t.Fatal(err)
	}
	return b.WithParts(part)
}

// objects are the keys of all objects.
func (s *server) objects() (keys []string) {
	s.t.Helper()
	out, err := s.client(nil).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, o := range out.Contents {
		keys = append(keys, aws.ToString(o.Key))
	}
	return keys
}

// unfinished are the keys of all multipart uploads that are open.
func (s *server) unfinished() (keys []string) {
	s.t.Helper()
	out, err := s.client(nil).ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket)})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, u := range out.Uploads {
		keys = append(keys, aws.ToString(u.Key))
	}
	slices.Sort(keys)
	return keys
}

// mustBeEmpty demands that nothing is left behind.
func (s *server) mustBeEmpty(when string) {
	s.t.Helper()
	if objects, open := s.objects(), s.unfinished(); len(objects)+len(open) != 0 {
		s.t.Errorf("%s there are the objects %q and the open uploads %q, want none", when, objects, open)
	}
}

func put(ctx context.Context, b media.Blobs, name string, data []byte) error {
	w, err := b.Create(ctx, name)
	if err != nil {
		return err
	}
	defer func() { _ = w.Abort() }()
	if _, err := w.Write(data); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Commit()
}

func get(ctx context.Context, b media.Blobs, name string) ([]byte, error) {
	r, err := b.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

func pattern(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return data
}
