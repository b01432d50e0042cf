// Command receiver takes webhooks, believes only those that are signed, recent and new, and prints them.
//
//	BONAFIDE_SHARED_SECRET=… go run ./examples/receiver
//	go run ./examples/server -webhook-url http://127.0.0.1:9090/ -allow-private-webhooks
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
	flag.Parse()
	secret, err := auth.NewSecret(os.Getenv("BONAFIDE_SHARED_SECRET"))
	if err != nil {
		log.Fatalf("set BONAFIDE_SHARED_SECRET to the secret that the server printed: %v", err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("waiting for webhooks on http://%s/", listener.Addr())
	server := &http.Server{
		Handler: &receiver{secret: secret, print: os.Stdout, now: time.Now}, ReadTimeout: 10 * time.Second,
	}
	log.Fatal(server.Serve(listener))
}

// receiver verifies webhooks. It answers 200 to what it has taken, now or before, so that it is not sent again.
type receiver struct {
	secret *auth.Secret
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
	if err := rc.verify(r.Header, body); err != nil {
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

// verify checks both signatures; one of them is enough for a receiver. The vendor's says who sent the body,
// Standard Webhooks' also that it is recent.
func (rc *receiver) verify(h http.Header, body []byte) error {
	if !rc.secret.Verify(h.Get("x-hmac-signature"), body) {
		return errors.New("x-hmac-signature does not match")
	}
	return auth.VerifyStandard(rc.secret.StandardText(), h.Get("webhook-id"), h.Get("webhook-timestamp"),
		h.Get("webhook-signature"), body, rc.now(), 0)
}
