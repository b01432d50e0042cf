package webhook_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
)

func FuzzCheckURL(f *testing.F) {
	if seeds, err := os.ReadDir("testdata/fuzz/FuzzCheckURL"); err != nil || len(seeds) < 12 {
		f.Fatalf("%d committed seeds (%v), want at least 12", len(seeds), err)
	}
	for _, row := range urls {
		f.Add(row.url)
	}
	for _, row := range addresses {
		f.Add(literal("https", row.address))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if webhook.CheckURL(raw, false) != nil {
			return
		}
		if err := webhook.CheckURL(raw, true); err != nil {
			t.Fatalf("%q is accepted, but not with AllowPrivate: %v", raw, err)
		}
		request, err := http.NewRequest(http.MethodPost, raw, nil)
		if err != nil {
			t.Fatalf("%q is accepted, but cannot be sent to: %v", raw, err)
		}
		u := request.URL
		if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q is accepted with scheme %q, host %q, user %v, fragment %q", raw, u.Scheme, u.Host, u.User, u.Fragment)
		}
		if strings.HasSuffix(u.Hostname(), ".") || !strings.ContainsAny(u.Hostname(), ".:") {
			t.Fatalf("%q is accepted with the host %q", raw, u.Hostname())
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
			addr = addr.Unmap()
			if !addr.IsGlobalUnicast() || addr.IsPrivate() {
				t.Fatalf("%q is accepted with the address %s", raw, addr)
			}
		}
		if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host {
			t.Fatalf("%q is accepted, and means the host %q when written again (%v)", raw, again.Host, err)
		}
	})
}
