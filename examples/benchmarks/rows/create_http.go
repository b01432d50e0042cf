package rows

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

func createOverHTTP() []measure.Row {
	return []measure.Row{{
		Name:    "signed create over HTTP, memstore, sealed",
		Against: "a bare net/http handler that reads, verifies the HMAC and answers as many bytes",
		Aim:     measure.Aim{AtLeast: 0.65},
		Note: "The load comes from the same process over loopback: 32 connections, a body of 1,023 bytes, for both sides " +
			"the same bytes. The bare handler takes its HMAC states from a pool and answers a body that is ready, " +
			"unsigned; ours signs. Each turn has a new server and a new store. An exact rate rule is on.",
		Run: createBesideBare,
	}}
}

// caller is who signs.
var caller = auth.Credential{
	APIKey: uuid.UUID{0: 8, 6: 0x40, 8: 0x80, 15: 8}, Integration: integration, Active: true,
}

func createBesideBare(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
	secret := auth.GenerateSecret()
	credential := caller
	credential.Secrets = []*auth.Secret{secret}
	body, err := creation(1023)
	if err != nil {
		return r, err
	}
	signed := request{path: "/v1/sessions", header: http.Header{}, body: body}
	signed.header.Set("Content-Type", "application/json")
	signed.header.Set("X-Auth-Client", credential.APIKey.String())
	signed.header.Set("X-Hmac-Signature", string(secret.Sign(nil, body)))
	ofBare, key := signed, []byte("a key of the bare handler's")
	ofBare.header = signed.header.Clone()
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	ofBare.header.Set("X-Hmac-Signature", hex.EncodeToString(mac.Sum(nil)))
	size := 0
	r.Rounds, err = s.Hold(ctx, measure.Contest{
		Ours: load(func() (http.Handler, func(int) error, error) { return serveSessions(ctx, credential) }, signed, &size),
		Theirs: []measure.Side{load(func() (http.Handler, func(int) error, error) {
			b := newBareHandler(key, size)
			return b, b.left, nil
		}, ofBare, nil)},
	})
	return r, err
}

// creation is a body of so many bytes, about nobody.
func creation(size int) ([]byte, error) {
	body := func(vendor string) ([]byte, error) {
		return json.Marshal(map[string]any{"verification": map[string]any{
			"callback": "https://shop.example/back",
			"person": map[string]any{
				"firstName": "Imagina", "lastName": "Ficticia", "idNumber": "00000000", "dateOfBirth": "1970-01-01",
				"gender": "F", "email": "imagina@shop.example", "phoneNumber": "+372 000 0000",
			},
			"document":   map[string]any{"number": "X0000000", "type": "PASSPORT", "country": "EE", "firstIssue": "2021-01-01"},
			"address":    map[string]any{"fullAddress": "1 Example Street, 00000 Nowhere"},
			"vendorData": vendor,
			"consents":   []any{map[string]any{"type": "ine", "approved": true}},
		}})
	}
	empty, err := body("")
	if err != nil {
		return nil, err
	}
	return body(strings.Repeat("v", size-len(empty)))
}

// serveSessions is the whole of ours, in memory.
func serveSessions(ctx context.Context, credential auth.Credential) (http.Handler, func(int) error, error) {
	store := memstore.New()
	engine, err := session.New(store, session.Config{
		Integrations: session.Fixed{{ID: integration, Policy: policy()}}, Blobs: media.NewMemoryBlobs(),
	})
	if err != nil {
		return nil, nil, err
	}
	keys, err := auth.NewRing(credential)
	if err != nil {
		return nil, nil, err
	}
	handler, err := httpadapter.New(engine, keys, httpadapter.Config{PublicURL: "https://idv.shop.example"})
	return handler, func(answered int) error {
		all, err := store.Query(ctx, session.Query{Tenant: integration, N: answered + 1, Bare: true})
		if err == nil && len(all) != answered {
			err = fmt.Errorf("there are %d sessions after %d answers", len(all), answered)
		}
		return err
	}, err
}

// bareHandler does what cannot be left out.
type bareHandler struct {
	states sync.Pool // of hash.Hash
	answer []byte
	length string

	mu   sync.Mutex
	done int
}

func newBareHandler(key []byte, size int) *bareHandler {
	b := &bareHandler{answer: make([]byte, size), length: strconv.Itoa(size)}
	b.states.New = func() any { return hmac.New(sha256.New, key) }
	return b
}

// ServeHTTP implements [http.Handler].
func (b *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		http.Error(w, "the body broke off", http.StatusBadRequest)
		return
	}
	given, err := hex.DecodeString(r.Header.Get("X-Hmac-Signature"))
	mac := b.states.Get().(hash.Hash)
	mac.Reset()
	mac.Write(body)
	right := err == nil && hmac.Equal(mac.Sum(nil), given)
	b.states.Put(mac)
	if !right {
		http.Error(w, "the signature is wrong", http.StatusUnauthorized)
		return
	}
	b.mu.Lock()
	b.done++
	b.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", b.length)
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(b.answer)
}

// left demands that as many requests were right as were answered.
func (b *bareHandler) left(answered int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done != answered {
		return fmt.Errorf("the bare handler did %d requests, and %d were answered", b.done, answered)
	}
	return nil
}
