package keycase_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

func TestValidAccepts(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		`0`, `-0`, `1`, `-12`, `0.5`, `1.50`, `1e5`, `1E5`, `1e+5`, `1e-05`, `0e0`, `-0.0E-0`, "9" + strings.Repeat("0", 400),
		`true`, `false`, `null`, ` null `, "\t\r\n 1 \t\r\n", `""`, `"a"`, `[]`, `[ ]`, `{}`, `{ }`, `[1,2]`, `[ 1 , [ ] ]`,
		`{"a":1}`, `{ "a" : 1 , "b" : { } }`, `{"aB":1,"a_b":2}`, `"\"\\\/\b\f\n\r\t"`, `"\u0001\u00E9\uabCD\uffff"`,
		`"\ud800\udc00"`, `"\uDBFF\uDFFF"`, "\"\u007f\u2028é€😀\U0010ffff\"", `"12345678"`, `"1234567"`, `"1234567é"`, `"123456789"`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64),
		strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64),
		"[" + strings.Repeat("[],", 100) + "{}]",
	} {
		if !json.Valid([]byte(src)) {
			t.Fatalf("row %.80s is not JSON", src)
		}
		if err := keycase.Valid([]byte(src)); err != nil {
			t.Errorf("Valid(%.80s): got error %v", src, err)
		}
	}
}

