package filekeeper_test

import (
	"crypto/aes"
	"crypto/cipher"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/filekeeper"
)

// The keeper is compared with what no keeper can do without: opening 32 bytes that are sealed.
func BenchmarkKeeper(b *testing.B) {
	k, err := filekeeper.Open(filepath.Join(b.TempDir(), "slots"), session.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = k.Close() })

	b.Run("gcm", func(b *testing.B) {
		key := session.NewKey()
		block, err := aes.NewCipher(key[:])
		if err != nil {
			b.Fatal(err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			b.Fatal(err)
		}
		nonce, out := make([]byte, 12), make([]byte, 32)
		sealed := gcm.Seal(nil, nonce, key[:], nil)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := gcm.Open(out[:0], nonce, sealed, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
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
			if err := k.Destroy(b.Context(), g.id, g.ref); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRotate(b *testing.B) {
	const slots = 1 << 17
	k, err := filekeeper.OpenBlocks(filepath.Join(b.TempDir(), "slots"), session.NewKey(), slots, func(d filekeeper.Disk) filekeeper.Disk { return d })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = k.Close() })
	b.ReportAllocs()
	for b.Loop() {
		if err := k.Rotate(b.Context(), session.NewKey()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/slots, "ns/slot")
}
