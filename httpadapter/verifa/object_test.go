package verifa_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// TestBodies: JSON is taken without indulgence, and what is refused has no effect.
func TestBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	const kind = "application/json"
	rows := []struct {
		name, kind, body string
		status           int
	}{
		{"no body", "", "", 201},
		{"an object", kind, `{}`, 201},
		{"white space around it", kind, " \r\n\t{ } ", 201},
		{"with a charset", "application/json; charset=UTF-8", `{}`, 201},
		{"of JSON:API", "application/vnd.api+json", `{}`, 201},
		{"60 deep", kind, `{"metadata":{"a":` + nested(60) + `}}`, 201},
		{"metadata with unusual numbers", kind, `{"metadata":{"a":[-0,1e-7,9007199254740993,1E+2]}}`, 201},
		{"a surrogate pair", kind, `{"external_ref":"\ud83d\ude00"}`, 201},

		{"another content type", "text/plain", `{}`, 400},
		{"a form", "application/x-www-form-urlencoded", `external_ref=1`, 400},
		{"no content type", "-", `{}`, 400},
		{"a content type that is none", "application/", `{}`, 400},
		{"UTF-16", "application/json; charset=utf-16", `{}`, 400},
		{"Latin-1", "application/json; charset=iso-8859-1", `{}`, 400},
		{"white space", kind, ` `, 400},
		{"a list", kind, `[]`, 400},
		{"a text", kind, `"{}"`, 400},
		{"a number", kind, `1`, 400},
		{"null", kind, `null`, 400},
		{"no end", kind, `{"country":"EE"`, 400},
		{"more behind it", kind, `{}{}`, 400},
		{"a comma too many", kind, `{"country":"EE",}`, 400},
		{"a comment", kind, `{/* */}`, 400},
		{"a comment behind it", kind, "{} // that is all", 400},
		{"single quotes", kind, `{'country':'EE'}`, 400},
		{"NaN", kind, `{"metadata":{"a":NaN}}`, 400},
		{"a plus", kind, `{"metadata":{"a":+1}}`, 400},
		{"a byte order mark", kind, "\ufeff{}", 400},
		{"10,000 deep", kind, `{"metadata":{"a":` + nested(10_000) + `}}`, 400},
		{"a lone surrogate", kind, `{"external_ref":"\ud83d"}`, 400},
		{"invalid UTF-8", kind, "{\"external_ref\":\"\xff\"}", 400},
		{"NUL", kind, "{\"external_ref\":\"\x00\"}", 400},
		{"NUL in an escape", kind, `{"external_ref":"\u0000"}`, 400},
		{"NUL in a name", kind, `{"external\u0000ref":"x"}`, 400},
		{"UTF-16 by its bytes", kind, "\xff\xfe{\x00}\x00", 400},
		{"a number that nobody can hold", kind, `{"metadata":{"a":1e400}}`, 422},
		{"a name twice", kind, `{"country":"EE","country":"FI"}`, 422},
		{"a name twice, once in escapes", kind, `{"country":"EE","c\u006funtry":"FI"}`, 422},
		{"a name twice in metadata", kind, `{"metadata":{"a":{"b":1,"b":2}}}`, 422},
		{"1 MiB and more", kind, `{"metadata":{"a":"` + strings.Repeat("x", 1<<20) + `"}}`, 413},
		{"a text of 10 MB", kind, `{"external_ref":"` + strings.Repeat("x", 10<<20) + `"}`, 413},
	}
	made := 0
	for _, row := range rows {
		c := call{method: "POST", path: "/api/v1/sessions", key: liveKey, body: row.body, kind: row.kind}
		if row.kind == "-" {
			c.kind, c.header = kind, map[string]string{"Content-Type": ""}
		}
		got := h.call(c)
		if got.status != row.status {
			t.Errorf("%s: got %d %.300s, want %d", row.name, got.status, got.body, row.status)
			continue
		}
		switch row.status {
		case 201:
			made++
		case 422:
			got.refused(422, "validation_error")
		default:
			got.refused(row.status, "invalid_request")
		}
		if strings.Contains(got.body, strings.Repeat("x", 100)) {
			t.Errorf("%s: the answer repeats the body", row.name)
		}
	}
	if n := h.do("GET", "/api/v1/sessions", liveKey, nil).want(200).text("pagination.total"); n != fmt.Sprint(made) {
		t.Errorf("got %s sessions, want %d", n, made)
	}
}

