package jsontext

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// writer is where a text is written before its length is known.
type writer struct {
	text bytes.Buffer
	enc  *json.Encoder
}

var writers = sync.Pool{New: func() any {
	w := new(writer)
	w.enc = json.NewEncoder(&w.text)
	w.enc.SetEscapeHTML(false)
	return w
}}

// maxKept is how many bytes of room a writer has that is kept for the next text: what most answers have, lists among them.
const maxKept = 64 << 10

// close gives the writer back. The next one to use it finds nothing of the text.
func (w *writer) close() {
	w.wipe()
	if w.text.Cap() <= maxKept {
		writers.Put(w)
	}
}

func (w *writer) wipe() {
	clear(w.text.Bytes())
	w.text.Reset()
}

// Stringify writes v as JavaScript's JSON.stringify would: without white space and HTML escapes, U+2028, U+2029
// and U+FFFD as they are, and without a newline at the end. A receiver that parses such a text and writes it
// again has the same bytes, and a signature over them still fits. Members come in the order of the fields; raw JSON
// must have been through [Normal]. Its errors are those of [json.Marshal].
func Stringify(v any) ([]byte, error) {
	w := writers.Get().(*writer)
	defer w.close()
	if err := w.enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.Clone(unescape(bytes.TrimSuffix(w.text.Bytes(), []byte("\n")))), nil
}

// unescape writes out, in place, the three characters that encoding/json escapes and JavaScript does not.
func unescape(text []byte) []byte {
	out := text[:0]
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return append(out, text...)
		}
		out = append(out, text[:i]...)
		n := 2
		if text[i+1] == 'u' {
			n = 6
		}
		switch escape := text[i : i+n]; string(escape) {
		case `\u2028`:
			out = append(out, "\u2028"...)
		case `\u2029`:
			out = append(out, "\u2029"...)
		case `\ufffd`:
			out = append(out, "\ufffd"...)
		default:
			out = append(out, escape...)
		}
		text = text[i+n:]
	}
}

// Normal is a JSON document as JSON.stringify(JSON.parse(document)) would give it, but for numbers that
// JavaScript cannot hold: those keep their digits. What is wrong in the syntax is an error.
func Normal(document []byte) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	return appendValue(nil, d)
}

func appendValue(dst []byte, d *json.Decoder) ([]byte, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return appendObject(dst, d)
		}
		return appendArray(dst, d)
	case json.Number:
		return appendNumber(dst, t.String()), nil
	}
	text, err := Stringify(token)
	return append(dst, text...), err
}

func appendArray(dst []byte, d *json.Decoder) (_ []byte, err error) {
	dst = append(dst, '[')
	for first := true; d.More(); first = false {
		if !first {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, d); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return append(dst, ']'), err
}

// appendObject writes an object as JavaScript orders it: keys that are numbers of places first, by number, the
// others as they came, and of a key that comes again the place of the first with the value of the last.
func appendObject(dst []byte, d *json.Decoder) ([]byte, error) {
	type member struct {
		place int64 // -1: the key is none
		key   string
		value []byte
	}
	var members []member
	at := map[string]int{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key := token.(string) // encoding/json sees to it
		value, err := appendValue(nil, d)
		if err != nil {
			return nil, err
		}
		if i, ok := at[key]; ok {
			members[i].value = value
			continue
		}
		at[key] = len(members)
		members = append(members, member{place(key), key, value})
	}
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(uint64(a.place), uint64(b.place)) })
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		key, err := Stringify(m.key)
		if err != nil {
			return nil, err
		}
		dst = append(append(append(dst, key...), ':'), m.value...)
	}
	_, err := d.Token()
	return append(dst, '}'), err
}

// place is the number of a key that JavaScript takes for a place in an array; -1 for all others.
func place(key string) int64 {
	n, err := strconv.ParseUint(key, 10, 32)
	if err != nil || n == 1<<32-1 || strconv.FormatUint(n, 10) != key {
		return -1
	}
	return int64(n)
}

// appendNumber writes a number as JavaScript spells it, unless that would be another number.
func appendNumber(dst []byte, number string) []byte {
	if f, err := strconv.ParseFloat(number, 64); err == nil {
		if f == 0 {
			f = 0 // JavaScript has no sign for it
		}
		text, err := json.Marshal(f)
		if err == nil && decimal(string(text)) == decimal(number) {
			return append(dst, text...)
		}
	}
	return append(dst, number...)
}

// decimal is the value of a JSON number in one form: its digits without zeros at the ends, and the power of ten
// of the last one.
func decimal(number string) (d struct {
	digits string
	power  int
	minus  bool
}) {
	number, d.minus = strings.CutPrefix(number, "-")
	mantissa, power, _ := strings.Cut(strings.ToLower(number), "e")
	d.power, _ = strconv.Atoi(power) // none is 0; those beyond int no float64 has
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.power -= len(fraction)
	all := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(all, "0")
	d.power += len(all) - len(d.digits)
	if d.digits == "" {
		d.power, d.minus = 0, false
	}
	return d
}
