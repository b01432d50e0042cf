package verifa_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// BenchmarkCreate is a creation over HTTP: with the vendor's largest quota, of which 299 are taken, and without one.
func BenchmarkCreate(b *testing.B) {
	for _, quota := range []int{0, 300} {
		b.Run(fmt.Sprintf("quota=%d", quota), func(b *testing.B) {
			h := newHouse(b, setup{policy: func(p *session.Policy) { p.Create, _ = verifa.Plan{Creations: quota}.Rules() },
				config: verifa.Config{Plan: verifa.Plan{Name: "wide", Requests: 1_000_000}}})
			for range 299 {
				h.clock.Add(201 * time.Millisecond)
				h.create(liveKey, nil)
			}
			b.ReportAllocs()
			for b.Loop() {
				h.clock.Add(201 * time.Millisecond) // 299 a minute
				h.create(liveKey, nil)
			}
		})
	}
}

// BenchmarkOnce is a creation that was answered before.
func BenchmarkOnce(b *testing.B) {
	h := newHouse(b, setup{config: verifa.Config{Plan: verifa.Plan{Name: "wide", Requests: 1_000_000}}})
	h.with("k", "POST", "/api/v1/sessions", liveKey, everything).want(201)
	b.ReportAllocs()
	for b.Loop() {
		h.with("k", "POST", "/api/v1/sessions", liveKey, everything)
	}
}
