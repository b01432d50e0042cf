package keycase_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bonafide-idv/bonafide/session/keycase"
	"pgregory.net/rapid"
)

var cases = []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab}

func convert(key string, to keycase.Case) string {
	return string(keycase.AppendKey(nil, key, to))
}

func TestAppendKey(t *testing.T) {
	t.Parallel()
	table := []struct {
		name                string
		spellings           string
		snake, camel, kebab string
	}{
		{"two words", "first_name firstName first-name FirstName FIRST_NAME First-Name", "first_name", "firstName", "first-name"},
		{"acronym last", "userID userId user-id", "user_id", "userId", "user-id"},
		{"acronym first", "URLPath urlPath", "url_path", "urlPath", "url-path"},
		{"acronym before a word", "HTTPServer httpServer", "http_server", "httpServer", "http-server"},
		{"acronym inside", "userIDNumber", "user_id_number", "userIdNumber", "user-id-number"},
		{"short first word", "idNumber id_number", "id_number", "idNumber", "id-number"},
		{"digit behind a separator", "address_2 address2 Address2 ADDRESS_2 address-2", "address2", "address2", "address2"},
		{"digit last", "line1 line_1 LINE_1", "line1", "line1", "line1"},
		{"letter and digit last", "addressV4 address_v4", "address_v4", "addressV4", "address-v4"},
		{"letter and digit first", "v4Address V4Address", "v4_address", "v4Address", "v4-address"},
		{"digits inside", "sha256Hash SHA256Hash sha_256_hash SHA256_HASH", "sha256_hash", "sha256Hash", "sha256-hash"},
		{"capitals, digits, lower case", "SHA256sum sha256sum", "sha256sum", "sha256sum", "sha256sum"},
		{"one letter first", "eMail e_mail E_MAIL EMail", "e_mail", "eMail", "e-mail"},
		{"one-letter words alone", "a_b_c aBC ABC abc A-B-C", "abc", "abc", "abc"},
		{"one-letter words last", "point_x_y pointXY point_xy PointXy", "point_xy", "pointXy", "point-xy"},
		{"one-letter words with digits", "a_b2c a_b_2c aB2c AB2c ab2c", "ab2c", "ab2c", "ab2c"},
		{"one letter before a long word", "a_bc aBc ABc A_BC A-Bc", "a_bc", "aBc", "a-bc"},
		{"doubled separator", "line__one line_one line-_one line--one", "line_one", "lineOne", "line-one"},
		{"leading separator", "_id -id _Id _ID", "_id", "_id", "-id"},
		{"two leading separators", "__typename -_typename --Typename", "__typename", "__typename", "--typename"},
		{"trailing separator", "typeName_ type_name- TYPE_NAME_", "type_name_", "typeName_", "type-name-"},
		{"separators only", "___ --- _-_", "___", "___", "---"},
		{"leading digit", "2fa 2FA", "2fa", "2fa", "2fa"},
		{"digit as a first word", "2_factor 2Factor", "2_factor", "2Factor", "2-factor"},
		{"beyond ASCII", "prénomUsuel prénom_usuel PrénomUsuel", "prénom_usuel", "prénomUsuel", "prénom-usuel"},
		{"beyond ASCII behind a separator", "nom_été nomété", "nomété", "nomété", "nomété"},
		{"beyond ASCII keeps its case", "straßeÉtat", "straßeÉtat", "straßeÉtat", "straßeÉtat"},
		{"no way back for these", "aİ aǆ", "", "", ""},
		{"dot", "document.firstName Document.FirstName DOCUMENT.FIRST_NAME", "document.first_name", "document.firstName", "document.first-name"},
		{"dollar and at", "$refName $RefName $ref_name", "$ref_name", "$refName", "$ref-name"},
		{"edges beside a mark", "a_._bC", "a_._bc", "a_._bc", "a-.-bc"},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, spelling := range strings.Fields(row.spellings) {
				want := []string{row.snake, row.camel, row.kebab}
				if row.snake == "" {
					want = []string{spelling, spelling, spelling}
				}
				for i, to := range cases {
					if got := convert(spelling, to); got != want[i] {
						t.Errorf("AppendKey(%q, %v): got %q, want %q", spelling, to, got, want[i])
					}
				}
			}
		})
	}
}

