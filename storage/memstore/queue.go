package memstore

import (
	"slices"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

// queue has the alarms of all pending deliveries: a lane for each endpoint, and the first alarm of each
// lane in order, so that a lane can be left out without a look at what is in it.
type queue struct {
	lanes map[uuid.UUID]*ordered[alarm]
	heads *ordered[head]
}

type head struct {
	alarm
	endpoint uuid.UUID
}

func newQueue() *queue {
	return &queue{
		lanes: map[uuid.UUID]*ordered[alarm]{},
		heads: newOrdered(func(a, b head) int { return a.alarm.compare(b.alarm) }),
	}
}

// add adds a delivery, if it is pending.
func (q *queue) add(d *session.Delivery) {
	if d.State.Pending() {
		q.change(d.Endpoint, func(lane *ordered[alarm]) { lane.add(alarmAt(d.DueAt, d.ID)) })
	}
}

// remove removes a delivery, if it is pending. It MUST be called before State or DueAt are changed.
func (q *queue) remove(d *session.Delivery) {
	if d.State.Pending() {
		q.change(d.Endpoint, func(lane *ordered[alarm]) { lane.remove(alarmAt(d.DueAt, d.ID)) })
	}
}

func (q *queue) change(endpoint uuid.UUID, do func(lane *ordered[alarm])) {
	lane := q.lanes[endpoint]
	if lane == nil {
		lane = newOrdered(alarm.compare)
		q.lanes[endpoint] = lane
	}
	before, had := lane.first()
	do(lane)
	after, has := lane.first()
	if !has {
		delete(q.lanes, endpoint)
	}
	if had == has && before == after {
		return
	}
	if had {
		q.heads.remove(head{before, endpoint})
	}
	if has {
		q.heads.add(head{after, endpoint})
	}
}

// len counts the pending deliveries, and stops when there are so many.
func (q *queue) len(most int) (n int) {
	for _, lane := range q.lanes {
		for _, block := range lane.blocks {
			if n >= most {
				return n
			}
			n += len(block)
		}
	}
	return n
}

// first gives the earliest alarm of the endpoints that are not in except.
func (q *queue) first(except []uuid.UUID) (alarm, bool) {
	for h := range q.heads.ascend() {
		if !slices.Contains(except, h.endpoint) {
			return h.alarm, true
		}
	}
	return alarm{}, false
}
