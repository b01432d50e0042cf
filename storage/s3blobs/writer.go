package s3blobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bonafide-idv/bonafide/media"
)

// errEnded is the answer to whoever goes on with a writer that was committed or aborted.
var errEnded = errors.New("s3blobs: blob writer has ended")

const (
	// endTime bounds what is done to leave nothing behind, for which the writer's ctx does not count.
	endTime = 30 * time.Second
	// maxParts is the most that S3 takes of one upload.
	maxParts = 10_000
	// leastBuffer is what the first bytes of a blob get.
	leastBuffer = 64 << 10
	// markKey is the object's metadata that say which writer committed it.
	markKey = "writer"
)

// writer gathers one part at a time, and sends it when more bytes come. What fits into one part is sent by Commit in
// one request.
type writer struct {
	of     *Blobs
	ctx    context.Context // of Create
	name   string
	mark   string // of no other writer
	part   []byte // that is being gathered
	begun  bool   // a multipart upload was asked for
	upload string // its id; empty: it is not known
	strays bool   // it was asked for more than once, and so there may be others
	sent   []types.CompletedPart
	failed error // of the first Write that failed: the bytes are not whole
	ended  bool
}

// Write gathers. After a failure every Write fails, and so does Commit.
func (w *writer) Write(p []byte) (n int, err error) {
	if w.ended {
		return 0, errEnded
	}
	for len(p) > 0 && w.failed == nil {
		if len(w.part) == w.of.PartSize {
			if w.failed = w.send(); w.failed != nil {
				break
			}
		}
		piece := p[:min(len(p), w.of.PartSize-len(w.part))]
		w.makeRoom(len(piece))
		w.part = append(w.part, piece...)
		p, n = p[len(piece):], n+len(piece)
	}
	return n, w.failed
}

// makeRoom grows the buffer with the blob, so that one of a few kilobytes does not cost a part.
func (w *writer) makeRoom(n int) {
	need := len(w.part) + n
	if need <= cap(w.part) {
		return
	}
	if used, ok := w.of.buffers.Get().(*[]byte); ok && cap(*used) >= need {
		w.part = append((*used)[:0], w.part...)
		return
	}
	size := max(leastBuffer, 2*cap(w.part))
	w.part = append(make([]byte, 0, min(max(need, size), w.of.PartSize)), w.part...)
}

// send sends the part, and empties it.
func (w *writer) send() error {
	if !w.begun {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if len(w.sent) == maxParts {
		return fmt.Errorf("s3blobs: write %s: it has more than %d parts of %d bytes", w.name, maxParts, w.of.PartSize)
	}
	number := aws.Int32(int32(len(w.sent) + 1))
	body := newBody(w.part)
	defer body.letGo()
	out, err := w.of.client.UploadPart(w.ctx, &s3.UploadPartInput{
		Bucket: &w.of.Bucket, Key: w.of.key(w.name), UploadId: &w.upload, PartNumber: number, Body: body,
		ChecksumAlgorithm: w.checksum(),
	})
	if err != nil {
		return fmt.Errorf("s3blobs: write part %d of %s: %w", *number, w.name, err)
	}
	w.sent = append(w.sent, types.CompletedPart{
		PartNumber: number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32,
	})
	w.part = w.part[:0]
	return nil
}

// begin asks for a multipart upload.
func (w *writer) begin() error {
	w.begun = true
	out, err := w.of.client.CreateMultipartUpload(w.ctx, &s3.CreateMultipartUploadInput{
		Bucket: &w.of.Bucket, Key: w.of.key(w.name), Metadata: map[string]string{markKey: w.mark},
		ChecksumAlgorithm: w.checksum(),
	})
	if err != nil {
		return fmt.Errorf("s3blobs: begin %s: %w", w.name, err)
	}
	w.upload = aws.ToString(out.UploadId)
	tries, ok := retry.GetAttemptResults(out.ResultMetadata)
	w.strays = ok && len(tries.Results) > 1 // an answer that was lost was to an upload all the same
	return nil
}

// checksum is that of every part, unless the client is to send none that is not required.
func (w *writer) checksum() types.ChecksumAlgorithm {
	if w.of.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		return ""
	}
	return types.ChecksumAlgorithmCrc32
}

// Commit sends what is left, and completes the upload. A request whose answer is lost may have been done: then the
// server is asked whether the blob is there and is this writer's.
func (w *writer) Commit() error {
	if w.ended {
		return errEnded
	}
	defer w.end()
	if w.failed != nil {
		return errors.Join(w.failed, w.clear())
	}
	err := w.finish()
	if err == nil {
		if w.strays {
			_ = w.clear() // the blob is there; what stays is for Tidy
		}
		return nil
	}
	left := w.clear() // before the server is asked, so that it cannot be completed after that
	ctx, cancel := w.ending()
	defer cancel()
	switch mark, missing := w.of.head(ctx, w.name); {
	case missing == nil && mark == w.mark:
		return nil
	case missing == nil:
		return errors.Join(media.ErrExists, left)
	}
	return errors.Join(err, left)
}

// finish makes the blob readable, unless its name is taken.
func (w *writer) finish() error {
	if !w.begun {
		body := newBody(w.part)
		defer body.letGo()
		_, err := w.of.client.PutObject(w.ctx, &s3.PutObjectInput{
			Bucket: &w.of.Bucket, Key: w.of.key(w.name), Metadata: map[string]string{markKey: w.mark},
			Body: body, IfNoneMatch: aws.String("*"),
		})
		if err != nil {
			return fmt.Errorf("s3blobs: commit %s: %w", w.name, err)
		}
		return nil
	}
	if err := w.send(); err != nil {
		return err
	}
	_, err := w.of.client.CompleteMultipartUpload(w.ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &w.of.Bucket, Key: w.of.key(w.name), UploadId: &w.upload,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: w.sent}, IfNoneMatch: aws.String("*"),
	})
	if err != nil {
		return fmt.Errorf("s3blobs: commit %s: %w", w.name, err)
	}
	return nil
}

// Abort leaves nothing behind, also when the ctx of Create has ended. After Commit, and again, it does nothing.
func (w *writer) Abort() error {
	if w.ended {
		return nil
	}
	defer w.end()
	return w.clear()
}

// ending is a ctx for what has to be done whatever has become of the writer's.
func (w *writer) ending() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(w.ctx), endTime)
}

// clear aborts what was begun. Where an answer was lost, it looks for what that was to: nobody else uploads under this
// name.
func (w *writer) clear() error {
	if !w.begun {
		return nil
	}
	ctx, cancel := w.ending()
	defer cancel()
	var known, stray error
	if w.upload != "" {
		known = w.of.abort(ctx, w.name, w.upload)
	}
	if w.upload == "" || w.strays {
		stray = w.of.abortAll(ctx, w.of.Prefix+w.name, func(name string) bool { return name == w.name })
	}
	return cmp.Or(known, stray)
}

// end lets go of the name and of the buffer.
func (w *writer) end() {
	w.ended = true
	w.of.release(w.name)
	if part := w.part; cap(part) > 0 {
		w.of.buffers.Put(&part)
		w.part = nil
	}
}