func TestValidRefuses(t *testing.T) {
	t.Parallel()
	table := []struct {
		src    string
		offset int
		reason string
	}{
		{``, 0, "unexpected end"},
		{`  `, 2, "unexpected end"},
		{`{`, 1, "unexpected end"},
		{`[`, 1, "unexpected end"},
		{`[1`, 2, "unexpected end"},
		{`[1,`, 3, "unexpected end"},
		{`{"a`, 3, "unexpected end"},
		{`{"a"`, 4, "unexpected end"},
		{`{"a":`, 5, "unexpected end"},
		{`{"a":1`, 6, "unexpected end"},
		{`{"a":1,`, 7, "unexpected end"},
		{`"abcdefghij`, 11, "unexpected end"},
		{`"\`, 2, "unexpected end"},
		{`"\u12`, 5, "unexpected end"},
		{`"\ud800\u`, 9, "unexpected end"},
		{`tru`, 3, "unexpected end"},
		{`-`, 1, "unexpected end"},
		{`1.`, 2, "unexpected end"},
		{`1e`, 2, "unexpected end"},
		{`1e+`, 3, "unexpected end"},
		{`1 2`, 2, "data after the value"},
		{`{}}`, 2, "data after the value"},
		{`{}` + "\x00", 2, "data after the value"},
		{`nullx`, 4, "data after the value"},
		{`1a`, 1, "data after the value"},
		{`0x1`, 1, "data after the value"},
		{`a`, 0, "unexpected character"},
		{"\ufeff1", 0, "unexpected character"},
		{"\u00a01", 0, "unexpected character"},
		{"\v1", 0, "unexpected character"},
		{`'a'`, 0, "unexpected character"},
		{`+1`, 0, "unexpected character"},
		{`.5`, 0, "unexpected character"},
		{`]`, 0, "unexpected character"},
		{`[,1]`, 1, "unexpected character"},
		{`[1,]`, 3, "unexpected character"},
		{`[1 2]`, 3, "unexpected character"},
		{`[1}`, 2, "unexpected character"},
		{`{]`, 1, "unexpected character"},
		{`{,}`, 1, "unexpected character"},
		{`{a:1}`, 1, "unexpected character"},
		{`{1:1}`, 1, "unexpected character"},
		{`{"a" 1}`, 5, "unexpected character"},
		{`{"a":1,}`, 7, "unexpected character"},
		{`{"a":1]`, 6, "unexpected character"},
		{`{"a":}`, 5, "unexpected character"},
		{`[1]//`, 3, "data after the value"},
		{`truE`, 3, "invalid literal"},
		{`nil`, 1, "invalid literal"},
		{`fa1se`, 2, "invalid literal"},
		{`01`, 1, "invalid number"},
		{`-01`, 2, "invalid number"},
		{`00`, 1, "invalid number"},
		{`-a`, 1, "invalid number"},
		{`--1`, 1, "invalid number"},
		{`1.a`, 2, "invalid number"},
		{`[1.]`, 3, "invalid number"},
		{`1e.`, 2, "invalid number"},
		{`1e+-1`, 3, "invalid number"},
		{"\"a\nb\"", 2, "control character in a string"},
		{"\"1234567\x1f\"", 8, "control character in a string"},
		{"\"\x00\"", 1, "control character in a string"},
		{"{\"a\tb\":1}", 3, "control character in a string"},
		{`"\a"`, 2, "invalid escape"},
		{`"\U0041"`, 2, "invalid escape"},
		{`"\x41"`, 2, "invalid escape"},
		{`"\u00g0"`, 5, "invalid escape"},
		{`"\u 041"`, 3, "invalid escape"},
		{`"\ud800\u12_4"`, 11, "invalid escape"},
		{`"a\ud800"`, 2, "lone surrogate"},
		{`"\udc00"`, 1, "lone surrogate"},
		{`"\ud800a"`, 1, "lone surrogate"},
		{`"\ud800\n0000"`, 1, "lone surrogate"},
		{`"\ud800\ud800"`, 1, "lone surrogate"},
		{`"\udc00\ud800"`, 1, "lone surrogate"},
		{`"\ud800\u0041"`, 1, "lone surrogate"},
		{`{"\udfff":1}`, 2, "lone surrogate"},
		{`"a\u0000"`, 2, "NUL"},
		{`{"\u0000":1}`, 2, "NUL"},
		{`{"a":["\u0000"]}`, 7, "NUL"},
		{"\"a\xff\"", 2, "invalid UTF-8"},
		{"\"\xc3\"", 1, "invalid UTF-8"},
		{"\"\xc0\x80\"", 1, "invalid UTF-8"},
		{"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},
		{"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},
		{"{\"12345678\x80\":1}", 10, "invalid UTF-8"},
		{strings.Repeat("[", 65) + strings.Repeat("]", 65), 64, "nested too deep"},
		{strings.Repeat(`[{"a":`, 33) + "1" + strings.Repeat("}]", 33), 32 * 6, "nested too deep"},
		{strings.Repeat("[", 1_000_000), 64, "nested too deep"},
	}
	for _, row := range table {
		t.Run(fmt.Sprintf("%.20q", row.src), func(t *testing.T) {
			t.Parallel()
			want := keycase.SyntaxError{Offset: row.offset, Reason: row.reason}
			var got *keycase.SyntaxError
			if err := keycase.Valid([]byte(row.src)); !errors.As(err, &got) || *got != want {
				t.Errorf("Valid(%.80q): got error %v, want %v", row.src, err, &want)
			}
			for _, keep := range []string{"", "m"} {
				inside := `[{"m":` + row.src
				_, err := keycase.Append(nil, []byte(inside), keycase.Snake, keep)
				if !errors.As(err, &got) {
					t.Errorf("Append(%.80q) keeping %q: got error %v, want a SyntaxError", inside, keep, err)
				}
			}
		})
	}
}

func TestValidRefusesTheSameKeyTwice(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]keycase.CollisionError{
		`{"a":1,"a":2}`:             {Offset: 7, First: "a", Second: "a"},
		`[{"é":1,"\u00e9":2}]`:      {Offset: 9, First: "é", Second: `\u00e9`},
		`{"a":{"b":{},"b":[]}}`:     {Offset: 13, First: "b", Second: "b"},
		`{"\"":1,"x":0,"\u0022":2}`: {Offset: 14, First: `\"`, Second: `\u0022`},
	} {
		var got *keycase.CollisionError
		if err := keycase.Valid([]byte(src)); !errors.As(err, &got) || *got != want {
			t.Errorf("Valid(%s): got error %v, want %+v", src, err, want)
		}
	}
}

// Of the bytes that can follow a backslash, encoding/json knows the same few.
func TestValidKnowsEveryEscape(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for _, rest := range []string{"", "00e9"} {
			src := []byte{'"', '\\', byte(c)}
			src = append(append(src, rest...), '"')
			if got, want := keycase.Valid(src) == nil, json.Valid(src); got != want {
				t.Errorf("Valid(%q): accepted is %v, encoding/json says %v", src, got, want)
			}
		}
	}
}
