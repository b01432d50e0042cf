package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

// ErrNotObject says that a JSON document is something else than an object.
var ErrNotObject = errors.New("jsontext: the document is no object")

// Value is the text of a JSON value within a document, without white space around it; empty: the member is absent
// or null, which is the same here. It is a part of the document and not a copy. A Value that is not empty must come
// from [ParseObject], or be known to be right in its syntax.
type Value []byte

// ParseObject takes a document that is one JSON object without ambiguities: see [keycase.Valid], whose errors it
// gives beside [ErrNotObject].
func ParseObject(document []byte) (Value, error) {
	if err := keycase.Valid(document); err != nil {
		return nil, err
	}
	root := Value(bytes.Trim(document, whiteSpace))
	if root.Kind() != Object {
		return nil, ErrNotObject
	}
	return root, nil
}

const whiteSpace = " \t\r\n"

// Kind is the type of a value.
type Kind string

// The kinds of values.
const (
	Null   Kind = "null" // or absent
	Object Kind = "object"
	Array  Kind = "array"
	String Kind = "string"
	Number Kind = "number"
	Bool   Kind = "boolean"
)

// Kind tells the type by the first character.
func (v Value) Kind() Kind {
	if len(v) == 0 {
		return Null
	}
	switch v[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	}
	return Number
}

// Member finds a member of an object by its exact name; in anything else there is none. (encoding/json would take
// other spellings too.)
func (v Value) Member(name string) Value {
	var found Value
	if v.Kind() == Object {
		v.Each(func(key, element Value) bool {
			if key.is(name) {
				found = element
			}
			return found == nil
		})
	}
	return found.orAbsent()
}

// Members are those of an object, found in one pass, for who looks for several of them. Of anything else there are none.
// As many as it is for are kept in room, which spares who has it on the stack a visit to the heap; it MUST NOT be nil, nor
// be used for something else while the Members are.
func (v Value) Members(room *Room) Members {
	if v.Kind() != Object {
		return nil
	}
	all := Members(room[:0])
	v.Each(func(key, element Value) bool {
		all = append(all, member{key, element})
		return true
	})
	return all
}

// Members are the members of an object.
type Members []member

type member struct{ key, value Value }

// Room is for as many members as most objects have.
type Room [16]member

// Member is [Value.Member].
func (m Members) Member(name string) Value {
	for _, one := range m {
		if one.key.is(name) {
			return one.value.orAbsent()
		}
	}
	return nil
}

func (v Value) orAbsent() Value {
	if v.Kind() == Null {
		return nil
	}
	return v
}

// Each goes through the members of an object, or the elements of an array, whose keys are nil, until it is told
// to stop. In anything else there is nothing to go through. An element that is null is the text null.
func (v Value) Each(do func(key, element Value) bool) {
	isObject := v.Kind() == Object
	if !isObject && v.Kind() != Array {
		return
	}
	rest := v[1:].trimmed()
	for rest[0] != '}' && rest[0] != ']' {
		var key, element Value
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

// Elements are those of an array, null among them as an empty one; nil for anything else.
func (v Value) Elements() (elements []Value) {
	if v.Kind() != Array {
		return nil
	}
	v.Each(func(_, element Value) bool {
		elements = append(elements, element.orAbsent())
		return true
	})
	return elements
}

// Text is what a string stands for; empty for anything else.
func (v Value) Text() string {
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

// is reports whether a string stands for text.
func (v Value) is(text string) bool {
	if inside := v[1 : len(v)-1]; bytes.IndexByte(inside, '\\') < 0 {
		return string(inside) == text
	}
	return v.Text() == text
}

func (v Value) trimmed() Value {
	for i, c := range v {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return v[i:]
		}
	}
	return nil
}

// first splits v behind the value that it begins with. The syntax is known to be right.
func (v Value) first() (first, rest Value) {
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
func (v Value) quoted() int {
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
