package keycase_test

import (
	"regexp"
	"strings"

	"github.com/bonafide-idv/bonafide/session/keycase"
)

// The word rule once more, slowly: by lists of words and regular expressions,
// rule by rule, with nothing of the package's own code.

var (
	refName      = regexp.MustCompile(`[A-Za-z0-9_\-\x{80}-\x{10FFFF}]+`)
	refEdges     = regexp.MustCompile(`(?s)^([_-]*)(.*?)([_-]*)$`)
	refVanishing = regexp.MustCompile(`[_-]+([^A-Za-z_-])`)
	refSeparator = regexp.MustCompile(`[_-]+`)
	refLetter    = regexp.MustCompile(`[A-Za-z]`)
	refAlone     = regexp.MustCompile(`^[a-z]([^a-z]|$)`)
)

func refKey(key string, to keycase.Case) string {
	return refName.ReplaceAllStringFunc(key, func(name string) string {
		parts := refEdges.FindStringSubmatch(name)
		edge := map[keycase.Case]string{keycase.Kebab: "-"}[to]
		if edge == "" {
			edge = "_"
		}
		return strings.Repeat(edge, len(parts[1])) + refSpell(refWords(parts[2]), to) +
			strings.Repeat(edge, len(parts[3]))
	})
}

func refWords(inner string) []string {
	if inner == "" {
		return nil
	}
	inner = refVanishing.ReplaceAllString(inner, "$1")
	var words []string
	for _, segment := range refSeparator.Split(inner, -1) {
		words = append(words, refSegment(segment)...)
	}
	return refMerge(words)
}

// refSegment cuts what stands between two separators before each capital that
// starts a word.
func refSegment(segment string) []string {
	var words []string
	current := ""
	for i := 0; i < len(segment); i++ {
		c := segment[i]
		isUpper := 'A' <= c && c <= 'Z'
		letters := strings.Join(refLetter.FindAllString(current, -1), "")
		afterLower := letters != "" && letters[1:] != strings.ToUpper(letters[1:])
		beforeLower := i+1 < len(segment) && 'a' <= segment[i+1] && segment[i+1] <= 'z'
		if current != "" && isUpper && (afterLower || beforeLower) {
			words = append(words, current)
			current = ""
		}
		current += string([]byte{c})
	}
	words = append(words, current)
	for i := range words {
		words[i] = refLower(words[i])
	}
	return words
}

// refMerge joins words of one letter with those beside them.
func refMerge(words []string) []string {
	var merged []string
	for i, word := range words {
		if i > 0 && len(refLetter.FindAllString(words[i-1], -1)) <= 1 && refAlone.MatchString(word) {
			merged[len(merged)-1] += word
			continue
		}
		merged = append(merged, word)
	}
	return merged
}

func refSpell(words []string, to keycase.Case) string {
	switch to {
	case keycase.Camel:
		return strings.Join(mapWords(words, func(i int, w string) string {
			if i == 0 {
				return w
			}
			return refTitle(w)
		}), "")
	case keycase.Kebab:
		return strings.Join(words, "-")
	}
	return strings.Join(words, "_")
}

// refSpellings are the six ways in which the world writes a list of words.
func refSpellings(words []string) map[string]string {
	title := func(_ int, w string) string { return refTitle(w) }
	upper := func(_ int, w string) string { return refUpper(w) }
	return map[string]string{
		"snake":     strings.Join(words, "_"),
		"camel":     refSpell(words, keycase.Camel),
		"kebab":     strings.Join(words, "-"),
		"pascal":    strings.Join(mapWords(words, title), ""),
		"screaming": strings.Join(mapWords(words, upper), "_"),
		"train":     strings.Join(mapWords(words, title), "-"),
	}
}

func mapWords(words []string, change func(int, string) string) []string {
	changed := make([]string, len(words))
	for i, w := range words {
		changed[i] = change(i, w)
	}
	return changed
}

func refTitle(w string) string {
	if w == "" {
		return w
	}
	return refUpper(w[:1]) + w[1:]
}

// strings.ToUpper would change letters beyond ASCII as well.
func refUpper(w string) string { return refShift(w, 'a', 'z', -32) }
func refLower(w string) string { return refShift(w, 'A', 'Z', 32) }

func refShift(w string, from, to byte, by int) string {
	b := []byte(w)
	for i, c := range b {
		if from <= c && c <= to {
			b[i] = byte(int(c) + by)
		}
	}
	return string(b)
}
