package memstore

import (
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// taken remembers a log as it was before a permit was taken from it.
type taken struct {
	log     *session.PermitLog
	n, last int64
}

// undo brings the log back: what it holds behind N is written over by the next permit.
func (t taken) undo() { t.log.N, t.log.Last = t.n, t.last }

// take takes all permits or none. Of several refusals it answers the one that lasts longest.
func (s *Store) take(asked []session.Permit) error {
	var done []taken
	var refused *session.RateError
	for _, p := range asked {
		log := s.permitted[p.Key]
		if log == nil {
			log = &session.PermitLog{}
			s.permitted[p.Key] = log
		}
		before := taken{log, log.N, log.Last}
		switch err := log.Take(p); {
		case err == nil:
			done = append(done, before)
		case refused == nil || err.Retry.After(refused.Retry):
			refused = err
		}
	}
	if refused == nil {
		return nil
	}
	for _, t := range slices.Backward(done) {
		t.undo()
	}
	return refused
}
