package watchlist_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/watchlist"
)

func parse(t testing.TB, lines ...string) *watchlist.List {
	t.Helper()
	list, err := watchlist.Parse(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatalf("parse %q: %v", lines, err)
	}
	return list
}

func screen(t testing.TB, list *watchlist.List, name, year string) []decision.Hit {
	t.Helper()
	found, err := list.Screen(context.Background(), decision.Subject{Name: name, Year: year})
	if err != nil {
		t.Fatalf("screen %q: %v", name, err)
	}
	if found.Provider != watchlist.Provider || found.Subject != (decision.Subject{Name: name, Year: year}) {
		t.Errorf("screen %q: got it from %q about another subject", name, found.Provider)
	}
	return found.Hits
}

// TestMatchTypes has a row at least for every match type but unknown, which is for other providers.
func TestMatchTypes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Hubert Blaine Wolfe ", 7)
	sixteen := "Aaron Bruno Cyril Detlef Egon Fritz Gustl Holger Ingo Jochen Kuno Lothar Moritz Norbert Ottokar Pankraz"
	list := parse(t,
		`{"name":"José García-Márquez","aka":["El Espécimen","Robert Ashcraft","Margaret Muster"],"born":"1963-05-17"}`,
		`{"name":"Dr. Edgar Example"}`, `{"name":"Wilma Muster","born":"1970"}`, `{"name":"William Placeholder"}`,
		`{"name":"Specimen Holding GmbH","organisation":true}`, `{"name":"OOO Primer","organisation":true}`,
		`{"name":"Vera Vorbild née Beispiel"}`, `{"name":"Catherine Dummy Testova"}`, `{"name":"Ян Примеров"}`,
		`{"name":"Mira Musterra","aka":["Mira Mustera","Mire Musterra"]}`, `{"name":"Dec"}`,
		`{"name":"`+long+`"}`, `{"name":"`+sixteen+` Quirin"}`,
	)
	seen := map[decision.MatchType]bool{}
	for _, c := range []struct {
		name, subject, year string
		want                string // match types, of the one hit; empty: none
		score               float64
	}{
		{"same name", "José García-Márquez", "", "name_exact", 1},
		{"order, case, marks and signs", "GARCIA MARQUEZ, jose", "", "name_exact", 1},
		{"fullwidth letters", "Ｊｏｓé García Márquez", "", "name_exact", 1},
		{"other script", "ПРИМЕРОВ Ян", "", "name_exact", 1},
		{"alias", "el especimen", "", "aka_exact", 0.98},
		{"letter replaced", "José Garsía Márquez", "", "name_fuzzy", 0.8853},
		{"letter missing", "Jose Garcia Marqez", "", "name_fuzzy", 0.8853},
		{"neighbours swapped", "Jose Gacria Marquez", "", "name_fuzzy", 0.8853},
		{"two slips in a long word", "William Plaseholdr", "", "name_fuzzy", 0.8722},
		{"two slips that sound otherwise", "William Blaceholden", "", "name_fuzzy", 0.8722},
		{"two slips and a word more", "William Luis Blaceholden", "", "", 0},
		{"middle name more", "Jose Luis Garcia Marquez", "", "name_fuzzy", 0.8762},
		{"middle name less", "Catherine Testova", "", "name_fuzzy", 0.8762},
		{"slip in an alias", "Margaret Mustar", "", "aka_fuzzy", 0.8621},
		{"a slip, and an alias without", "Mira Mustera", "", "aka_exact", 0.98},
		{"sounds alike", "Wylma Mewsteir", "", "phonetic_name", 0.6},
		{"alias sounds alike", "Rupert Ashcroft", "", "phonetic_aka", 0.58},
		{"short form", "Bill Placeholder", "", "equivalent_name", 0.5},
		{"short form of an alias", "Peggy Muster", "", "equivalent_aka", 0.48},
		{"same year", "Wilma Muster", "1970", "name_exact year_of_birth", 1},
		{"year before", "Wilma Muster", "1969", "name_exact", 1},
		{"year after", "Wilma Muster", "1971", "name_exact", 1},
		{"two years after", "Wilma Muster", "1972", "", 0},
		{"two years before", "Wilma Muster", "1968", "", 0},
		{"year of a day", "José García Márquez", "1963", "name_exact year_of_birth", 1},
		{"year of which the list knows none", "William Placeholder", "1901", "name_exact", 1},
		{"year that is none", "Wilma Muster", "19", "name_exact", 1},
		{"title of the entry", "Edgar Example", "", "name_exact removed_personal_title", 0.98},
		{"another title", "Sir Edgar Example", "", "name_exact removed_personal_title", 0.98},
		{"same title", "Dr Edgar Example", "", "name_exact", 1},
		{"title and a slip", "Prof. Wilma Musterr", "", "name_fuzzy removed_personal_title", 0.8592},
		{"suffix of the subject", "William Placeholder, Ph.D.", "", "name_exact removed_personal_suffix", 0.98},
		{"title and suffix", "Mr William Placeholder Jr.", "", "name_exact removed_personal_title removed_personal_suffix", 0.98},
		{"company without its form", "Specimen", "", "name_exact removed_organisation_suffix", 0.98},
		{"company with another form", "Specimen Ltd.", "", "name_exact removed_organisation_suffix", 0.98},
		{"company without its form before", "Primer", "", "name_exact removed_organisation_prefix", 0.98},
		{"clerk's note", "Vera Vorbild Beispiel", "", "name_exact removed_clerical_mark", 0.98},
		{"company's form is no person's", "Wilma Muster GmbH", "", "name_fuzzy", 0.8667},
		{"person's title is no company's", "Dr Primer", "", "", 0},
		{"many words in another order", "Wolfe " + strings.TrimSuffix(long, "Wolfe "), "", "name_exact", 1},
		{"many words with a slip", long[1:], "", "", 0},
		{"one of many words less", sixteen, "", "", 0},
		{"only a clerk's notes", "Née", "", "", 0},
		{"nobody", "Nemo Nobody", "", "", 0},
		{"one of two words", "Muster", "", "", 0},
		{"slip in a short word", "Jan Примеров", "", "", 0},
		{"too many slips", "Jose Garsya Markuetz", "", "", 0},
		{"only a title", "Dr", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			hits := screen(t, list, c.subject, c.year)
			if c.want == "" {
				if len(hits) != 0 {
					t.Errorf("%q (%s): got %d hits, the first by %v, want none", c.subject, c.year, len(hits), hits[0].MatchTypes)
				}
				return
			}
			if len(hits) != 1 {
				t.Fatalf("%q (%s): got %d hits, want one", c.subject, c.year, len(hits))
			}
			if got := strings.Trim(fmt.Sprint(hits[0].MatchTypes), "[]"); got != c.want || hits[0].Score != c.score {
				t.Errorf("%q (%s): got %s with %v, want %s with %v", c.subject, c.year, got, hits[0].Score, c.want, c.score)
			}
			for _, m := range hits[0].MatchTypes {
				seen[m] = true
			}
		})
	}
	for _, m := range []decision.MatchType{
		decision.MatchNameExact, decision.MatchAKAExact, decision.MatchNameFuzzy, decision.MatchAKAFuzzy, decision.MatchPhoneticName,
		decision.MatchPhoneticAKA, decision.MatchEquivalentName, decision.MatchEquivalentAKA, decision.MatchYearOfBirth,
		decision.MatchRemovedPersonalTitle, decision.MatchRemovedPersonalSuffix, decision.MatchRemovedOrganisationPrefix,
		decision.MatchRemovedOrganisationSuffix, decision.MatchRemovedClericalMark,
	} {
		if !seen[m] {
			t.Errorf("no row has %s", m)
		}
	}
}

