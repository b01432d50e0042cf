package media_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/media"
	"pgregory.net/rapid"
)

func TestValidName(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("0a", 16)
	for _, row := range []struct {
		name, in string
		want     bool
	}{
		{"as the engine makes it", "2026010223/" + id, true},
		{"of the zero time, as a store's marker has it", media.Name(time.Time{}, [16]byte{1}), true},
		{"empty", "", false},
		{"no hour", "/" + id, false},
		{"no id", "2026010223/", false},
		{"hour too short", "202601022/" + id, false},
		{"hour too long", "20260102233/" + id, false},
		{"letters in the hour", "20260102aa/" + id, false},
		{"upper case", "2026010223/" + strings.Repeat("0A", 16), false},
		{"beyond f", "2026010223/" + strings.Repeat("0g", 16), false},
		{"id too short", "2026010223/" + id[1:], false},
		{"id too long", "2026010223/" + id + "0", false},
		{"backslash", `2026010223\` + id, false},
		{"upwards", "2026010223/../" + id[3:], false},
		{"upwards at the start", "../6010223/" + id, false},
		{"at the root", "/" + "2026010223/" + id, false},
		{"a slash more", "2026010223/" + id[1:] + "/", false},
		{"two slashes", "2026010223//" + id[1:], false},
		{"NUL", "2026010223/" + id[1:] + "\x00", false},
		{"line", "2026010223/" + id + "\n", false},
		{"other digits", "２０２６０１０２２３/" + id, false},
		{"the folder of what is being written", "tmp/" + id, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := media.ValidName(row.in); got != row.want {
				t.Errorf("ValidName(%q) = %v, want %v", row.in, got, row.want)
			}
		})
	}
}

func TestValidNameIsThePattern(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(`^\d{10}/[0-9a-f]{32}$`)
	rapid.Check(t, func(t *rapid.T) {
		name := []byte("2026010223/" + strings.Repeat("7f", 16))
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			name[rapid.IntRange(0, len(name)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if got, want := media.ValidName(string(name)), pattern.Match(name); got != want {
			t.Fatalf("ValidName(%q) = %v, want %v", name, got, want)
		}
	})
}

func TestNameIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "at"), 0) // up to the year 9999
		random := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "random"))
		if name := media.Name(at, random); !media.ValidName(name) {
			t.Fatalf("Name(%v, %x) = %q, which is not valid", at, random, name)
		}
	})
}

func ExampleName() {
	at := time.Date(2026, 1, 3, 0, 30, 0, 0, time.FixedZone("", 3600))
	fmt.Println(media.Name(at, [16]byte{0xca, 0xfe}))
	// Output: 2026010223/cafe0000000000000000000000000000
}
