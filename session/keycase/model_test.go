package keycase_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bonafide-idv/bonafide/session/keycase"
	"pgregory.net/rapid"
)

// model is what encoding/json makes of a document whose keys the reference has
// renamed.
type model struct {
	decoder  *json.Decoder
	to       keycase.Case
	keep     map[string]bool // by their snake form
	verbatim bool
	collides bool
}

// refDocument decodes src, which must be JSON, with its keys in case to. It
// reports whether two keys of an object are one name.
func refDocument(src []byte, to keycase.Case, keep []string) (value any, collides bool) {
	m := &model{decoder: json.NewDecoder(bytes.NewReader(src)), to: to, keep: map[string]bool{}}
	for _, key := range keep {
		m.keep[refKey(key, keycase.Snake)] = true
	}
	m.decoder.UseNumber()
	return m.value(), m.collides
}

// refPlain is refDocument with every key as it is.
func refPlain(src []byte) (value any, collides bool) {
	m := &model{decoder: json.NewDecoder(bytes.NewReader(src)), verbatim: true}
	m.decoder.UseNumber()
	return m.value(), m.collides
}

func (m *model) value() any {
	switch token := m.token().(type) {
	case json.Delim:
		if token == '[' {
			return m.array()
		}
		return m.object()
	default:
		return token
	}
}

func (m *model) array() any {
	elements := []any{}
	for m.decoder.More() {
		elements = append(elements, m.value())
	}
	m.token()
	return elements
}

func (m *model) object() any {
	members := map[string]any{}
	for m.decoder.More() {
		key := m.token().(string)
		kept := m.keep[refKey(key, keycase.Snake)]
		if !m.verbatim {
			key = refKey(key, m.to)
		}
		if _, taken := members[key]; taken {
			m.collides = true
		}
		before := m.verbatim
		m.verbatim = before || kept
		members[key] = m.value()
		m.verbatim = before
	}
	m.token()
	return members
}

func (m *model) token() json.Token {
	token, err := m.decoder.Token()
	if err != nil {
		panic(fmt.Sprintf("encoding/json does not read a document that was accepted: %v", err))
	}
	return token
}

// drawn is a document and, byte for byte, what should become of it.
type drawn struct {
	src, want strings.Builder
	to        keycase.Case
	keep      map[string]bool // by their snake form
	verbatim  bool
	collides  bool
}

func (d *drawn) both(text string) {
	d.src.WriteString(text)
	d.want.WriteString(text)
}

func (d *drawn) value(t *rapid.T, depth int) {
	d.both(drawSpace(t))
	defer func() { d.both(drawSpace(t)) }()
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	switch {
	case depth > 0 && kind >= 4:
		d.object(t, depth-1)
	case depth > 0 && kind == 3:
		d.array(t, depth-1)
	case kind == 2:
		d.both(rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number"))
	case kind == 1:
		d.both(rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "literal"))
	default:
		d.both(drawQuoted(t, strings.ReplaceAll(rapid.String().Draw(t, "string"), "\x00", "")))
	}
}

func (d *drawn) array(t *rapid.T, depth int) {
	d.both("[" + drawSpace(t))
	for i := range rapid.IntRange(0, 3).Draw(t, "elements") {
		if i > 0 {
			d.both(",")
		}
		d.value(t, depth)
	}
	d.both("]")
}

func (d *drawn) object(t *rapid.T, depth int) {
	names := map[string]bool{}
	d.both("{" + drawSpace(t))
	for i := range rapid.IntRange(0, 5).Draw(t, "members") {
		if i > 0 {
			d.both(",")
		}
		key := strings.ReplaceAll(anyKey().Draw(t, "key"), "\x00", "")
		if rapid.IntRange(0, 5).Draw(t, "known") == 0 {
			key = rapid.SampledFrom([]string{"metaData", "meta_data", "firstName", "first_name"}).Draw(t, "key")
		}
		spelled := drawQuoted(t, key)
		name := key
		before := d.verbatim
		d.both(drawSpace(t))
		d.src.WriteString(spelled)
		if d.verbatim {
			d.want.WriteString(spelled)
		} else {
			name = refKey(key, d.to)
			d.want.WriteString(refQuote(name))
			d.verbatim = d.keep[refKey(key, keycase.Snake)]
		}
		d.collides = d.collides || names[name]
		names[name] = true
		d.both(drawSpace(t) + ":")
		d.value(t, depth)
		d.verbatim = before
	}
	d.both("}")
}

func drawSpace(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "", " ", "\n", "\t\r\n  "}).Draw(t, "space")
}

// drawQuoted writes text as a JSON string, some of it in escapes.
func drawQuoted(t *rapid.T, text string) string {
	if rapid.Bool().Draw(t, "plainly") {
		return refQuote(text)
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case i%3 > 0:
			quoted := refQuote(string(r))
			b.WriteString(quoted[1 : len(quoted)-1])
		case r == '/':
			b.WriteString(`\/`)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04X`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return `"` + b.String() + `"`
}

// refQuote writes text as a JSON string with no escape but those it needs.
func refQuote(text string) string {
	var b strings.Builder
	for _, r := range text {
		short := strings.IndexRune("\"\\\b\f\n\r\t", r)
		switch {
		case short >= 0:
			b.WriteString(`\` + `"\bfnrt`[short:short+1])
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
