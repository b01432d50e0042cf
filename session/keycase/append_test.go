package keycase_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	table := []struct {
		name string
		src  string
		to   keycase.Case
		keep []string
		want string
	}{
		{"snake", `{"firstName":"Ana","idNumber":1}`, keycase.Snake, nil, `{"first_name":"Ana","id_number":1}`},
		{"camel", `{"first_name":"Ana","ID_NUMBER":1}`, keycase.Camel, nil, `{"firstName":"Ana","idNumber":1}`},
		{"kebab", `{"first_name":"Ana","idNumber":1}`, keycase.Kebab, nil, `{"first-name":"Ana","id-number":1}`},
		{"every depth", `{"aaBb":[{"ccDd":{"eeFf":[[{"ggHh":0}]]}}]}`, keycase.Snake, nil,
			`{"aa_bb":[{"cc_dd":{"ee_ff":[[{"gg_hh":0}]]}}]}`},
		{"white space stays", " \r\n{ \"aB\"\t:\n1 , \"cdEf\" : [ ] } \n", keycase.Kebab, nil,
			" \r\n{ \"ab\"\t:\n1 , \"cd-ef\" : [ ] } \n"},
		{"numbers stay", `{"oneTwo":[1.0,1e2,1E+2,-0,-0.0e-0,123456789012345678901234567890]}`, keycase.Snake, nil,
			`{"one_two":[1.0,1e2,1E+2,-0,-0.0e-0,123456789012345678901234567890]}`},
		{"strings stay", `{"oneTwo":"aB \u00e9 \/ \ud83d\ude00 \"firstName\":1 é"}`, keycase.Snake, nil,
			`{"one_two":"aB \u00e9 \/ \ud83d\ude00 \"firstName\":1 é"}`},
		{"values without keys", `["firstName",true,false,null]`, keycase.Snake, nil, `["firstName",true,false,null]`},
		{"a bare string", `"firstName"`, keycase.Snake, nil, `"firstName"`},
		{"the empty key", `{"":1}`, keycase.Camel, nil, `{"":1}`},
		{"same name in two objects", `{"aaBb":{"aaBb":1},"c":[{"aa_bb":1},{"aa_bb":2}]}`, keycase.Snake, nil,
			`{"aa_bb":{"aa_bb":1},"c":[{"aa_bb":1},{"aa_bb":2}]}`},
		{"escaped letters", `{"first\u004eame":1,"\u0066irst_line":2}`, keycase.Snake, nil, `{"first_name":1,"first_line":2}`},
		{"escaped rune beyond ASCII", `{"\u00e9t\u00e9":1,"\ud83d\ude00":2}`, keycase.Camel, nil, `{"été":1,"😀":2}`},
		{"escapes that must stay", `{"a\"Bc":1,"a\\Bc":2,"a\/Bc":3,"\u0022":4}`, keycase.Snake, nil,
			`{"a\"bc":1,"a\\bc":2,"a/bc":3,"\"":4}`},
		{"control characters in their shortest form", `{"\u000a\b\f\n\r\t\u001F\u007f":1}`, keycase.Snake, nil,
			`{"\n\b\f\n\r\t\u001f` + "\x7f" + `":1}`},
		{"kept value", `{"metaData":{"aaBb":{"ccDd":1}},"eeFf":2}`, keycase.Snake, []string{"meta_data"},
			`{"meta_data":{"aaBb":{"ccDd":1}},"ee_ff":2}`},
		{"kept by any spelling", `{"VENDOR_DATA":{"aaBb":1},"meta_data":[{"aaBb":1}]}`, keycase.Camel, []string{"vendorData", "Meta-Data"},
			`{"vendorData":{"aaBb":1},"metaData":[{"aaBb":1}]}`},
		{"kept at depth", `{"person":[{"metaData":{"aaBb":1},"ccDd":2}]}`, keycase.Kebab, []string{"meta_data"},
			`{"person":[{"meta-data":{"aaBb":1},"cc-dd":2}]}`},
		{"kept by an escaped key", `{"meta\u0044ata":{"aaBb":1}}`, keycase.Snake, []string{"meta_data"}, `{"meta_data":{"aaBb":1}}`},
		{"kept spellings do not collide", `{"metadata":{"aaBb":1,"aa_bb":2,"\u0061a_bb2":3}}`, keycase.Snake, []string{"metadata"},
			`{"metadata":{"aaBb":1,"aa_bb":2,"\u0061a_bb2":3}}`},
		{"nothing of that name to keep", `{"aaBb":{"ccDd":1}}`, keycase.Snake, []string{"aa", ""}, `{"aa_bb":{"cc_dd":1}}`},
		{"the empty key kept", `{"":{"ccDd":1}}`, keycase.Snake, []string{""}, `{"":{"ccDd":1}}`},
		{"many names to keep", `{"nn":{"aaBb":1}}`, keycase.Snake,
			append(strings.Fields(strings.Repeat("some_other_name ", 40)), "nn"), `{"nn":{"aaBb":1}}`},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := keycase.Append([]byte("before"), []byte(row.src), row.to, row.keep...)
			if err != nil {
				t.Fatalf("Append(%s, %v, %q): got error %v", row.src, row.to, row.keep, err)
			}
			if string(got) != "before"+row.want {
				t.Errorf("Append(%s, %v, %q):\n got %s\nwant %s", row.src, row.to, row.keep, got, "before"+row.want)
			}
		})
	}
}

