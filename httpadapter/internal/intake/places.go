package intake

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
)

// ErrBusy says that no place came free in time.
var ErrBusy = errors.New("intake: no place came free in time")

// Places bounds the uploads that run at once: so many of one key, which may be public, and of all together four
// times as many, so that who has one key hinders nobody else. It is made by [NewPlaces], and safe for concurrent use.
type Places struct {
	each int
	all  chan struct{} // a token for each upload that runs

	mu sync.Mutex
	of map[uuid.UUID]*line
}

// line is the uploads of one key that run or wait.
type line struct {
	running chan struct{} // a token for each that runs
	members int
}

// allTogether is how many keys may have all of their places taken before there is no more room.
const allTogether = 4

// NewPlaces makes places for each uploads of one key, which must be positive.
func NewPlaces(each int) *Places { return NewPlacesOf(each, allTogether*each) }

// NewPlacesOf makes places for each uploads of one key, and for all together; both must be positive.
func NewPlacesOf(each, all int) *Places {
	return &Places{each: each, all: make(chan struct{}, all), of: map[uuid.UUID]*line{}}
}

// Take waits for a place of key, but no longer than patience, and says how to give it back, which must be done
// once. The error is [ErrBusy] when none came free, or that of ctx. Of a key that nobody holds or waits for a place
// of, nothing is remembered.
func (p *Places) Take(ctx context.Context, key uuid.UUID, patience time.Duration) (release func(), err error) {
	over := time.NewTimer(patience)
	defer over.Stop()
	mine := p.join(key)
	if err := enter(ctx, mine.running, over.C); err != nil {
		p.leave(key)
		return nil, err
	}
	if err := enter(ctx, p.all, over.C); err != nil {
		<-mine.running
		p.leave(key)
		return nil, err
	}
	return func() {
		<-p.all
		<-mine.running
		p.leave(key)
	}, nil
}

// enter takes a token, at once where there is one.
func enter(ctx context.Context, tokens chan<- struct{}, over <-chan time.Time) error {
	select {
	case tokens <- struct{}{}:
		return nil
	default:
	}
	select {
	case tokens <- struct{}{}:
		return nil
	case <-over:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Places) join(key uuid.UUID) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.of[key]
	if l == nil {
		l = &line{running: make(chan struct{}, p.each)}
		p.of[key] = l
	}
	l.members++
	return l
}

// leave forgets a line that nobody is in.
func (p *Places) leave(key uuid.UUID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.of[key]
	if l.members--; l.members == 0 {
		delete(p.of, key)
	}
}