// TestMetadataKeepsItsNames on its way in and out, whatever the casing of either.
func TestMetadataKeepsItsNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	const metadata = `{"snake_key":{"camelKey":1},"kebab-key":[{"Pascal_Key":2}],"metadata":{"in_it":3},"first_name":"x","":4}`
	for _, in := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
		id := h.create(liveKey, renamed(t, `{"external_ref":"u","metadata":`+metadata+`}`, in))
		for _, out := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
			for _, path := range []string{"/api/v1/sessions/" + id, "/api/v1/sessions?q=" + id} {
				got := h.call(call{method: "GET", path: path, key: liveKey, header: map[string]string{"Key-Inflection": out.String()}}).want(200)
				if !strings.Contains(got.body, `"metadata":`+metadata) {
					t.Errorf("in %s, out %s: got %s, want the metadata %s", in, out, got.body, metadata)
				}
				if name := string(keycase.AppendKey(nil, "external_ref", out)); !strings.Contains(got.body, `"`+name+`":"u"`) {
					t.Errorf("in %s, out %s: got %s, want %s", in, out, got.body, name)
				}
			}
		}
	}
}

// TestInflection: the request's word counts before the key's, and that before the configuration's.
func TestInflection(t *testing.T) {
	t.Parallel()
	camelKey, kebabKey := "vk_live_"+"camel000000000000000", "vk_live_"+"kebab000000000000000"
	keys := []auth.APIKey{keyOf(camelKey, liveID), keyOf(kebabKey, liveID)}
	keys[0].Inflection, keys[1].Inflection = "camel", "kebab"
	names := map[string]string{"snake": "is_sandbox", "camel": "isSandbox", "kebab": "is-sandbox"}
	for _, config := range []string{"", "snake", "camel", "kebab"} {
		h := newHouse(t, setup{keys: keys, config: verifa.Config{Inflection: config}})
		for key, ofKey := range map[string]string{liveKey: "", camelKey: "camel", kebabKey: "kebab"} {
			for _, asked := range []string{"", "snake", "camel", "kebab"} {
				want := "snake"
				for _, word := range []string{config, ofKey, asked} {
					if word != "" {
						want = word
					}
				}
				got := h.call(call{method: "POST", path: "/api/v1/sessions", key: key, body: "{}", header: map[string]string{"Key-Inflection": asked}}).want(201)
				if !strings.Contains(got.body, `"`+names[want]+`":false`) {
					t.Errorf("config %q, key %q, header %q: got %s, want %s", config, ofKey, asked, got.body, want)
				}
				refused := h.call(call{method: "POST", path: "/api/v1/sessions", key: key, body: "[]", header: map[string]string{"Key-Inflection": asked}}).want(400)
				if !strings.Contains(refused.body, `"status_code":400`) {
					t.Errorf("config %q, key %q, header %q: got %s, want errors in snake_case", config, ofKey, asked, refused.body)
				}
			}
		}
	}
	h := newHouse(t, setup{})
	for _, asked := range []string{"Camel", "pascal", "snake ", "snake, camel", "\x80"} {
		got := h.call(call{method: "GET", path: "/api/v1/sessions", key: liveKey, header: map[string]string{"Key-Inflection": asked}})
		if asked == "snake " { // the header's white space is none of its value
			got.want(200)
		} else {
			got.refused(400, "invalid_request")
		}
	}
}

