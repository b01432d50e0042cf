package workflow_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision/workflow"
)

func TestParseIsStrict(t *testing.T) {
	t.Parallel()
	node := func(members string) string { return `{"entry":"n","nodes":{"n":` + members + `}}` }
	for _, test := range []struct {
		name, text string
		faults     []string
	}{
		{"empty", ``, []string{"is not one JSON value in UTF-8"}},
		{"no object", `[]`, []string{"must be an object"}},
		{"null", `null`, []string{"must be an object"}},
		{"a text", `"{}"`, []string{"must be an object"}},
		{"trailing", `{} {}`, []string{"is not one JSON value in UTF-8"}},
		{"trailing comma", `{"entry":"a",}`, []string{"is not one JSON value in UTF-8"}},
		{"no UTF-8", "{\"entry\":\"\xff\"}", []string{"is not one JSON value in UTF-8"}},
		{"cut off", `{"entry":`, []string{"is not one JSON value in UTF-8"}},
		{"twice", `{"entry":"a","entry":"b"}`, []string{"has a member twice"}},
		{"twice in a config", node(`{"config":{"a":[{"b":1,"b":2}]}}`), []string{"has a member twice"}},
		{"twice by an escape", `{"entry":"a","\u0065ntry":"b"}`, []string{"has a member twice"}},
		{"the same name in two objects", node(`{"config":{"a":{"a":1},"b":[{"a":1},{"a":1}]}}`), nil},
		{"NUL", `{"entry":"\u0000"}`, []string{"has a text with a NUL"}},
		{"a large number", node(`{"config":{"a":1e400}}`), []string{"has a number that is too large"}},
		{"deep", node(`{"config":` + strings.Repeat(`{"a":`, 20) + `1` + strings.Repeat(`}`, 20) + `}`), []string{"is nested too deep"}},
		{"very deep", strings.Repeat(`[`, 500_000), []string{"is nested too deep"}},
		{"long", `{"entry":"` + strings.Repeat("a", workflow.MaxBytes) + `"}`, []string{"is longer than 1048576 bytes"}},
		{"an unknown member", `{"entry":"a","nodes":{},"version":1}`, []string{"has a member that is not known"}},
		{"another case", `{"Entry":"a"}`, []string{"has a member that is not known"}},
		{"an unknown member of a node", node(`{"onPass":"a"}`), []string{"nodes.n has a member that is not known"}},
		{"an unknown member of a condition", node(`{"conditions":[{"expr":"1 == 1"}]}`), []string{"nodes.n.conditions.0 has a member that is not known"}},
		{"other types", `{"entry":1,"nodes":[]}`, []string{"entry must be a text", "nodes must be an object"}},
		{"other types in a node", node(`{"type":1,"next":[],"conditions":{},"outcome":true}`),
			[]string{"nodes.n.conditions must be a list", "nodes.n.next must be a text", "nodes.n.outcome must be a text", "nodes.n.type must be a text"}},
		{"a node that is none", node(`null`), []string{"nodes.n must be an object"}},
		{"a condition that is none", node(`{"conditions":[1]}`), []string{"nodes.n.conditions.0 must be an object"}},
		{"null is nothing", `{"entry":null,"nodes":{"n":{"type":null,"config":null,"conditions":null}}}`, nil},
		{"white space", " {\n\t\"entry\" : \"a\" }\r\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := workflow.Parse([]byte(test.text))
			if got := faultsOf(t, err); !slices.Equal(got, test.faults) {
				t.Errorf("%.200s:\n got %q\nwant %q", test.text, got, test.faults)
			}
		})
	}
}

func TestAFaultRepeatsNoLongID(t *testing.T) {
	t.Parallel()
	_, err := workflow.Parse([]byte(`{"nodes":{"` + strings.Repeat("ä", 5000) + `":1}}`))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("%d bytes of error, want some and few: %.300v", len(err.Error()), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		adults, `{}`, `{"entry":"a","nodes":{"a":{"type":"start","next":"a"}}}`,
		`{"entry":"s","nodes":{"s":{"type":"start","next":"w"},"w":{"type":"wait","next":"e"},"e":{"type":"terminal","outcome":"approved"}}}`,
		`{"entry":"s","nodes":{"s":{"type":"start","next":"c"},"c":{"type":"conditional","default":"e","conditions":[{"field":"fields.a","op":"in","value":["<",1e2,-0,true],"next":"e"}]},"e":{"type":"terminal","outcome":"rejected","reason":"ü<>&"}}}`,
		`{"entry":"s","nodes":{"s":{"type":"start","next":"p"},"p":{"type":"policy","policy":"face_match","config":{"a":[{"b":null}]},"on_pass":"e","on_fail":"e"},"e":{"type":"terminal","outcome":"approved"}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := workflow.Parse(data)
		if err != nil {
			faultsOf(t, err)
			return
		}
		one, err := json.Marshal(g)
		if err != nil {
			t.Fatalf("%q is accepted, and cannot be written: %v", data, err)
		}
		two, err := json.Marshal(parse(t, string(one)))
		if err != nil || string(two) != string(one) {
			t.Fatalf("%q is %s, and then %s, %v", data, one, two, err)
		}
		_ = g.Steps()
		if g.Validate(workflow.KnownPolicy) == nil {
			if err := g.WithRequired().Validate(workflow.KnownPolicy); err != nil {
				t.Fatalf("%s is valid, but not with the required checks: %v", one, err)
			}
			toTheEnd(t, g, func(n int) int { return len(data) % n })
		}
	})
}
