package rows

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// parts does by itself each thing that must be done with an upload: its HMAC, its base64, its SHA-256, and, where there
// is a folder, AES-GCM and a file, which is synced and then removed.
type parts struct {
	body []byte
	text string
	dir  string // empty: no file
	n    int
}

// piece is of how many bytes at a time.
const piece = 64 << 10

func (p *parts) do() (err error) {
	mac := hmac.New(sha256.New, []byte("a key of the peer's"))
	for rest := p.body; len(rest) > 0; {
		n := min(piece, len(rest))
		mac.Write(rest[:n])
		rest = rest[n:]
	}
	if mac.Sum(nil) == nil {
		return errors.New("there is no HMAC")
	}
	if p.dir == "" {
		return p.decode(io.Discard)
	}
	p.n++
	return p.intoFile(fmt.Sprintf("%s/peer-%d", p.dir, p.n))
}

// decode takes the text apart, and hands on what is in it.
func (p *parts) decode(to io.Writer) error {
	chunk, decoded, sum, total := make([]byte, piece), make([]byte, piece), sha256.New(), 0
	for from := strings.NewReader(p.text); from.Len() > 0; {
		n, _ := from.Read(chunk)
		k, err := base64.StdEncoding.Decode(decoded, chunk[:n])
		if err != nil {
			return err
		}
		sum.Write(decoded[:k])
		if _, err := to.Write(decoded[:k]); err != nil {
			return err
		}
		total += k
	}
	if sum.Sum(nil); total != base64.StdEncoding.DecodedLen(len(p.text))-strings.Count(p.text[len(p.text)-2:], "=") {
		return fmt.Errorf("of the text only %d bytes were decoded", total)
	}
	return nil
}

func (p *parts) intoFile(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	err = p.decode(&sealer{to: file, aead: aead})
	err = errors.Join(err, file.Sync(), file.Close(), syncFolder(p.dir))
	return errors.Join(err, os.Remove(name))
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// sealer seals pieces as they come.
type sealer struct {
	to    io.Writer
	aead  cipher.AEAD
	nonce [12]byte
	out   []byte
}

// Write implements [io.Writer].
func (s *sealer) Write(p []byte) (int, error) {
	s.nonce[0]++
	s.out = s.aead.Seal(s.out[:0], s.nonce[:], p, nil)
	if _, err := s.to.Write(s.out); err != nil {
		return 0, err
	}
	return len(p), nil
}
