package jsontext_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

func TestParseObject(t *testing.T) {
	t.Parallel()
	var syntax *keycase.SyntaxError
	var collision *keycase.CollisionError
	rows := []struct{ name, document, want string }{
		{"an object", `{"a":1}`, `{"a":1}`},
		{"white space around", " \r\n\t{ } \n", `{ }`},
	}
	for _, row := range rows {
		if got, err := jsontext.ParseObject([]byte(row.document)); string(got) != row.want || err != nil {
			t.Errorf("%s: %q: got %q, %v, want %q", row.name, row.document, got, err, row.want)
		}
	}
	for _, document := range []string{`[]`, `"{}"`, `1`, `true`, `null`} {
		if got, err := jsontext.ParseObject([]byte(document)); err != jsontext.ErrNotObject {
			t.Errorf("%s: got %q, %v, want %v", document, got, err, jsontext.ErrNotObject)
		}
	}
	for _, document := range []string{``, ` `, `{`, `{}x`, `{"a":"\u0000"}`, `{"a":1,}`} {
		if got, err := jsontext.ParseObject([]byte(document)); !errors.As(err, &syntax) {
			t.Errorf("%s: got %q, %v, want an error of syntax", document, got, err)
		}
	}
	if got, err := jsontext.ParseObject([]byte(`{"a":1,"\u0061":2}`)); !errors.As(err, &collision) {
		t.Errorf("a key twice: got %q, %v, want a collision", got, err)
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	v, err := jsontext.ParseObject([]byte(` { "text" : "a\"}b" , "number" : -1.5e3 , "yes":true,"no":false, "nothing" : null ,
		"list" : [ 1 , null , "[]" , { "x" : [ ] } ] , "object" : { "in" : { "deep" : "\u00e9" } } , "\u006bey" : "c\\" } `))
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name string
		want string
		kind jsontext.Kind
		text string
	}{
		{"text", `"a\"}b"`, jsontext.String, `a"}b`},
		{"number", `-1.5e3`, jsontext.Number, ""},
		{"yes", `true`, jsontext.Bool, ""},
		{"no", `false`, jsontext.Bool, ""},
		{"nothing", ``, jsontext.Null, ""},
		{"list", `[ 1 , null , "[]" , { "x" : [ ] } ]`, jsontext.Array, ""},
		{"object", `{ "in" : { "deep" : "\u00e9" } }`, jsontext.Object, ""},
		{"key", `"c\\"`, jsontext.String, `c\`},
		{"Text", ``, jsontext.Null, ""},
		{"", ``, jsontext.Null, ""},
	}
	for _, row := range rows {
		got := v.Member(row.name)
		if string(got) != row.want || got.Kind() != row.kind || got.Text() != row.text {
			t.Errorf("%s: got %s, of kind %s and text %q, want %s, %s and %q",
				row.name, got, got.Kind(), got.Text(), row.want, row.kind, row.text)
		}
		if among := v.Members(new(jsontext.Room)).Member(row.name); string(among) != row.want {
			t.Errorf("%s: among all members got %s, want %s", row.name, among, row.want)
		}
		if row.kind != jsontext.Object && (got.Member("in") != nil || got.Member("") != nil || got.Members(new(jsontext.Room)) != nil) {
			t.Errorf("%s: got a member of what is no object", row.name)
		}
	}
	if got := v.Member("object").Member("in").Member("deep").Text(); got != "é" {
		t.Errorf("a member of a member: got %q, want é", got)
	}
}

func TestEachAndElements(t *testing.T) {
	t.Parallel()
	v, err := jsontext.ParseObject([]byte(`{"list":[1,null,"a"],"empty":[ ],"none":{ },"text":"[1]"}`))
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	v.Each(func(key, element jsontext.Value) bool {
		seen = append(seen, string(key)+string(element))
		return len(seen) < 3
	})
	if want := []string{`"list"[1,null,"a"]`, `"empty"[ ]`, `"none"{ }`}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q and no more", seen, want)
	}
	v.Member("list").Each(func(key, element jsontext.Value) bool {
		if key != nil || len(element) == 0 {
			t.Errorf("got the key %q for the element %q, want none", key, element)
		}
		return true
	})
	if got, want := v.Member("list").Elements(), []jsontext.Value{[]byte("1"), nil, []byte(`"a"`)}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range []string{"empty", "none", "text", "absent"} {
		if got := v.Member(name).Elements(); got != nil {
			t.Errorf("%s: got elements %q, want none", name, got)
		}
	}
}

// FuzzParseObject: whatever is taken is read as encoding/json reads it, at every depth.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":null}`, `{ "a" : [ 1 , "]" , { "\"}" : true } ] , "b" : -0.5E+1 }`, `{"\\":"\\\"","\ud83d\ude00":"\u00e9"}`,
		`{"a":[[],[[]],{}],"":{"":""}}`, `{"a":1,"a":2}`, `[{}]`, `{"a":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		v, err := jsontext.ParseObject(document)
		if err != nil {
			return
		}
		agree(t, v, document)
	})
}

// agree compares a value with what encoding/json takes text for.
func agree(t *testing.T, v jsontext.Value, text []byte) {
	t.Helper()
	switch v.Kind() {
	case jsontext.Object:
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var names []string
		v.Each(func(key, element jsontext.Value) bool {
			names = append(names, key.Text())
			agree(t, element, want[key.Text()])
			return true
		})
		if slices.Sort(names); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
			t.Fatalf("%s: got members %q", text, names)
		}
		for name, element := range want {
			if string(element) == "null" {
				element = nil
			}
			if got := v.Member(name); string(got) != string(element) {
				t.Fatalf("%s: got member %q %s, want %s", text, name, got, element)
			}
		}
	case jsontext.Array:
		var want []json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil || len(want) != len(v.Elements()) {
			t.Fatalf("%s: got %d elements (%v), want %d", text, len(v.Elements()), err, len(want))
		}
		at := 0
		v.Each(func(_, element jsontext.Value) bool {
			agree(t, element, want[at])
			at++
			return true
		})
	case jsontext.String:
		var want string
		if err := json.Unmarshal(text, &want); err != nil || v.Text() != want {
			t.Fatalf("%s: got %q (%v), want %q", text, v.Text(), err, want)
		}
	default:
		if string(v) != strings.TrimSpace(string(text)) {
			t.Fatalf("got %s, want %s", v, text)
		}
	}
}
