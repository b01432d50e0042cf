package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// config is what the flags, the environment and the file say.
type config struct {
	addr            string
	db              string
	deskAddr        string // empty: there is no desk
	data            string
	blobs           string  // completed by check; empty: everything is in memory
	bucket          *bucket // of -blobs; nil: it is a folder
	publicURL       string
	file            string
	apiKey          string
	sharedSecret    string
	webhookURL      string          // of every kind that has no address of its own
	webhooks        veriff.Webhooks // completed by check
	fullAuto        bool            // full auto has an address of its own
	allowPrivate    bool
	live            bool
	strict          bool
	codesName       string
	codes           veriff.Codes
	legacySignature bool
	watchlist       string
	monitoring      time.Duration
	maxUpload       size
	maxUploads      int // at once
	ttl             time.Duration
	createMinute    int64
	deleteHour      int64
	deleteDay       int64
	liveKey         string
	sandboxKey      string
	planName        string
	plan            verifa.Plan
	captureTTL      time.Duration
	keys            string          // completed by check; empty: everything is in memory
	keysPostgres    *pgx.ConnConfig // nil: the keys are in a file
	masterKey       string          // completed by check; empty: everything is in memory
	previousMaster  string          // empty: the master key is not being changed here
	nextMaster      string          // empty: nor elsewhere
	restored        bool
	logLevelName    string
	logLevel        slog.Level
	maxConnections  int             // to a PostgreSQL
	synchronous     string          // of SQLite: full, normal or empty, which is full
	sqlitePath      string          // empty: the database is not SQLite
	postgres        *pgx.ConnConfig // nil: the database is not PostgreSQL
	beside          string          // what by default the keys' file and the master key's are named after; empty: everything is in memory
	parsedKey       uuid.UUID
	givenIdentity   bool // key and secret come from outside, not from the credentials file
	holdsSecrets    bool // the file

	said   map[string]string // by flag: what the flags, the environment and the file say, before it is completed
	roster *roster           // of the file's integrations; nil: the flags make those that there are
}

const usage = `bonafide's example server: identity verification on SQLite, PostgreSQL or in memory, in the languages of Veriff and
Verifa.

Every flag is also an environment variable: BONAFIDE_ and its name in capitals, with underscores; and a member
of the file of -config, in small letters, with underscores. A flag beats its environment variable, which beats
the file.

On PostgreSQL sessions, limits and deliveries are in the database, in the first schema of its search path, which has to be
there; several servers of one machine share them if each is given the same -db and -data. The folder has the rest: the
keys in postgres.keys unless -keys says otherwise, the master key in postgres.master unless -master-key says otherwise,
credentials, and media unless -blobs says otherwise. Give an address with a password in BONAFIDE_DB, BONAFIDE_KEYS or the
file, as others of the machine see the flags; it is never printed.

Servers on many machines are one if each is given the same -db postgres://…; the same -keys postgres://…, a database that
no backup of the sessions takes along, best on a server that archives nothing; a copy of the same -master-key, which the
first to start makes, and no other does; the same -blobs s3://…; and the same -api-key, -shared-secret, -live-key and
-sandbox-key, or a copy of the same -config. Whoever is given no credentials makes its own in -data, knows none of the
others' sessions, and holds up their webhooks. To change the master key of several servers, give each a copy of the next
one, made of 32 random bytes, as -next-master-key first. When all have been started so, start each with that as -master-key
and the present one as -previous-master-key, of which the first to do so changes it for all. When all have been started so
too, destroy the present one.

Media in S3 are sealed as they are in a folder. Who asks for them is said as everywhere in AWS: in AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, a profile, or by the machine; the region by -blobs, or in AWS_REGION. An endpoint is asked for the bucket
in the path. The folder or the prefix is of one database alone: what no row of that names is removed a day later.

GET /healthz answers 200 while the databases can be reached, and else 503.

To try the sandbox: the first name decides, as Approve, Decline, Resubmit or Review. With -watchlist sandbox: a session
of person.firstName "Approve", person.fullName "Ivan Examplov" and person.dateOfBirth "1963-05-17" has a possible match.
The registry of POST /v1/validate-registry knows two people, who are made up: idNumber 123456789 is Ada Specimen, born
1990-02-28, and 987654321 is Bob Sample, born 1967-03-30. It answers synchronously, to who signs, where the Host begins
with sync-api., as with curl -H 'Host: sync-api.localhost'.

In Verifa's language, under /api/v1, a session of the sandbox waits until POST /api/v1/sessions/{id}/simulate says how it
ends; a live one is decided by its workflow, and where there is none of yours it is in review, for the desk.

`

