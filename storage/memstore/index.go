package memstore

// index is ordered sets under labels. A set that has no keys is not kept.
type index[L comparable, K any] struct {
	compare func(a, b K) int
	sets    map[L]*ordered[K]
}

func newIndex[L comparable, K any](compare func(a, b K) int) index[L, K] {
	return index[L, K]{compare, map[L]*ordered[K]{}}
}

func (x index[L, K]) add(label L, k K) {
	set := x.sets[label]
	if set == nil {
		set = newOrdered(x.compare)
		x.sets[label] = set
	}
	set.add(k)
}

func (x index[L, K]) remove(label L, k K) {
	set := x.sets[label]
	if set == nil {
		return
	}
	set.remove(k)
	if len(set.blocks) == 0 {
		delete(x.sets, label)
	}
}

// of is the set under a label, to be read; an empty one when there is none.
func (x index[L, K]) of(label L) *ordered[K] {
	if set := x.sets[label]; set != nil {
		return set
	}
	return newOrdered(x.compare)
}

// where lists the sets whose labels are wanted.
func (x index[L, K]) where(wanted func(L) bool) (sets []*ordered[K]) {
	for label, set := range x.sets {
		if wanted(label) {
			sets = append(sets, set)
		}
	}
	return sets
}