// TestHitsTellTheEntry, by the name that matched, and the caller's copy is its own.
func TestHitsTellTheEntry(t *testing.T) {
	t.Parallel()
	list := parse(t, `{"name":"Ada Specimen","aka":["Countess Example"],"born":"1963","died":"2020-01-31","countries":["Australia"],`+
		`"associates":["Olga Example"],"listings":[{"kind":"pep","source":"a","url":"b","date":"c"},{"kind":"sanctions"}]}`)
	for range 2 {
		hits := screen(t, list, "countess example", "")
		want := `{Countess Example [aka_exact] 0.98 1963 2020-01-31 [Australia] [Countess Example] [Olga Example] [{pep a b c} {sanctions   }]}`
		type bare decision.Hit // prints
		type listing struct{ Kind, Source, URL, Date string }
		var listings []listing
		for _, l := range hits[0].Listings {
			listings = append(listings, listing{string(l.Kind), l.SourceName, l.SourceURL, l.Date})
		}
		told := bare(hits[0])
		told.Listings = nil
		got := strings.TrimSuffix(fmt.Sprint(told), "[]}") + fmt.Sprint(listings) + "}"
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		hits[0].Countries[0], hits[0].AKA[0], hits[0].Associates[0], hits[0].Listings[0].Kind = "x", "x", "x", "x"
	}
}

