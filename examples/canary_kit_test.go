package examples_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// cage knows every canary: a text that is nowhere else, and of what it is.
type cage struct {
	t     *testing.T
	birds []string
}

// bird is a new canary. It has letters and digits alone, so that every field takes it.
func (c *cage) bird(of string) string {
	c.birds = append(c.birds, of)
	return fmt.Sprintf("Kanary%04d", len(c.birds)-1)
}

var isBird = regexp.MustCompile(`(?i)kanary(\d{4})`)

// disguises are other forms in which a printed canary can be recognized.
var disguises = func() (all []string) {
	for _, before := range []string{"", "x", "xx"} {
		text := base64.RawStdEncoding.EncodeToString([]byte(before + "Kanary"))
		all = append(all, text[len(before)*2:len(text)-2])
	}
	return append(all, hex.EncodeToString([]byte("Kanary")), "75 97 110 97 114 121", "0x4b, 0x61, 0x6e, 0x61")
}()

// escaped fails the test for every canary that is in a text where none may be.
func (c *cage) escaped(where, text string) {
	c.t.Helper()
	for _, found := range isBird.FindAllStringSubmatch(text, -1) {
		var n int
		_, _ = fmt.Sscan(strings.TrimLeft(found[1], "0")+" ", &n)
		c.t.Errorf("%s has the %s: %q", where, c.birds[n], around(text, found[0]))
	}
	for _, d := range disguises {
		if strings.Contains(text, d) {
			c.t.Errorf("%s has a canary in disguise: %q", where, around(text, d))
		}
	}
}

func around(text, what string) string {
	i := strings.Index(text, what)
	return text[max(0, i-150):min(len(text), i+100)]
}

// pages is a buffer for several writers.
type pages struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *pages) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(text)
}

func (p *pages) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// clumsy makes what is the host's fail at its first calls, each time with everything that it was given in its words: by
// an error, then by a panic.
type clumsy struct {
	mu    sync.Mutex
	calls map[string]int
}

func (c *clumsy) trips(who string, given ...any) error {
	c.mu.Lock()
	c.calls[who]++
	n := c.calls[who]
	c.mu.Unlock()
	words := fmt.Sprintf("%s cannot: Kanary0000", who)
	for _, g := range given {
		words += fmt.Sprintf(" %+v", g)
	}
	switch n {
	case 1:
		return fmt.Errorf("%s", words)
	case 2:
		panic(words)
	}
	return nil
}

func (c *clumsy) Decide(_ context.Context, s session.Case) (decision.Verdict, error) {
	if err := c.trips("decider", s.Facts.Person.LastName, s.Facts.ExternalRef); err != nil {
		return decision.Verdict{}, err
	}
	return decision.Verdict{Outcome: decision.Approved, Record: session.Specimen(s.Facts)}, nil
}

func (c *clumsy) Check(_ context.Context, s session.CheckCase) (session.CheckResult, error) {
	if err := c.trips("check", s.Facts.Person.LastName, string(s.Facts.Metadata)); err != nil {
		return session.CheckResult{}, err
	}
	read := session.Specimen(s.Facts)
	return session.CheckResult{Status: workflow.CheckPassed, Record: &read, Details: s.Facts.Metadata}, nil
}

func (c *clumsy) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	if err := c.trips("screener", s.Name); err != nil {
		return decision.Screening{}, err
	}
	return decision.Screening{Provider: "lists", Hits: []decision.Hit{{Name: s.Name}}}, nil
}

// clumsyRenderer is a renderer that writes, when it does not fail.
type clumsyRenderer struct {
	*clumsy
	session.Renderer
}

func (r clumsyRenderer) Render(e session.Event, s *session.Snapshot, to session.Endpoint) ([]byte, bool, bool, error) {
	if e.Kind == session.EventSubmitted || e.Kind == session.EventReview || e.Kind == session.EventApproved {
		if err := r.trips("renderer of "+to.Format, s.Facts.Person.LastName, s.LinkToken()); err != nil {
			return nil, false, false, err
		}
	}
	return r.Renderer.Render(e, s, to)
}

// clumsySender is a sender that sends, when it does not fail.
type clumsySender struct {
	*clumsy
	session.Deliverer
}

func (s clumsySender) Deliver(ctx context.Context, to session.Endpoint, d session.Delivery) session.Try {
	if err := s.trips("sender", string(d.Body)); err != nil {
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

type clumsyWriter struct {
	*clumsy
	media.BlobWriter
}

func (w clumsyWriter) Write(sealed []byte) (int, error) {
	w.mu.Lock()
	w.calls["blobs"]++
	n := w.calls["blobs"]
	w.mu.Unlock()
	switch n {
	case 1:
		return 0, fmt.Errorf("the disk is full: %s", sealed)
	case 3:
		panic(fmt.Sprintf("the disk is broken: %s", sealed))
	}
	return w.BlobWriter.Write(sealed)
}

// clumsyKeeper is given ids alone.
type clumsyKeeper struct {
	*clumsy
	session.Keeper
}

func (k clumsyKeeper) Open(ctx context.Context, id uuid.UUID, ref []byte) (session.Key, error) {
	key, err := k.Keeper.Open(ctx, id, ref)
	k.mu.Lock()
	k.calls["keeper"]++
	n := k.calls["keeper"]
	k.mu.Unlock()
	if n%40 == 0 {
		return session.Key{}, fmt.Errorf("%w: %s %x %v", session.ErrKeeper, id, ref, key)
	}
	return key, err
}

// client sends requests, and looks at what is answered: a failure says nothing that it was told, no header says anything,
// and no answer a secret.
type client struct {
	*cage
	address string
	secrets []string // that no answer has
	all     []string // bodies of answers
}

func (c *client) send(r *http.Request) (status int, body string) {
	c.t.Helper()
	name := r.Method + " " + r.URL.Path
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	text, err := io.ReadAll(response.Body)
	ok(c.t, err)
	ok(c.t, response.Body.Close())
	status, body = response.StatusCode, string(text)
	c.escaped("the header of "+name, fmt.Sprint(response.Header))
	if status >= 400 {
		c.escaped(fmt.Sprintf("the refusal %d of %s", status, name), body)
	}
	for _, secret := range c.secrets {
		if strings.Contains(body, secret) {
			c.t.Errorf("%s answered with a secret: %s", name, around(body, secret))
		}
	}
	c.all = append(c.all, body)
	return status, body
}

// want sends a request until it is served: what is the host's fails at first.
func (c *client) want(status int, make func() *http.Request) string {
	c.t.Helper()
	for try := 0; ; try++ {
		r := make()
		got, body := c.send(r)
		if got == status {
			return body
		}
		if got < 500 || try == 10 {
			c.t.Fatalf("%s %s: got %d %s, want %d", r.Method, r.URL.Path, got, body, status)
		}
	}
}
