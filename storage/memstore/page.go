package memstore

import (
	"container/heap"
	"iter"

	"github.com/google/uuid"
)

// page is what is asked for of a list that is newest first: nothing below an id, without the first few, at most n.
func page[T any](list iter.Seq[T], id func(T) uuid.UUID, from uuid.UUID, skip, n int) (out []T) {
	if n <= 0 {
		return nil
	}
	for v := range list {
		if compareIDs(id(v), from) < 0 {
			break
		}
		if skip > 0 {
			skip--
			continue
		}
		if out = append(out, v); len(out) == n {
			break
		}
	}
	return out
}

// only leaves out what is not wanted.
func only[T any](list iter.Seq[T], wanted func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range list {
			if wanted(v) && !yield(v) {
				return
			}
		}
	}
}

// newest lists the keys of several sets below one, or all, as if they were one set: the largest first. The sets
// must not be changed meanwhile.
func newest[K any](sets []*ordered[K], below K, all bool) iter.Seq[K] {
	return func(yield func(K) bool) {
		var h heads[K]
		for _, set := range sets {
			h.compare = set.compare
			c := set.before(below, all)
			if k, ok := c.next(); ok {
				h.list = append(h.list, walk[K]{k, c})
			}
		}
		heap.Init(&h)
		for h.Len() > 0 && yield(h.list[0].key) {
			first := &h.list[0]
			if k, ok := first.next(); ok {
				first.key = k
				heap.Fix(&h, 0)
			} else {
				heap.Pop(&h)
			}
		}
	}
}

// heads is a [heap.Interface]: the largest key comes first.
type heads[K any] struct {
	compare func(a, b K) int
	list    []walk[K]
}

// walk is a cursor with the key that it has come to.
type walk[K any] struct {
	key K
	cursor[K]
}

func (h *heads[K]) Len() int           { return len(h.list) }
func (h *heads[K]) Less(i, j int) bool { return h.compare(h.list[i].key, h.list[j].key) > 0 }
func (h *heads[K]) Swap(i, j int)      { h.list[i], h.list[j] = h.list[j], h.list[i] }

// Push is never called: a set is there from the beginning.
func (h *heads[K]) Push(any) {}

// Pop drops the last.
func (h *heads[K]) Pop() any {
	h.list = h.list[:len(h.list)-1]
	return nil
}
