package main

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// readVerifa reads what only an integration of Verifa's language has, which is in members keys and policy of v.
func (c *config) readVerifa(e *entry, v, keys, policy value, getenv func(string) string) error {
	if e.id == uuid.Nil && e.name == "" {
		return v.fault("needs an id or a name, as its keys may change")
	}
	if keys.raw == nil {
		return v.fault("needs keys")
	}
	elements, err := keys.list()
	if err != nil {
		return err
	}
	if len(elements) == 0 {
		return keys.fault("must have a key")
	}
	for _, element := range elements {
		key, err := c.readKey(element, getenv)
		switch {
		case err != nil:
			return err
		case faultOfKey(key) != "":
			return element.fault("is not taken: %s", faultOfKey(key))
		case key.Sandbox != e.sandbox:
			return element.fault("must be a key of a sandbox if the integration is one, and else a live one")
		case slices.ContainsFunc(e.apiKeys, func(k auth.APIKey) bool { return k.Hash == key.Hash }):
			return element.fault("is the same as one before")
		}
		e.apiKeys = append(e.apiKeys, key)
	}
	e.policy = c.verifaPolicy(e.plan, e.sandbox)
	return c.complete(e, policy)
}

// readKey reads a key of Verifa's language: its text, or what a server keeps of it, and what else is said of it. Whose
// key it is comes later.
func (c *config) readKey(v value, getenv func(string) string) (auth.APIKey, error) {
	var given, prefix value
	var hash, shown string
	k := auth.APIKey{Active: true, Scopes: auth.DefaultScopes()}
	if err := v.object(members{
		"key": keep(&given), "prefix": func(v value) error { prefix = v; return text(&shown)(v) }, "hash": text(&hash),
		"label": text(&k.Label), "scopes": each(&k.Scopes, text), "active": truth(&k.Active), "expires_at": moment(&k.ExpiresAt),
		"allowed_ips": each(&k.AllowedIPs, network), "allowed_origins": each(&k.AllowedOrigins, text),
		"version": text(&k.Version), "inflection": text(&k.Inflection),
	}); err != nil {
		return k, err
	}
	var known auth.APIKey
	switch hashed := prefix.raw != nil && hash != ""; {
	case hashed == (given.raw != nil):
		return k, v.fault("needs key, or prefix and hash")
	case hashed:
		known.Publishable, known.Sandbox = strings.HasPrefix(shown, "vk_pub_"), strings.Contains(shown, "_sandbox_")
		known.Prefix = shown
		if known.Hash.UnmarshalText([]byte(hash)) != nil {
			return k, v.fault("has a hash that is not a SHA-256 in 64 hex digits")
		}
	default:
		clear, err := c.secretText(given, getenv)
		if err != nil {
			return k, err
		}
		if known, err = auth.ParseAPIKey(clear); err != nil {
			return k, given.fault("must be vk_live_, vk_sandbox_, vk_pub_live_ or vk_pub_sandbox_, and 16 or more letters and digits")
		}
	}
	k.Hash, k.Prefix, k.Publishable, k.Sandbox = known.Hash, known.Prefix, known.Publishable, known.Sandbox
	return k, nil
}

// faultOfKey says in a sentence why a key is not taken; what is wrong with it is never repeated.
func faultOfKey(k auth.APIKey) string {
	k.ID, k.Integration = uuid.Max, uuid.Max // are not known yet
	if err := k.Validate(); err != nil {
		return strings.ReplaceAll(strings.ReplaceAll(err.Error(), "auth: ", ""), "\n", "; ")
	}
	return ""
}
