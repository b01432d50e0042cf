package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

// check completes the configuration and answers its first fault.
func (c *config) check() error {
	if _, port, err := net.SplitHostPort(c.addr); err != nil || !isPort(port) {
		return fmt.Errorf("-addr %q is not host:port", c.addr)
	}
	host, port, err := net.SplitHostPort(c.deskAddr)
	if c.deskAddr != "" && (err != nil || !isPort(port) || !isLoopback(host)) {
		return fmt.Errorf("-desk-addr %q is not host:port of a loopback address, as 127.0.0.1:8081, "+
			"which it must be because the desk asks for no key", c.deskAddr)
	}
	for _, check := range []func() error{c.checkStorage, c.checkIdentity, c.checkKeys, c.checkWebhooks, c.checkLimits, c.checkWords} {
		if err := check(); err != nil {
			return err
		}
	}
	u, err := url.Parse(c.publicURL)
	if c.publicURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil) {
		return fmt.Errorf("-public-url %q is not an http or https address", c.publicURL)
	}
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// isLoopback reports whether host, with a port or without, is of this machine only.
func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return strings.EqualFold(name, "localhost") || net.ParseIP(name).IsLoopback()
}

// checkIdentity reads -api-key and -shared-secret.
func (c *config) checkIdentity() (err error) {
	if (c.apiKey == "") != (c.sharedSecret == "") {
		return errors.New("-api-key and -shared-secret belong together: give both, or none to have them made")
	}
	if c.givenIdentity = c.apiKey != ""; !c.givenIdentity {
		return nil
	}
	if c.parsedKey, err = uuid.Parse(c.apiKey); err != nil || len(c.apiKey) != 36 || c.parsedKey == uuid.Nil {
		return errors.New("-api-key is not a UUID")
	}
	return nil
}

// checkKeys reads -live-key, -sandbox-key and -plan.
func (c *config) checkKeys() error {
	for _, given := range []struct {
		flag, text string
		sandbox    bool
	}{{"-live-key", c.liveKey, false}, {"-sandbox-key", c.sandboxKey, true}} {
		key, err := auth.ParseAPIKey(given.text)
		if given.text != "" && (err != nil || key.Publishable || key.Sandbox != given.sandbox) {
			return fmt.Errorf("%s is not %s and 16 or more letters and digits", given.flag,
				map[bool]string{false: "vk_live_", true: "vk_sandbox_"}[given.sandbox])
		}
	}
	var known bool
	if c.plan, known = plans()[c.planName]; !known {
		return fmt.Errorf("-plan %q is not %s", c.planName, planNames)
	}
	return nil
}

// checkWebhooks looks at every address, and gives that of -webhook-url to the kinds that have none. Only who gives
// full auto an address of its own has the sandbox say how sure it is.
func (c *config) checkWebhooks() error {
	c.fullAuto = c.webhooks.FullAuto != ""
	for _, hook := range []struct {
		flag string
		url  *string
	}{
		{"-webhook-url", &c.webhookURL},
		{"-webhook-decisions-url", &c.webhooks.Decision},
		{"-webhook-events-url", &c.webhooks.Event},
		{"-webhook-watchlist-url", &c.webhooks.Watchlist},
		{"-webhook-user-status-url", &c.webhooks.UserStatus},
		{"-webhook-fullauto-url", &c.webhooks.FullAuto},
	} {
		if *hook.url == "" {
			*hook.url = c.webhookURL
		} else if err := webhook.CheckURL(*hook.url, c.allowPrivate); err != nil {
			return fmt.Errorf("%s: %w", hook.flag, err)
		}
	}
	return nil
}

func (c *config) checkLimits() error {
	if c.ttl < time.Second {
		return fmt.Errorf("-session-ttl %s is too short: it must be at least 1s", c.ttl)
	}
	if c.captureTTL < time.Second {
		return fmt.Errorf("-capture-ttl %s is too short: it must be at least 1s", c.captureTTL)
	}
	if c.monitoring < 0 {
		return fmt.Errorf("-monitoring %s must not be negative", c.monitoring)
	}
	if c.maxUpload < 1<<10 || c.maxUpload > maxSize {
		return fmt.Errorf("-max-upload %s must be between 1KiB and %s", &c.maxUpload, new(maxSize))
	}
	if c.maxUploads < 1 || c.maxUploads > 10_000 {
		return fmt.Errorf("-max-uploads %d must be between 1 and 10000", c.maxUploads)
	}
	for _, limit := range []struct {
		flag string
		n    int64
	}{{"-create-per-minute", c.createMinute}, {"-delete-per-hour", c.deleteHour}, {"-delete-per-day", c.deleteDay}} {
		if limit.n < 1 {
			return fmt.Errorf("%s %d must be at least 1", limit.flag, limit.n)
		}
	}
	return nil
}

func (c *config) checkWords() error {
	if err := c.logLevel.UnmarshalText([]byte(c.logLevelName)); err != nil {
		return fmt.Errorf("-log-level %q is not debug, info, warn or error", c.logLevelName)
	}
	switch c.codesName {
	case "pages":
		c.codes = veriff.Pages
	case "tables":
		c.codes = veriff.Tables
	default:
		return fmt.Errorf("-codes %q is neither pages nor tables", c.codesName)
	}
	return nil
}
