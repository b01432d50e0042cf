package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// config is what the flags and the environment say.
type config struct {
	addr          string
	db            string
	data          string
	publicURL     string
	apiKey        string
	sharedSecret  string
	webhookURL    string
	allowPrivate  bool
	live          bool
	ttl           time.Duration
	createMinute  int64
	deleteHour    int64
	deleteDay     int64
	logLevelName  string
	logLevel      slog.Level
	sqlitePath    string // empty: everything is in memory
	parsedKey     uuid.UUID
	givenIdentity bool // key and secret come from outside, not from the credentials file
}

const usage = `bonafide's example server: identity verification on SQLite or in memory, in Veriff's language.

Every flag is also an environment variable: BONAFIDE_ and its name in capitals, with underscores. A flag
beats its environment variable.

`

// parseConfig reads flags, and where a flag is not given its environment variable. A bad value is one error of
// one sentence; flag.ErrHelp was answered on out.
func parseConfig(args []string, getenv func(string) string, out io.Writer) (*config, error) {
	c := &config{}
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	flags.StringVar(&c.db, "db", "", "where sessions are: sqlite:`PATH`, or memory: (default sqlite:DATA/bonafide.db)")
	flags.StringVar(&c.data, "data", "bonafide-data", "`folder` of media, keys and credentials")
	flags.StringVar(&c.publicURL, "public-url", "", "`address` by which people and servers reach this one (default http://ADDR)")
	flags.StringVar(&c.apiKey, "api-key", "", "API key, a `UUID` (default: made at the first start)")
	flags.StringVar(&c.sharedSecret, "shared-secret", "", "shared `secret` that signs (default: made at the first start)")
	flags.StringVar(&c.webhookURL, "webhook-url", "", "https `address` that is told of events and decisions (default: none)")
	flags.BoolVar(&c.allowPrivate, "allow-private-webhooks", false, "allow webhooks to private and loopback addresses, and plain http to them")
	flags.BoolVar(&c.live, "live", false, "no sandbox decisions: every session waits for a human being")
	flags.DurationVar(&c.ttl, "session-ttl", 7*24*time.Hour, "how long a session may stay unsubmitted, a Go `duration` such as 36h")
	flags.Int64Var(&c.createMinute, "create-per-minute", 600, "at most so many sessions are created in any minute")
	flags.Int64Var(&c.deleteHour, "delete-per-hour", 5, "at most so many sessions are deleted in any hour")
	flags.Int64Var(&c.deleteDay, "delete-per-day", 10, "at most so many sessions are deleted in any 24 hours")
	flags.StringVar(&c.logLevelName, "log-level", "info", "debug, info, warn or error")

	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			flags.SetOutput(out)
			flags.PrintDefaults()
			return nil, err
		}
		return nil, inWords(flags, err)
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("there is no argument %q: everything is said by flags", flags.Arg(0))
	}
	if err := fromEnvironment(flags, getenv); err != nil {
		return nil, err
	}
	return c, c.check()
}

var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-([a-z-]+):`)

// inWords says what is wrong with a flag's value by what the flag is for.
func inWords(flags *flag.FlagSet, err error) error {
	m := badValue.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	return notTaken("-"+m[2], m[1], flags.Lookup(m[2]))
}

func notTaken(name, value string, f *flag.Flag) error {
	kind, usage := flag.UnquoteUsage(f)
	if kind == "" {
		kind = "true or false"
	}
	return fmt.Errorf("%s %q cannot be read as %s: %s", name, value, kind, usage)
}

// fromEnvironment sets the flags that were not given.
func fromEnvironment(flags *flag.FlagSet, getenv func(string) string) (err error) {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	flags.VisitAll(func(f *flag.Flag) {
		name := "BONAFIDE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := getenv(name)
		if value == "" || given[f.Name] || err != nil {
			return
		}
		if flags.Set(f.Name, value) != nil {
			err = notTaken(name, value, f)
		}
	})
	return err
}

// check completes the configuration and answers its first fault.
func (c *config) check() error {
	if _, port, err := net.SplitHostPort(c.addr); err != nil || !isPort(port) {
		return fmt.Errorf("-addr %q is not host:port", c.addr)
	}
	if err := c.checkStorage(); err != nil {
		return err
	}
	u, err := url.Parse(c.publicURL)
	if c.publicURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil) {
		return fmt.Errorf("-public-url %q is not an http or https address", c.publicURL)
	}
	if (c.apiKey == "") != (c.sharedSecret == "") {
		return errors.New("-api-key and -shared-secret belong together: give both, or none to have them made")
	}
	if c.givenIdentity = c.apiKey != ""; c.givenIdentity {
		if c.parsedKey, err = uuid.Parse(c.apiKey); err != nil || len(c.apiKey) != 36 || c.parsedKey == uuid.Nil {
			return errors.New("-api-key is not a UUID")
		}
	}
	if c.webhookURL != "" {
		if err := webhook.CheckURL(c.webhookURL, c.allowPrivate); err != nil {
			return fmt.Errorf("-webhook-url: %w", err)
		}
	}
	if c.ttl < time.Second {
		return fmt.Errorf("-session-ttl %s is too short: it must be at least 1s", c.ttl)
	}
	for _, limit := range []struct {
		flag string
		n    int64
	}{{"-create-per-minute", c.createMinute}, {"-delete-per-hour", c.deleteHour}, {"-delete-per-day", c.deleteDay}} {
		if limit.n < 1 {
			return fmt.Errorf("%s %d must be at least 1", limit.flag, limit.n)
		}
	}
	if err := c.logLevel.UnmarshalText([]byte(c.logLevelName)); err != nil {
		return fmt.Errorf("-log-level %q is not debug, info, warn or error", c.logLevelName)
	}
	return nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// checkStorage reads -db and -data.
func (c *config) checkStorage() error {
	if c.data == "" {
		return errors.New("-data is empty: it must name a folder")
	}
	if c.db == "" {
		c.db = "sqlite:" + filepath.Join(c.data, "bonafide.db")
	}
	switch kind, path, _ := strings.Cut(c.db, ":"); {
	case c.db == "memory:":
		return nil
	case kind == "sqlite" && path != "" && !strings.HasPrefix(path, ":") && !strings.HasPrefix(path, "file:"):
		c.sqlitePath = path
	default:
		return fmt.Errorf("-db %q is neither memory: nor sqlite:PATH", c.db)
	}
	if info, err := os.Stat(c.sqlitePath); err == nil && info.IsDir() {
		return fmt.Errorf("-db %q is a folder, and must be a file", c.db)
	}
	return nil
}

// policy is what the server's integration may do.
func (c *config) policy() session.Policy {
	return session.Policy{
		Lifetime: c.ttl,
		Deletion: true,
		Review:   true,
		Create:   []session.Rule{{N: c.createMinute, Window: time.Minute}},
		Delete:   []session.Rule{{N: c.deleteHour, Window: time.Hour}, {N: c.deleteDay, Window: 24 * time.Hour}},
	}
}

// reachedAt completes the public address by the one that the server listens on.
func (c *config) reachedAt(listening net.Addr) {
	if c.publicURL != "" {
		return
	}
	host := listening.String()
	if tcp, ok := listening.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", tcp.Port)
	}
	c.publicURL = "http://" + host
}