// parseConfig reads flags; where a flag is not given its environment variable; and where that is not set, the
// file. A bad value is one error of one sentence; flag.ErrHelp was answered on out.
func parseConfig(args []string, getenv func(string) string, out io.Writer) (*config, error) {
	c := &config{}
	flags := c.flags()
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
		return nil, fmt.Errorf("there is no argument %q: everything is said by flags", shownArgument(flags.Arg(0)))
	}
	if err := fromEnvironment(flags, getenv); err != nil {
		return nil, err
	}
	if c.file == "" {
		c.said = saidBy(flags)
		return c, c.check()
	}
	if err := c.readFile(flags, getenv); err != nil {
		return nil, fmt.Errorf("-config %s: %w", c.file, err)
	}
	return c, nil
}

// flags are the flags, with their defaults in place.
func (c *config) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	c.databaseFlags(flags)
	flags.StringVar(&c.data, "data", "bonafide-data", "`folder` of credentials, and of keys and media unless -keys and -blobs say otherwise")
	flags.StringVar(&c.blobs, "blobs", "",
		"`where` media are: a folder, or s3://BUCKET/PREFIX?endpoint=ADDRESS&region=REGION, of which endpoint is for another "+
			"server than Amazon's (default DATA/media, and on PostgreSQL DATA/postgres.media)")
	flags.StringVar(&c.publicURL, "public-url", "",
		"`address` by which people and servers reach this one (default http://ADDR)")
	flags.StringVar(&c.file, "config", "",
		"JSON `file` of settings and integrations, read again on SIGHUP (default: none)")
	flags.StringVar(&c.apiKey, "api-key", "", "API key, a `UUID` (default: made at the first start)")
	flags.StringVar(&c.sharedSecret, "shared-secret", "",
		"shared `secret` that signs (default: made at the first start)")
	c.verifaFlags(flags)
	c.masterFlags(flags)
	c.webhookFlags(flags)
	c.deskFlags(flags)
	flags.BoolVar(&c.strict, "strict", false,
		"refuse more of what clients send: unknown members, an id of the request that was used before, old timestamps, "+
			"and document numbers, types and countries that the vendor does not know")
	flags.StringVar(&c.codesName, "codes", "pages",
		"error `codes` as the vendor's pages of endpoints have them, or its tables of codes: pages or tables")
	flags.BoolVar(&c.legacySignature, "legacy-signature", false,
		"take the signature X-SIGNATURE too, and sign webhooks with it")
	flags.StringVar(&c.watchlist, "watchlist", "",
		"`file` of people to screen for, or sandbox: for some who do not exist (default: nobody is screened)")
	flags.DurationVar(&c.monitoring, "monitoring", 24*time.Hour,
		"how long after a screening the next one follows, a Go `duration`; 0: never")
	c.uploadFlags(flags)
	flags.DurationVar(&c.ttl, "session-ttl", 7*24*time.Hour,
		"how long a session may stay unsubmitted, a Go `duration` such as 36h; in Verifa's language it is -capture-ttl")
	flags.Int64Var(&c.createMinute, "create-per-minute", 600, "at most so many sessions are created in any minute; in Verifa's language it is -plan that says")
	flags.Int64Var(&c.deleteHour, "delete-per-hour", 5, "at most so many sessions are deleted in any hour")
	flags.Int64Var(&c.deleteDay, "delete-per-day", 10, "at most so many sessions are deleted in any 24 hours")
	flags.StringVar(&c.logLevelName, "log-level", "info", "debug, info, warn or error")
	return flags
}

// databaseFlags say where sessions are.
func (c *config) databaseFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.db, "db", "",
		"`where` sessions are: sqlite:PATH, postgres://USER@HOST/DATABASE, or memory: (default sqlite:DATA/bonafide.db)")
	flags.IntVar(&c.maxConnections, "max-connections", 16,
		"at most so many connections to the PostgreSQL of -db, and half as many to that of -keys; all servers together must not "+
			"have more than it takes, which is 100 by default")
	flags.StringVar(&c.synchronous, "synchronous", "",
		"`how` far SQLite writes before it answers: full, or normal, which is faster and may lose the last writes when the "+
			"power fails (default full)")
}

