package main

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// entry is one integration of the file.
type entry struct {
	path     string // where it stands
	id       uuid.UUID
	tenant   uuid.UUID
	name     string
	sandbox  bool
	apiKey   uuid.UUID
	keyOf    string // the name of the integration whose key acts for this one too; empty: it has its own
	active   bool
	secrets  []*auth.Secret
	signing  int
	fullAuto *bool // nil: not said
	ownAuto  bool  // full auto has an address of its own
	policy   session.Policy
	webhooks veriff.Webhooks
	dialect  string // empty: Veriff's
	apiKeys  []auth.APIKey
	plan     verifa.Plan

	owner    *entry      // whose key it has: itself, or the one that keyOf names
	flexible []uuid.UUID // whose keyOf names this one
}

// readFile completes the configuration by the file of -config.
func (c *config) readFile(flags *flag.FlagSet, getenv func(string) string) error {
	integrations, err := c.fromFile(flags)
	if err != nil {
		return err
	}
	c.said = saidBy(flags)
	if err := c.check(); err != nil {
		return err
	}
	if integrations.raw != nil {
		if err := c.readIntegrations(integrations, getenv); err != nil {
			return err
		}
	}
	if c.holdsSecrets {
		return mustBePrivate(c.file)
	}
	return nil
}

// readIntegrations reads the integrations, once all flags are known, which are what they have by default.
func (c *config) readIntegrations(list value, getenv func(string) string) error {
	if c.givenIdentity {
		return list.fault("cannot stand beside -api-key and -shared-secret: each integration has its own")
	}
	elements, err := list.list()
	if err != nil {
		return err
	}
	var entries []*entry
	for _, element := range elements {
		e, err := c.readEntry(element, getenv)
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	c.roster, err = rosterOf(list, entries)
	return err
}

// readEntry reads one integration.
func (c *config) readEntry(v value, getenv func(string) string) (*entry, error) {
	e := &entry{
		path: v.path, active: true, sandbox: !c.live, webhooks: c.webhooks, ownAuto: c.fullAuto, plan: c.plan,
	}
	var ofKey, ofVeriff, ofVerifa, apiKey, keys, policy value
	known := members{
		"id": id(&e.id), "tenant": id(&e.tenant), "name": name(&e.name), "dialect": dialect(&e.dialect),
		"sandbox": truth(&e.sandbox), "active": truth(&e.active), "policy": keep(&policy),
		"api_key": keep(&apiKey), "also_api_key_of": name(&e.keyOf), "secrets": c.secrets(&e.secrets, getenv),
		"signing_secret": count(&e.signing, 0), "full_auto": truthIfSaid(&e.fullAuto),
		"webhooks": c.webhooksOf(&e.webhooks, &e.ownAuto), "keys": keep(&keys), "plan": planOf(&e.plan),
	}
	known.note(&ofKey, "api_key", "active", "secrets", "signing_secret")
	known.note(&ofVeriff, "api_key", "also_api_key_of", "secrets", "signing_secret", "full_auto", "webhooks")
	known.note(&ofVerifa, "keys", "plan")
	if err := v.object(known); err != nil {
		return nil, err
	}
	if e.dialect != "" {
		if ofVeriff.raw != nil {
			return nil, ofVeriff.fault("is for Veriff's language; in Verifa's, keys has the API keys, and customers give the addresses of webhooks themselves")
		}
		return e, c.readVerifa(e, v, keys, policy, getenv)
	}
	if apiKey.raw != nil {
		if err := id(&e.apiKey)(apiKey); err != nil {
			return nil, err
		}
	}
	e.policy = c.policy()
	switch {
	case ofVerifa.raw != nil:
		return nil, ofVerifa.fault("is for Verifa's language, which dialect must say")
	case e.keyOf != "" && ofKey.raw != nil:
		return nil, ofKey.fault("belongs to the integration that also_api_key_of names, and cannot stand here")
	case e.keyOf == "" && (e.apiKey == uuid.Nil || len(e.secrets) == 0):
		return nil, v.fault("needs api_key and secrets, or also_api_key_of")
	case e.keyOf != "" && e.id == uuid.Nil && e.name == "":
		return nil, v.fault("needs an id or a name, as it has no key of its own")
	}
	return e, c.complete(e, policy)
}

// complete reads the policy, gives the integration what follows from the rest, and refuses what this server cannot do.
func (c *config) complete(e *entry, policy value) error {
	e.policy.Monitoring = -1 // not said
	if policy.raw != nil {
		if err := policy.object(policyOf(&e.policy, e.dialect)); err != nil {
			return err
		}
	}
	switch p := &e.policy; {
	case p.Monitoring < 0 && p.Screening:
		p.Monitoring = c.monitoring
	case p.Monitoring < 0:
		p.Monitoring = 0
	}
	if e.policy.Screening && c.watchlist == "" {
		return fmt.Errorf("%s.policy.screening: it needs a -watchlist", e.path)
	}
	if e.policy.Registry && !e.sandbox {
		return fmt.Errorf("%s.policy.registry: it is for a sandbox, as this server knows no other registry", e.path)
	}
	return nil
}

// webhooksOf reads the addresses of an integration, in place of those of the flags.
func (c *config) webhooksOf(into *veriff.Webhooks, ownAuto *bool) func(value) error {
	return func(v value) error {
		var w veriff.Webhooks
		var otherwise string
		read := func(url *string) func(value) error { return address(url, c.allowPrivate) }
		err := v.object(members{
			"decision": read(&w.Decision), "event": read(&w.Event), "watchlist": read(&w.Watchlist),
			"user_status": read(&w.UserStatus), "fullauto": read(&w.FullAuto), "default": read(&otherwise),
		})
		*ownAuto = w.FullAuto != ""
		for _, url := range []*string{&w.Decision, &w.Event, &w.Watchlist, &w.UserStatus, &w.FullAuto} {
			*url = cmp.Or(*url, otherwise)
		}
		*into = w
		return err
	}
}

// secrets reads the live secrets, oldest first.
func (c *config) secrets(into *[]*auth.Secret, getenv func(string) string) func(value) error {
	return func(v value) error {
		elements, err := v.list()
		if err != nil {
			return err
		}
		for _, element := range elements {
			text, err := c.secretText(element, getenv)
			if err != nil {
				return err
			}
			secret, err := auth.NewSecret(text)
			if err != nil {
				return element.fault("is not taken: %s", err)
			}
			if slices.ContainsFunc(*into, secret.Equal) {
				return element.fault("is the same as one before")
			}
			*into = append(*into, secret)
		}
		if len(*into) < 1 || len(*into) > auth.MaxSecrets {
			return v.fault("must have between 1 and %d secrets", auth.MaxSecrets)
		}
		return nil
	}
}

// secretText is the text of a secret, which stands in the file, in the environment or in a file of its own.
func (c *config) secretText(v value, getenv func(string) string) (text string, err error) {
	const ways = "must be a text, or have one of env and file"
	switch v.kind() {
	case '"':
		c.holdsSecrets = true
		return v.text()
	case '{':
	default:
		return "", v.fault(ways)
	}
	var variable, path string
	var given int
	way := func(into *string) func(value) error {
		return func(v value) (err error) { given++; *into, err = v.text(); return err }
	}
	if err := v.object(members{"env": way(&variable), "file": way(&path)}); err != nil {
		return "", err
	}
	switch {
	case given != 1:
		return "", v.fault(ways)
	case path != "":
		content, err := readFile(path, auth.MaxSecretLength+2) // with the end of its line
		if err != nil {
			return "", fmt.Errorf("%s.file: %w", v.path, err)
		}
		return strings.TrimRight(string(content), "\r\n"), nil
	}
	if text = getenv(variable); text == "" {
		err = fmt.Errorf("%s.env: the environment has no such variable, or it is empty", v.path)
	}
	return text, err
}
