package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

type named string

// holds asks a condition about one fact, extracted.it.
func holds(t interface {
	Helper()
	Fatalf(string, ...any)
}, fact any, op workflow.Op, value string) bool {
	t.Helper()
	rule, err := workflow.Condition{Field: "extracted.it", Op: op, Value: json.RawMessage(value)}.Compile()
	if err != nil {
		t.Fatalf("%s %s: %v", op, value, err)
	}
	return rule.Holds(map[string]any{"extracted": map[string]any{"it": fact}})
}

func TestOperators(t *testing.T) {
	t.Parallel()
	const big = "9007199254740993" // 2^53 + 1
	for _, test := range []struct {
		fact  any
		op    workflow.Op
		value string
		want  bool
	}{
		{18, ">=", `18`, true}, {17.999, ">=", `18`, false}, {json.Number("18.0"), ">=", `18`, true},
		{18, "<=", `18`, true}, {uint8(19), "<=", `18`, false}, {int64(-1), "<=", `0`, true},
		{18, ">", `18`, false}, {float32(18.5), ">", `18`, true}, {18, "<", `18`, false}, {json.Number("1e1"), "<", `10.5`, true},
		{"2026-03-01", ">=", `"2026-02-28"`, true}, {"2025-12-31", ">", `"2026-01-01"`, false}, {"b", "<", `"a"`, false},
		{"18", ">=", `18`, false}, {18, ">=", `"18"`, false}, {true, ">=", `1`, false}, {nil, "<=", `1`, false},
		{math.NaN(), ">=", `1`, false}, {math.NaN(), "<", `1`, false}, {[]any{1}, ">=", `1`, false}, {map[string]any{}, "<", `"x"`, false},

		{1, "==", `1.0`, true}, {json.Number("1e2"), "==", `100`, true}, {json.Number("-0"), "==", `0`, true}, {"a", "==", `"a"`, true}, {"A", "==", `"a"`, false},
		{json.Number(big), "==", big, true}, {json.Number(big), "==", `9007199254740992`, false}, {uint64(math.MaxUint64), "==", `18446744073709551615`, true},
		{true, "==", `true`, true}, {true, "==", `1`, false}, {"1", "==", `1`, false}, {nil, "==", `false`, false}, {named("a"), "==", `"a"`, true},
		{[]any{"a"}, "==", `"a"`, false}, {map[string]any{"a": 1}, "==", `"a"`, false}, {struct{}{}, "==", `"a"`, false},
		{json.Number("1e400"), "==", `1`, false}, {math.NaN(), "==", `1`, false},
		{"a", "!=", `"b"`, true}, {"a", "!=", `"a"`, false}, {nil, "!=", `"a"`, true}, {1, "!=", `"1"`, true},

		{"EE", "in", `["AT", "EE"]`, true}, {"ee", "in", `["AT", "EE"]`, false}, {2, "in", `["2", 2.0]`, true}, {false, "in", `[false]`, true},
		{nil, "in", `["AT"]`, false}, {[]any{"AT"}, "in", `["AT"]`, false},
		{"EE", "not_in", `["AT", "EE"]`, false}, {"LV", "not_in", `["AT", "EE"]`, true}, {nil, "not_in", `["AT"]`, true},

		{"Ada Specimen", "contains", `"Spec"`, true}, {"Ada", "contains", `"ada"`, false}, {"a1", "contains", `1`, false}, {"", "contains", `""`, true},
		{[]any{"x", json.Number("1")}, "contains", `1`, true}, {[]string{"x", "y"}, "contains", `"y"`, true}, {[]any{"xy"}, "contains", `"x"`, false},
		{[]any{}, "contains", `"x"`, false}, {[]any{[]any{"x"}}, "contains", `"x"`, false}, {nil, "contains", `"x"`, false},
		{map[string]any{"x": 1}, "contains", `"x"`, false}, {1, "contains", `1`, false},

		{"", "exists", ``, true}, {nil, "exists", ``, false}, {false, "exists", `true`, true}, {0, "exists", `false`, false}, {nil, "exists", `false`, true},
		{map[string]any{}, "exists", `null`, true}, {struct{}{}, "exists", ``, true}, {(*int)(nil), "exists", ``, false},
	} {
		var value json.RawMessage
		if test.value != "" {
			value = json.RawMessage(test.value)
		}
		if got := holds(t, test.fact, test.op, string(value)); got != test.want {
			t.Errorf("%#v %s %s = %v, want %v", test.fact, test.op, test.value, got, test.want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	facts := map[string]any{
		"fields":   map[string]any{"address": map[string]any{"country": "EE"}, "names": []any{"Ada", map[string]any{"x": 1}}},
		"checks":   "no object",
		"metadata": map[string]string{"x": "a map that no JSON reader makes"},
	}
	for field, want := range map[string]bool{
		"fields.address.country": true, "fields.address": true, "fields.names.0": true, "fields.names.1.x": true, "fields": true,
		"fields.names.2": false, "fields.names.x": false, "fields.names.99999999999999999999": false, "fields.address.0": false,
		"fields.address.country.x": false, "checks.x": false, "checks": true, "metadata.x": false, "risk": false, "session.status": false,
	} {
		rule, err := workflow.Condition{Field: field, Op: workflow.Exists}.Compile()
		if err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		if got := rule.Holds(facts); got != want {
			t.Errorf("%s exists = %v, want %v", field, got, want)
		}
	}
	if (workflow.Rule{}).Holds(facts) {
		t.Error("the zero rule holds")
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 1001)
	for _, test := range []struct {
		field, op, value, fault string
	}{
		{"", "==", `1`, "field"}, {"extracted.", "==", `1`, "field"}, {".extracted", "==", `1`, "field"}, {"extracted..a", "==", `1`, "field"},
		{"secrets.a", "==", `1`, "field"}, {"extractedx", "==", `1`, "field"}, {"extracted.Age", "==", `1`, "field"}, {"extracted.a-b", "==", `1`, "field"},
		{"extracted.a b", "==", `1`, "field"}, {`extracted.a"+env`, "==", `1`, "field"}, {"extracted.-1", "==", `1`, "field"}, {"extracted.é", "==", `1`, "field"},
		{"extracted." + long, "==", `1`, "field"},
		{"extracted.a", "", `1`, "op"}, {"extracted.a", "=", `1`, "op"}, {"extracted.a", "matches", `".*"`, "op"}, {"extracted.a", "IN", `[1]`, "op"},
		{"extracted.a", ">=", ``, "value"}, {"extracted.a", ">=", `null`, "value"}, {"extracted.a", ">=", `true`, "value"}, {"extracted.a", "<", `[1]`, "value"},
		{"extracted.a", "<", `{}`, "value"}, {"extracted.a", ">", `1e400`, "value"}, {"extracted.a", ">", `"` + long + `"`, "value"},
		{"extracted.a", "==", `null`, "value"}, {"extracted.a", "==", `[]`, "value"}, {"extracted.a", "!=", `{"a":1}`, "value"}, {"extracted.a", "==", `"a" "b"`, "value"},
		{"extracted.a", "==", `nonsense`, "value"}, {"extracted.a", "==", `"\u0000"`, "value"}, {"extracted.a", "==", "\"\xff\"", "value"},
		{"extracted.a", "in", `"a"`, "value"}, {"extracted.a", "in", `[]`, "value"}, {"extracted.a", "not_in", `[null]`, "value"}, {"extracted.a", "in", `[[1]]`, "value"},
		{"extracted.a", "in", "[" + strings.Repeat("1,", 500) + "1]", "value"}, {"extracted.a", "contains", `["a"]`, "value"},
		{"extracted.a", "exists", `1`, "value"}, {"extracted.a", "exists", `"true"`, "value"},
	} {
		_, err := workflow.Condition{Field: test.field, Op: workflow.Op(test.op), Value: json.RawMessage(test.value)}.Compile()
		var refused *workflow.GraphError
		if !errors.As(err, &refused) || len(refused.Faults) != 1 || refused.Faults[0].Field != test.fault {
			t.Errorf("%.40s %s %.40s: %v; want a fault of %s", test.field, test.op, test.value, err, test.fault)
		}
	}
}

func TestOpsAndRootsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	ops, roots := workflow.Ops(), workflow.Roots()
	ops[0], roots[0] = "x", "x"
	if len(ops) != 10 || slices.Contains(workflow.Ops(), "x") || len(roots) != 6 || slices.Contains(workflow.Roots(), "x") {
		t.Errorf("ops %v, roots %v; want ten and six, and copies", workflow.Ops(), workflow.Roots())
	}
}

// anyJSON generates what encoding/json can read, with numbers as texts half of the time.
func anyJSON(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.SampledFrom([]any{"a", "b", "", "2026-01-01", "18", "true"}),
		rapid.IntRange(-3, 3).AsAny(), rapid.Float64().AsAny(), rapid.SampledFrom([]any{math.NaN(), math.Inf(1), named("a"), uint64(math.MaxUint64), struct{}{}}),
		rapid.Map(rapid.SampledFrom([]string{"1", "1.0", "-2e0", "1e400", "9007199254740993"}), func(s string) any { return json.Number(s) }),
	)
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(scalars,
		rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 3).AsAny(),
		rapid.MapOfN(rapid.SampledFrom([]string{"a", "b"}), rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(depth - 1) }), 0, 2).AsAny(),
	)
}