// verifaFlags are those of Verifa's language.
func (c *config) verifaFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.liveKey, "live-key", "",
		"live API `key` of Verifa's language: vk_live_ and 16 or more letters and digits (default: made at the first start)")
	flags.StringVar(&c.sandboxKey, "sandbox-key", "",
		"API `key` of its sandbox: vk_sandbox_ and 16 or more letters and digits (default: made at the first start)")
	flags.DurationVar(&c.captureTTL, "capture-ttl", 20*time.Minute,
		"-session-ttl of Verifa's language, and so how long a capture token is good, a Go `duration`")
	flags.StringVar(&c.planName, "plan", "enterprise",
		"`plan` of Verifa's customers, which bounds requests, creations and submissions: free, starter, professional or enterprise")
}

// masterFlags are those of the sessions' keys, and of the key that seals them.
func (c *config) masterFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.keys, "keys", "",
		"`where` the keys of the sessions are: a file, or postgres://USER@HOST/DATABASE, of another database than that of -db, "+
			"for servers on many machines (default: the file of -db with .keys, and on PostgreSQL DATA/postgres.keys)")
	flags.StringVar(&c.masterKey, "master-key", "",
		"`file` of the 32 bytes that seal the keys of the sessions, made at the first start; keep it out of the backups of the "+
			"rest (default: the file of -db with .master, and on PostgreSQL DATA/postgres.master)")
	flags.StringVar(&c.previousMaster, "previous-master-key", "",
		"`file` of the master key until now, which -master-key replaces while the server runs (default: none)")
	flags.StringVar(&c.nextMaster, "next-master-key", "",
		"`file` of a master key that another server may change to: this one can go on with it then, and changes nothing (default: none)")
	flags.BoolVar(&c.restored, "restored", false,
		"the database was put back from a backup: first erase again what was erased since")
}

func (c *config) deskFlags(flags *flag.FlagSet) {
	flags.BoolVar(&c.live, "live", false,
		"no sandbox decisions: a session is in review until it is decided at the desk of -desk-addr, or by a program of "+
			"yours that calls engine.Decide")
	flags.StringVar(&c.deskAddr, "desk-addr", "",
		"`host:port` of a desk, where an operator decides sessions and gives them statuses of the host's own, in JSON; "+
			"a loopback address, as whoever reaches it is asked for no key (default: no desk)")
}

func (c *config) uploadFlags(flags *flag.FlagSet) {
	c.maxUpload = defaultUpload
	flags.Var(&c.maxUpload, "max-upload",
		"the largest upload, in `bytes` of base64 text, such as 24MiB; a PDF may have a ninth more")
	flags.IntVar(&c.maxUploads, "max-uploads", 16,
		"at most so many uploads of one integration run at once, and four times as many of all; the next one waits")
}

// saidBy gives the values of all flags by their names.
func saidBy(flags *flag.FlagSet) map[string]string {
	said := map[string]string{}
	flags.VisitAll(func(f *flag.Flag) { said[f.Name] = f.Value.String() })
	return said
}

func (c *config) webhookFlags(flags *flag.FlagSet) {
	flags.StringVar(&c.webhookURL, "webhook-url", "",
		"https `address` that is told of every kind without an address of its own (default: none)")
	flags.StringVar(&c.webhooks.Decision, "webhook-decisions-url", "",
		"https `address` that is told of decisions (default: that of -webhook-url)")
	flags.StringVar(&c.webhooks.Event, "webhook-events-url", "",
		"https `address` that is told of starts and submissions (default: that of -webhook-url)")
	flags.StringVar(&c.webhooks.Watchlist, "webhook-watchlist-url", "",
		"https `address` that is told of screenings (default: that of -webhook-url)")
	flags.StringVar(&c.webhooks.UserStatus, "webhook-user-status-url", "",
		"https `address` that is told of statuses of the host's own, which are set at the desk of -desk-addr, or by a "+
			"program of yours that calls engine.SetUserStatus (default: that of -webhook-url)")
	flags.StringVar(&c.webhooks.FullAuto, "webhook-fullauto-url", "",
		"https `address` that is told of decisions with their confidence, which the sandbox makes up if this flag is "+
			"given (default: that of -webhook-url)")
	flags.BoolVar(&c.allowPrivate, "allow-private-webhooks", false,
		"allow webhooks to private and loopback addresses, and plain http to them")
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
	kind, usage := kindOf(f)
	return fmt.Errorf("%s %q cannot be read as %s: %s", name, value, kind, usage)
}

func kindOf(f *flag.Flag) (kind, usage string) {
	kind, usage = flag.UnquoteUsage(f)
	if kind == "" {
		kind = "true or false"
	}
	return kind, usage
}

// fromEnvironment sets the flags that were not given.
func fromEnvironment(flags *flag.FlagSet, getenv func(string) string) (err error) {
	given := givenIn(flags)
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

func givenIn(flags *flag.FlagSet) map[string]bool {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	return given
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
