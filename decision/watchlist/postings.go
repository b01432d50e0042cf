package watchlist

import "math/bits"

// postings are numbers by what they are looked for with. A number takes four bytes and its share of the buckets;
// keys are not kept. Two keys in one bucket propose too much, which does no harm.
type postings struct {
	starts []uint32 // of each bucket in ids, and the end of the last
	ids    []uint32
}

// postingsOf makes the postings that each tells, the same ones whenever it is called.
func postingsOf(buckets int, each func(tell func(bucket, id uint32))) postings {
	starts := make([]uint32, buckets+1)
	each(func(bucket, _ uint32) { starts[bucket]++ })
	sum := uint32(0)
	for i, n := range starts {
		sum += n
		starts[i] = sum // the end for now; each that is filled in makes it less
	}
	ids := make([]uint32, sum)
	each(func(bucket, id uint32) {
		starts[bucket]--
		ids[starts[bucket]] = id
	})
	return postings{starts, ids}
}

// in gives the numbers in a bucket.
func (p postings) in(bucket uint32) []uint32 { return p.ids[p.starts[bucket]:p.starts[bucket+1]] }

// under gives the numbers in a key's bucket, where buckets are by keys.
func (p postings) under(key uint64) []uint32 {
	if len(p.starts) == 0 {
		return nil
	}
	return p.in(bucketOf(key, len(p.starts)-1))
}

// bucketsFor is how many buckets there are for so many postings with keys: a power of two, for two to four each.
func bucketsFor(n int) int { return 1 << bits.Len(uint(n/4)) }

// bucketOf is where a key belongs among as many buckets as bucketsFor gives.
func bucketOf(key uint64, buckets int) uint32 { return uint32(key^key>>32) & uint32(buckets-1) }

// hash is FNV-1a, with the kind of key first.
func hash[T string | []byte](kind byte, text T) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (offset ^ uint64(kind)) * prime
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}
