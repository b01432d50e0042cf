package veriff

import (
	"bytes"
	"encoding/base64"
	"io"
	"unicode/utf8"
)

// content is what the base64 within a string of JSON stands for, while it arrives. The base64 may follow a data
// URI's head (RFC 2397), whose type is not believed. It must be of the standard alphabet, with its padding, as a
// text that was cut off can otherwise not be told from a whole one; line breaks within are passed over (RFC 4648
// and RFC 2045), which in JSON are escapes.
type content struct {
	*stream
	begun  bool
	group  []byte // the beginning of a group of four, at the end of a run
	four   [4]byte
	out    []byte // decoded, for who reads less at a time than is decoded
	spare  [48]byte
	tidied bool // run has no line breaks
	padded bool // nothing may follow
	some   bool // something was decoded
	fault  error
}

func newContent(s *stream) *content {
	c := &content{stream: s}
	c.group = c.four[:0]
	return c
}

// Read implements [io.Reader]. Its errors are refusals.
func (c *content) Read(p []byte) (int, error) {
	if !c.begun {
		c.begun = true
		c.head()
	}
	for c.fault == nil && len(p) > 0 {
		if len(c.out) > 0 {
			n := copy(p, c.out)
			c.out = c.out[n:]
			return n, nil
		}
		if len(c.run) == 0 && !c.next() {
			return 0, c.end()
		}
		if len(p) < len(c.spare) {
			c.out = c.spare[:c.decode(c.spare[:])]
		} else if n := c.decode(p); n > 0 {
			return n, nil
		}
	}
	return 0, c.fault
}

func (c *content) next() bool {
	c.tidied = false
	return c.more()
}

// end is what there is to say at the end of the text.
func (c *content) end() error {
	switch {
	case c.stream.fault != nil:
		c.fault = c.stream.fault
	case len(c.group) > 0:
		c.fault = imageNotBase64
	case !c.some:
		c.fault = imageNoData
	default:
		return io.EOF
	}
	return c.fault
}

// skip goes to the end of the text, so that what is wrong with it as JSON is known too.
func (c *content) skip() {
	_, _ = io.Copy(io.Discard, c)
	for c.check() && c.next() {
	}
}

// head passes over a data URI's head.
func (c *content) head() {
	const scheme, encoded = "data:", ";base64"
	var begin []byte
	for len(begin) < len(scheme) && (len(c.run) > 0 || c.next()) {
		if !c.check() {
			return
		}
		n := min(len(scheme)-len(begin), len(c.run))
		begin, c.run = append(begin, c.run[:n]...), c.run[n:]
	}
	if !bytes.EqualFold(begin, []byte(scheme)) {
		c.run, c.later, c.checked = begin, c.run, true
		return
	}
	for ended := false; !ended; {
		before, after, found := bytes.Cut(c.run, []byte(","))
		begin = append(begin, before[max(len(before)-len(encoded), 0):]...)
		begin = begin[max(len(begin)-len(encoded), 0):]
		c.run = after
		if found {
			break
		}
		if ended = !c.next() || !c.check(); ended {
			begin = nil // the head has no end
		}
	}
	if !bytes.EqualFold(begin, []byte(encoded)) {
		c.fault = imageNotBase64
	}
}

// decode decodes as much of run as is there and there is room for, which must be for a group at least.
func (c *content) decode(into []byte) int {
	if c.padded && c.tidy() && len(c.run) > 0 {
		c.fault = imageNotBase64
		return 0
	}
	n := min(len(c.run)/4, len(into)/3) * 4
	if n == 0 || len(c.group) > 0 {
		return c.decodeGroup(into)
	}
	k, err := base64.StdEncoding.Decode(into, c.run[:n])
	if err == nil && k == n/4*3 {
		c.run, c.some = c.run[n:], true
		return k
	}
	if !c.tidied {
		c.tidy()
		return 0 // the next time
	}
	return c.last(into[:k], c.run[:n], err)
}

// last takes what was decoded out of a text that ends in padding.
func (c *content) last(decoded, text []byte, err error) int {
	if err != nil {
		c.fault = imageNotBase64
		return 0
	}
	c.run, c.padded, c.some = c.run[len(text):], true, true
	return len(decoded)
}

// decodeGroup brings a group of four together that lies in two runs.
func (c *content) decodeGroup(into []byte) int {
	for len(c.group) < 4 && len(c.run) > 0 {
		if first := c.run[0]; !c.tidied && (first <= ' ' || first >= utf8.RuneSelf) {
			c.tidy()
			continue
		}
		c.group, c.run = append(c.group, c.run[0]), c.run[1:]
	}
	if len(c.group) < 4 {
		return 0
	}
	k, err := base64.StdEncoding.Decode(into, c.group)
	c.group = c.four[:0]
	if err == nil && k == 3 {
		c.some = true
		return k
	}
	return c.last(into[:k], nil, err)
}

// tidy takes the line breaks out of run. A run that JSON does not allow is no run.
func (c *content) tidy() bool {
	if c.tidied {
		return true
	}
	if !c.check() {
		return false // and run is empty
	}
	kept := c.run[:0]
	for text := c.run; len(text) > 0; {
		i := bytes.IndexAny(text, "\r\n")
		if i < 0 {
			kept = append(kept, text...)
			break
		}
		kept, text = append(kept, text[:i]...), text[i+1:]
	}
	c.run, c.tidied = kept, true
	return true
}
