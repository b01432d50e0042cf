package intake

import (
	"io"
	"os"
	"time"
)

// slowest is how many bytes a second a sender must come to, once its patience is used up.
const slowest = 32 << 10

// pace cuts off who sends too slowly. Only the waiting counts, and not what is done here with the bytes; and who
// was fast has nothing saved up beyond the patience.
type pace struct {
	set      func(deadline time.Time) error // nil: the server cannot
	patience time.Duration                  // how far a sender may fall behind
	left     time.Duration                  // of it
}

func (p *pace) read(from io.Reader, into []byte) (int, error) {
	if p.left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	begun := time.Now()
	if p.set != nil && p.set(begun.Add(p.left)) != nil {
		p.set = nil
	}
	n, err := from.Read(into)
	earned := time.Duration(n) * time.Second / slowest
	p.left = min(p.left-time.Since(begun)+earned, p.patience)
	return n, err
}

// end takes the deadline away.
func (p *pace) end() {
	if p.set != nil {
		_ = p.set(time.Time{})
		p.set = nil
	}
}
