// Command receiver takes webhooks, believes only those that are signed, recent and new, and prints them.
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

func main() {
	addr := flag.String("addr", "127.0.0.1:9090", "`host:port` to listen on")
	verifas := flag.Bool("verifa", false, "verify as Verifa's receivers do, with the secret of an endpoint")
	flag.Parse()
	rc := &receiver{verify: veriff, print: os.Stdout, now: time.Now}
	variable, origin := "BONAFIDE_SHARED_SECRET", "the secret that the server printed"
	if *verifas {
		rc.verify, variable, origin = verifa, "BONAFIDE_ENDPOINT_SECRET", "the secret of your endpoint"
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
	if id := r.Header.Get("webhook-id"); !rc.seen[id] {
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