// TestTheNegativeIsTheOpposite, whatever the fact is, and evaluating never panics or changes the fact.
func TestTheNegativeIsTheOpposite(t *testing.T) {
	t.Parallel()
	scalar := rapid.SampledFrom([]string{`"a"`, `""`, `1`, `1.0`, `-2`, `true`, `"2026-01-01"`, `9007199254740993`})
	rapid.Check(t, func(t *rapid.T) {
		fact := anyJSON(2).Draw(t, "fact")
		before := fmt.Sprintf("%#v", fact)
		value := scalar.Draw(t, "value")
		list := "[" + strings.Join(rapid.SliceOfN(scalar, 1, 4).Draw(t, "list"), ",") + "]"
		if holds(t, fact, "==", value) == holds(t, fact, "!=", value) {
			t.Errorf("%#v: == and != %s are the same", fact, value)
		}
		if holds(t, fact, "in", list) == holds(t, fact, "not_in", list) {
			t.Errorf("%#v: in and not_in %s are the same", fact, list)
		}
		if holds(t, fact, "exists", "true") == holds(t, fact, "exists", "false") {
			t.Errorf("%#v exists and does not", fact)
		}
		if holds(t, fact, "==", value) != holds(t, fact, "in", "["+value+"]") {
			t.Errorf("%#v: == %s and in a list of it differ", fact, value)
		}
		holds(t, fact, "contains", value)
		if value != "true" {
			more, less, equal := holds(t, fact, ">", value), holds(t, fact, "<", value), holds(t, fact, "==", value)
			if holds(t, fact, ">=", value) != (more || equal) || holds(t, fact, "<=", value) != (less || equal) || more && less {
				t.Errorf("%#v: the operators of order do not agree about %s", fact, value)
			}
		}
		if after := fmt.Sprintf("%#v", fact); after != before {
			t.Errorf("the fact was %s, and is %s", before, after)
		}
	})
}

