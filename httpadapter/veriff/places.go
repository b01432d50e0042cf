package veriff

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// places bounds the uploads that run at once: so many of one API key, which is public, whatever integration it names,
// and of all together a few times as many, so that who has one key hinders nobody else. A key goes by its own
// integration.
type places struct {
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

func newPlaces(each int) *places {
	return &places{each: each, all: make(chan struct{}, allTogether*each), of: map[uuid.UUID]*line{}}
}

// take waits for a place, but no longer than patience, and says how to give it back.
func (p *places) take(ctx context.Context, integration uuid.UUID, patience time.Duration) (release func(), err error) {
	over := time.NewTimer(patience)
	defer over.Stop()
	mine := p.join(integration)
	if err := enter(ctx, mine.running, over.C); err != nil {
		p.leave(integration)
		return nil, err
	}
	if err := enter(ctx, p.all, over.C); err != nil {
		<-mine.running
		p.leave(integration)
		return nil, err
	}
	return func() {
		<-p.all
		<-mine.running
		p.leave(integration)
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
		return uploadsBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *places) join(integration uuid.UUID) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.of[integration]
	if l == nil {
		l = &line{running: make(chan struct{}, p.each)}
		p.of[integration] = l
	}
	l.members++
	return l
}

// leave forgets a line that nobody is in.
func (p *places) leave(integration uuid.UUID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.of[integration]
	if l.members--; l.members == 0 {
		delete(p.of, integration)
	}
}
