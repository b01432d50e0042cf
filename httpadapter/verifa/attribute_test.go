package verifa_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// eventKinds are the values of the engine's kinds of event.
func eventKinds(t *testing.T) (kinds []string) {
	t.Helper()
	file := must(parser.ParseFile(token.NewFileSet(), "../../session/session.go", nil, 0))
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 && strings.HasPrefix(v.Names[0].Name, "Event") {
			if text, ok := v.Values[0].(*ast.BasicLit); ok {
				kinds = append(kinds, must(strconv.Unquote(text.Value)))
			}
		}
		return true
	})
	if len(kinds) < 40 {
		t.Fatalf("got %d kinds of event, want all", len(kinds))
	}
	return kinds
}

// payloads are objects of snake_case names, as a renderer makes them.
func payloads(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.StringMatching(`[a-z "\\<é]{0,4}`), func(s string) any { return s }),
		rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(rapid.IntRange(0, 9), func(n int) any { return float64(n) }),
	)
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf,
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "cd", "event"}), payloads(depth-1), 0, 4), func(m map[string]any) any { return m }),
		rapid.Map(rapid.SliceOfN(payloads(depth-1), 0, 3), func(l []any) any { return l }))
}

// remove is Without by another way.
func remove(v any, path []string) {
	switch v := v.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(v, path[0])
			return
		}
		remove(v[path[0]], path[1:])
	case []any:
		for _, element := range v {
			remove(element, path)
		}
	}
}

// TestWithout: what is left out is gone, everything else is there, and nothing is left out twice.
func TestWithout(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		root := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "cd", "event"}), payloads(3), 0, 4).Draw(t, "payload")
		paths := rapid.SliceOfN(rapid.StringMatching(`(a|b|cd|event)(\.(a|b|cd|event)){0,2}`), 0, 3).Draw(t, "paths")
		text := must(json.Marshal(root))
		got := verifa.Without(text, paths)
		for _, path := range paths {
			if path != "event" {
				remove(root, strings.Split(path, "."))
			}
		}
		var is map[string]any
		if err := json.Unmarshal(got, &is); err != nil {
			t.Fatalf("%s without %v: got %s: %v", text, paths, got, err)
		}
		if want := must(json.Marshal(root)); !reflect.DeepEqual(must(json.Marshal(is)), want) {
			t.Fatalf("%s without %v: got %s, want %s", text, paths, got, want)
		}
		if again := verifa.Without(got, paths); string(again) != string(got) {
			t.Fatalf("%s without %v, twice: got %s, want %s", text, paths, again, got)
		}
	})
}

// FuzzConditions: whatever stands in an endpoint's conditions, they are met, or not, or refused.
func FuzzConditions(f *testing.F) {
	for _, text := range []string{``, `{}`, `{"status":"approved"}`, `{"status":["a",null,1.0]}`, `{"a.b":{"c":1}}`, `{"":[]}`, `[`, `{"a":1,"a":1}`, `{"data.status":"approved"}`} {
		f.Add(text)
	}
	payload := []byte(`{"event":"session.approved","status":"approved","result":{"extracted_data":{"a":[1,{"b":null}]}}}`)
	f.Fuzz(func(t *testing.T, conditions string) {
		met, err := verifa.Meets(payload, []byte(conditions))
		if err != nil && met {
			t.Errorf("%q: got met and error %v", conditions, err)
		}
		if err == nil && conditions != "" && !json.Valid([]byte(conditions)) {
			t.Errorf("%q: got no error for what is not JSON", conditions)
		}
	})
}

func TestNotSpokenSaysWhy(t *testing.T) {
	t.Parallel()
	for _, n := range verifa.NotSpoken() {
		if n[0] == "" || n[1] == "" || n[2] == "" {
			t.Errorf("got %q, want what is missing, why, and the vendor's page", n)
		}
	}
}
