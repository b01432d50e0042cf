package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Why JSON is refused.
var (
	errSyntax = errors.New("is not one JSON value in UTF-8")
	errDepth  = errors.New("is nested too deep")
	errTwice  = errors.New("has a member twice")
	errNumber = errors.New("has a number that is too large")
	errNUL    = errors.New("has a text with a NUL")
)

// scan refuses what two readers could read differently, or a store not keep: members that come twice, numbers
// beyond a float64, NUL, too deep nesting, and anything behind the value.
func scan(data []byte) error {
	if !utf8.Valid(data) {
		return errSyntax
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var s scanner
	for {
		token, err := d.Token()
		if err == io.EOF && s.done {
			return nil
		}
		if err != nil || s.done {
			return errSyntax
		}
		if err := s.take(token); err != nil {
			return err
		}
	}
}

// scanner follows the tokens of one value.
type scanner struct {
	open []scope
	done bool // the value has ended
}

// scope is an object or a list that is still open.
type scope struct {
	names map[string]bool // of the members so far; nil: a list
	named bool            // the next token is a member's value
}

func (s *scanner) take(token json.Token) error {
	if text, ok := token.(string); ok && strings.ContainsRune(text, 0) {
		return errNUL
	}
	if number, ok := token.(json.Number); ok {
		if _, err := strconv.ParseFloat(number.String(), 64); err != nil {
			return errNumber
		}
	}
	if s.isName(token) {
		return s.name(token.(string))
	}
	switch token {
	case json.Delim('{'):
		s.open = append(s.open, scope{names: map[string]bool{}})
	case json.Delim('['):
		s.open = append(s.open, scope{})
	case json.Delim('}'), json.Delim(']'):
		s.open = s.open[:len(s.open)-1]
		s.ended()
	default:
		s.ended()
	}
	if len(s.open) > maxDepth {
		return errDepth
	}
	return nil
}

// isName reports whether a token is the name of a member.
func (s *scanner) isName(token json.Token) bool {
	if len(s.open) == 0 || token == json.Delim('}') {
		return false
	}
	last := s.open[len(s.open)-1]
	return last.names != nil && !last.named
}

func (s *scanner) name(name string) error {
	last := &s.open[len(s.open)-1]
	if last.names[name] {
		return errTwice
	}
	last.names[name], last.named = true, true
	return nil
}

// ended is for the end of a value.
func (s *scanner) ended() {
	if len(s.open) == 0 {
		s.done = true
		return
	}
	s.open[len(s.open)-1].named = false
}

// decode reads JSON with numbers as they are written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}
