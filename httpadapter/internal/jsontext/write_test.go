package jsontext_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
)

func TestStringify(t *testing.T) {
	t.Parallel()
	type ordered struct {
		B string          `json:"b"`
		A *string         `json:"a"`
		R json.RawMessage `json:"r"`
		N float64         `json:"n"`
	}
	rows := []struct {
		name string
		v    any
		want string
	}{
		{"order of fields, null, raw JSON", ordered{"x", nil, json.RawMessage(`{"z":[]}`), 1.5}, `{"b":"x","a":null,"r":{"z":[]},"n":1.5}`},
		{"HTML", `<script>&</script>`, `"<script>&</script>"`},
		{"line and paragraph separators", "a\u2028b\u2029c", "\"a\u2028b\u2029c\""},
		{"a separator's escape as text", `\u2028`, `"\\u2028"`},
		{"a backslash before a separator", "\\\u2028", "\"\\\\\u2028\""},
		{"two backslashes before a separator", "\\\\\u2029", "\"\\\\\\\\\u2029\""},
		{"replacement character", "\ufffd", "\"\ufffd\""},
		{"invalid UTF-8", "a\xffb", "\"a\ufffdb\""},
		{"control characters", "\x00\x01\b\t\n\v\f\r\x1f\x7f", `"\u0000\u0001\b\t\n\u000b\f\r\u001f` + "\x7f\""},
		{"quote, backslash and slash", `"\/`, `"\"\\/"`},
		{"beyond 16 bits", "😀é", `"😀é"`},
	}
	for _, row := range rows {
		got, err := jsontext.Stringify(row.v)
		if err != nil || string(got) != row.want {
			t.Errorf("%s: got %s (%v), want %s", row.name, got, err, row.want)
		}
	}
	if got, err := jsontext.Stringify(func() {}); err == nil {
		t.Errorf("a function: got %s, want an error", got)
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	rows := []struct{ document, want string }{
		{` { "b" : [ 1 , true , null ] , "a" : { } } `, `{"b":[1,true,null],"a":{}}`},
		{`{"b":1,"10":1,"9":1,"a":1,"09":1,"-1":1,"4294967294":1,"4294967295":1}`,
			`{"9":1,"10":1,"4294967294":1,"b":1,"a":1,"09":1,"-1":1,"4294967295":1}`},
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{`{"\u003c\u2028":"\u003e\/\u00e9"}`, "{\"<\u2028\":\">/é\"}"},
		{`[1.0,1e2,1E+2,100e-2,0.10,-0,-0.0,0e5]`, `[1,100,100,1,0.1,0,0,0]`},
		{`[1e21,1e20,1e-6,1e-7,123456789012345680000]`, `[1e+21,100000000000000000000,0.000001,1e-7,123456789012345680000]`},
		{`[9007199254740993,0.1000000000000000055511151231257827,1e400,1e-400,1e99999999999999999999]`,
			`[9007199254740993,0.1000000000000000055511151231257827,1e400,1e-400,1e99999999999999999999]`},
		{`[-1.5,-100.0,-1e-9]`, `[-1.5,-100,-1e-9]`},
	}
	for _, row := range rows {
		got, err := jsontext.Normal([]byte(row.document))
		if err != nil || string(got) != row.want {
			t.Errorf("%s: got %s (%v), want %s", row.document, got, err, row.want)
		}
	}
	for _, document := range []string{``, `{`, `{"a"`, `{"a":`, `[1`, `[1,`, `{"a":1`, `{1:1}`, `[}`} {
		if got, err := jsontext.Normal([]byte(document)); err == nil {
			t.Errorf("%s: got %s, want an error", document, got)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// document draws a JSON value.
func document() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any { return draw(t, 3) })
}

func draw(t *rapid.T, depth int) any {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Float64().Draw(t, "number")
	case 3:
		return rapid.Int32().Draw(t, "whole number")
	case 4:
		return rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("\\u2028\u2028\u2029\ufffd\"/<&\x00")))).Draw(t, "text")
	case 5:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = draw(t, depth-1)
		}
		return list
	}
	members := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		members[rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{1,3}`)).Draw(t, "key")] = draw(t, depth-1)
	}
	return members
}

// TestWrittenIsWhatIsRead: what is written means what was given, is UTF-8, and is the same when it is read and
// written again.
func TestWrittenIsWhatIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := document().Draw(t, "document")
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		once := must(jsontext.Normal(raw))
		twice := must(jsontext.Normal(once))
		if !bytes.Equal(once, twice) || !utf8.Valid(once) {
			t.Fatalf("got\n%s\nand then\n%s", once, twice)
		}
		var given, written any
		if json.Unmarshal(raw, &given) != nil || json.Unmarshal(once, &written) != nil {
			t.Fatalf("%s is no JSON", once)
		}
		if !reflect.DeepEqual(given, written) { // for which 0 and -0, which JavaScript writes as 0, are the same
			t.Fatalf("%s means %#v, want %#v", once, written, given)
		}
		direct := must(jsontext.Stringify(json.RawMessage(once)))
		if !bytes.Equal(direct, once) {
			t.Fatalf("got %s, want %s unchanged", direct, once)
		}
	})
}

// TestNodeWritesTheSame asks JavaScript itself. Where BONAFIDE_REQUIRE_NODE is set, it must be there to be asked.
func TestNodeWritesTheSame(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil && os.Getenv("BONAFIDE_REQUIRE_NODE") != "" {
		t.Fatal("node is not installed, and BONAFIDE_REQUIRE_NODE is set")
	}
	if err != nil {
		t.Skip("SKIPPED: node is not installed, so JSON.stringify itself was not asked")
	}
	var lines bytes.Buffer
	for i := range 2000 {
		v := document().Example(i)
		lines.Write(must(jsontext.Normal(must(json.Marshal(v)))))
		lines.WriteByte('\n')
		lines.Write(must(jsontext.Stringify(rapid.String().Example(i))))
		lines.WriteByte('\n')
	}
	const script = `const fs = require("fs");
		const lines = fs.readFileSync(0, "utf8").split("\n");
		let n = 0;
		for (const line of lines) { if (line === "") continue; n++;
			const again = JSON.stringify(JSON.parse(line));
			if (again !== line) { console.log("got  " + line + "\nwant " + again); process.exit(1); } }
		console.log("read " + n);`
	cmd := exec.Command(node, "-e", script)
	cmd.Stdin = &lines
	out, err := cmd.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "read 4000" {
		t.Errorf("node: %v\n%s", err, out)
	}
}
