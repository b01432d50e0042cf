package trial_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// known is what a client knows of a session of its: what was answered has happened, and what was not may have.
type known struct {
	veriff  bool
	id      uuid.UUID
	text    string // the id as the language has it
	plan    []string
	done    []string // of the plan, acknowledged
	uploads []upload
	pending *step // was asked for, and not answered; nil: nothing
	last    *step // was answered last, with a key
	answer  []byte
	touched bool // since it was looked at last
}

// upload is something that was uploaded.
type upload struct {
	hash  string
	sent  int // how often: without a key each may count
	keyed bool
	acked bool
}

// most is how often it may be there.
func (u upload) most() int {
	if u.keyed {
		return 1
	}
	return u.sent
}

// plans are the lives that sessions have.
func plans(veriff bool) []string {
	all := [][]string{
		{"create", "upload", "submit", "decided", "delete"},
		{"create", "upload", "upload", "submit", "decided"},
		{"create", "delete"},
	}
	if !veriff {
		all = [][]string{
			{"create", "upload", "upload", "submit", "approve"},
			{"create", "upload", "submit", "reject", "redact"},
			{"create", "upload", "submit", "approve", "redact"},
			{"create", "expire", "resume", "upload", "submit"},
			{"create", "upload", "expire"},
		}
	}
	return all[rand.IntN(len(all))]
}

// shows makes a picture, and notes it.
func (k *known) shows() []byte {
	p := picture()
	sum := sha256.Sum256(p)
	k.uploads = append(k.uploads, upload{hash: hex.EncodeToString(sum[:])})
	return p
}

// did reports whether a step was acknowledged.
func (k *known) did(name string) bool { return slices.Contains(k.done, name) }

// maybe reports whether it was, or may have been done.
func (k *known) maybe(name string) bool {
	return k.did(name) || k.pending != nil && k.pending.name == name
}

// over reports whether nothing is left to do.
func (k *known) over() bool { return len(k.done) == len(k.plan) }

// client does one thing after another to its sessions, as long as it is answered.
type client struct {
	t     *testing.T
	sends func()     // is called before each request
	mu    sync.Mutex // held while one is under way
	known []*known
	full  time.Time // when a creation was refused last
}

// work works until a request is not answered, or ctx ends.
func (c *client) work(ctx context.Context, http *http.Client, url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ctx.Err() == nil && c.one(ctx, http, url) {
	}
}

// one does the next thing, and reports whether the client is to go on.
func (c *client) one(ctx context.Context, http *http.Client, url string) bool {
	k := c.next()
	if k.last != nil && rand.IntN(4) == 0 && !c.again(ctx, k, http, url) {
		return false
	}
	s := k.pending
	if s == nil {
		name := k.plan[len(k.done)]
		if s = k.ofVerifa(name); k.veriff {
			s = k.ofVeriff(name)
		}
	}
	retried := k.pending != nil
	k.pending, k.touched = s, true
	if s.name == "upload" {
		u := &k.uploads[len(k.uploads)-1]
		u.sent, u.keyed = u.sent+1, s.key != ""
	}
	c.sends()
	status, answer, _, err := s.send(ctx, http, url)
	if err != nil || status >= 500 {
		if k.veriff && s.name == "create" { // it has no key: nobody will ever know its id
			k.pending = nil
		}
		return false
	}
	c.answered(k, s, status, answer, retried)
	return true
}

// next is a session with something left to do; a new one, if there are few.
func (c *client) next() *known {
	var open []*known
	full := time.Since(c.full) < creations.Window
	for _, k := range c.known {
		if !k.over() && !(full && k.veriff && len(k.done) == 0) {
			open = append(open, k)
		}
	}
	if len(open) >= 3 {
		return open[rand.IntN(len(open))]
	}
	k := &known{veriff: !full && rand.IntN(2) == 0}
	k.plan = plans(k.veriff)
	c.known = append(c.known, k)
	return k
}

// answered takes an answer in.
func (c *client) answered(k *known, s *step, status int, answer []byte, retried bool) {
	switch {
	case s.name == "decided" && !bytes.Contains(answer, []byte(`"approved"`)):
		k.pending = nil // it is not yet
		return
	case status/100 == 2:
	case retried && s.key == "" && (s.name == "submit" || s.name == "delete"):
		// It was done before, and is not possible any more.
	case status == http.StatusTooManyRequests && s.name == "create":
		k.pending, c.full = nil, time.Now()
		return
	case status == http.StatusTooManyRequests, s.name == "approve" || s.name == "reject":
		k.pending = nil // it has to wait; the case is not opened yet
		return
	case s.name == "redact" && status == http.StatusConflict:
		k.pending = nil
		return
	default:
		c.t.Errorf("%s %s (%s, asked for again: %t): got %d %s", s.method, s.path, s.name, retried, status, answer)
	}
	k.pending = nil
	if s.name == "create" && status/100 == 2 {
		var err error
		if k.id, k.text, err = idIn(answer); err != nil {
			c.t.Errorf("a creation is answered %s: %v", answer, err)
		}
	}
	if s.name == "upload" {
		k.uploads[len(k.uploads)-1].acked = true
	}
	k.done = append(k.done, s.name)
	if k.last = nil; s.key != "" {
		k.last, k.answer = s, answer
	}
}

// again asks again for what was answered, which is answered the same.
func (c *client) again(ctx context.Context, k *known, http *http.Client, url string) bool {
	status, answer, replayed, err := k.last.send(ctx, http, url)
	if err != nil || status >= 500 {
		return false
	}
	if k.maybe("redact") || status == 429 {
		return true // it may have gone with the session
	}
	if !replayed || !bytes.Equal(answer, k.answer) {
		c.t.Errorf("%s, which was answered %s, is answered %d %s (replayed: %t)", k.last.path, k.answer, status, answer, replayed)
	}
	return true
}
