package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBadConfiguration is one sentence and exit status 2, and leaves nothing behind.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"unknown flag", []string{"-nonsense"}, nil, "flag provided but not defined"},
		{"argument", []string{"start"}, nil, `no argument "start"`},
		{"address", []string{"-addr", "nowhere"}, nil, "-addr"},
		{"database", []string{"-db", "oracle:x"}, nil, "-db"},
		{"database without a path", []string{"-db", "sqlite:"}, nil, "-db"},
		{"database of the driver's own kind", []string{"-db", "sqlite::memory:"}, nil, "-db"},
		{"database where nothing can be", []string{"-addr", "127.0.0.1:0", "-db", "sqlite:/dev/null/x.db"}, nil, "/dev/null"},
		{"port of words", []string{"-addr", "127.0.0.1:http"}, nil, "-addr"},
		{"port too high", []string{"-addr", "127.0.0.1:99999"}, nil, "-addr"},
		{"address of another machine", []string{"-addr", "192.0.2.1:1", "-db", "memory:"}, nil, "-addr"},
		{"no data", []string{"-data", ""}, nil, "-data"},
		{"public address", []string{"-public-url", "example.com"}, nil, "-public-url"},
		{"key without a secret", []string{"-api-key", "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33"}, nil, "-shared-secret"},
		{"key that is no UUID", []string{"-api-key", "k", "-shared-secret", "s"}, nil, "-api-key"},
		{"webhook over http", []string{"-webhook-url", "http://example.com/"}, nil, "-webhook-url"},
		{"private webhook", []string{"-webhook-url", "https://127.0.0.1/"}, nil, "-webhook-url"},
		{"metadata, even where private is allowed", []string{"-webhook-url", "http://169.254.169.254/", "-allow-private-webhooks"}, nil, "-webhook-url"},
		{"lifetime", []string{"-session-ttl", "0"}, nil, "-session-ttl"},
		{"lifetime that is no duration", []string{"-session-ttl", "7d"}, nil, "-session-ttl"},
		{"limit", []string{"-create-per-minute", "0"}, nil, "-create-per-minute"},
		{"deletions an hour", []string{"-delete-per-hour", "-1"}, nil, "-delete-per-hour"},
		{"deletions a day", []string{"-delete-per-day", "many"}, nil, "-delete-per-day"},
		{"decisions over http", []string{"-webhook-decisions-url", "http://example.com/"}, nil, "-webhook-decisions-url"},
		{"events nowhere", []string{"-webhook-events-url", "nowhere"}, nil, "-webhook-events-url"},
		{"private screenings", []string{"-webhook-watchlist-url", "https://10.0.0.1/"}, nil, "-webhook-watchlist-url"},
		{"statuses with a password", []string{"-webhook-user-status-url", "https://u:p@example.com/"}, nil, "-webhook-user-status-url"},
		{"full auto over ftp", []string{"-webhook-fullauto-url", "ftp://example.com/"}, nil, "-webhook-fullauto-url"},
		{"codes", []string{"-codes", "numbers"}, nil, "-codes"},
		{"strictness of words", []string{"-strict=very"}, nil, "-strict"},
		{"legacy of words", nil, map[string]string{"BONAFIDE_LEGACY_SIGNATURE": "old"}, "BONAFIDE_LEGACY_SIGNATURE"},
		{"monitoring in the past", []string{"-monitoring", "-1h"}, nil, "-monitoring"},
		{"upload of words", []string{"-max-upload", "much"}, nil, "-max-upload"},
		{"upload of another unit", []string{"-max-upload", "24 MiB"}, nil, "-max-upload"},
		{"upload of nothing", []string{"-max-upload", "0"}, nil, "-max-upload"},
		{"upload beyond memory", []string{"-max-upload", "2GiB"}, nil, "-max-upload"},
		{"uploads at no time", []string{"-max-uploads", "0"}, nil, "-max-uploads 0 must be between"},
		{"uploads without end", []string{"-max-uploads", "100000"}, nil, "-max-uploads 100000 must be between"},
		{"desk of words", []string{"-desk-addr", "here"}, nil, `-desk-addr "here" is not host:port of a loopback address`},
		{"desk for everybody", []string{"-desk-addr", ":8081"}, nil, "-desk-addr"},
		{"desk on every address", []string{"-desk-addr", "0.0.0.0:8081"}, nil, "-desk-addr"},
		{"desk of another machine", nil, map[string]string{"BONAFIDE_DESK_ADDR": "192.0.2.1:8081"}, "-desk-addr"},
		{"desk by a name", []string{"-desk-addr", "desk.example:8081"}, nil, "-desk-addr"},
		{"desk without a port", []string{"-desk-addr", "127.0.0.1"}, nil, "-desk-addr"},
		{"watchlist of nobody", []string{"-addr", "127.0.0.1:0", "-watchlist", "testdata/nobody.jsonl"}, nil, "-watchlist testdata/nobody.jsonl: "},
		{"watchlist that is not there", []string{"-addr", "127.0.0.1:0", "-watchlist", "testdata/none.jsonl"}, nil, "-watchlist testdata/none.jsonl: it cannot be read"},
		{"watchlist with a fault", []string{"-addr", "127.0.0.1:0", "-watchlist", "testdata/faulty.jsonl"}, nil, "line 3"},
		{"file that is not there", []string{"-config", "testdata/none.json"}, nil, "-config testdata/none.json: it cannot be read"},
		{"file that is a folder", nil, map[string]string{"BONAFIDE_CONFIG": "testdata"}, "-config testdata"},
		{"live key of a sandbox", []string{"-live-key", "vk_sandbox_aaaaaaaaaaaaaaaa"}, nil, "-live-key is not vk_live_ and 16"},
		{"short key", []string{"-sandbox-key", "vk_sandbox_aaaaaaaaaaaaaaa"}, nil, "-sandbox-key is not vk_sandbox_ and 16"},
		{"publishable key", nil, map[string]string{"BONAFIDE_LIVE_KEY": "vk_pub_live_aaaaaaaaaaaaaaaa"}, "-live-key is not"},
		{"captures of no time", []string{"-capture-ttl", "1ms"}, nil, "-capture-ttl"},
		{"plan that is none", []string{"-plan", "gold"}, nil, `-plan "gold" is not free, starter`},
		{"master key of what is not kept", []string{"-db", "memory:", "-master-key", "x"}, nil, "-db memory: has none"},
		{"next master key that is not there", []string{"-addr", "127.0.0.1:0", "-next-master-key", "testdata/none"}, nil, "testdata/none is missing"},
		{"two changes of the master key", []string{"-next-master-key", "a", "-previous-master-key", "b"}, nil, "are of two changes"},
		{"keys in the folder where the server is", []string{"-db", "postgres://ada@127.0.0.1:1/d", "-keys", "."}, nil, "cannot be opened"},
		{"previous master key that is not there", []string{"-addr", "127.0.0.1:0", "-previous-master-key", "testdata/none"}, nil, "testdata/none is missing"},
		{"synchronous of words", []string{"-synchronous", "off"}, nil, `-synchronous "off" is neither full nor normal`},
		{"synchronous of no SQLite", []string{"-db", "memory:", "-synchronous", "full"}, nil, "-synchronous is for SQLite"},
		{"synchronous of PostgreSQL", []string{"-db", "postgres://u@h/d", "-synchronous", "normal"}, nil, "-synchronous is for SQLite"},
		{"PostgreSQL of another spelling", []string{"-db", "postgre://ada:hush@h/d"}, nil, "-db is neither"},
		{"PostgreSQL that cannot be read", []string{"-db", "postgres://ada:hush%@h/d"}, nil, "-db cannot be read as postgres://"},
		{"PostgreSQL with a port of words", nil, map[string]string{"BONAFIDE_DB": "postgresql://ada:hush@h:x/d"}, "-db cannot be read as postgres://"},
		{"PostgreSQL with certificates that are not there", []string{"-db", "postgres://ada:hush@h/d?sslmode=verify-ca&sslrootcert=/none.pem"}, nil, "/none.pem"},
		{"PostgreSQL where nobody listens", []string{"-addr", "127.0.0.1:0", "-db", "postgres://ada:hush@127.0.0.1:1/d?sslmode=disable"}, nil,
			"postgres://ada@127.0.0.1:1/d cannot be opened"},
		{"keys of what is not kept", []string{"-db", "memory:", "-keys", "x"}, nil, "-db memory: has none"},
		{"keys of another spelling", []string{"-keys", "postgre://ada:hush@h/d"}, nil, "-keys is neither a file nor postgres://"},
		{"keys in capitals", []string{"-keys", "Postgres:ada-hush-h"}, nil, "-keys is neither"},
		{"keys in SQLite", []string{"-keys", "sqlite:hush"}, nil, "-keys is neither"},
		{"keys in memory", []string{"-keys", "memory:"}, nil, "-keys is neither"},
		{"keys in an address without its kind", nil, map[string]string{"BONAFIDE_KEYS": "ada:hush@h/d"}, "-keys is neither"},
		{"keys in settings", []string{"-keys", "host=h password=hush"}, nil, "-keys is neither"},
		{"keys that cannot be read", []string{"-keys", "postgres://ada:hush%@h/d"}, nil, "-keys cannot be read as postgres://"},
		{"keys with a port of words", nil, map[string]string{"BONAFIDE_KEYS": "postgresql://ada:hush@h:x/d"}, "-keys cannot be read as postgres://"},
		{"keys with certificates that are not there", []string{"-keys", "postgres://ada:hush@h/d?sslmode=verify-ca&sslrootcert=/none.pem"}, nil, "-keys names a file that cannot be read: open /none.pem"},
		{"keys where nobody listens", []string{"-addr", "127.0.0.1:0", "-keys", "postgres://ada:hush@127.0.0.1:1/d?sslmode=disable"}, nil,
			"-keys postgres://ada@127.0.0.1:1/d cannot be opened"},
		{"keys in the database of the sessions", []string{"-db", "postgres://ada:hush@h/d", "-keys", "postgresql://bob:hush@h:5432/d?search_path=keys"}, nil,
			"-keys is the database of -db"},
		{"keys in the file of the sessions", []string{"-db", "sqlite:a/b.db", "-keys", "a/./b.db"}, nil, "-keys is the database of -db"},
		{"keys where nothing can be", []string{"-addr", "127.0.0.1:0", "-keys", "/dev/null/keys"}, nil, "/dev/null/keys"},
		{"PostgreSQL without its flag", []string{"postgres://ada:hush@h/d"}, nil, `no argument "…": everything is said by flags`},
		{"settings without their flag", []string{"host=db password=hush"}, nil, `no argument "…"`},
		{"password without its flag", []string{"password=hush"}, nil, `no argument "…"`},
		{"user without its flag", []string{"ada:hush@h"}, nil, `no argument "…"`},
		{"bucket without its flag", []string{"hush://media"}, nil, `no argument "…"`},
		{"media of what is not kept", []string{"-db", "memory:", "-blobs", "media"}, nil, "-blobs is for a database that is kept"},
		{"media of another kind", []string{"-blobs", "gs://ada:hush@media"}, nil, "-blobs is neither a folder nor s3://"},
		{"media over http", nil, map[string]string{"BONAFIDE_BLOBS": "https://media.example/hush"}, "-blobs is neither"},
		{"media in credentials", []string{"-blobs", "AKIAEXAMPLE:hush@media"}, nil, "-blobs has both a : and an @, as credentials have"},
		{"media in a folder of credentials", nil, map[string]string{"BONAFIDE_BLOBS": "./ada:hush@media/a"}, "-blobs has both a : and an @"},
		{"media in a file", []string{"-addr", "127.0.0.1:0", "-blobs", "testdata/nobody.jsonl"}, nil, "-blobs testdata/nobody.jsonl cannot be opened: "},
		{"media where nothing can be", []string{"-addr", "127.0.0.1:0", "-blobs", "/dev/null/media"}, nil, "-blobs /dev/null/media cannot be opened: "},
		{"bucket without slashes", []string{"-blobs", "s3:media-hush"}, nil, "-blobs cannot be read as s3://"},
		{"bucket with one slash", []string{"-blobs", "s3:/media"}, nil, "-blobs cannot be read as s3://"},
		{"bucket in capitals", []string{"-blobs", "S3://media"}, nil, "-blobs cannot be read as s3://"},
		{"bucket with a bad escape", []string{"-blobs", "s3://media/%hush"}, nil, "-blobs cannot be read as s3://"},
		{"bucket of a port of words", []string{"-blobs", "s3://media:hush"}, nil, "-blobs cannot be read as s3://"},
		{"bucket with a port", []string{"-blobs", "s3://media:443/"}, nil, "-blobs names no bucket"},
		{"bucket without a name", []string{"-blobs", "s3://"}, nil, "-blobs names no bucket"},
		{"bucket of a prefix alone", []string{"-blobs", "s3:///production"}, nil, "-blobs names no bucket"},
		{"bucket that is too short", []string{"-blobs", "s3://ab"}, nil, "-blobs names no bucket"},
		{"bucket of capitals", []string{"-blobs", "s3://Media"}, nil, "-blobs names no bucket"},
		{"bucket that is too long", []string{"-blobs", "s3://" + strings.Repeat("a", 64)}, nil, "-blobs names no bucket"},
		{"bucket with credentials", []string{"-blobs", "s3://ada:hush@media"}, nil, "-blobs holds credentials"},
		{"bucket with a key", nil, map[string]string{"BONAFIDE_BLOBS": "s3://hush@media/"}, "-blobs holds credentials"},
		{"prefix with two slashes", []string{"-blobs", "s3://media//a"}, nil, "-blobs has a prefix that is not"},
		{"prefix upwards", []string{"-blobs", "s3://media/a/../b"}, nil, "-blobs has a prefix that is not"},
		{"prefix with a space", []string{"-blobs", "s3://media/a%20b"}, nil, "-blobs has a prefix that is not"},
		{"fragment of a bucket", []string{"-blobs", "s3://media/a#hush"}, nil, "-blobs has a #"},
		{"parameter that is none", []string{"-blobs", "s3://media?secret=hush"}, nil, "-blobs has a parameter that is neither endpoint nor region"},
		{"parameter in capitals", []string{"-blobs", "s3://media?Region=eu-central-1"}, nil, "-blobs has a parameter that is neither"},
		{"parameter twice", []string{"-blobs", "s3://media?region=a&region=b"}, nil, "-blobs has the parameter region twice"},
		{"parameter with a bad escape", []string{"-blobs", "s3://media?region=%hush"}, nil, "-blobs has parameters that cannot be read"},
		{"region that is empty", []string{"-blobs", "s3://media?region="}, nil, "-blobs has a region that is not"},
		{"region of words", []string{"-blobs", "s3://media?region=the+hush"}, nil, "-blobs has a region that is not"},
		{"endpoint that is empty", []string{"-blobs", "s3://media?endpoint="}, nil, "-blobs has an endpoint that is not"},
		{"endpoint without a scheme", []string{"-blobs", "s3://media?endpoint=s3.example.com"}, nil, "-blobs has an endpoint that is not"},
		{"endpoint of another scheme", []string{"-blobs", "s3://media?endpoint=ftp://s3.example.com"}, nil, "-blobs has an endpoint that is not"},
		{"endpoint with credentials", []string{"-blobs", "s3://media?endpoint=https://ada:hush@s3.example.com"}, nil, "-blobs has an endpoint that holds credentials"},
		{"endpoint over http with credentials", []string{"-blobs", "s3://media?region=r&endpoint=http://ada:hush@h"}, nil, "-blobs has an endpoint that holds credentials"},
		{"endpoint with credentials of a bad escape", []string{"-blobs", "s3://media?endpoint=http://ada:hush%25@h"}, nil, "holds credentials"},
		{"endpoint with a path", []string{"-blobs", "s3://media?endpoint=https://s3.example.com/hush"}, nil, "-blobs has an endpoint that is not"},
		{"endpoint of nobody", []string{"-blobs", "s3://media?endpoint=http://"}, nil, "-blobs has an endpoint that is not"},
		{"keys by settings in capitals", []string{"-keys", "host=h PASSWORD=hush"}, nil, "-keys is neither a file nor postgres://"},
		{"keys by settings with spaces", []string{"-keys", "password = hush"}, nil, "-keys is neither a file nor postgres://"},
		{"keys of an unknown kind", []string{"-keys", "pgx:ada:hush/d"}, nil, "-keys is neither a file nor postgres://"},
		{"keys without a colon", []string{"-keys", "postgres//ada:hush@h/d"}, nil, "-keys is neither a file nor postgres://"},
		{"too few connections", []string{"-max-connections", "1"}, nil, "-max-connections 1 must be between 2 and 1000"},
		{"parameter of a value that there is not", []string{"-db", "postgres://ada:hush@h/d?sslmode=banana"}, nil, "a parameter, as sslmode"},
		{"log level", []string{"-log-level", "loud"}, nil, "-log-level"},
		{"environment", nil, map[string]string{"BONAFIDE_SESSION_TTL": "soon"}, "BONAFIDE_SESSION_TTL"},
		{"environment of words", nil, map[string]string{"BONAFIDE_LIVE": "perhaps"}, "BONAFIDE_LIVE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			data := filepath.Join(t.TempDir(), "data")
			status := run(t.Context(), c.args, func(name string) string {
				if name == "BONAFIDE_DATA" {
					return data
				}
				return c.env[name]
			}, &stdout, &stderr)
			if said := stderr.String(); status != 2 || !strings.Contains(said, c.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("status %d, %q; want 2 and one sentence about %s", status, said, c.want)
			}
			if strings.Contains(stdout.String()+stderr.String(), "hush") {
				t.Errorf("the password is in %q %q", &stdout, &stderr)
			}
		})
	}
}

