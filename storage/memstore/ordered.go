package memstore

import (
	"bytes"
	"iter"
	"slices"
	"sort"

	"github.com/google/uuid"
)

// blockLen is how many keys a block of an ordered set has at most.
const blockLen = 256

// ordered is a set of keys in order, kept in blocks, none of which is empty: to add or remove a key
// moves no more than one block. Ids grow with time, so most keys are added at the end, which splits no block.
type ordered[K any] struct {
	compare func(a, b K) int
	blocks  [][]K
}

func newOrdered[K any](compare func(a, b K) int) *ordered[K] { return &ordered[K]{compare: compare} }

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// find says where a key is, or where it would be added: the last block that begins at or below it.
func (o *ordered[K]) find(k K) (block, at int, found bool) {
	block = sort.Search(len(o.blocks), func(i int) bool { return o.compare(o.blocks[i][0], k) > 0 }) - 1
	if block < 0 {
		return 0, 0, false
	}
	at, found = slices.BinarySearchFunc(o.blocks[block], k, o.compare)
	return block, at, found
}

func (o *ordered[K]) add(k K) {
	block, at, found := o.find(k)
	switch {
	case found:
		return
	case len(o.blocks) == 0, at == blockLen && block == len(o.blocks)-1:
		o.blocks = append(o.blocks, append(make([]K, 0, blockLen), k))
		return
	case len(o.blocks[block]) == blockLen:
		full := o.blocks[block]
		upper := append(make([]K, 0, blockLen), full[blockLen/2:]...)
		o.blocks[block] = slices.Delete(full, blockLen/2, blockLen)
		o.blocks = slices.Insert(o.blocks, block+1, upper)
		if at > blockLen/2 {
			block, at = block+1, at-blockLen/2
		}
	}
	o.blocks[block] = slices.Insert(o.blocks[block], at, k)
}

func (o *ordered[K]) remove(k K) {
	block, at, found := o.find(k)
	if !found {
		return
	}
	o.blocks[block] = slices.Delete(o.blocks[block], at, at+1)
	if len(o.blocks[block]) == 0 {
		o.blocks = slices.Delete(o.blocks, block, block+1)
	}
}

// first is the smallest key.
func (o *ordered[K]) first() (k K, ok bool) {
	if len(o.blocks) == 0 {
		return k, false
	}
	return o.blocks[0][0], true
}

// ascend lists all keys from the smallest on. The set must not be changed meanwhile.
func (o *ordered[K]) ascend() iter.Seq[K] {
	return func(yield func(K) bool) {
		for _, block := range o.blocks {
			for _, k := range block {
				if !yield(k) {
					return
				}
			}
		}
	}
}

// descend lists the keys below one, or all, from the largest on. The set must not be changed meanwhile.
func (o *ordered[K]) descend(below K, all bool) iter.Seq[K] {
	return func(yield func(K) bool) {
		c := o.before(below, all)
		for k, ok := c.next(); ok && yield(k); k, ok = c.next() {
		}
	}
}

// cursor walks down a set, which must not be changed meanwhile. It stands behind the key that is next.
type cursor[K any] struct {
	blocks    [][]K
	block, at int
}

// before stands before a key, or behind all.
func (o *ordered[K]) before(below K, all bool) cursor[K] {
	if all {
		return cursor[K]{o.blocks, len(o.blocks), 0}
	}
	block, at, _ := o.find(below)
	return cursor[K]{o.blocks, block, at}
}

func (c *cursor[K]) next() (k K, ok bool) {
	if c.at == 0 {
		if c.block == 0 {
			return k, false
		}
		c.block--
		c.at = len(c.blocks[c.block])
	}
	c.at--
	return c.blocks[c.block][c.at], true
}
