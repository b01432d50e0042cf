package watchlist_test

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision/watchlist"
)

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{"", ""}, {"Ada", "ada"}, {"  Ada   SPECIMEN ", "ada specimen"},
		{"García-Márquez, José", "garcia marquez jose"}, {"O'Neill", "oneill"}, {"O’Neill", "oneill"}, {"OʼNeill", "oneill"},
		{"S.A. de C.V.", "sa de cv"}, {"Ph.D.", "phd"}, {"Strauß", "strauss"}, {"Søren Ærø", "soren aero"}, {"Łukasz Đặng", "lukasz dang"},
		{"İnci Işık", "inci isik"}, {"Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"}, {"ﬁ", "fi"}, {"Ян Ёжиков", "ян ежиков"}, {"ΣΊΣΥΦΟΣ", "σισυφοσ"}, {"σίσυφος", "σισυφοσ"},
		{"José", "jose"}, {"a\u200bb", "ab"}, {"Project 1984", "project 1984"}, {"--", ""}, {"\xff", ""}, {"a\x00b", "a b"},
	} {
		if got := watchlist.Normal(c.name); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestEveryLetterIsNormal: as a small letter and as a capital, and what is normal stays as it is.
func TestEveryLetterIsNormal(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		letter := string(r)
		want := watchlist.Normal(letter)
		for _, as := range []string{want, strings.ToUpper(letter), strings.ToLower(letter), strings.ToUpper(want)} {
			if got := watchlist.Normal(as); got != want {
				t.Errorf("%U is %q, and as %q it is %q", r, want, as, got)
			}
		}
	}
}

func FuzzNormal(f *testing.F) {
	for _, seed := range []string{"García-Márquez, José", "İ ﬁ ﷺ ǆ", "Ⓐ㎒K", "ᾳ\u0345ϴ", "각 \u0f77 \xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		once := watchlist.Normal(name)
		if again := watchlist.Normal(once); again != once {
			t.Errorf("%q is normal as %q, and that as %q", name, once, again)
		}
		if strings.Join(strings.Fields(once), " ") != once {
			t.Errorf("%q is %q, not words with one space between them", name, once)
		}
	})
}

// TestSoundex has the examples of https://www.archives.gov/research/census/soundex.
func TestSoundex(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"washington": "W252", "lee": "L000", "gutierrez": "G362", "pfister": "P236", "jackson": "J250", "tymczak": "T522",
		"vandeusen": "V532", "ashcraft": "A261", "robert": "R163", "rupert": "R163", "rubin": "R150", "honeyman": "H555",
		"a": "A000", "1984": "1984", "ян": "ян",
	} {
		if got := watchlist.Soundex(word); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

// TestSlips compares with the textbook's recursion, on words of few letters so that they are often alike.
func TestSlips(t *testing.T) {
	t.Parallel()
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 10, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		want, bound := textbook([]rune(a), []rune(b)), 0
		switch n := min(len([]rune(a)), len([]rune(b))); {
		case n >= 8:
			bound = 2
		case n >= 4:
			bound = 1
		}
		got, ok := watchlist.Slips(a, b)
		if ok != (want <= bound) || ok && got != want {
			t.Fatalf("%q, %q: got %d, %v; want %d, at most %d", a, b, got, ok, want, bound)
		}
	})
}

// TestSlipsLeaveAKeyInCommon: what the index looks for is there, of words of any length.
func TestSlipsLeaveAKeyInCommon(t *testing.T) {
	t.Parallel()
	letter := rapid.SampledFrom([]rune("abcя"))
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SliceOfN(letter, 0, 34).Draw(t, "word")
		other := one
		for range rapid.IntRange(0, 2).Draw(t, "slips") {
			other = slip(t, other, letter)
		}
		keys, common := map[uint64]bool{}, false
		watchlist.Shortened(string(one), func(key uint64) { keys[key] = true })
		watchlist.Shortened(string(other), func(key uint64) { common = common || keys[key] })
		if _, alike := watchlist.Slips(string(one), string(other)); alike && !common {
			t.Fatalf("%q and %q are alike, and have no key in common", string(one), string(other))
		}
	})
}

func textbook(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return len(a) + len(b)
	}
	la, lb := len(a)-1, len(b)-1
	if a[la] == b[lb] {
		return textbook(a[:la], b[:lb])
	}
	best := 1 + min(textbook(a[:la], b), textbook(a, b[:lb]), textbook(a[:la], b[:lb]))
	if la > 0 && lb > 0 && a[la] == b[lb-1] && a[la-1] == b[lb] {
		best = min(best, 1+textbook(a[:la-1], b[:lb-1]))
	}
	return best
}

// TestEquivalents: every form stands in the table once, as names are compared.
func TestEquivalents(t *testing.T) {
	t.Parallel()
	forms := strings.Fields(watchlist.Equivalents)
	if len(forms) != len(watchlist.FullForms) || len(forms) == 0 {
		seen := map[string]bool{}
		for _, form := range forms {
			if seen[form] {
				t.Errorf("%s is there twice", form)
			}
			seen[form] = true
		}
	}
	for _, form := range forms {
		if watchlist.Normal(form) != form {
			t.Errorf("%s is not as names are compared", form)
		}
	}
}
