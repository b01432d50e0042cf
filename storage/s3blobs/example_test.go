package s3blobs_test

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/storage/s3blobs"
)

func Example() {
	// A server in this process stands for S3. Of a real one, config.LoadDefaultConfig says all of this.
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer server.Close()
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Region: "eu-central-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "example", SecretAccessKey: "not-a-secret"}, nil
		}),
	})
	ctx := context.Background()
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("example-media")}); err != nil {
		panic(err)
	}

	// This is session.Config.Blobs.
	blobs, err := s3blobs.New(client, s3blobs.Config{Bucket: "example-media", Prefix: "production"})
	if err != nil {
		panic(err)
	}

	name := media.Name(time.Unix(0, 0), [16]byte{1})
	w, err := blobs.Create(ctx, name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = w.Abort() }() // does nothing once the blob is committed
	if _, err := io.WriteString(w, "sealed bytes"); err != nil {
		panic(err)
	}
	if err := w.Commit(); err != nil {
		panic(err)
	}

	r, err := blobs.Open(ctx, name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = r.Close() }()
	data, _ := io.ReadAll(r)
	names, _ := blobs.List(ctx, "1970010100", "", 10)
	fmt.Printf("%s: %s\n", names[0], data)
	// Output: 1970010100/01000000000000000000000000000000: sealed bytes
}
