package webhook_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

// The words that an objection is recognised by.
const (
	fine        = ""
	scheme      = "the scheme must be https"
	unreadable  = "cannot be read"
	noHost      = "no host"
	user        = "a user or a password"
	fragment    = "fragment"
	portRange   = "between 1 and 65535"
	portPurpose = "not for the web"
	numeric     = "four decimal numbers"
	zone        = "zone"
	name        = "letters, digits and hyphens"
	metadata    = "metadata service"
	private     = "name of a private network"
	withoutTLS  = "without TLS"
	long        = "longer than"
)

var urls = []struct {
	name, url string
	closed    string // what is said without AllowPrivate
	open      string // with it
}{
	{"https", "https://receiver.example/hook", fine, fine},
	{"https in capitals", "HTTPS://RECEIVER.EXAMPLE/hook", fine, fine},
	{"query", "https://receiver.example/hook?token=a%20b", fine, fine},
	{"no path", "https://receiver.example", fine, fine},
	{"port 443", "https://receiver.example:443/", fine, fine},
	{"port 8443", "https://receiver.example:8443/", fine, fine},
	{"port 65535", "https://receiver.example:65535/", fine, fine},
	{"public IPv4", "https://8.8.8.8/", fine, fine},
	{"public IPv6", "https://[2606:4700::1111]/", fine, fine},
	{"punycode", "https://xn--bcher-kva.example/", fine, fine},
	{"underscore", "https://my_receiver.example/", fine, fine},
	{"a public name for loopback", "https://anything.localtest.me/", fine, fine}, // refused by the dial

	{"http to a name", "http://receiver.example/", scheme, fine}, // judged by the dial
	{"http to a public address", "http://8.8.8.8/", scheme, withoutTLS},
	{"http to a private address", "http://10.0.0.1/", scheme, fine},
	{"ftp", "ftp://receiver.example/", scheme, scheme},
	{"file", "file:///etc/passwd", scheme, scheme},
	{"gopher", "gopher://receiver.example/", scheme, scheme},
	{"data", "data:text/plain,x", scheme, scheme},
	{"javascript", "javascript:alert(1)", scheme, scheme},
	{"ws", "wss://receiver.example/", scheme, scheme},
	{"no scheme", "receiver.example/hook", scheme, scheme},
	{"scheme of the page", "//receiver.example/hook", scheme, scheme},
	{"empty", "", scheme, scheme},
	{"too long", "https://receiver.example/" + strings.Repeat("a", 2048), long, long},

	{"opaque", "https:receiver.example", noHost, noHost},
	{"one slash", "https:/receiver.example", noHost, noHost},
	{"three slashes", "https:///receiver.example", noHost, noHost},
	{"port alone", "https://:443/", name, name},
	{"line feed", "https://receiver.example/\n", unreadable, unreadable},
	{"tab in the host", "https://recei\tver.example/", unreadable, unreadable},
	{"space before", " https://receiver.example/", unreadable, unreadable},
	{"space in the host", "https://recei ver.example/", unreadable, unreadable},
	{"backslash", `https://receiver.example\@10.0.0.1/`, unreadable, unreadable},
	{"fragment", "https://receiver.example/#a", fragment, fragment},
	{"empty fragment", "https://receiver.example/#", fragment, fragment},

	{"user", "https://user@receiver.example/", user, user},
	{"user and password", "https://user:secret@receiver.example/", user, user},
	{"empty user", "https://@receiver.example/", user, user},
	{"host as user", "https://receiver.example@127.0.0.1/", user, user},

	{"port 0", "https://receiver.example:0/", portRange, portRange},
	{"port 65536", "https://receiver.example:65536/", portRange, portRange},
	{"port with a zero before", "https://receiver.example:0443/", portRange, portRange},
	{"port empty", "https://receiver.example:/", portRange, portRange},
	{"port no number", "https://receiver.example:http/", unreadable, unreadable},
	{"port 22", "https://receiver.example:22/", portPurpose, portPurpose},
	{"port 25", "https://receiver.example:25/", portPurpose, portPurpose},
	{"port 6379", "https://receiver.example:6379/", portPurpose, portPurpose},
	{"port 6379 of this machine", "http://127.0.0.1:6379/", scheme, portPurpose},

	{"decimal", "https://2130706433/", numeric, numeric},
	{"octal", "https://0177.0.0.1/", numeric, numeric},
	{"hexadecimal", "https://0x7f.1/", numeric, numeric},
	{"hexadecimal, one number", "https://0x7f000001/", numeric, numeric},
	{"hexadecimal, last", "https://127.0.0.0x1/", numeric, numeric},
	{"hexadecimal without digits", "https://127.0x/", numeric, numeric},
	{"short", "https://127.1/", numeric, numeric},
	{"five numbers", "https://1.2.3.4.5/", numeric, numeric},
	{"number too large", "https://256.0.0.1/", numeric, numeric},
	{"name before a number", "https://receiver.1/", numeric, numeric},

	{"brackets around IPv4", "https://[127.0.0.1]/", unreadable, unreadable},
	{"brackets around a name", "https://[receiver.example]/", unreadable, unreadable},
	{"brackets empty", "https://[]/", unreadable, unreadable},
	{"bracket unclosed", "https://[::1/", unreadable, unreadable},
	{"name after a bracket", "https://[::1]receiver.example/", unreadable, unreadable},
	{"IPv6 without brackets", "https://2606:4700::1111/", unreadable, unreadable},
	{"zone", "https://[fe80::1%25eth0]/", zone, zone},
	{"zone of a public address", "https://[2606:4700::1111%25eth0]/", zone, zone},

	{"trailing dot", "https://receiver.example./", name, name},
	{"two dots", "https://receiver..example/", name, name},
	{"leading dot", "https://.receiver.example/", name, name},
	{"dot", "https://./", name, name},
	{"hyphen before", "https://-receiver.example/", name, name},
	{"hyphen after", "https://receiver-.example/", name, name},
	{"label of 64", "https://" + strings.Repeat("a", 64) + ".example/", name, name},
	{"name of 254", "https://" + strings.Repeat("abcdefg.", 31) + "abcdef/", name, name},
	{"percent-encoded address", "https://%31%32%37.0.0.1/", unreadable, unreadable},
	{"percent-encoded letter", "https://%E2%93%9Bocalhost/", name, name},
	{"full-width digits", "https://１２７.０.０.１/", name, name},
	{"ideographic full stop", "https://127。0。0。1/", name, name},
	{"circled letters", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", name, name},
	{"Cyrillic letters", "https://ехаmple.example/", name, name},
	{"letters of another country", "https://bücher.example/", name, name},

	{"localhost", "https://localhost/", private, fine},
	{"localhost in capitals", "https://LocalHost/", private, fine},
	{"localhost with a dot", "https://localhost./", name, name},
	{"under localhost", "https://a.localhost/", private, fine},
	{"local", "https://printer.local/", private, fine},
	{"internal", "https://billing.internal/", private, fine},
	{"home.arpa", "https://nas.home.arpa/", private, fine},
	{"one label", "https://intranet/", private, fine},
	{"not quite local", "https://notlocal.example/", fine, fine},
	{"not quite localhost", "https://mylocalhost.example/", fine, fine},
	{"metadata of Google", "https://metadata.google.internal/", metadata, metadata},
	{"metadata of Google, short", "https://metadata/", metadata, metadata},
	{"metadata of Google, in capitals", "http://METADATA.goog/", scheme, metadata},
	{"metadata of AWS", "https://instance-data/", metadata, metadata},
	{"metadata of Tencent", "https://metadata.tencentyun.com/", metadata, metadata},
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, row := range urls {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			checkURL(t, row.url, false, row.closed)
			checkURL(t, row.url, true, row.open)
		})
	}
}

// checkURL expects an objection that contains the words, and none when there are none.
func checkURL(t *testing.T, url string, allowPrivate bool, words string) {
	t.Helper()
	err := webhook.CheckURL(url, allowPrivate)
	switch {
	case words == fine && err != nil:
		t.Errorf("CheckURL(%q, %t) = %v, want nil", url, allowPrivate, err)
	case words != fine && !errors.Is(err, webhook.ErrURL):
		t.Errorf("CheckURL(%q, %t) = %v, want an ErrURL about %q", url, allowPrivate, err, words)
	case words != fine && !strings.Contains(err.Error(), words):
		t.Errorf("CheckURL(%q, %t) = %v, want it to say %q", url, allowPrivate, err, words)
	}
}

func TestCheckURLRepeatsNoSecrets(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://user:canary@receiver.example/", "https://receiver.example:22/?canary", "https://a b/canary",
		"ftp://canary.example", "https://canary", "https://%31/canary", "https://canary.internal/",
	} {
		if err := webhook.CheckURL(url, false); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("CheckURL(%q) = %v, want an error without what is secret", url, err)
		}
	}
}