func TestFactsAreNotChanged(t *testing.T) {
	t.Parallel()
	facts := map[string]any{"extracted": map[string]any{"it": []any{json.Number("1")}}}
	rule, err := workflow.Condition{Field: "extracted.it", Op: "contains", Value: json.RawMessage(`1`)}.Compile()
	if err != nil || !rule.Holds(facts) {
		t.Fatalf("the list has 1: %v", err)
	}
	if want := (map[string]any{"extracted": map[string]any{"it": []any{json.Number("1")}}}); !reflect.DeepEqual(facts, want) {
		t.Errorf("the facts became %#v", facts)
	}
}

func BenchmarkHolds(b *testing.B) {
	facts := map[string]any{"extracted": map[string]any{
		"age": json.Number("34"), "country": "EE", "names": []any{"Ada", "Specimen"},
	}}
	for _, c := range []workflow.Condition{
		{Field: "extracted.age", Op: ">=", Value: json.RawMessage(`18`)},
		{Field: "extracted.country", Op: "in", Value: json.RawMessage(`["AT","BE","BG","CY","CZ","DE","DK","EE"]`)},
		{Field: "extracted.names", Op: "contains", Value: json.RawMessage(`"Specimen"`)},
	} {
		b.Run(string(c.Op), func(b *testing.B) {
			b.ReportAllocs()
			rule, err := c.Compile()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if !rule.Holds(facts) {
					b.Fatal("it does not hold")
				}
			}
		})
		b.Run(string(c.Op)+" compiled each time", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rule, err := c.Compile(); err != nil || !rule.Holds(facts) {
					b.Fatal("it does not hold", err)
				}
			}
		})
	}
}
