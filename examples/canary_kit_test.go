package examples_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// cage knows every canary: a text that is nowhere else, and of what it is.
type cage struct {
	t     *testing.T
	birds []string
}

// bird is a new canary. It has letters and digits alone, so that every field takes it.
func (c *cage) bird(of string) string {
	c.birds = append(c.birds, of)
	return fmt.Sprintf("Kanary%05d", len(c.birds)-1)
}

var isBird = regexp.MustCompile(`(?i)kanary(\d{5})`)

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

// client sends requests, and looks at what is answered: a failure says nothing that it was told, no header says anything,
// and no answer a secret.
type client struct {
	*cage
	*itinerary
	hooks   *clumsy
	address string
	secrets []string // that no answer has
	all     []string // bodies of answers
	told    pages    // those of them that say what was done
}

// Of the paths, discreet are those whose answers are about nobody, whoever asks, and deeds those that say what was done.
var (
	deeds    = regexp.MustCompile(`^/api/v1/(events|webhooks/.*deliveries)\b`)
	discreet = regexp.MustCompile(`^/api/v1/(events|webhooks|workflows|verification-policies)\b|/openapi\.json$`)
)

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
	switch {
	case status >= 400:
		c.escaped(fmt.Sprintf("the refusal %d of %s", status, name), body)
	case discreet.MatchString(r.URL.Path):
		c.escaped("the answer to "+name, body)
	}
	for _, secret := range c.secrets {
		if strings.Contains(body, secret) {
			c.t.Errorf("%s answered with a secret: %s", name, around(body, secret))
		}
	}
	c.all = append(c.all, body)
	if deeds.MatchString(r.URL.Path) {
		_, _ = c.told.Write([]byte(body))
	}
	return status, body
}

// want sends a request until it is served. What is the host's panics meanwhile, each once.
func (c *client) want(status int, make func() *http.Request) string {
	c.t.Helper()
	c.hooks.arm()
	defer c.hooks.disarm()
	for try := 0; ; try++ {
		r := make()
		got, body := c.send(r)
		if got == status {
			c.visited(r)
			return body
		}
		if got < 500 || try == 12 {
			c.t.Fatalf("%s %s: got %d %s, want %d", r.Method, r.URL.Path, got, body, status)
		}
	}
}

// member is a text in an answer's JSON by its path, as "data.0.id".
func (c *client) member(body, path string) string {
	c.t.Helper()
	var v any
	ok(c.t, json.Unmarshal([]byte(body), &v))
	for _, name := range strings.Split(path, ".") {
		if list, isList := v.([]any); isList {
			n, err := strconv.Atoi(name)
			ok(c.t, err)
			if v = nil; n < len(list) {
				v = list[n]
			}
			continue
		}
		members, _ := v.(map[string]any)
		v = members[name]
	}
	text, isText := v.(string)
	if !isText {
		c.t.Fatalf("the answer has no %s: %s", path, body)
	}
	return text
}

// local is a path on the server of an address that was given out.
func local(address string) string { return strings.TrimPrefix(address, "https://idv.example") }