func TestAppendRefusesCollisions(t *testing.T) {
	t.Parallel()
	table := []struct {
		name          string
		src           string
		offset        int
		first, second string
	}{
		{"the same key twice", `{"a":1,"a":2}`, 7, "a", "a"},
		{"two spellings", `{"userId":1,"user_id":2}`, 12, "userId", "user_id"},
		{"not side by side", `{"userId":1,"b":{},"USER-ID":2}`, 19, "userId", "USER-ID"},
		{"an escape", `{"userId":1, "user\u005fid":2}`, 13, "userId", `user\u005fid`},
		{"two escapes", `{"\"aaBb":1,"\u0022aa_bb":2}`, 12, `\"aaBb`, `\u0022aa_bb`},
		{"inside an array", `[0,{"line1":1,"line_1":2}]`, 14, "line1", "line_1"},
		{"behind an object that is closed", `{"b":{"c":1,"d":2},"b":3}`, 19, "b", "b"},
		{"the empty key", `{"":1,"":2}`, 6, "", ""},
		{"a kept key itself", `{"metadata":{},"METADATA":{}}`, 15, "metadata", "METADATA"},
		{"the same key twice in a kept value", `{"metadata":{"a":1,"a":2}}`, 19, "a", "a"},
		{"the same key in a kept value, once escaped", `{"metadata":[{"a":1,"\u0061":2}]}`, 20, "a", `\u0061`},
		{"behind a kept value", `{"metadata":{"aB":1},"ccDd":1,"cc_dd":2}`, 30, "ccDd", "cc_dd"},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, to := range cases {
				_, err := keycase.Append(nil, []byte(row.src), to, "metadata")
				var got *keycase.CollisionError
				if !errors.As(err, &got) {
					t.Fatalf("Append(%s, %v): got error %v, want a CollisionError", row.src, to, err)
				}
				if want := (keycase.CollisionError{Offset: row.offset, First: row.first, Second: row.second}); *got != want {
					t.Errorf("Append(%s, %v): got %+v, want %+v", row.src, to, *got, want)
				}
			}
		})
	}
}

// An object passes from one way of comparing to the other at 64 members, and
// its table grows from time to time.
func TestCollisionsAreFoundAmongAnyNumberOfKeys(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 63, 64, 65, 66, 127, 128, 129, 130, 1000} {
		for _, twin := range []int{0, n / 2, n - 1} {
			src := manyKeys(n)
			if err := keycase.Valid(src); err != nil {
				t.Fatalf("Valid of %d keys: got error %v", n, err)
			}
			if _, err := keycase.Append(nil, src, keycase.Camel); err != nil {
				t.Fatalf("Append of %d keys: got error %v", n, err)
			}
			second := fmt.Sprintf("KeyNumber%d", twin)
			bad := append(src[:len(src)-1:len(src)-1], fmt.Sprintf(`,%q:0}`, second)...)
			_, err := keycase.Append(nil, bad, keycase.Camel)
			var got *keycase.CollisionError
			want := keycase.CollisionError{Offset: len(src), First: fmt.Sprintf("key_number_%d", twin), Second: second}
			if !errors.As(err, &got) || *got != want {
				t.Errorf("Append of %d keys and %s: got error %v, want %+v", n, second, err, want)
			}
		}
	}
}

func manyKeys(n int) []byte {
	src := []byte("{")
	for i := range n {
		src = fmt.Appendf(src, `"key_number_%d":{"a":0},`, i)
	}
	src[len(src)-1] = '}'
	return src
}

