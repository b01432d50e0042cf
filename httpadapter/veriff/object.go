package veriff

import (
	"bytes"
	"encoding/json"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// value is the text of a JSON value within a request, without white space around it; empty: the member is
// absent or null, which is the same here. It is a part of the body and not a copy.
type value []byte

// parseObject takes a body that is one JSON object without ambiguities: see [keycase.Valid].
func parseObject(body []byte) (value, error) {
	if err := keycase.Valid(body); err != nil {
		return nil, bodyMalformed
	}
	root := value(bytes.Trim(body, whiteSpace))
	if root[0] != '{' {
		return nil, bodyMalformed
	}
	return root, nil
}

const whiteSpace = " \t\r\n"

// member finds a member of an object by its exact name. (encoding/json would take other spellings too.)
func (v value) member(name string) value {
	var found value
	v.each(func(key, element value) bool {
		if key.text() == name {
			found = element
		}
		return found == nil
	})
	if string(found) == "null" {
		return nil
	}
	return found
}

// each goes through the members of an object, or the elements of an array, whose keys are nil, until it is told
// to stop.
func (v value) each(do func(key, element value) bool) {
	if len(v) == 0 || v[0] != '{' && v[0] != '[' {
		return
	}
	isObject := v[0] == '{'
	rest := v[1:].trimmed()
	for rest[0] != '}' && rest[0] != ']' {
		var key, element value
		if isObject {
			key, rest = rest.first()
			rest = rest.trimmed()[1:].trimmed() // the colon
		}
		if element, rest = rest.first(); !do(key, element) {
			return
		}
		if rest = rest.trimmed(); rest[0] == ',' {
			rest = rest[1:].trimmed()
		}
	}
}

func (v value) trimmed() value { return bytes.TrimLeft(v, whiteSpace) }

// first splits v behind the value that it begins with. The syntax is known to be right.
func (v value) first() (first, rest value) {
	end := 0
	switch v[0] {
	case '"':
		end = v.quoted()
	case '{', '[':
		for depth := 0; ; {
			switch v[end] {
			case '"':
				end += v[end:].quoted()
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if end++; depth == 0 {
				return v[:end:end], v[end:]
			}
		}
	default:
		if end = bytes.IndexAny(v, ",]}"+whiteSpace); end < 0 {
			end = len(v)
		}
	}
	return v[:end:end], v[end:]
}

// quoted is the length of the string that v begins with.
func (v value) quoted() int {
	for i := 1; ; {
		i += bytes.IndexByte(v[i:], '"')
		before := 0
		for v[i-1-before] == '\\' {
			before++
		}
		if i++; before%2 == 0 {
			return i
		}
	}
}

// text is what a string stands for; empty for anything else.
func (v value) text() string {
	if len(v) < 2 || v[0] != '"' {
		return ""
	}
	if inside := v[1 : len(v)-1]; bytes.IndexByte(inside, '\\') < 0 {
		return string(inside)
	}
	var text string
	if json.Unmarshal(v, &text) != nil {
		return ""
	}
	return text
}

// reader takes values as what they should be, and keeps the first fault. Absent values are no fault.
type reader struct {
	fault error
}

func (r *reader) fail(fault refusal) {
	if r.fault == nil {
		r.fault = fault
	}
}

// required fails when there is no value.
func (r *reader) required(v value, otherwise refusal) value {
	if len(v) == 0 {
		r.fail(otherwise)
	}
	return v
}

// typed fails when there is a value that does not begin as its type does.
func (r *reader) typed(v value, first string, otherwise refusal) value {
	if len(v) > 0 && bytes.IndexByte([]byte(first), v[0]) < 0 {
		r.fail(otherwise)
		return nil
	}
	return v
}

func (r *reader) object(v value) value { return r.typed(v, "{", memberInvalid) }

func (r *reader) text(v value) string { return r.typed(v, `"`, memberInvalid).text() }

// optional is a text; nil when it is absent.
func (r *reader) optional(v value, otherwise refusal) *string {
	if v = r.typed(v, `"`, otherwise); len(v) == 0 {
		return nil
	}
	text := v.text()
	return &text
}

func (r *reader) flag(v value) *bool {
	if v = r.typed(v, "tf", memberInvalid); len(v) == 0 {
		return nil
	}
	is := v[0] == 't'
	return &is
}

// list gives the elements of an array, null among them as nothing.
func (r *reader) list(v value) (elements []value) {
	r.typed(v, "[", memberInvalid).each(func(_, element value) bool {
		if string(element) == "null" {
			element = nil
		}
		elements = append(elements, element)
		return true
	})
	return elements
}

// oneOf is a text that must be one of a few words.
func (r *reader) oneOf(v value, words ...string) string {
	text := r.optional(v, memberInvalid)
	if text == nil {
		return ""
	}
	for _, w := range words {
		if *text == w {
			return w
		}
	}
	r.fail(memberInvalid)
	return ""
}

// date is a day of the calendar.
func (r *reader) date(v value, impossible refusal) decision.Date {
	text := r.optional(v, memberInvalid)
	if text == nil {
		return decision.Date{}
	}
	day, err := decision.ParseDate(*text)
	switch err {
	case nil:
	case decision.ErrNoSuchDay:
		r.fail(impossible)
	default:
		r.fail(dateMalformed)
	}
	return day
}
