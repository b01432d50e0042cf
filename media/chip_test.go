package media_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"pgregory.net/rapid"
)

// chipNames are the files of a chip, in the order of the canonical form.
var chipNames = []string{
	"com", "sod", "dg1", "dg2", "dg3", "dg4", "dg5", "dg6", "dg7", "dg8", "dg9", "dg10", "dg11", "dg12", "dg13", "dg14",
	"dg15", "dg16",
}

// TestChipMembers are those of the canonical form, and a caller cannot change them.
func TestChipMembers(t *testing.T) {
	t.Parallel()
	media.ChipMembers()[0] = "changed"
	if got := media.ChipMembers(); !slices.Equal(got, chipNames) {
		t.Errorf("got %q, want %q", got, chipNames)
	}
}

func TestParseChip(t *testing.T) {
	t.Parallel()
	const least = `{"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"dYI="}`
	with := func(member string) string { return least[:len(least)-1] + "," + member + "}" }
	instead := func(old, value string) string { return strings.Replace(least, old, value, 1) }
	for _, row := range []struct {
		name, in, want string
		err            error
	}{
		{"the least", least, least, nil},
		{"another order and white space", " {\n\"dg2\" :\"dYI=\" ,\t\"dg1\": \"YVs=\",\"sod\":\"d4IB\",\r\n\"com\":  \"YBQ=\"} ", least, nil},
		{"optional members, in their order", with(`"dg16":"cA==","dg3":"Yw=="`), with(`"dg3":"Yw==","dg16":"cA=="`), nil},
		{"an optional member that is null", with(`"dg3": null`), least, nil},
		{"members that are none", with(`"dg17":"!","dg0":1,"DG3":{},"":[],"timestamp":null`), least, nil},
		{"a member that is none, and has one twice within", with(`"more":{"a":1,"a":2}`), least, nil},
		{"escapes in a name", instead(`"dg1"`, `"\u0064g1"`), least, nil},
		{"escapes in a value", instead("YVs=", `YVs\u003d`), least, nil},
		{"the slash escaped", instead("YVs=", `\/\/8=`), instead("YVs=", "//8="), nil},
		{"line breaks in a value", instead("d4IB", `d4\r\nIB\n`), least, nil},

		{"no com", instead(`"com":"YBQ=",`, ""), "", media.ErrChipMissing},
		{"no sod", instead(`"sod":"d4IB",`, ""), "", media.ErrChipMissing},
		{"no dg1", instead(`"dg1":"YVs=",`, ""), "", media.ErrChipMissing},
		{"no dg2", instead(`,"dg2":"dYI="`, ""), "", media.ErrChipMissing},
		{"com in capitals", instead("com", "COM"), "", media.ErrChipMissing},
		{"dg1 null", instead(`"YVs="`, "null"), "", media.ErrChipMissing},
		{"an empty object", "{}", "", media.ErrChipMissing},
		{"members one level down", `{"nfc":` + least + `}`, "", media.ErrChipMissing},

		{"empty", instead("YVs=", ""), "", media.ErrChipEncoding},
		{"only line breaks", instead("YVs=", `\n`), "", media.ErrChipEncoding},
		{"an optional member that is empty", with(`"dg3":""`), "", media.ErrChipEncoding},
		{"an optional member that is not base64", with(`"dg3":"?"`), "", media.ErrChipEncoding},
		{"a number", instead(`"YVs="`, "12"), "", media.ErrChipEncoding},
		{"a list of strings", instead(`"YVs="`, `["YVs="]`), "", media.ErrChipEncoding},
		{"an object", instead(`"YVs="`, `{}`), "", media.ErrChipEncoding},
		{"true", instead(`"YVs="`, `true`), "", media.ErrChipEncoding},
		{"no padding", instead("YVs=", "YVs"), "", media.ErrChipEncoding},
		{"too much padding", instead("YVs=", "YVs=="), "", media.ErrChipEncoding},
		{"bits before the padding", instead("YVs=", "YVt="), "", media.ErrChipEncoding},
		{"the alphabet for addresses", instead("YVs=", "__8="), "", media.ErrChipEncoding},
		{"junk behind the padding", instead("YVs=", "YVs=YVs="), "", media.ErrChipEncoding},
		{"a space within", instead("YVs=", "YV s="), "", media.ErrChipEncoding},
		{"a data URI", instead("YVs=", "data:;base64,YVs="), "", media.ErrChipEncoding},
		{"hexadecimal", instead("YVs=", "615b4"), "", media.ErrChipEncoding},
		{"NUL", instead("YVs=", `YVs=\u0000`), "", media.ErrChipEncoding},

		{"nothing", "", "", media.ErrFormat},
		{"white space", " \n", "", media.ErrFormat},
		{"null", "null", "", media.ErrFormat},
		{"a list", "[" + least + "]", "", media.ErrFormat},
		{"a string", `"` + "YVs=" + `"`, "", media.ErrFormat},
		{"a member twice", with(`"dg1":"YVs="`), "", media.ErrFormat},
		{"a member twice, once escaped", with(`"dg\u0031":"YVs="`), "", media.ErrFormat},
		{"a member twice, once null", with(`"dg1":null`), "", media.ErrFormat},
		{"a member twice that is none", with(`"x":1,"x":1`), "", media.ErrFormat},
		{"cut", least[:len(least)-1], "", media.ErrFormat},
		{"text behind", least + "x", "", media.ErrFormat},
		{"an object behind", least + least, "", media.ErrFormat},
		{"a comma too many", with(""), "", media.ErrFormat},
		{"a comment", "/**/" + least, "", media.ErrFormat},
		{"a mark before", "\ufeff" + least, "", media.ErrFormat},
		{"invalid UTF-8", with("\"\xff\":1"), "", media.ErrFormat},
		{"UTF-16", "{\x00\"\x00c\x00", "", media.ErrFormat},
		{"a line in a string", instead("YVs=", "YV\ns="), "", media.ErrFormat},
		{"nested too deep", with(`"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)), "", media.ErrFormat},
		{"a JPEG", jfif, "", media.ErrFormat},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			in := []byte(row.in)
			got, err := media.ParseChip(in)
			if string(got) != row.want || !errors.Is(err, row.err) || (err == nil) != (row.err == nil) {
				t.Errorf("ParseChip(%.200s) = %s, %v, want %s, %v", row.in, got, err, row.want, row.err)
			}
			if string(in) != row.in {
				t.Errorf("ParseChip(%.200s) changed its argument", row.in)
			}
		})
	}
}

func TestParseChipErrorsNameTheMemberAndNotWhatIsInIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, in, want string }{
		{"missing", `{"com":"YBQ=","sod":"d4IB","dg2":"SECRET=="}`, "dg1"},
		{"encoding", `{"com":"YBQ=","sod":"d4IB","dg1":"SECRET!"}`, "dg1"},
		{"twice", `{"SECRET":"SECRET","SECRET":"SECRET"}`, "twice"},
		{"syntax", `{"SECRET":SECRET}`, "JSON"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := media.ParseChip([]byte(row.in))
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("ParseChip(%s) = %v, want an error that says %q and nothing of the data", row.in, err, row.want)
			}
		})
	}
}

// However a chip is written down, it has one canonical form, with the bytes that were put in.
func TestParseChipHasOneForm(t *testing.T) {
	t.Parallel()
	file := rapid.SliceOfN(rapid.Byte(), 1, 40)
	rapid.Check(t, func(t *rapid.T) {
		files := map[string][]byte{}
		for i, name := range chipNames {
			if i < 4 || rapid.Bool().Draw(t, "has "+name) {
				files[name] = file.Draw(t, name)
			}
		}
		var want, in []string
		for _, name := range chipNames {
			if data, has := files[name]; has {
				text := base64.StdEncoding.EncodeToString(data)
				want = append(want, fmt.Sprintf(`"%s":"%s"`, name, text))
				in = append(in, fmt.Sprintf(" %q : %q\n", name, text))
			}
		}
		in = rapid.Permutation(append(in, `"other":{"dg1":0}`)).Draw(t, "order")
		canonical := "{" + strings.Join(want, ",") + "}"
		for _, text := range []string{"{" + strings.Join(in, ",") + "}", canonical} {
			if got, err := media.ParseChip([]byte(text)); string(got) != canonical || err != nil {
				t.Fatalf("ParseChip(%s) = %s, %v, want %s, nil", text, got, err, canonical)
			}
		}
	})
}

func FuzzParseChip(f *testing.F) {
	for _, seed := range []string{
		`{"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"dYI="}`, `{"dg2":"dYI=","x":[{}],"dg1":"YVs=","sod":"d4\nIB","com":"YBQ=","dg16":null}`,
		`{"com":"YBQ=","com":""}`, `{"com":1}`, "{}", "[]", `{"\ud800":0}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		canonical, err := media.ParseChip(text)
		if err != nil {
			known := []error{media.ErrFormat, media.ErrChipMissing, media.ErrChipEncoding}
			if canonical != nil || !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
				t.Fatalf("ParseChip(%q) = %q, %v", text, canonical, err)
			}
			return
		}
		if len(canonical) > len(text) {
			t.Fatalf("ParseChip(%q) = %q, which is longer", text, canonical)
		}
		again, err := media.ParseChip(canonical)
		if !bytes.Equal(again, canonical) || err != nil {
			t.Fatalf("ParseChip(%q) = %q, %v, want itself", canonical, again, err)
		}
		var in, out map[string]any
		if err := errors.Join(json.Unmarshal(text, &in), json.Unmarshal(canonical, &out)); err != nil {
			t.Fatalf("ParseChip(%q) = %q: %v", text, canonical, err)
		}
		for _, name := range chipNames {
			was, _ := in[name].(string)
			is, _ := out[name].(string)
			if strings.NewReplacer("\r", "", "\n", "").Replace(was) != is {
				t.Fatalf("ParseChip(%q) = %q, which has another %s", text, canonical, name)
			}
		}
	})
}

func ExampleParseChip() {
	canonical, err := media.ParseChip([]byte(`{"dg1": "YVs=", "dg2": "dYI=", "com": "YBQ=", "sod": "d4IB", "reader": "v2"}`))
	fmt.Println(string(canonical), err)
	_, err = media.ParseChip([]byte(`{"dg1": "YVs=", "dg2": "dYI=", "com": "YBQ="}`))
	fmt.Println(err)
	// Output:
	// {"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"dYI="} <nil>
	// media: chip data lack a member: sod
}

func BenchmarkParseChip(b *testing.B) {
	face := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("face"), 5_000))
	text := []byte(`{"com":"YBQ=","sod":"d4IB","dg1":"YVs=","dg2":"` + face + `"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := media.ParseChip(text); err != nil {
			b.Fatal(err)
		}
	}
}