// Compared pair by pair, 200 000 keys would take 20 000 million comparisons.
// TestManyKeys comes to an end: comparing every key with every other would be 10^12 comparisons.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	src := manyKeys(n)
	if _, err := keycase.Append(nil, src, keycase.Camel); err != nil {
		t.Fatalf("Append of %d keys: got error %v", n, err)
	}
}

func TestAppendLeavesDstOnError(t *testing.T) {
	t.Parallel()
	for _, src := range []string{``, `{`, `{"aaBb":1`, `{"aaBb":1,"aa_bb":2}`, `{"aaBb":"\u0000"}`, `{"aaBb":1} x`} {
		for _, room := range []int{0, 64} {
			dst := append(make([]byte, 0, 6+room), "before"...)
			got, err := keycase.Append(dst, []byte(src), keycase.Snake)
			if err == nil {
				t.Errorf("Append(%s): got no error", src)
			}
			if string(got) != "before" || &got[0] != &dst[0] {
				t.Errorf("Append(%s) behind %q: got %q back, want dst itself", src, "before", got)
			}
		}
	}
	if got, err := keycase.Append(nil, []byte(`{`), keycase.Snake); got != nil || err == nil {
		t.Errorf("Append(nil, {): got %q, %v, want nil and an error", got, err)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	wide := manyKeys(63)
	escaped := []byte(`{"` + strings.Repeat(`\u0061`, 200) + `":{"first\u004eame\n":1}}`)
	for name, src := range map[string][]byte{"document": document, "63 keys": wide, "escapes": escaped} {
		for _, to := range cases {
			want, err := keycase.Append(nil, src, to, "metadata", "vendor_data")
			if err != nil {
				t.Fatalf("Append of %s: got error %v", name, err)
			}
			dst := make([]byte, 0, len(want))
			allocs := testing.AllocsPerRun(100, func() {
				if _, err := keycase.Append(dst, src, to, "metadata", "vendor_data"); err != nil {
					t.Error(err)
				}
			})
			if allocs != 0 {
				t.Errorf("Append of %s in %v, with room for just the result: got %v allocations, want 0", name, to, allocs)
			}
		}
		if allocs := testing.AllocsPerRun(100, func() { _ = keycase.Valid(src) }); allocs != 0 {
			t.Errorf("Valid of %s: got %v allocations, want 0", name, allocs)
		}
	}
}

func TestErrorTextsAreBoundedAndQuoted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 5000)
	_, err := keycase.Append(nil, []byte(`{"`+long+`":"secret","`+long+`":"secret"}`), keycase.Snake)
	var collision *keycase.CollisionError
	if !errors.As(err, &collision) || collision.First != long || collision.Second != long {
		t.Fatalf("Append of two long keys: got %.100v, want a CollisionError with both whole", err)
	}
	if text := err.Error(); len(text) > 300 || strings.Contains(text, "secret") {
		t.Errorf("CollisionError of long keys: got %d bytes of text: %.400s", len(text), text)
	}
	_, err = keycase.Append(nil, []byte(`{"a`+"\u202e"+`":1,"a\u202E":1}`), keycase.Snake)
	if got, want := fmt.Sprint(err), `keycase: byte 10: keys "a\u202e" and "a\\u202E" of one object are one name`; got != want {
		t.Errorf("CollisionError: got text %s, want %s", got, want)
	}
}

// No fault may carry a piece of the document into a log.
func TestSyntaxErrorsHoldNothingOfTheDocument(t *testing.T) {
	t.Parallel()
	src := string(document)
	reasons := map[string]bool{}
	for i := range len(src) {
		for _, broken := range []string{src[:i], src[:i] + "\x01" + src[i:], src[:i] + `\` + src[i:], src[:i] + "é\xff" + src[i:]} {
			var fault *keycase.SyntaxError
			if err := keycase.Valid([]byte(broken)); errors.As(err, &fault) {
				reasons[fault.Reason] = true
				if want := fmt.Sprintf("keycase: byte %d: %s", fault.Offset, fault.Reason); err.Error() != want {
					t.Fatalf("SyntaxError: got text %q, want %q", err, want)
				}
			}
		}
	}
	if len(reasons) < 4 || len(reasons) > 11 {
		t.Errorf("broken documents: got the reasons %v, want four or more of the eleven there are", reasons)
	}
}
