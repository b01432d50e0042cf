package auth_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
)

// BenchmarkAPIKey is what a request of Verifa's dialect costs before it is answered: its key is read, found among a
// thousand, and asked what it may do.
func BenchmarkAPIKey(b *testing.B) {
	ring := mustKeys(b)
	var text string
	for i := range 1000 {
		clear, key := auth.GenerateAPIKey(false, i%2 == 0)
		key.Integration, key.AllowedIPs = key.ID, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		if err := ring.Add(key); err != nil {
			b.Fatal(err)
		}
		text = clear.Reveal()
	}
	now, addr := time.Now(), netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		read, err := auth.ParseAPIKey(text)
		if err != nil {
			b.Fatal(err)
		}
		key, err := ring.ByHash(b.Context(), read.Hash)
		if err != nil || key.Usable(now) != nil || !key.AllowsAddr(addr) || !key.May("sessions:read", "sessions:write") {
			b.Fatalf("the key may not be used: %v", err)
		}
	}
}

func BenchmarkLinkSigner(b *testing.B) {
	links, end := auth.NewLinkSigner(linkKey), time.Unix(1738368000, 0)
	parts := []string{"ses_0c9e8d7f6a5b4c3d8e2f1a0b9c8d7e6f", "document-front"}
	signature := links.Sign("document", parts, end)
	b.ReportAllocs()
	for b.Loop() {
		if err := links.Verify(signature, "document", parts, end, end.Add(-1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTimestampedSign(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			secret, body, at := auth.GenerateWebhookSecret(), bytes.Repeat([]byte("x"), size), time.Unix(1738368000, 0)
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				secret.TimestampedSign(at, body)
			}
		})
	}
}
