package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/google/uuid"
)

// sealFormat is the first byte of everything that is sealed: version, 12 bytes of nonce, ciphertext, tag.
const sealFormat = 1

// part names what is sealed. It is bound to the ciphertext together with the tenant, the session and
// the format, so that no ciphertext can be moved to another place.
type part struct {
	kind string
	id   uuid.UUID
}

func (p part) additional(s *Session) []byte {
	out := make([]byte, 0, 64)
	out = append(out, "bonafide"...)
	out = append(out, sealFormat)
	out = append(out, s.Tenant[:]...)
	out = append(out, s.ID[:]...)
	out = append(out, p.id[:]...)
	return append(out, p.kind...)
}

func (k Key) gcm() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic("session: " + err.Error()) // 32 bytes are always a key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("session: " + err.Error()) // AES always has the block size
	}
	return aead
}

// seal encrypts plain with AES-256-GCM under k for one part of s.
func (k Key) seal(s *Session, p part, plain []byte) []byte {
	if k == (Key{}) {
		panic("session: nothing is sealed under a key that is gone")
	}
	aead := k.gcm()
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plain)+aead.Overhead())
	out[0] = sealFormat
	_, _ = rand.Read(out[1:]) // never fails: crypto/rand ends the program instead
	return aead.Seal(out, out[1:], plain, p.additional(s))
}

// open decrypts what seal made for the same part of the same session.
func (k Key) open(s *Session, p part, sealed []byte) ([]byte, error) {
	aead := k.gcm()
	if len(sealed) < 1+aead.NonceSize() || sealed[0] != sealFormat {
		return nil, fmt.Errorf("%w: %s of %s is not in a known format", ErrKeeper, p.kind, s.ID)
	}
	nonce := sealed[1 : 1+aead.NonceSize()]
	plain, err := aead.Open(nil, nonce, sealed[1+len(nonce):], p.additional(s))
	if err != nil {
		return nil, fmt.Errorf("%w: %s of %s is not sealed with its key", ErrKeeper, p.kind, s.ID)
	}
	return plain, nil
}

// sealJSON seals a value in the form in which it is kept.
func (k Key) sealJSON(s *Session, p part, v any) ([]byte, error) {
	d := drafts.Get().(*draft)
	defer d.clean()
	if err := d.enc.Encode(v); err != nil {
		return nil, fmt.Errorf("session: %s: %w", p.kind, err)
	}
	return k.seal(s, p, d.text.Bytes()), nil
}

// draft is where a text is written before it is sealed.
type draft struct {
	text bytes.Buffer
	enc  *json.Encoder
}

var drafts = sync.Pool{New: func() any {
	d := new(draft)
	d.enc = json.NewEncoder(&d.text)
	d.enc.SetEscapeHTML(false)
	return d
}}

// maxDraft is how many bytes of room a draft has that is kept for the next: what most records have, and no more, as it
// stays for long.
const maxDraft = 16 << 10

// clean makes the draft ready for the next, who finds nothing of what was in it.
func (d *draft) clean() {
	d.wipe()
	if d.text.Cap() <= maxDraft {
		drafts.Put(d)
	}
}

func (d *draft) wipe() {
	clear(d.text.Bytes())
	d.text.Reset()
}

// openJSON opens what sealJSON made. Nothing, as after an erasure, leaves v as it is.
func (k Key) openJSON(s *Session, p part, sealed []byte, v any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := k.open(s, p, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%w: %s of %s cannot be read", ErrKeeper, p.kind, s.ID)
	}
	return nil
}

// derive makes a key for one purpose from the session's key.
func (k Key) derive(purpose string) Key {
	out, err := hkdf.Key(sha256.New, k[:], nil, "bonafide "+purpose, len(Key{}))
	if err != nil {
		panic("session: " + err.Error()) // 32 bytes are within what HKDF gives
	}
	return Key(out)
}
