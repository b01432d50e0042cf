package workflow

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Rule is a condition that is ready to be asked. It is made by [Condition.Compile], and may be asked by many at
// once.
type Rule struct {
	path    string
	program *vm.Program
	value   any
}

// operands is all that a program sees.
type operands struct {
	Field any  `expr:"field"`
	Value any  `expr:"value"`
	Texts bool `expr:"texts"` // both are texts
	Alike bool `expr:"alike"` // both are texts, or both numbers
	List  bool `expr:"list"`  // the fact is a list
}

// sources are the programs, one an operator. Nothing is ever spliced into them.
var sources = map[Op]string{
	AtLeast:  `alike and field >= value`,
	AtMost:   `alike and field <= value`,
	More:     `alike and field > value`,
	Less:     `alike and field < value`,
	Equal:    `field == value`,
	NotEqual: `field != value`,
	In:       `field in value`,
	NotIn:    `field not in value`,
	Contains: `list ? value in field : texts and field contains value`,
	Exists:   `(field != nil) == value`,
}

// What one evaluation may cost: nodes of its syntax tree, and what it allocates. The programs above need less
// of both; the limits hold should they change.
const (
	maxProgramNodes  = 16
	maxProgramMemory = 1000
)

var programs = sync.OnceValue(func() map[Op]*vm.Program {
	compiled := make(map[Op]*vm.Program, len(sources))
	for op, source := range sources {
		program, err := expr.Compile(source, expr.Env(operands{}), expr.AsBool(), expr.DisableAllBuiltins(),
			expr.MaxNodes(maxProgramNodes))
		if err != nil {
			panic(fmt.Sprintf("workflow: operator %s: %v", op, err))
		}
		compiled[op] = program
	}
	return compiled
})

// Compile makes a rule of a condition, whose Next does not matter. What is wrong with the condition comes as a
// [GraphError].
func (c Condition) Compile() (Rule, error) {
	value, faults := c.check()
	if len(faults) > 0 {
		return Rule{}, &GraphError{faults}
	}
	return Rule{c.Field, programs()[c.Op], value}, nil
}

// Holds says whether the condition is true of the facts, which are as encoding/json reads them, with or without
// UseNumber; Go's numbers and lists are understood too. It does not change them. A zero Rule never holds.
func (r Rule) Holds(facts map[string]any) bool {
	if r.program == nil {
		return false
	}
	field := plain(find(facts, r.path))
	_, texts := field.(string)
	if texts {
		_, texts = r.value.(string)
	}
	_, list := field.([]any)
	machine := vm.VM{MemoryBudget: maxProgramMemory}
	holds, err := machine.Run(r.program, operands{
		Field: field, Value: r.value, Texts: texts, List: list,
		Alike: texts || isNumber(field) && isNumber(r.value),
	})
	return err == nil && holds == true
}

// check reads the value, and says what is wrong with the condition.
func (c Condition) check() (value any, faults []Fault) {
	if !validPath(c.Field) {
		faults = append(faults, Fault{Field: "field", Message: pathMessage()})
	}
	if !c.Op.Valid() {
		return nil, append(faults, Fault{Field: "op", Message: "must be " + oneOf(Ops())})
	}
	value, message := c.operand()
	if message != "" {
		faults = append(faults, Fault{Field: "value", Message: message})
	}
	return value, faults
}

// operand reads the value for the operator, and says what it should be where it is something else.
func (c Condition) operand() (value any, message string) {
	if len(c.Value) > 0 {
		if err := unmarshal(c.Value, &value); err != nil {
			return nil, "is not JSON, or too deep, or too large a number"
		}
	}
	value = plain(value)
	list, isList := value.([]any)
	text, isText := value.(string)
	_, isFlag := value.(bool)
	switch c.Op {
	case Exists:
		if value == nil {
			return true, ""
		}
		return value, unless(isFlag, "must be true or false, or left out")
	case In, NotIn:
		fits := isList && len(list) > 0 && len(list) <= maxValues
		for _, element := range list {
			fits = fits && isScalar(element)
		}
		return value, unless(fits, fmt.Sprintf("must be a list of 1 to %d texts, numbers, true or false", maxValues))
	case Equal, NotEqual, Contains:
		return value, unless(isScalar(value), "must be a text, a number, true or false")
	}
	return value, unless(isNumber(value) || isText && len(text) <= maxText, "must be a text or a number")
}

func isScalar(value any) bool {
	text, isText := value.(string)
	_, isFlag := value.(bool)
	return isFlag || isNumber(value) || isText && len(text) <= maxText
}

func unless(fits bool, message string) string {
	if fits {
		return ""
	}
	return message
}

// unmarshal reads JSON that is strict in the sense of [Parse], with numbers as they are written.
func unmarshal(data json.RawMessage, into *any) error {
	if err := scan(data); err != nil {
		return err
	}
	return decode(data, into)
}
