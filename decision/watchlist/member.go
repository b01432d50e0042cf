package watchlist

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

var (
	errMember = errors.New("has a member that is not known")
	errTwice  = errors.New("is there twice")
	errType   = errors.New("is of another type")
	errObject = errors.New("is not one JSON object in UTF-8")
)

// memberError says which member is wrong, and not what stands there.
type memberError struct {
	member string // as "listings.kind"; empty: the line as a whole
	fault  error
}

func (e *memberError) Error() string { return e.member + " " + e.fault.Error() }

// eachMember goes through an object's members. Of one that is not known the name is not told either.
func eachMember(object []byte, do func(member string, value []byte) error) *memberError {
	if object[0] != '{' {
		return &memberError{"", errObject}
	}
	var seen []string
	for rest := jsonText(object[1:]); rest.more(); {
		var member string
		if err := text(rest.value(), &member); err != nil {
			return &memberError{"", errObject}
		}
		rest.more() // behind the colon
		if err := do(member, rest.value()); err != nil {
			return faultOf(member, err)
		}
		if slices.Contains(seen, member) {
			return &memberError{member, errTwice}
		}
		seen = append(seen, member)
	}
	return nil
}

func faultOf(member string, err error) *memberError {
	var within *memberError
	switch {
	case err == errMember:
		return &memberError{"", errMember}
	case !errors.As(err, &within):
		return &memberError{member, err}
	case within.member == "":
		return &memberError{member, within.fault}
	}
	return &memberError{member + "." + within.member, within.fault}
}

// eachElement goes through an array's elements; null has none.
func eachElement(array []byte, do func(value []byte) error) error {
	switch {
	case isNull(array):
		return nil
	case array[0] != '[':
		return errType
	}
	for rest := jsonText(array[1:]); rest.more(); {
		if err := do(rest.value()); err != nil {
			return err
		}
	}
	return nil
}

// text reads a text; null is what is left out.
func text(value []byte, into *string) error {
	switch {
	case isNull(value):
		return nil
	case value[0] != '"':
		return errType
	case bytes.IndexByte(value, '\\') < 0:
		*into = string(value[1 : len(value)-1])
		return nil
	}
	return json.Unmarshal(value, into)
}

// texts reads an array of texts.
func texts(value []byte, into *[]string) error {
	return eachElement(value, func(element []byte) error {
		var one string
		if err := text(element, &one); err != nil {
			return err
		}
		*into = append(*into, one)
		return nil
	})
}

// flag reads a bool.
func flag(value []byte, into *bool) error {
	*into = string(value) == "true"
	if !*into && string(value) != "false" && !isNull(value) {
		return errType
	}
	return nil
}

func isNull(value []byte) bool { return string(value) == "null" }

// jsonText is what is still to be read within JSON that is known to be valid. As it is, what stands between two
// values says nothing.
type jsonText []byte

// more goes to the next value, and reports whether there is one before the end.
func (t *jsonText) more() bool {
	*t = bytes.TrimLeft(*t, " \t\r\n,:")
	return (*t)[0] != '}' && (*t)[0] != ']'
}

// value takes the next value.
func (t *jsonText) value() []byte {
	n := lengthOf(*t)
	value := (*t)[:n]
	*t = (*t)[n:]
	return value
}

// lengthOf is how long the value is with which the text begins.
func lengthOf(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ' ', '\t', '\r', '\n', ',', ':':
			if depth == 0 {
				return i
			}
			continue
		default: // within a number or a word
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(text)
}
