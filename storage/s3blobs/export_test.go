package s3blobs

// WithParts is b with parts of so many bytes, fewer than S3 would take.
func (b *Blobs) WithParts(size int) *Blobs {
	b.PartSize = size
	return b
}
