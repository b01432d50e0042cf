package session

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Receipt says what a redaction destroyed. It holds nothing about the person.
type Receipt struct {
	Session     uuid.UUID `json:"session"`
	RequestedAt time.Time `json:"requested_at"` // from then on nobody could read the data
	DestroyedAt time.Time `json:"destroyed_at"` // the key and the blobs were gone by then
	Documents   int       `json:"documents"`    // media that were removed
	Bytes       int64     `json:"bytes"`        // of them, as they were uploaded
	Decisions   int       `json:"decisions"`    // whose records were erased
	Findings    int       `json:"findings"`     // that were erased
	Deliveries  int       `json:"deliveries"`   // webhooks that were not sent yet, and now never are
	// Key is "destroyed": what remains anywhere of the ciphertext cannot be read.
	Key string `json:"key"`
	// Backups is "unreadable", or says why not: see [Wrapper].
	Backups string `json:"backups"`
	// Signature is the Ed25519 signature in base64 of the receipt without it; empty without [Config.Key].
	Signature string `json:"signature,omitempty"`
}

// Wrapper is a [Keeper] that can only wrap keys, as some key management services, or whose database retains what is
// overwritten, and that so cannot destroy every copy. Receipts then say that backups can be read until their own end.
type Wrapper interface {
	Keeper
	// OnlyWraps reports whether keys lie, wrapped, where Destroy does not reach them: in their refs, or in what a
	// database retains.
	OnlyWraps() bool
}

// ErrReceipt: the receipt was not signed by this engine's key, or was changed.
var ErrReceipt = errors.New("session: the receipt is not genuine")

// receipt says what is destroyed of a session, and signs it. What was counted is still there as rows.
func (e *Engine) receipt(ctx context.Context, rec Record, now time.Time) ([]byte, error) {
	r := Receipt{
		Session: rec.Session.ID, RequestedAt: rec.Session.RedactedAt, DestroyedAt: now, Documents: len(rec.Media),
		Decisions: len(rec.Decisions), Findings: len(rec.Findings), Key: "destroyed", Backups: "unreadable",
	}
	for _, m := range rec.Media {
		r.Bytes += m.Size
	}
	if w, ok := e.cfg.Keeper.(Wrapper); ok && w.OnlyWraps() {
		r.Backups = "readable until their own end"
	}
	for q := (DeliveryQuery{Tenant: rec.Session.Tenant, Sandbox: rec.Session.Sandbox, Session: rec.Session.ID, State: DeliveryErased, N: 1000}); ; {
		page, err := e.store.Deliveries(ctx, q)
		if err != nil {
			return nil, err
		}
		r.Deliveries += len(page)
		if len(page) < q.N {
			break
		}
		q.After = page[len(page)-1].ID
	}
	if private := e.receiptKey(); private != nil {
		text, err := r.unsigned()
		if err != nil {
			return nil, err
		}
		r.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(private, text))
	}
	return json.Marshal(r)
}

// unsigned is what is signed.
func (r Receipt) unsigned() ([]byte, error) {
	r.Signature = ""
	text, err := json.Marshal(r)
	return append([]byte("bonafide receipt 1\n"), text...), err
}

// Verify answers nil when the receipt was signed by the engine whose [Engine.ReceiptKey] it is, and [ErrReceipt]
// otherwise.
func (r Receipt) Verify(key ed25519.PublicKey) error {
	text, err := r.unsigned()
	if err != nil || !signed(key, text, r.Signature) {
		return ErrReceipt
	}
	return nil
}

// signed reports whether a signature, in the one spelling that base64 has for it, is that of the text.
func signed(key ed25519.PublicKey, text []byte, signature string) bool {
	raw, err := base64.StdEncoding.DecodeString(signature)
	return err == nil && base64.StdEncoding.EncodeToString(raw) == signature &&
		len(key) == ed25519.PublicKeySize && ed25519.Verify(key, text, raw)
}

// ReceiptKey is the public key that receipts and checkpoints are verified with; nil without [Config.Key].
func (e *Engine) ReceiptKey() ed25519.PublicKey {
	if private := e.receiptKey(); private != nil {
		return private.Public().(ed25519.PublicKey)
	}
	return nil
}

func (e *Engine) receiptKey() ed25519.PrivateKey {
	key := e.cfg.key()
	if key == (Key{}) {
		return nil
	}
	seed := key.derive("receipts")
	return ed25519.NewKeyFromSeed(seed[:])
}

// receiptOf reads the receipt of a redacted session.
func receiptOf(s Session) (r Receipt, err error) {
	if len(s.Receipt) == 0 {
		return Receipt{Session: s.ID, RequestedAt: s.RedactedAt}, nil // a host's transaction: the rest is to come
	}
	if err := json.Unmarshal(s.Receipt, &r); err != nil {
		return r, fmt.Errorf("session: the receipt of %s cannot be read: %w", s.ID, err)
	}
	return r, nil
}
