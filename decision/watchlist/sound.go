package watchlist

// soundex is the American Soundex code of a word, by the rules of the National Archives
// (https://www.archives.gov/research/census/soundex): its first letter and three digits, such as R163. A word
// with anything but the letters a to z is its own code.
func soundex(word string) string {
	const groups = "01230120022455012623010202" // of a to z; 0: not coded
	code := make([]byte, 0, 4)
	last := byte('0')
	for i := range len(word) {
		c := word[i]
		if c < 'a' || c > 'z' {
			return word
		}
		group := groups[c-'a']
		switch {
		case i == 0:
			code = append(code, c-'a'+'A')
		case group != '0' && group != last && len(code) < 4:
			code = append(code, group)
		}
		if c != 'h' && c != 'w' { // which do not part two letters of one group
			last = group
		}
	}
	for len(code) < 4 {
		code = append(code, '0')
	}
	return string(code)
}
