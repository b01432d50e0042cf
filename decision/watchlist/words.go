package watchlist

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain are the letters that are no letter with a mark, but are often written as one without.
var plain = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i", "ŋ", "n", "ŧ", "t",
	"ς", "σ",
)

// wordsOf takes a name apart: lower case, without marks, in the order in which the words stand.
func wordsOf(name string) []string {
	return strings.Fields(normal(name))
}

// normal is a name as words with one space between them. What is normal stays as it is.
func normal(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	gap := false
	for _, r := range lower(name) {
		switch {
		case unicode.IsMark(r), unicode.Is(unicode.Cf, r), strings.ContainsRune(joins, r):
		case unicode.IsLetter(r), unicode.IsNumber(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

// joins are the characters that part nothing.
const joins = ".'’‘ʼ`´"

// lower is a text in small letters, taken apart into letters and marks, with plain letters. It goes by way of the
// capitals, as two small letters may share one. A letter may come apart only once it is small, and turn out to be
// a capital again.
func lower(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return strings.ToLower(text) // to which the rest would do nothing
	}
	for {
		next := norm.NFKD.String(strings.ToLower(strings.ToUpper(text)))
		if next == text {
			return plain.Replace(text)
		}
		text = next
	}
}
