package examples_test

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// clumsy makes what is the host's fail at its first calls, each time with everything that it was given in its words: by
// an error, then by a panic; and by a panic again whenever it is armed.
type clumsy struct {
	mu     sync.Mutex
	calls  map[string]int
	armed  map[string]bool // who panics when called next
	panics map[string]int
}

// hosts are what is the host's.
var hosts = []string{
	"decider", "check", "screener", "registry", "sender", "keeper", "blobs", "renderer of verifa", "renderer of veriff",
}

func newClumsy() *clumsy {
	return &clumsy{calls: map[string]int{}, armed: map[string]bool{}, panics: map[string]int{}}
}

// arm makes each of them panic when it is called next.
func (c *clumsy) arm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, who := range hosts {
		c.armed[who] = true
	}
}

// disarm spares those that were not called.
func (c *clumsy) disarm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.armed)
}

// called counts a call, and reports whether it is to panic.
func (c *clumsy) called(who string) (n int, panics bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[who]++
	n = c.calls[who]
	panics = n > 1 && (n == 2 || c.armed[who])
	if panics {
		delete(c.armed, who)
		c.panics[who]++
	}
	return n, panics
}

func (c *clumsy) trips(who string, given ...any) error {
	n, panics := c.called(who)
	words := who + " cannot:"
	for _, g := range given {
		words += fmt.Sprintf(" %+v", g)
	}
	if panics {
		panic(words + " Kanary00000")
	}
	if n == 1 {
		return fmt.Errorf("%s", words)
	}
	return nil
}

func (c *clumsy) Decide(_ context.Context, s session.Case) (decision.Verdict, error) {
	if err := c.trips("decider", "Kanary00000", s.Facts.Person.LastName, s.Facts.ExternalRef); err != nil {
		return decision.Verdict{}, err
	}
	return decision.Verdict{Outcome: decision.Approved, Record: session.Specimen(s.Facts)}, nil
}

func (c *clumsy) Check(_ context.Context, s session.CheckCase) (session.CheckResult, error) {
	if err := c.trips("check", "Kanary00000", s.Facts.Person.LastName, string(s.Facts.Metadata)); err != nil {
		return session.CheckResult{}, err
	}
	read := session.Specimen(s.Facts)
	return session.CheckResult{Status: workflow.CheckPassed, Record: &read, Details: s.Facts.Metadata}, nil
}

func (c *clumsy) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	if err := c.trips("screener", "Kanary00000", s.Name); err != nil {
		return decision.Screening{}, err
	}
	return decision.Screening{Provider: "lists", Hits: []decision.Hit{{Name: s.Name}}}, nil
}

func (c *clumsy) ValidateRegistry(_ context.Context, f session.Facts) (decision.Verdict, error) {
	if err := c.trips("registry", "Kanary00000", f.Person.LastName, f.Person.IDNumber); err != nil {
		return decision.Verdict{}, err
	}
	return decision.Verdict{Outcome: decision.Approved, Record: session.Specimen(f)}, nil
}

// clumsyRenderer is a renderer that writes, when it does not fail.
type clumsyRenderer struct {
	*clumsy
	session.Renderer
}

func (r clumsyRenderer) Render(e session.Event, s *session.Snapshot, to session.Endpoint) ([]byte, bool, bool, error) {
	if err := r.trips("renderer of "+to.Format, s.Facts.Person.LastName, s.LinkToken()); err != nil {
		return nil, false, false, err
	}
	return r.Renderer.Render(e, s, to)
}

// clumsySender is a sender that sends, when it does not fail.
type clumsySender struct {
	*clumsy
	session.Deliverer
}

func (s clumsySender) Deliver(ctx context.Context, to session.Endpoint, d session.Delivery) session.Try {
	if err := s.trips("sender", "Kanary00000", string(d.Body)); err != nil {
		panic(err)
	}
	return s.Deliverer.Deliver(ctx, to, d)
}

// clumsyBlobs are given nothing that is not sealed, and so have nothing to say.
type clumsyBlobs struct {
	*clumsy
	media.Blobs
}

func (b clumsyBlobs) Create(ctx context.Context, name string) (media.BlobWriter, error) {
	w, err := b.Blobs.Create(ctx, name)
	return clumsyWriter{b.clumsy, w}, err
}

func (b clumsyBlobs) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := b.trips("blobs", name); err != nil {
		return nil, err
	}
	return b.Blobs.Open(ctx, name)
}

func (b clumsyBlobs) Remove(ctx context.Context, names ...string) error {
	if err := b.trips("blobs", names); err != nil {
		return err
	}
	return b.Blobs.Remove(ctx, names...)
}

func (b clumsyBlobs) List(ctx context.Context, hour, after string, n int) ([]string, error) {
	if err := b.trips("blobs", hour, after); err != nil {
		return nil, err
	}
	return b.Blobs.List(ctx, hour, after, n)
}

type clumsyWriter struct {
	*clumsy
	media.BlobWriter
}

func (w clumsyWriter) Write(sealed []byte) (int, error) {
	if err := w.trips("blobs", string(sealed)); err != nil {
		return 0, err
	}
	return w.BlobWriter.Write(sealed)
}

// clumsyKeeper is given ids alone, but has keys.
type clumsyKeeper struct {
	*clumsy
	session.Keeper
}

func (k clumsyKeeper) Make(ctx context.Context, id uuid.UUID) (session.Key, []byte, error) {
	key, ref, err := k.Keeper.Make(ctx, id)
	if failed := k.trips("keeper", id, ref, key); failed != nil {
		return session.Key{}, nil, fmt.Errorf("%w: %w", session.ErrKeeper, failed)
	}
	return key, ref, err
}

func (k clumsyKeeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	key, err := k.Keeper.Open(ctx, id, ref)
	if failed := k.trips("keeper", id, ref, key); failed != nil {
		return session.Key{}, fmt.Errorf("%w: %w", session.ErrKeeper, failed)
	}
	return key, err
}

func (k clumsyKeeper) Destroy(ctx context.Context, id uuid.UUID, ref []byte) error {
	if err := k.trips("keeper", id, ref); err != nil {
		return fmt.Errorf("%w: %w", session.ErrKeeper, err)
	}
	return k.Keeper.Destroy(ctx, id, ref)
}