// TestFold: every spelling of a name is that name, folding twice is folding once, and other names are others.
func TestFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z][a-z0-9]{0,6}`), 1, 4).Draw(t, "words")
		name := strings.Join(words, "_")
		want := strings.Join(words, "")
		for _, to := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
			spelt := string(keycase.AppendKey(nil, name, to))
			for _, s := range []string{spelt, strings.ToUpper(spelt), strings.ReplaceAll(spelt, "_", " ")} {
				if got := verifa.Fold(s); got != want || verifa.Fold(got) != got {
					t.Fatalf("%q: got %q, want %q", s, got, want)
				}
			}
		}
		if verifa.Fold(name+"x") == want {
			t.Fatalf("%q and %q mean the same", name, name+"x")
		}
	})
}

// TestAliasesAreUnambiguous: no name means two parameters of one place.
func TestAliasesAreUnambiguous(t *testing.T) {
	t.Parallel()
	for place, tables := range map[string][]map[string][]string{
		"the creation": {verifa.CreateAliases}, "fields": {verifa.FieldAliases}, "address": {verifa.AddressAliases},
	} {
		of := map[string]string{}
		add := func(name, means string) {
			if was, there := of[verifa.Fold(name)]; there {
				t.Errorf("%s: %s means %s and %s", place, name, was, means)
			}
			of[verifa.Fold(name)] = means
		}
		for _, table := range tables {
			for name, others := range table {
				add(name, name)
				for _, other := range others {
					add(other, name)
				}
			}
		}
	}
	for _, name := range []string{"tags", "send_email", "applicant_name", "applicant_email", "display_name", "support_url", "data"} {
		for means, others := range verifa.CreateAliases {
			for _, other := range others {
				if verifa.Fold(other) == verifa.Fold(name) {
					t.Errorf("%s means %s, and is a parameter itself", name, means)
				}
			}
		}
	}
}

// FuzzCreate: whatever the body, it is taken or refused in one of the forms that there are, and what is taken comes
// back: the creation that the session's own answers describe is taken again.
func FuzzCreate(f *testing.F) {
	for _, seed := range []string{
		everything, `{}`, `{"data":{"attributes":{"external_ref":"u","fields":{"nameFirst":"A"}}}}`, `{"fields":{"address-city":"x","address":{}}}`,
		`{"metadata":{"a_b":1,"aB":2}}`, `{"tags":["a","a"],"checks":[]}`, `{"country":"ee","Country":null}`, `{"":1,"_":2,"-":3}`,
		`{"external_ref":"\ud83d\ude00\u2028","redirect_url":"https://[::1]/"}`, `{"fields":{"date_of_birth":"2000-02-29"}}`, `[]`, "\xff", `{"a":1e400}`,
	} {
		f.Add([]byte(seed))
	}
	h := newHouse(f, setup{config: fuzzConfig})
	a := fuzzed(h)
	f.Fuzz(func(t *testing.T, body []byte) {
		h.clock.Add(time.Minute)
		send := func(method, path string, body []byte) result {
			r := httptest.NewRequest(method, path, strings.NewReader(string(body)))
			r.Header.Set("X-API-Key", liveKey)
			r.Header.Set("Content-Type", "application/json")
			w := a.do(r)
			return result{t, method + " " + path, w.Code, w.Result().Header, w.Body.String()}
		}
		got := send("POST", "/api/v1/sessions", body)
		switch got.status {
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
			if got.text("error") == "" || got.text("status_code") != fmt.Sprint(got.status) {
				t.Errorf("%q: got %d %s", body, got.status, got.body)
			}
			return
		case http.StatusCreated:
		default:
			t.Fatalf("%q: got %d %s", body, got.status, got.body)
		}
		shown := send("GET", "/api/v1/sessions/"+got.text("id"), nil).want(200)
		var v struct {
			Ref      *string         `json:"external_ref"`
			Country  *string         `json:"country"`
			Metadata json.RawMessage `json:"metadata"`
			Checks   []string        `json:"checks"`
			Tags     []string        `json:"tags"`
		}
		if err := json.Unmarshal([]byte(shown.body), &v); err != nil {
			t.Fatalf("%q: got %s: %v", body, shown.body, err)
		}
		again := send("POST", "/api/v1/sessions", must(json.Marshal(v))).want(201)
		second := send("GET", "/api/v1/sessions/"+again.text("id"), nil).want(200)
		for _, name := range []string{"external_ref", "country", "metadata", "checks", "tags"} {
			if a, b := fmt.Sprint(shown.value(name)), fmt.Sprint(second.value(name)); a != b {
				t.Errorf("%q: got the %s %s, and of that %s", body, name, a, b)
			}
		}
	})
}

// FuzzFold: it is idempotent, and leaves nothing but letters and digits.
func FuzzFold(f *testing.F) {
	for _, seed := range []string{"first_name", "firstName", "First-Name", "", "_", "ü_Ü", "\xff", "a.b", "line1", "İ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := verifa.Fold(name)
		if verifa.Fold(got) != got || len(got) > 3*len(name) || strings.ContainsAny(got, "_- .ABCXYZ\x00") {
			t.Errorf("%q: got %q, and of that %q", name, got, verifa.Fold(got))
		}
		if other := strings.ReplaceAll(strings.ReplaceAll(name, "_", "-"), "-", " "); verifa.Fold(other) != got {
			t.Errorf("%q: got %q, and with other marks %q", name, got, verifa.Fold(other))
		}
	})
}
