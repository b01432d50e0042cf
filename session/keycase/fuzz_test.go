package keycase_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

func FuzzAppend(f *testing.F) {
	f.Add(document, uint8(keycase.Snake), "metadata")
	f.Fuzz(func(t *testing.T, src []byte, to uint8, keep string) {
		if err := documentLaws(src, keycase.Case(to%3), []string{keep}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add("firstName")
	f.Fuzz(func(t *testing.T, key string) {
		if err := keyLaws(key); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzValid(f *testing.F) {
	f.Add(document)
	f.Fuzz(func(t *testing.T, src []byte) {
		err := keycase.Valid(src)
		if err == nil {
			if !json.Valid(src) {
				t.Fatalf("Valid(%q): got no error, but encoding/json refuses it", src)
			}
			if _, collides := refPlain(src); collides {
				t.Fatalf("Valid(%q): got no error, but a key stands twice", src)
			}
			return
		}
		var collision *keycase.CollisionError
		if errors.As(err, &collision) && json.Valid(src) {
			if _, collides := refPlain(src); !collides {
				t.Fatalf("Valid(%q): got %v, but no key stands twice", src, err)
			}
		}
		if err := refusalLaws(src, err, err, keycase.Snake, nil); err != nil {
			t.Fatal(err)
		}
	})
}

// Without its seeds a fuzz target passes and says nothing.
func TestEveryFuzzTargetHasSeeds(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"FuzzAppend", "FuzzKey", "FuzzValid"} {
		seeds, err := os.ReadDir(filepath.Join("testdata", "fuzz", target))
		if err != nil || len(seeds) < 5 {
			t.Errorf("seeds of %s: got %d and error %v, want at least 5", target, len(seeds), err)
		}
	}
}
