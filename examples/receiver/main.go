// Command receiver takes webhooks, believes only those that are signed, recent and new, and prints them. With -h it lists
// its flags, and the variables of the environment that it needs.
//
//	BONAFIDE_SHARED_SECRET=… go run ./examples/receiver
//	go run ./examples/server -webhook-url http://127.0.0.1:9090/ -allow-private-webhooks
//
// With -verifa they are those of Verifa's language, signed with the secret of one endpoint, which is answered when the
// endpoint is made:
//
//	BONAFIDE_ENDPOINT_SECRET=whsec_… go run ./examples/receiver -verifa
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
)

const usage = `receiver takes webhooks, believes only those that are signed, recent and new, and prints them.

  BONAFIDE_SHARED_SECRET    the secret that the server printed
  BONAFIDE_ENDPOINT_SECRET  with -verifa: the secret of your endpoint, which is answered when the endpoint is made

Flags:
`

func main() {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	addr := flag.String("addr", "127.0.0.1:9090", "`host:port` to listen on")
	verifas := flag.Bool("verifa", false, "verify as Verifa's receivers do, with the secret of an endpoint")
	flag.Parse()
	rc := &receiver{verify: veriff, id: deliveryID, print: os.Stdout, now: time.Now}
	variable, origin := "BONAFIDE_SHARED_SECRET", "the secret that the server printed"
	if *verifas {
		rc.verify, rc.id, variable, origin = verifa, eventID, "BONAFIDE_ENDPOINT_SECRET", "the secret of your endpoint"
	}
	var err error
	if rc.secret, err = auth.NewSecret(os.Getenv(variable)); err != nil {
		log.Fatalf("set %s to %s: %v", variable, origin, err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("waiting for webhooks on http://%s/", listener.Addr())
	server := &http.Server{Handler: rc, ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// receiver verifies webhooks. It answers 200 to what it has taken, now or before, so that it is not sent again.
type receiver struct {
	secret *auth.Secret
	verify func(secret *auth.Secret, h http.Header, body []byte, now time.Time) error
	id     func(h http.Header, body []byte) string // of what is to be taken once
	print  io.Writer
	now    func() time.Time

	mu   sync.Mutex
	seen map[string]bool // a real receiver keeps these ids with its data
}

func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "body", http.StatusRequestEntityTooLarge)
		return
	}
	if err := rc.verify(rc.secret, r.Header, body, rc.now()); err != nil {
		http.Error(w, "signature", http.StatusUnauthorized)
		return
	}
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if id := rc.id(r.Header, body); !rc.seen[id] {
		if rc.seen == nil {
			rc.seen = map[string]bool{}
		}
		rc.seen[id] = true
		fmt.Fprintf(rc.print, "%s %s\n", id, body)
	}
}

// veriff checks both signatures; one of them is enough for a receiver. The vendor's says who sent the body,
// Standard Webhooks' also that it is recent.
func veriff(secret *auth.Secret, h http.Header, body []byte, now time.Time) error {
	if !secret.Verify(h.Get("x-hmac-signature"), body) {
		return errors.New("x-hmac-signature does not match")
	}
	return auth.VerifyStandard(secret.StandardText(), h.Get("webhook-id"), h.Get("webhook-timestamp"),
		h.Get("webhook-signature"), body, now, 0)
}

// verifa checks the vendor's signature, which says who sent the body, and that it is recent.
func verifa(secret *auth.Secret, h http.Header, body []byte, now time.Time) error {
	return auth.VerifyTimestamped(secret.Reveal(), h.Get("x-verifa-signature"), body, now, 0)
}

// deliveryID is the delivery, the same on every try. What is retried or replayed on request is another.
func deliveryID(h http.Header, _ []byte) string { return h.Get("webhook-id") }

// eventID is the event, the same on every try, retry and replay. The endpoint chooses how its name is written.
func eventID(h http.Header, body []byte) string {
	var p struct {
		Snake string `json:"idempotency_key"`
		Camel string `json:"idempotencyKey"`
		Kebab string `json:"idempotency-key"`
	}
	_ = json.Unmarshal(body, &p) // what is none has no key
	return cmp.Or(p.Snake, p.Camel, p.Kebab, deliveryID(h, body))
}
