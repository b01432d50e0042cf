package session

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/uuid"
)

// FuzzSealed: nothing opens but what was sealed, and that as it was; whatever else there is in its place is ErrKeeper.
func FuzzSealed(f *testing.F) {
	key, s, place := Key{1}, Session{ID: uuid.UUID{2}, Tenant: uuid.UUID{3}}, part{"facts", uuid.UUID{4}}
	f.Fuzz(func(t *testing.T, plain []byte, at, out uint16, in []byte) {
		sealed := key.seal(&s, place, plain)
		from := int(at) % (len(sealed) + 1)
		text := bytes.Join([][]byte{sealed[:from], in, sealed[min(from+int(out), len(sealed)):]}, nil)
		got, err := key.open(&s, place, text)
		switch {
		case bytes.Equal(text, sealed):
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%x: got %x and %v, want %x", text, got, err, plain)
			}
		case !errors.Is(err, ErrKeeper) || got != nil:
			t.Errorf("%x, sealed as %x: got %x and %v, want ErrKeeper", text, sealed, got, err)
		}
	})
}

// FuzzStream: of a blob that was edited nothing is read but a beginning of what it was, and its end is an error; and of
// one that was not, all of it.
func FuzzStream(f *testing.F) {
	key, bound := Key{1}, []byte("here")
	f.Fuzz(func(t *testing.T, size uint32, at, out uint32, in []byte) {
		plain := bytes.Repeat([]byte("a photograph "), int(size%(3*streamChunk))/13)
		var sealed bytes.Buffer
		w, err := newSealWriter(&sealed, key, bound)
		if err == nil {
			_, err = w.Write(plain)
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		whole := sealed.Bytes()
		from := int(at) % (len(whole) + 1)
		text := bytes.Join([][]byte{whole[:from], in, whole[min(from+int(out), len(whole)):]}, nil)
		got, err := io.ReadAll(newSealReader(io.NopCloser(bytes.NewReader(text)), key, bound))
		switch {
		case bytes.Equal(text, whole):
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: got %d and %v", len(plain), len(got), err)
			}
		case !errors.Is(err, ErrKeeper) || !bytes.HasPrefix(plain, got):
			t.Errorf("%d bytes, edited at %d: got %d bytes and %v, want ErrKeeper", len(plain), from, len(got), err)
		}
	})
}
