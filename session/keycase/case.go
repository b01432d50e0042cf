package keycase

import (
	"errors"
	"fmt"
	"strconv"
)

// Case is a way of writing a name of several words. The zero value is [Snake].
// A value that is none of the three constants acts as Snake.
type Case uint8

const (
	// Snake writes first_name.
	Snake Case = iota
	// Camel writes firstName.
	Camel
	// Kebab writes first-name.
	Kebab
)

// ErrUnknownCase is what [ParseCase] wraps for a word that names no case.
var ErrUnknownCase = errors.New("keycase: unknown case")

// ParseCase is the inverse of [Case.String]: it knows "snake", "camel" and
// "kebab", in lower case, and answers anything else with an error that wraps
// [ErrUnknownCase].
func ParseCase(name string) (Case, error) {
	for c := Snake; c <= Kebab; c++ {
		if c.String() == name {
			return c, nil
		}
	}
	return Snake, fmt.Errorf("%w: %s", ErrUnknownCase, quote(name))
}

// String names the case: "snake", "camel" or "kebab".
func (c Case) String() string {
	switch c {
	case Snake:
		return "snake"
	case Camel:
		return "camel"
	case Kebab:
		return "kebab"
	}
	return "Case(" + strconv.Itoa(int(c)) + ")"
}
