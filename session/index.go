package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"

	"github.com/google/uuid"
)

// BlindIndex finds something by a text that is not kept: a keyed hash of it. Without [Config.Key] it tells nothing
// about the text, and no guess can be tried.
type BlindIndex [16]byte

// ErrNoKey: what was asked for needs [Config.Key], and there is none.
var ErrNoKey = errors.New("session: Config.Key is missing")

// RefIndex is the [Session.Ref] of an external reference among the sessions that an integration finds. Without
// [Config.Key] it is zero.
func (e *Engine) RefIndex(in Integration, externalRef string) BlindIndex {
	if externalRef == "" || e.cfg.key() == (Key{}) {
		return BlindIndex{}
	}
	whose := in.Tenant
	if in.Dialect != "" {
		whose = in.ID
	}
	return e.cfg.derive("external reference").index(whose, in.Sandbox, externalRef)
}

// index is the keyed hash of a text of one tenant, live or sandbox.
func (k Key) index(tenant uuid.UUID, sandbox bool, text string) (x BlindIndex) {
	mac := hmac.New(sha256.New, k[:])
	mac.Write(tenant[:])
	if sandbox {
		mac.Write([]byte{1})
	} else {
		mac.Write([]byte{0})
	}
	mac.Write([]byte(text))
	copy(x[:], mac.Sum(nil))
	return x
}

// key is [Config.Key].
func (c *core) key() Key { return c.own() }

// derive makes a key for one purpose from [Config.Key], once: purposes are few, and every request asks for some.
func (c *core) derive(purpose string) Key {
	if known, ok := c.derived.Load(purpose); ok {
		return known.(hiddenKey)()
	}
	made := c.key().derive(purpose)
	c.derived.Store(purpose, hide(made))
	return made
}
