package jsontext

import (
	"bytes"
	"strings"
	"testing"
)

// TestWritersAreWiped: an answer is not left in what the next one is written into. The writer stays out of the pool, or the
// next one may write into it already.
func TestWritersAreWiped(t *testing.T) {
	t.Parallel()
	for _, size := range []int{100, 2 * maxKept} {
		w := writers.New().(*writer)
		if err := w.enc.Encode(strings.Repeat("Specimen", size/8)); err != nil {
			t.Fatal(err)
		}
		written := w.text.Bytes()
		w.wipe()
		if bytes.Contains(written, []byte("Specimen")) || w.text.Len() != 0 {
			t.Errorf("of %d bytes there is still %.20q, and %d bytes are kept", size, written, w.text.Len())
		}
	}
}

// TestTextsAreTheirOwners: a text stays as it is when others are written.
func TestTextsAreTheirOwners(t *testing.T) {
	first, err := Stringify("first")
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := Stringify("other"); err != nil {
			t.Fatal(err)
		}
	}
	if string(first) != `"first"` {
		t.Errorf("the first text has become %s", first)
	}
}
