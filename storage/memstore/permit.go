package memstore

import "github.com/bonafide-idv/bonafide/session"

// permits is the log of one key, as a database would have it.
type permits struct {
	n, last int64
	pages   map[int64][]byte
}

// taking is the logs of the keys that one change needs, with what it takes; nothing is written yet.
type taking map[*permits]*session.PermitLog

// take takes all permits or none. Of several refusals it answers the one that lasts longest.
func (s *Store) take(asked []session.Permit) (taking, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	logs := taking{}
	var refused *session.RateError
	for i, p := range asked {
		kept := s.permitted[p.Key]
		if kept == nil {
			kept = &permits{pages: map[int64][]byte{}}
			s.permitted[p.Key] = kept
		}
		if logs[kept] == nil {
			logs[kept] = kept.open(p.Key, asked[i:])
		}
		if err := logs[kept].Take(p); err != nil && (refused == nil || err.Retry.After(refused.Retry)) {
			refused = err
		}
	}
	if refused != nil {
		return nil, refused
	}
	return logs, nil
}

// open gives the log with the pages that the permits of the key look at.
func (kept *permits) open(key string, asked []session.Permit) *session.PermitLog {
	var rules []session.Rule
	count := 0
	for _, p := range asked {
		if p.Key == key {
			rules = append(rules, p.Rules...)
			count++
		}
	}
	log := &session.PermitLog{N: kept.n, Last: kept.last}
	for _, page := range log.Needs(count, rules) {
		if times, ok := kept.pages[page]; ok {
			log.SetPage(page, times)
		}
	}
	return log
}

// write keeps what was taken.
func (t taking) write() {
	for kept, log := range t {
		kept.n, kept.last = log.N, log.Last
		for _, page := range log.Changed() {
			kept.pages[page] = log.Page(page)
		}
	}
}