// The package comment's table is a promise like any other.
func TestTheTableOfThePackageCommentIsTrue(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\t(\S.*?) {2,}(\S+) {2,}(\S+) {2,}(\S+)$`).FindAllStringSubmatch(string(doc), -1)
	if len(rows) != 18 {
		t.Fatalf("rows of the table, with its head: got %d, want 18", len(rows))
	}
	for _, row := range rows[1:] {
		for _, spelling := range strings.Split(row[1], ", ") {
			for i, to := range cases {
				if got := convert(spelling, to); got != row[i+2] {
					t.Errorf("AppendKey(%q, %v): got %q, the table says %q", spelling, to, got, row[i+2])
				}
			}
		}
	}
}

func TestAppendKeyWithSpacesAndWithNothing(t *testing.T) {
	t.Parallel()
	if got, want := convert("First NAME", keycase.Snake), "first name"; got != want {
		t.Errorf("AppendKey(%q): got %q, want %q", "First NAME", got, want)
	}
	for _, to := range cases {
		if got := convert("", to); got != "" {
			t.Errorf("AppendKey of the empty key in %v: got %q, want nothing", to, got)
		}
	}
	if got, want := convert("firstName", keycase.Case(9)), "first_name"; got != want {
		t.Errorf("AppendKey in an unknown case: got %q, want %q", got, want)
	}
}

func TestAppendKeyAppends(t *testing.T) {
	t.Parallel()
	if got, want := string(keycase.AppendKey([]byte("a.b_"), "firstName", keycase.Kebab)), "a.b_first-name"; got != want {
		t.Errorf("AppendKey behind %q: got %q, want %q", "a.b_", got, want)
	}
}

// Room is room: the same bytes come out however little of it there is, and
// enough of it is used.
func TestAppendKeyWithAnyRoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key, to := anyKey().Draw(t, "key"), rapid.SampledFrom(cases).Draw(t, "to")
		want := refKey(key, to)
		for room := range len(want) + 3 {
			dst := append(make([]byte, 0, 1+room), '>')
			got := keycase.AppendKey(dst, key, to)
			if string(got) != ">"+want {
				t.Fatalf("AppendKey(%q, %v) with room for %d: got %q, want %q", key, to, room, got, ">"+want)
			}
			if inPlace := &got[0] == &dst[0]; inPlace != (room >= len(want)) {
				t.Fatalf("AppendKey(%q, %v) with room for %d of %d: written in place is %v", key, to, room, len(want), inPlace)
			}
		}
	})
}

func TestAppendKeyAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 64)
	for _, to := range cases {
		for _, key := range []string{"firstName", "FIRST_NAME_OF_PERSON", "__prénomUsuel", "a.b c"} {
			allocs := testing.AllocsPerRun(200, func() { dst = keycase.AppendKey(dst[:0], key, to) })
			if allocs != 0 {
				t.Errorf("AppendKey(%q, %v): got %v allocations, want 0", key, to, allocs)
			}
		}
	}
}

func TestCaseNames(t *testing.T) {
	t.Parallel()
	for i, want := range []string{"snake", "camel", "kebab"} {
		got, err := keycase.ParseCase(want)
		if err != nil || got != keycase.Case(i) || got.String() != want {
			t.Errorf("ParseCase(%q): got %v, %v, want %v", want, got, err, keycase.Case(i))
		}
	}
	for _, name := range []string{"", "Snake", "pascal", strings.Repeat("x", 1000)} {
		_, err := keycase.ParseCase(name)
		if !errors.Is(err, keycase.ErrUnknownCase) {
			t.Errorf("ParseCase(%.20q): got error %v, want one that is ErrUnknownCase", name, err)
		} else if len(err.Error()) > 200 {
			t.Errorf("ParseCase(%.20q): its error has %d bytes, want a bounded text", name, len(err.Error()))
		}
	}
	if got, want := keycase.Case(7).String(), "Case(7)"; got != want {
		t.Errorf("Case(7).String(): got %q, want %q", got, want)
	}
}

// keyLaws states what holds for any key at all.
func keyLaws(key string) error {
	var forms [3]string
	for i, to := range cases {
		forms[i] = convert(key, to)
		if want := refKey(key, to); forms[i] != want {
			return fmt.Errorf("%q in %v: got %q, the reference says %q", key, to, forms[i], want)
		}
		if got := keycase.AppendKey(make([]byte, 0, len(forms[i])), key, to); string(got) != forms[i] {
			return fmt.Errorf("%q in %v: with just enough room got %q, with more of it %q", key, to, got, forms[i])
		}
	}
	for i, form := range forms {
		for j, to := range cases {
			if got := convert(form, to); got != forms[j] {
				return fmt.Errorf("%q: its %v form %q became %q in %v, want %q",
					key, cases[i], form, got, to, forms[j])
			}
		}
	}
	if utf8.ValidString(key) && !utf8.ValidString(forms[0]) {
		return fmt.Errorf("%q became %q, which is not UTF-8", key, forms[0])
	}
	return nil
}

// spellingLaws states that all six spellings of a list of words are one name.
func spellingLaws(words []string) error {
	spellings := refSpellings(words)
	for _, to := range cases {
		want := convert(spellings["snake"], to)
		for kind, spelling := range spellings {
			if got := convert(spelling, to); got != want {
				return fmt.Errorf("%q in %v: %s %q became %q, snake %q became %q",
					words, to, kind, spelling, got, spellings["snake"], want)
			}
		}
	}
	return nil
}

// One character of each class is enough to reach every state of the rule.
func TestEveryShortKeyObeysTheLaws(t *testing.T) {
	t.Parallel()
	keys := texts("aA1_.", 6)
	if len(keys) != 19531 {
		t.Fatalf("made %d keys, want 19531", len(keys))
	}
	for _, key := range keys {
		if err := keyLaws(key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEverySpellingOfShortWordsMeets(t *testing.T) {
	t.Parallel()
	words := texts("a1", 3)[1:]
	if len(words) != 14 {
		t.Fatalf("made %d words, want 14", len(words))
	}
	for _, w1 := range words {
		for _, w2 := range words {
			for _, w3 := range words {
				for _, w4 := range words {
					if err := spellingLaws([]string{w1, w2, w3, w4}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// texts makes every text of at most length characters, the empty one first.
func texts(alphabet string, length int) []string {
	all := []string{""}
	longest := all
	for range length {
		var longer []string
		for _, text := range longest {
			for _, c := range alphabet {
				longer = append(longer, text+string(c))
			}
		}
		all = append(all, longer...)
		longest = longer
	}
	return all
}

// anyKey draws keys that are names, keys that nearly are, and any text.
func anyKey() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[_-]{0,2}([A-Za-z]{1,4}[0-9]{0,2}[_-]{0,2}){0,4}`),
		rapid.StringMatching(`([abAB12_.é -]){0,12}`),
		rapid.String(),
	)
}

func TestAnyKeyObeysTheLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if err := keyLaws(anyKey().Draw(t, "key")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEverySpellingMeets(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z]{1,6}[0-9]{0,2}|[a-z]|[0-9]{1,2}|[a-z][0-9][a-z0-9é]{0,3}|[éß中][a-z]{0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		if err := spellingLaws(rapid.SliceOfN(word, 1, 6).Draw(t, "words")); err != nil {
			t.Fatal(err)
		}
	})
}
