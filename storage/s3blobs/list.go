package s3blobs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bonafide-idv/bonafide/media"
)

// listedAtOnce is the most that S3 lists by one request.
const listedAtOnce = 1000

// List asks for the keys of one hour, a thousand by one request.
func (b *Blobs) List(ctx context.Context, hour, after string, n int) (names []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !media.ValidHour(hour) {
		return nil, media.ErrName
	}
	in := &s3.ListObjectsV2Input{Bucket: &b.Bucket, Prefix: b.key(hour + "/")}
	for len(names) < n {
		if after != "" {
			in.StartAfter = b.key(after)
		}
		in.MaxKeys = aws.Int32(int32(min(n-len(names), listedAtOnce)))
		out, err := b.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("s3blobs: list %s: %w", hour, err)
		}
		for _, object := range out.Contents {
			after = strings.TrimPrefix(aws.ToString(object.Key), b.Prefix)
			if media.ValidName(after) {
				names = append(names, after)
			}
		}
		if len(out.Contents) == 0 || !aws.ToBool(out.IsTruncated) {
			break
		}
	}
	return names, nil
}

// Tidy aborts multipart uploads that began in the hours before that one, by their names. It lists those of every hour
// that are open, which are few. It goes on where one cannot be aborted, and answers all that failed.
func (b *Blobs) Tidy(ctx context.Context, before string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !media.ValidHour(before) {
		return media.ErrName
	}
	return b.abortAll(ctx, b.Prefix, func(name string) bool {
		hour, _, _ := strings.Cut(name, "/")
		return media.ValidName(name) && hour < before
	})
}

// abortAll aborts the multipart uploads under a prefix whose names are to be aborted.
func (b *Blobs) abortAll(ctx context.Context, prefix string, wanted func(name string) bool) error {
	var faults []error
	in := &s3.ListMultipartUploadsInput{Bucket: &b.Bucket, Prefix: &prefix}
	for {
		out, err := b.client.ListMultipartUploads(ctx, in)
		if err != nil {
			return errors.Join(append(faults, fmt.Errorf("s3blobs: list unfinished uploads: %w", err))...)
		}
		for _, u := range out.Uploads {
			if name := b.nameOf(u); wanted(name) {
				if err := b.abort(ctx, name, aws.ToString(u.UploadId)); err != nil {
					faults = append(faults, err)
				}
			}
		}
		if !aws.ToBool(out.IsTruncated) || aws.ToString(out.NextKeyMarker) == "" {
			return errors.Join(faults...)
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
	}
}

func (b *Blobs) nameOf(u types.MultipartUpload) string {
	return strings.TrimPrefix(aws.ToString(u.Key), b.Prefix)
}

// abort ends a multipart upload, unless it has ended.
func (b *Blobs) abort(ctx context.Context, name, upload string) error {
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &b.Bucket, Key: b.key(name), UploadId: &upload,
	})
	if err != nil && !hasCode(err, "NoSuchUpload") {
		return fmt.Errorf("s3blobs: abort %s: %w", name, err)
	}
	return nil
}
