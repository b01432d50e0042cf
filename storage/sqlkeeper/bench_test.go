package sqlkeeper_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func BenchmarkKeeper(b *testing.B) {
	k := newKeeper(b, migrated(b, "sqlite3", newFile(b), 2), session.NewKey())
	b.Run("make", func(b *testing.B) {
		id := uuid.New()
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := k.Make(b.Context(), id); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		g := makeKey(b, k)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := k.Open(b.Context(), g.id, g.ref); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("destroy", func(b *testing.B) {
		g := makeKey(b, k)
		b.ReportAllocs()
		for b.Loop() {
			mustDestroy(b, k, g)
		}
	})
	b.Run("rotate 10000", func(b *testing.B) {
		many := newKeeper(b, migrated(b, quick(), newFile(b), 2), session.NewKey())
		for range 10000 {
			makeKey(b, many)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := many.Rotate(b.Context(), session.NewKey()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