// settings are the flags, each with three values: of the file, of the environment and of the flag.
var settings = []struct {
	flag                  string
	file                  string // JSON
	environment, flagText string
	want                  [3]string // as read has it
	read                  func(*config) any
}{
	{"addr", `"127.0.0.1:1"`, "127.0.0.1:2", "127.0.0.1:3", [3]string{"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}, func(c *config) any { return c.addr }},
	{"db", `"sqlite:/a"`, "sqlite:/b", "sqlite:/c", [3]string{"/a", "/b", "/c"}, func(c *config) any { return c.sqlitePath }},
	{"synchronous", `"normal"`, "full", "normal", [3]string{"normal", "full", "normal"}, func(c *config) any { return c.synchronous }},
	{"desk-addr", `"127.0.0.1:1"`, "[::1]:2", "localhost:3", [3]string{"127.0.0.1:1", "[::1]:2", "localhost:3"}, func(c *config) any { return c.deskAddr }},
	{"data", `"a"`, "b", "c", [3]string{"a", "b", "c"}, func(c *config) any { return c.data }},
	{"blobs", `"a"`, "s3://bucket-b", "s3://bucket-c/of?region=r-1&endpoint=http://s3.example",
		[3]string{"a", "s3://bucket-b", "s3://bucket-c/of?region=r-1&endpoint=http://s3.example"}, func(c *config) any { return c.blobs }},
	{"public-url", `"https://a"`, "https://b", "https://c", [3]string{"https://a", "https://b", "https://c"}, func(c *config) any { return c.publicURL }},
	{"api-key", `"9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a31"`, "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a32", "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33",
		[3]string{"9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a31", "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a32", "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33"},
		func(c *config) any { return c.parsedKey }},
	{"shared-secret", `"a"`, "b", "c", [3]string{"a", "b", "c"}, func(c *config) any { return c.sharedSecret }},
	{"webhook-url", `"https://a.example"`, "https://b.example", "https://c.example",
		[3]string{"https://a.example", "https://b.example", "https://c.example"}, func(c *config) any { return c.webhooks.Event }},
	{"webhook-decisions-url", `"https://a.example"`, "https://b.example", "https://c.example",
		[3]string{"https://a.example", "https://b.example", "https://c.example"}, func(c *config) any { return c.webhooks.Decision }},
	{"webhook-events-url", `"https://a.example"`, "https://b.example", "https://c.example",
		[3]string{"https://a.example", "https://b.example", "https://c.example"}, func(c *config) any { return c.webhooks.Event }},
	{"webhook-watchlist-url", `"https://a.example"`, "https://b.example", "https://c.example",
		[3]string{"https://a.example", "https://b.example", "https://c.example"}, func(c *config) any { return c.webhooks.Watchlist }},
	{"webhook-user-status-url", `"https://a.example"`, "https://b.example", "https://c.example",
		[3]string{"https://a.example", "https://b.example", "https://c.example"}, func(c *config) any { return c.webhooks.UserStatus }},
	{"webhook-fullauto-url", `"https://a.example"`, "https://b.example", "https://c.example",
		[3]string{"https://a.example", "https://b.example", "https://c.example"}, func(c *config) any { return c.webhooks.FullAuto }},
	{"allow-private-webhooks", `true`, "false", "true", [3]string{"true", "false", "true"}, func(c *config) any { return c.allowPrivate }},
	{"live-key", `"vk_live_aaaaaaaaaaaaaaaa"`, "vk_live_bbbbbbbbbbbbbbbb", "vk_live_cccccccccccccccc",
		[3]string{"vk_live_aaaaaaaaaaaaaaaa", "vk_live_bbbbbbbbbbbbbbbb", "vk_live_cccccccccccccccc"}, func(c *config) any { return c.liveKey }},
	{"sandbox-key", `"vk_sandbox_aaaaaaaaaaaaaaaa"`, "vk_sandbox_bbbbbbbbbbbbbbbb", "vk_sandbox_cccccccccccccccc",
		[3]string{"vk_sandbox_aaaaaaaaaaaaaaaa", "vk_sandbox_bbbbbbbbbbbbbbbb", "vk_sandbox_cccccccccccccccc"}, func(c *config) any { return c.sandboxKey }},
	{"capture-ttl", `"1h"`, "2h", "3h", [3]string{"1h0m0s", "2h0m0s", "3h0m0s"},
		func(c *config) any { return c.verifaPolicy(c.plan, false).Lifetime }},
	{"plan", `"free"`, "starter", "professional", [3]string{"50", "100", "150"}, func(c *config) any { return c.verifaPolicy(c.plan, false).Create[0].N }},
	{"keys", `"a"`, "b/keys.1", "postgres://ada:hush@h/d", [3]string{"a", "b/keys.1", "postgres://ada@h:5432/d"}, func(c *config) any { return c.shownKeys() }},
	{"master-key", `"a"`, "b", "c", [3]string{"a", "b", "c"}, func(c *config) any { return c.masterKey }},
	{"next-master-key", `"a"`, "b", "c", [3]string{"a", "b", "c"}, func(c *config) any { return c.nextMaster }},
	{"previous-master-key", `"a"`, "b", "c", [3]string{"a", "b", "c"}, func(c *config) any { return c.previousMaster }},
	{"restored", `true`, "false", "true", [3]string{"true", "false", "true"}, func(c *config) any { return c.restored }},
	{"live", `true`, "false", "1", [3]string{"true", "false", "true"}, func(c *config) any { return c.live }},
	{"strict", `true`, "0", "true", [3]string{"true", "false", "true"}, func(c *config) any { return c.policy().Strict }},
	{"codes", `"tables"`, "pages", "tables", [3]string{"1", "0", "1"}, func(c *config) any { return int(c.codes) }},
	{"legacy-signature", `true`, "false", "true", [3]string{"true", "false", "true"}, func(c *config) any { return c.legacySignature }},
	{"watchlist", `"a"`, "b", "sandbox:", [3]string{"a", "b", "sandbox:"}, func(c *config) any { return c.watchlist }},
	{"monitoring", `"1h"`, "2h", "0", [3]string{"1h0m0s", "2h0m0s", "0s"}, func(c *config) any { return c.monitoring }},
	{"max-upload", `12000`, "8MiB", "30MB", [3]string{"9000", "6291456", "22500000"}, func(c *config) any { return c.maxUpload.limits().Image }},
	{"max-connections", `2`, "3", "4", [3]string{"2", "3", "4"}, func(c *config) any { return c.maxConnections }},
	{"max-uploads", `1`, "2", "3", [3]string{"1", "2", "3"}, func(c *config) any { return c.ofAPI(nil).MaxUploads }},
	{"session-ttl", `"1h"`, "2h", "3h", [3]string{"1h0m0s", "2h0m0s", "3h0m0s"}, func(c *config) any { return c.policy().Lifetime }},
	{"create-per-minute", `1`, "2", "3", [3]string{"1", "2", "3"}, func(c *config) any { return c.policy().Create[0].N }},
	{"delete-per-hour", `"1"`, "2", "3", [3]string{"1", "2", "3"}, func(c *config) any { return c.policy().Delete[0].N }},
	{"delete-per-day", `1`, "2", "3", [3]string{"1", "2", "3"}, func(c *config) any { return c.policy().Delete[1].N }},
	{"log-level", `"debug"`, "warn", "error", [3]string{"DEBUG", "WARN", "ERROR"}, func(c *config) any { return c.logLevel }},
}

// TestSettings: every flag can be given in each of the three ways, and each way beats the ones before.
func TestSettings(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{"config": true}
	for _, row := range settings {
		tested[row.flag] = true
		t.Run(row.flag, func(t *testing.T) {
			t.Parallel()
			member := strings.ReplaceAll(row.flag, "-", "_")
			text := fmt.Sprintf("{\n// a comment\n%q: %s}", member, row.file)
			if row.flag == "api-key" {
				text = fmt.Sprintf("{%q: %s, \"shared_secret\": \"s\"}", member, row.file)
			} else if row.flag == "shared-secret" {
				text = fmt.Sprintf("{%q: %s, \"api_key\": \"9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33\"}", member, row.file)
			}
			env := map[string]string{"BONAFIDE_CONFIG": write(t, filepath.Join(t.TempDir(), "config.json"), text)}
			getenv := func(name string) string { return env[name] }
			wants := func(way int, args ...string) {
				t.Helper()
				c, err := parseConfig(args, getenv, io.Discard)
				if err != nil {
					t.Fatal(err)
				}
				if got := fmt.Sprint(row.read(c)); got != row.want[way] {
					t.Errorf("args %q, environment %q, file %s: %s, want %s", args, env, text, got, row.want[way])
				}
			}
			wants(0)
			env["BONAFIDE_"+strings.ToUpper(member)] = row.environment
			wants(1)
			wants(2, "-"+row.flag+"="+row.flagText)
		})
	}
	new(config).flags().VisitAll(func(f *flag.Flag) {
		if !tested[f.Name] {
			t.Errorf("-%s has no row", f.Name)
		}
	})
}

// TestDefaults are those of the vendor.
func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := parseConfig(nil, func(string) string { return "" }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if limits := c.maxUpload.limits(); limits.Image != 18<<20 || limits.PDF != 20<<20 {
		t.Errorf("uploads: %+v, want 18 and 20 MiB", limits)
	}
	if c.monitoring != 24*time.Hour || c.strict || c.legacySignature || c.codes != 0 || c.webhooks.FullAuto != "" ||
		c.deskAddr != "" || c.maxUploads != 16 || c.captureTTL != 20*time.Minute || c.plan.Name != "enterprise" {
		t.Errorf("by default: %+v", c)
	}
}

// TestWebhooksByDefault go to -webhook-url, kind by kind.
func TestWebhooksByDefault(t *testing.T) {
	t.Parallel()
	c, err := parseConfig([]string{"-webhook-url", "https://a.example", "-webhook-events-url", "https://b.example"}, func(string) string { return "" }, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	const a, b = "https://a.example", "https://b.example"
	if w := c.webhooks; w.Decision != a || w.Event != b || w.Watchlist != a || w.UserStatus != a || w.FullAuto != a || c.fullAuto {
		t.Errorf("the addresses are %+v", w)
	}
}

// TestDeskInUse is refused by its flag's name.
func TestDeskInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var stdout, stderr bytes.Buffer
	args := []string{"-addr", "127.0.0.1:0", "-db", "memory:", "-desk-addr", taken.Addr().String()}
	status := run(t.Context(), args, func(string) string { return "" }, &stdout, &stderr)
	if said := stderr.String(); status != 2 || !strings.Contains(said, "-desk-addr: ") || strings.Count(said, "\n") != 1 {
		t.Errorf("status %d, %q; want 2 and one sentence", status, said)
	}
}

// TestEnvironment is taken where no flag is given, and beaten where one is.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"BONAFIDE_ADDR": "127.0.0.1:1", "BONAFIDE_DB": "memory:", "BONAFIDE_DATA": "d", "BONAFIDE_PUBLIC_URL": "https://example.com",
		"BONAFIDE_API_KEY": "9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33", "BONAFIDE_SHARED_SECRET": "s",
		"BONAFIDE_WEBHOOK_URL": "http://127.0.0.1:9090/", "BONAFIDE_ALLOW_PRIVATE_WEBHOOKS": "true", "BONAFIDE_LIVE": "1",
		"BONAFIDE_SESSION_TTL": "2h", "BONAFIDE_CREATE_PER_MINUTE": "3", "BONAFIDE_DELETE_PER_HOUR": "4",
		"BONAFIDE_DELETE_PER_DAY": "5", "BONAFIDE_LOG_LEVEL": "debug",
	}
	getenv := func(name string) string { return env[name] }
	c, err := parseConfig(nil, getenv, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.addr, c.db, c.data, c.publicURL, c.apiKey, c.sharedSecret, c.webhookURL, c.allowPrivate, c.live, c.ttl,
		c.createMinute, c.deleteHour, c.deleteDay, c.logLevel)
	want := "127.0.0.1:1 memory: d https://example.com 9f4e1c8a-2a57-4b0e-9f6e-0d3f6c1b2a33 s http://127.0.0.1:9090/ true true 2h0m0s 3 4 5 DEBUG"
	if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("from the environment: %s, want %s", got, want)
	}
	if c, err = parseConfig([]string{"-session-ttl", "1h", "-live=false"}, getenv, io.Discard); err != nil || c.ttl != time.Hour || c.live {
		t.Errorf("flags beside the environment: %s, %t, %v", c.ttl, c.live, err)
	}
}
