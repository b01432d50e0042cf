package watchlist_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
)

// What made-up people are called. Few words, so that they often meet.
var words = []string{
	"Ada", "Adda", "William", "Bill", "Wiliam", "Specimen", "Specimeen", "Spezimen", "García", "Garcia", "Smith", "Smyth", "Ян",
	"Dr", "Jr", "GmbH", "OOO", "née", "Li", "Robert", "Rupert", "Muster", "Mustermann", "Mustremann", "Placeholder", "Plaecholdr", "Blaceholden",
}

// names makes one for each test, as lines and subjects do: a generator of rapid is no more than one goroutine's.
func names() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 5).Draw(t, "words"), " ")
	})
}

func lines() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		line, err := json.Marshal(map[string]any{
			"name":         names().Draw(t, "name"),
			"aka":          rapid.SliceOfN(names(), 0, 2).Draw(t, "aka"),
			"born":         rapid.SampledFrom([]string{"", "1970", "1971-02-28", "1980"}).Draw(t, "born"),
			"organisation": rapid.Bool().Draw(t, "organisation"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	})
}

func subjects() *rapid.Generator[decision.Subject] {
	return rapid.Custom(func(t *rapid.T) decision.Subject {
		return decision.Subject{Name: names().Draw(t, "name"), Year: rapid.SampledFrom([]string{"", "1970", "1971"}).Draw(t, "year")}
	})
}

func read(t *rapid.T, lines []string) *watchlist.List {
	if len(lines) == 0 {
		return new(watchlist.List)
	}
	list, err := watchlist.Parse(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func hits(t *rapid.T, list *watchlist.List, s decision.Subject) []decision.Hit {
	found, err := list.Screen(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return found.Hits
}

// TestTheIndexMissesNothing: a search finds what a look at every name finds.
func TestTheIndexMissesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		missesNothing(t, read(t, rapid.SliceOfN(lines(), 1, 60).Draw(t, "lines")), subjects().Draw(t, "subject"))
	})
}

// TestTheIndexMissesNoSlip: of words of any length and few letters, near each other and far.
func TestTheIndexMissesNoSlip(t *testing.T) {
	t.Parallel()
	letter := rapid.SampledFrom([]rune("abcя"))
	word := rapid.Custom(func(t *rapid.T) []rune { return rapid.SliceOfN(letter, 1, 34).Draw(t, "word") })
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.SliceOfN(word, 1, 3).Draw(t, "subject")
		var file []string
		for range rapid.IntRange(1, 20).Draw(t, "entries") {
			var name []string
			for _, word := range subject {
				for range rapid.IntRange(0, 3).Draw(t, "slips") {
					word = slip(t, word, letter)
				}
				name = append(name, string(word))
			}
			if rapid.Bool().Draw(t, "and a word more") {
				name = append(name, string(word.Draw(t, "more")))
			}
			file = append(file, `{"name":"x`+strings.Join(name, " ")+`"}`)
		}
		missesNothing(t, read(t, file), decision.Subject{Name: "x" + strings.Join(wordsOf(subject), " ")})
	})
}

func wordsOf(name [][]rune) (words []string) {
	for _, word := range name {
		words = append(words, string(word))
	}
	return words
}

// slip is a word with a slip of the pen.
func slip(t *rapid.T, word []rune, letter *rapid.Generator[rune]) []rune {
	word = slices.Clone(word)
	at := rapid.IntRange(0, len(word)).Draw(t, "place")
	switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
	case kind == 0 || at == len(word):
		return slices.Insert(word, at, letter.Draw(t, "letter"))
	case kind == 1:
		return slices.Delete(word, at, at+1)
	case kind == 2 && at > 0:
		word[at-1], word[at] = word[at], word[at-1]
	default:
		word[at] = letter.Draw(t, "letter")
	}
	return word
}

func missesNothing(t *rapid.T, list *watchlist.List, s decision.Subject) {
	want, err := list.Scan(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := hits(t, list, s); !reflect.DeepEqual(got, want.Hits) {
		t.Fatalf("%q: got %d hits, want the %d of a scan", s.Name, len(got), len(want.Hits))
	}
}

// TestTheOrderOfTheFileDoesNotMatter to what is found, nor to its order.
func TestTheOrderOfTheFileDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file, s := rapid.SliceOfN(lines(), 1, 40).Draw(t, "lines"), subjects().Draw(t, "subject")
		want := hits(t, read(t, file), s)
		if got := hits(t, read(t, rapid.Permutation(file).Draw(t, "mixed")), s); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: the hits of a mixed file differ", s.Name)
		}
	})
}

// TestAnotherEntryChangesNothing when it is of somebody unlike.
func TestAnotherEntryChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		file, s := rapid.SliceOfN(lines(), 0, 40).Draw(t, "lines"), subjects().Draw(t, "subject")
		want := hits(t, read(t, file), s)
		file = slices.Insert(slices.Clone(file), rapid.IntRange(0, len(file)).Draw(t, "place"), `{"name":"Xqjvk Zzyzxqq"}`)
		if got := hits(t, read(t, file), s); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: an unrelated entry changes the hits", s.Name)
		}
	})
}

// TestANameMatchesItself exactly, in any order of its words and in capitals.
func TestANameMatchesItself(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(names(), rapid.StringN(1, 40, 200))
	rapid.Check(t, func(t *rapid.T) {
		name := text.Filter(func(s string) bool { return watchlist.Normal(s) != "" }).Draw(t, "name")
		line, err := json.Marshal(map[string]any{"name": name, "organisation": rapid.Bool().Draw(t, "organisation")})
		if err != nil {
			t.Fatal(err)
		}
		list := read(t, []string{string(line)})
		mixed := strings.Join(rapid.Permutation(strings.Fields(watchlist.Normal(name))).Draw(t, "mixed"), " ")
		for _, as := range []string{name, mixed, strings.ToUpper(mixed)} {
			found := hits(t, list, decision.Subject{Name: as})
			if len(found) != 1 || found[0].Score != 1 || !slices.Equal(found[0].MatchTypes, []decision.MatchType{decision.MatchNameExact}) {
				t.Fatalf("%q as %q: got %d hits, want an exact one", name, as, len(found))
			}
		}
	})
}

// FuzzParse: whatever is read, is read again, found by each of its names, and an error says nothing of it.
func FuzzParse(f *testing.F) {
	f.Add(`{"name":"Ada Specimen","aka":["El Espécimen"],"born":"1963-05-17","died":"2020","countries":["Australia"],"associates":["x"],"listings":[{"kind":"pep","source":"a","url":"b","date":"c"}]}`)
	f.Add("# note\n\n{\"name\":\"Example Trading GmbH\",\"organisation\":true}\r\n{\"name\":\"x\"}")
	f.Add(`{"name":"Ada","listings":[{"kind":"sanctions","kind":"pep"}]}`)
	f.Add("{\"name\":\"\\ud800\"}")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := watchlist.Parse(strings.NewReader(text))
		if err != nil {
			if len(err.Error()) > 120 {
				t.Errorf("a long error: %v", err)
			}
			return
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			var e struct {
				Name string   `json:"name"`
				AKA  []string `json:"aka"`
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%q was read, and is no JSON: %v", line, err)
			}
			for _, name := range append(e.AKA, e.Name) {
				found, err := list.Screen(t.Context(), decision.Subject{Name: name})
				if err != nil || len(found.Hits) == 0 || found.Hits[0].Score < 0.98 {
					t.Errorf("%q is on the list and not found: %v", name, err)
				}
			}
		}
	})
}
