package measure

import "runtime"

// Cost is what one piece of work allocates.
type Cost struct{ Allocs, Bytes float64 }

// CostOf measures what work allocates, on average over so many runs after a first one that does not count.
func CostOf(runs int, work func() error) (*Cost, error) {
	if err := work(); err != nil {
		return nil, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		if err := work(); err != nil {
			return nil, err
		}
	}
	runtime.ReadMemStats(&after)
	return &Cost{
		Allocs: float64(after.Mallocs-before.Mallocs) / float64(runs),
		Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(runs),
	}, nil
}