// TestTheBestHitsComeFirst, and no more than the bound.
func TestTheBestHitsComeFirst(t *testing.T) {
	t.Parallel()
	lines := []string{`{"name":"Ada Specimenn"}`, `{"name":"Other","aka":["Ada Specimen"]}`, `{"name":"Ada Specimen","born":"1971"}`, `{"name":"Ada Specimen"}`}
	var got []string
	for _, h := range screen(t, parse(t, lines...), "Ada Specimen", "") {
		got = append(got, h.Name+" "+string(h.MatchTypes[0])+" "+h.DateOfBirth)
	}
	if want := []string{"Ada Specimen name_exact ", "Ada Specimen name_exact 1971", "Ada Specimen aka_exact ", "Ada Specimenn name_fuzzy "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range watchlist.MaxHits {
		lines = append(lines, `{"name":"Ada Specimeen"}`)
	}
	hits := screen(t, parse(t, lines...), "Ada Specimen", "")
	if len(hits) != watchlist.MaxHits || hits[0].Score != 1 {
		t.Errorf("got %d hits from a score of %v, want %d from 1", len(hits), hits[0].Score, watchlist.MaxHits)
	}
}

func TestScreenRefuses(t *testing.T) {
	t.Parallel()
	list := watchlist.Sandbox()
	for _, name := range []string{"", " ", "-- . '", "\u0301"} {
		if found, err := list.Screen(t.Context(), decision.Subject{Name: name}); !errors.Is(err, decision.ErrSubject) || found.Hits != nil {
			t.Errorf("screen %q: got %v, want ErrSubject", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := list.Screen(ctx, decision.Subject{Name: "Ivan Examplov"}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: got %v, want context.Canceled", err)
	}
	if hits := screen(t, new(watchlist.List), "Ivan Examplov", ""); len(hits) != 0 {
		t.Errorf("the zero list has %d hits, want none", len(hits))
	}
}

// TestSandbox: the people whom the documentation names are there.
func TestSandbox(t *testing.T) {
	t.Parallel()
	list := watchlist.Sandbox()
	for _, c := range []struct {
		name, year string
		types      string
		kind       decision.ListKind
	}{
		{"Ivan Examplov", "1963", "[name_exact year_of_birth]", decision.ListSanctions},
		{"Maria Specimen", "1970", "[name_exact year_of_birth]", decision.ListPEP},
		{"Mary Muster", "", "[aka_exact]", decision.ListPEP},
		{"Norman Newsworthy", "", "[name_exact]", decision.ListAdverseMedia},
		{"Rita Regulated", "", "[name_exact]", decision.ListWarnings},
		{"Example Trading", "", "[name_exact removed_organisation_suffix]", decision.ListSanctions},
	} {
		hits := screen(t, list, c.name, c.year)
		if len(hits) != 1 || fmt.Sprint(hits[0].MatchTypes) != c.types || hits[0].Listings[0].Kind != c.kind {
			t.Errorf("%s: got %d hits, want one with %s, %s", c.name, len(hits), c.types, c.kind)
		}
	}
	if list.Len() != 5 {
		t.Errorf("it has %d entries, want 5", list.Len())
	}
}

func ExampleList_Screen() {
	found, err := watchlist.Sandbox().Screen(context.Background(), decision.Subject{Name: "Examplow, IVAN", Year: "1963"})
	for _, hit := range found.Hits {
		fmt.Println(hit.Name, hit.MatchTypes, hit.Score, hit.Listings[0].Kind)
	}
	fmt.Println(err)
	// Output:
	// Ivan Examplov [name_fuzzy year_of_birth] 0.8792 sanctions
	// <nil>
}
