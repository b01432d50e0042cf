package workflow

import (
	"encoding/json"
	"slices"
	"strings"
)

// Condition compares one fact with one value.
//
// The fact is found by its path, as "extracted.age" or "fields.address.country": a root (see [Roots]), and then
// members of objects, or places of lists counted from 0. Paths have lower case letters, digits and _ only, so a
// member of another name cannot be asked for.
//
// A fact that is missing or null makes a condition false. Not so for what is said in the negative: != is true
// whenever == is not, not_in whenever in is not, and exists with the value false is true. The same goes for a
// fact of another type than the value, which equals nothing and is neither more nor less than anything.
type Condition struct {
	Field string `json:"field"`
	Op    Op     `json:"op"`
	// Value is a text, a number, true or false; for the operators of order only a text or a number, for in and
	// not_in a list of at most 500 values, and for exists true, false or nothing, which is true.
	Value json.RawMessage `json:"value,omitempty"`
	// Next is where the run goes on if the condition holds.
	Next string `json:"next"`
}

// Op is how a fact is compared.
type Op string

// The operators. Numbers are compared as numbers, however they are written: 1 == 1.0. Texts are compared by
// their bytes, case included; dates written as 2006-01-02 are texts, and their order is that of the days.
const (
	AtLeast  Op = ">="
	AtMost   Op = "<="
	More     Op = ">"
	Less     Op = "<"
	Equal    Op = "=="
	NotEqual Op = "!="
	In       Op = "in"       // the fact is one of the values
	NotIn    Op = "not_in"   // it is not
	Contains Op = "contains" // the fact is a text with the value in it, or a list that has the value
	Exists   Op = "exists"   // the fact is there, and not null
)

// Ops are the operators, in the order above. The slice is the caller's own.
func Ops() []Op {
	return []Op{AtLeast, AtMost, More, Less, Equal, NotEqual, In, NotIn, Contains, Exists}
}

// Valid reports whether o is one of the operators.
func (o Op) Valid() bool { return slices.Contains(Ops(), o) }

// Roots are the first words of a fact's path: the prefilled fields, what was read from the documents, the
// results of checks, the risk, and the host's metadata and the session itself. What stands under each is what
// the caller of [Run.Next] gives, but for checks: see there. The slice is the caller's own.
func Roots() []string {
	return []string{"fields", "extracted", "checks", "risk", "metadata", "session"}
}

// validPath reports whether a path begins with a root and is written as it should be.
func validPath(path string) bool {
	parts := strings.Split(path, ".")
	return len(path) <= maxPath && slices.Contains(Roots(), parts[0]) && !slices.ContainsFunc(parts, notWord)
}

// pathMessage says how a path is written.
func pathMessage() string {
	return "must be a path of lower case letters, digits, _ and full stops, which begins with " + oneOf(Roots())
}

// oneOf is a list of words in a sentence.
func oneOf[T ~string](words []T) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i > 0 && i == len(words)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(word))
	}
	return b.String()
}

// notWord is true of what is not written in lower case letters, digits and _ alone.
func notWord(text string) bool {
	return text == "" || strings.ContainsFunc(text, func(r rune) bool { return !isLower(r) && !isDigit(r) && r != '_' })
}

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }
