// Package s3blobs keeps media in a bucket: a [media.Blobs] on Amazon S3, or on any server that speaks its language.
//
// A blob is one object, under the prefix and its name, so the bucket holds
//
//	PREFIX/2026010223/0f2a…   what was committed
//
// The host makes the client, and with it says where the server is, who asks, and how often a request is tried. What
// [New] gives goes into the Blobs of a session.Config:
//
//	import (
//		"github.com/aws/aws-sdk-go-v2/config"
//		"github.com/aws/aws-sdk-go-v2/service/s3"
//
//		"github.com/bonafide-idv/bonafide/session"
//		"github.com/bonafide-idv/bonafide/storage/s3blobs"
//	)
//
//	cfg, err := config.LoadDefaultConfig(ctx) // region and credentials, from where AWS keeps them
//	blobs, err := s3blobs.New(s3.NewFromConfig(cfg), s3blobs.Config{Bucket: "example-media", Prefix: "production"})
//	engine, err := session.New(store, session.Config{Blobs: blobs, …})
//
// A server that is not Amazon's is named to the client, and most such servers have the bucket in the path:
//
//	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
//		o.BaseEndpoint, o.UsePathStyle = aws.String("https://s3.example.com"), true // github.com/aws/aws-sdk-go-v2/aws
//	})
//
// New asks the server for nothing, and for Create a bucket that is not there has no such object. So that one is missing,
// or misspelt, is seen at the first Commit, or at the second part of what is longer than one. A host that wants to know
// before it serves lists something: [Blobs.List] fails then.
//
// # Writing
//
// A writer gathers one part of [Config.PartSize] in memory. What fits into it goes to the server in one request, when it
// is committed; of what is longer each part goes as soon as more bytes come, as a multipart upload, which no reader
// sees before it is completed. So an upload takes one part of memory, whatever its length, and about a third of a
// megabyte for the requests; of 100 kilobytes it takes a buffer of that size. Buffers are used again.
//
// Commit returns nil when the server has said that the object is there, which is durable then, and seen by every
// reader. When an answer is lost, the server is asked: each writer marks its object, so that it knows its own. When a
// writer fails or is aborted its multipart upload is aborted, with a ctx of its own, for at most half a minute; this
// is so also when the ctx of Create has ended, which ends the writer. Two things can be left all the same: open
// multipart uploads of a process that was killed, or had lost the network for so long; and an object, where a
// request was given up that was done after that. The engine finds both, a day later: [Blobs.Tidy] aborts the one,
// and the other is listed and has no row. A rule of the bucket's lifecycle that aborts incomplete uploads after two
// days does the former too, and is what helps where a server does not list them by prefix, as MinIO does not.
//
// A name that exists is refused. Create asks the server, and refuses a second writer of this process. What another
// process commits after that is refused by the server, which is asked by If-None-Match, if it knows that: Amazon S3
// does, for all writes; others only for small blobs, or not at all, and there the later one wins. The engine's names
// have 128 random bits, so that it does not come to this.
//
// # Reading
//
// Each reader is one GET, whose bytes come as they are read. A download in Veriff's language that is signed costs two:
// the signature stands in a header, before the bytes that it is of, so that these are read once for it and once more for
// the client. Nothing is kept on a disk or in memory meanwhile.
//
// # What the bucket has to be
//
// One store's alone, under its prefix: the engine removes what no row of its store names. Buckets that keep versions
// keep what was removed, and a redaction does not reach it until a rule of the lifecycle removes noncurrent versions;
// nobody can open it, as the session's key is destroyed. A bucket with an object lock cannot forget, and directory
// buckets do not list in order: neither will do. What is stored is sealed by the engine before it comes here; that the
// bucket encrypts it once more is harmless.
//
// Who asks needs s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload for the objects, and
// s3:ListBucket and s3:ListBucketMultipartUploads for the bucket. Without s3:ListBucket the server denies that it does
// not know an object, and every Create fails.
//
// A server that does not know the checksums that the SDK sends is served by a client whose RequestChecksumCalculation
// is aws.RequestChecksumCalculationWhenRequired.
//
// Requests may take as long as the client lets them, but for the cleaning up: give it an HTTP client with timeouts
// for connecting and for the first byte of an answer.
package s3blobs
