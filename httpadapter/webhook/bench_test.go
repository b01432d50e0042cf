package webhook_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

// BenchmarkDeliver stands beside a plain POST of the same bytes by net/http, without signatures and without
// checks.
func BenchmarkDeliver(b *testing.B) {
	receiver := startReceiver(b, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	d := newDelivery(strings.Repeat("x", 2<<10))
	b.Run("webhook", func(b *testing.B) {
		sender := newSender(b, webhook.Config{AllowPrivate: true})
		b.ReportAllocs()
		for b.Loop() {
			if got := sender.Deliver(b.Context(), session.Endpoint{URL: receiver.URL}, d); got.Status != 200 {
				b.Fatal(got)
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		b.ReportAllocs()
		for b.Loop() {
			response, err := client.Post(receiver.URL, "application/json", bytes.NewReader(d.Body))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	})
}

// BenchmarkCheckURL stands beside the parsing that it begins with.
func BenchmarkCheckURL(b *testing.B) {
	const raw = "https://receiver.example:8443/hook?a=b"
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := webhook.CheckURL(raw, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := url.Parse(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}
