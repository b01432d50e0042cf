package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
)

// SignatureLength is the number of hex digits in a signature.
const SignatureLength = 2 * sha256.Size

// Sign appends the signature of msg to dst: 64 lower-case hex digits, without prefix. It allocates nothing when
// dst has room for them.
func (s *Secret) Sign(dst, msg []byte) []byte {
	state := s.borrow()
	state.hash.Write(msg)
	dst = hex.AppendEncode(dst, state.digest())
	s.giveBack(state)
	return dst
}

// Verify reports whether signature is that of msg: exactly 64 hex digits, in either case, compared as bytes in
// constant time. It allocates nothing.
func (s *Secret) Verify(signature string, msg []byte) bool {
	given, ok := decodeSignature(signature)
	return ok && s.compare(&given, msg) == 1
}

// WellFormed reports whether signature has the shape of one: exactly 64 hex digits, in either case. An adapter
// that answers differently to what is no signature and to what is a wrong one asks here; [Secret.Verify] needs
// no such question first.
func WellFormed(signature string) bool {
	_, ok := decodeSignature(signature)
	return ok
}

func decodeSignature(signature string) (sum [sha256.Size]byte, ok bool) {
	if len(signature) != SignatureLength {
		return sum, false
	}
	var digits [SignatureLength]byte
	copy(digits[:], signature)
	_, err := hex.Decode(sum[:], digits[:])
	return sum, err == nil
}

// compare returns 1 when given is the MAC of msg, and 0 when not, so that callers can go on without a branch.
func (s *Secret) compare(given *[sha256.Size]byte, msg []byte) int {
	state := s.borrow()
	state.hash.Write(msg)
	equal := subtle.ConstantTimeCompare(given[:], state.digest())
	s.giveBack(state)
	return equal
}

// MAC is the signature of a message that arrives in pieces. It is an io.Writer, made by [Secret.MAC] and given
// back by [MAC.Close], and belongs to one goroutine at a time. To use it after Close panics.
//
// It allocates nothing where it does not escape; handed on as an io.Writer it costs one allocation of two
// words.
type MAC struct {
	// A MAC is a handle of its own and only the state is pooled: a handle that is used after Close finds no
	// state, where a pooled handle would find, and spoil, somebody else's message.
	secret *Secret
	state  *state
}

// MAC begins a message.
func (s *Secret) MAC() *MAC { return &MAC{s, s.borrow()} }

// Write adds p to the message. It takes all of it and never fails.
func (m *MAC) Write(p []byte) (int, error) {
	return m.open().hash.Write(p)
}

// Sum appends the 32 raw bytes of the MAC of what was written so far to dst. More may be written afterwards.
func (m *MAC) Sum(dst []byte) []byte {
	return append(dst, m.open().digest()...)
}

// Hex appends the signature of what was written so far to dst, as [Secret.Sign] would.
func (m *MAC) Hex(dst []byte) []byte {
	return hex.AppendEncode(dst, m.open().digest())
}

// Matches reports whether signature is that of what was written so far, as [Secret.Verify] would.
func (m *MAC) Matches(signature string) bool {
	digest := m.open().digest()
	given, ok := decodeSignature(signature)
	return ok && hmac.Equal(given[:], digest)
}

// Close ends the use of the MAC. To close it again does nothing.
func (m *MAC) Close() {
	if m.state != nil {
		m.secret.giveBack(m.state)
		m.state = nil
	}
}

func (m *MAC) open() *state {
	if m.state == nil {
		panic("auth: MAC used after Close")
	}
	return m.state
}

// state is an HMAC under one key, between messages always at the beginning of one.
type state struct {
	hash hash.Hash
	sum  [sha256.Size]byte
}

func newState(text string) *state {
	mac := hmac.New(sha256.New, []byte(text))
	mac.Reset() // From the first Reset on, the key's two blocks are hashed already.
	return &state{hash: mac}
}

// digest returns the MAC of what was written; the bytes are the state's own.
func (s *state) digest() []byte { return s.hash.Sum(s.sum[:0]) }

func (s *Secret) borrow() *state { return s.key.states.Get().(*state) }

func (s *Secret) giveBack(state *state) {
	state.hash.Reset()
	s.key.states.Put(state)
}
