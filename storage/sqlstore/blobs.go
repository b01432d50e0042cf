package sqlstore

import (
	"context"
)

// blobsAtOnce is how many names one statement looks for. It is always as many, so that it is always the same
// statement, which is prepared once.
const blobsAtOnce = 100

// Blobs answers which of the names media have.
func (s *Store) Blobs(ctx context.Context, names []string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.wrap("blobs", err)
	}
	found := map[string]bool{}
	for rest := names; len(rest) > 0; rest = rest[min(len(rest), blobsAtOnce):] {
		if err := s.findBlobs(ctx, rest[:min(len(rest), blobsAtOnce)], found); err != nil {
			return nil, s.wrap("blobs", err)
		}
	}
	var there []string
	for _, name := range names {
		if found[name] {
			there = append(there, name)
		}
	}
	return there, nil
}

// findBlobs looks for at least one name, and at most as many as one statement takes.
func (s *Store) findBlobs(ctx context.Context, names []string, found map[string]bool) error {
	args := make([]any, blobsAtOnce)
	for i := range args {
		args[i] = names[min(i, len(names)-1)]
	}
	return s.glance(ctx, func(ctx context.Context, c Conn) error {
		there, err := rows(ctx, c, func(name *string) []any { return []any{name} }, s.queries.blobs, args...)
		for _, name := range there {
			found[name] = true
		}
		return err
	})
}
