package keycase_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/bonafide-idv/bonafide/session/keycase"
	"pgregory.net/rapid"
)

func drawDocument(t *rapid.T) (*drawn, []string) {
	keep := []string{"meta_data"}
	if rapid.Bool().Draw(t, "keepNothing") {
		keep = nil
	}
	d := &drawn{to: rapid.SampledFrom(cases).Draw(t, "to"), keep: map[string]bool{}}
	for _, key := range keep {
		d.keep[key] = true
	}
	d.value(t, 4)
	return d, keep
}

func TestAppendDoesWhatTheReferenceDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, keep := drawDocument(t)
		src := []byte(d.src.String())
		got, err := keycase.Append([]byte("before"), src, d.to, keep...)
		var collision *keycase.CollisionError
		switch {
		case d.collides && !errors.As(err, &collision):
			t.Fatalf("Append(%s, %v): got error %v, want a CollisionError", src, d.to, err)
		case d.collides && string(got) != "before":
			t.Fatalf("Append(%s, %v): got %q with an error, want dst as it was", src, d.to, got)
		case d.collides:
		case err != nil:
			t.Fatalf("Append(%s, %v): got error %v", src, d.to, err)
		case string(got) != "before"+d.want.String():
			t.Fatalf("Append(%s, %v):\n got %s\nwant before%s", src, d.to, got, d.want.String())
		}
		if err := documentLaws(src, d.to, keep); err != nil {
			t.Fatal(err)
		}
	})
}

// Any text that is nearly a document is refused or treated by the same laws.
func TestBrokenDocumentsLeaveDst(t *testing.T) {
	t.Parallel()
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		d, keep := drawDocument(t)
		src := []byte(d.src.String())
		at := rapid.IntRange(0, len(src)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			src = src[:at]
		} else {
			src[at] = rapid.Byte().Draw(t, "byte")
		}
		if err := documentLaws(src, d.to, keep); err != nil {
			t.Fatal(err)
		}
		if keycase.Valid(src) != nil {
			refused++
		}
	})
	if refused == 0 {
		t.Error("no document was refused")
	}
}

// documentLaws states what holds for any bytes at all.
func documentLaws(src []byte, to keycase.Case, keep []string) error {
	dst := append(make([]byte, 0, 40), "before"...)
	out, err := keycase.Append(dst, src, to, keep...)
	plainErr := keycase.Valid(src)
	if err != nil {
		if string(out) != "before" || string(dst) != "before" {
			return fmt.Errorf("Append(%q) failed and gave %q, want dst as it was", src, out)
		}
		return refusalLaws(src, err, plainErr, to, keep)
	}
	got := out[len("before"):]
	switch {
	case string(out[:len("before")]) != "before":
		return fmt.Errorf("Append(%q) changed dst to %q", src, out)
	case plainErr != nil:
		return fmt.Errorf("Append(%q) took what Valid refuses: %v", src, plainErr)
	case !json.Valid(src) || !json.Valid(got):
		return fmt.Errorf("Append(%q) took or gave what is not JSON: %q", src, got)
	case keycase.Valid(got) != nil:
		return fmt.Errorf("Append(%q) gave what Valid refuses: %q", src, got)
	}
	want, collides := refDocument(src, to, keep)
	value, _ := refPlain(got)
	if collides || !reflect.DeepEqual(value, want) {
		return fmt.Errorf("Append(%q, %v):\n got %q,\nwhich decodes to %v,\nwant %v (collides: %v)", src, to, got, value, want, collides)
	}
	return chainLaws(src, got, to, keep)
}

// refusalLaws states when a document may be refused: what encoding/json takes
// must have a fault of which it knows nothing.
func refusalLaws(src []byte, err, plainErr error, to keycase.Case, keep []string) error {
	var fault *keycase.SyntaxError
	var collision *keycase.CollisionError
	switch {
	case errors.As(err, &fault):
		if fault.Offset < 0 || fault.Offset > len(src) || plainErr == nil {
			return fmt.Errorf("Append(%q): got %v, and Valid says %v", src, err, plainErr)
		}
		strict := map[string]bool{"NUL": true, "lone surrogate": true, "invalid UTF-8": true, "nested too deep": true}
		if json.Valid(src) && !strict[fault.Reason] {
			return fmt.Errorf("Append(%q): got %v, but it is JSON", src, err)
		}
	case errors.As(err, &collision):
		if collision.Offset <= 0 || collision.Offset >= len(src) || src[collision.Offset] != '"' ||
			!bytes.HasPrefix(src[collision.Offset+1:], []byte(collision.Second+`"`)) {
			return fmt.Errorf("Append(%q): got %v, which does not stand there", src, err)
		}
		if plainErr == nil {
			if _, collides := refDocument(src, to, keep); !collides {
				return fmt.Errorf("Append(%q, %v): got %v, but nothing collides", src, to, err)
			}
		}
	default:
		return fmt.Errorf("Append(%q): got an error of another kind: %v", src, err)
	}
	return nil
}

// chainLaws states that each case can be reached from each, and that a second
// time changes nothing.
func chainLaws(src, got []byte, to keycase.Case, keep []string) error {
	for _, by := range cases {
		direct, err := keycase.Append(nil, src, by, keep...)
		if err != nil {
			return fmt.Errorf("Append(%q, %v): got error %v, but none in %v", src, by, err, to)
		}
		again, err := keycase.Append(nil, got, by, keep...)
		if err != nil || !bytes.Equal(again, direct) {
			return fmt.Errorf("Append(%q) by way of %v to %v: got %q, %v, want %q", src, to, by, again, err, direct)
		}
	}
	return nil
}
