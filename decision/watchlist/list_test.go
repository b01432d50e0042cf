package watchlist_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bonafide-idv/bonafide/decision/watchlist"
)

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	long := `{"name":"Ada","countries":["` + strings.Repeat("x", watchlist.MaxLine-31) + `"]}`
	for _, c := range []struct {
		name, text string
		entries    int
	}{
		{"notes and blank lines", "# note\n\n  \t\r\n  # {}\n{\"name\":\"Ada\"}\n#", 1},
		{"a name", `{"name":"Ada"}`, 1},
		{"two lines with carriage returns", "{\"name\":\"Ada\"}\r\n{\"name\":\"Bob\"}\r\n", 2},
		{"white space around it", " {\"name\" : \"Ada\"}\t", 1},
		{"null for what is left out", `{"name":"Ada","aka":null,"born":null,"organisation":null,"listings":null}`, 1},
		{"escapes in members and texts", `{"n\u0061me":"\u0041da \"\\","aka":["\ud83d\ude00 x }]","a,b:c"],"associates":["\\","]",""]}`, 1},
		{"nothing in arrays", `{"name":"Ada","aka":[ ],"countries":[null],"listings":[],"associates":[]}`, 1},
		{"white space everywhere", "{ \"name\"\t:\r\"Ada\" , \"aka\" : [ \"a\" , \"b\" ] ,\"organisation\":\ttrue , \"listings\" : [ { \"kind\" : \"pep\" } ] }", 1},
		{"days and years", `{"name":"Ada","born":"1963-05-17","died":"2020"}`, 1},
		{"every kind of list", `{"name":"Ada","listings":[{"kind":"pep"},{"kind":"sanctions"},{"kind":"warnings"},{"kind":"fitness_probity"},{"kind":"adverse_media"}]}`, 1},
		{"the longest line", long + "\n" + long, 2},
	} {
		list, err := watchlist.Parse(strings.NewReader(c.text))
		if err != nil || list.Len() != c.entries {
			t.Errorf("%s: got %v, want %d entries", c.name, err, c.entries)
		}
	}
}

// TestParseRefuses with the line and the member, and nothing of what stands there.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, line, member, fault string }{
		{"no JSON", `canary`, "", "is not one JSON object in UTF-8"},
		{"broken within", `{"name":"canary","aka":["canary"}`, "", "is not one JSON object in UTF-8"},
		{"broken escape", `{"name":"canary\x"}`, "", "is not one JSON object in UTF-8"},
		{"a member twice, once with an escape", `{"name":"canary","n\u0061me":"canary"}`, "name", "is there twice"},
		{"an alias that is nothing", `{"name":"canary","aka":[null]}`, "aka", "has no letter, or more than 1000 bytes"},
		{"listings that are an object", `{"name":"canary","listings":{"kind":"pep"}}`, "listings", "is of another type"},
		{"a listing that is nothing", `{"name":"canary","listings":[null]}`, "listings", "is not one JSON object in UTF-8"},
		{"a listing's member twice", `{"name":"canary","listings":[{"kind":"pep","kind":"canary"}]}`, "listings.kind", "is there twice"},
		{"broken", `{"name":"canary"`, "", "is not one JSON object in UTF-8"},
		{"two objects", `{"name":"canary"} {}`, "", "is not one JSON object in UTF-8"},
		{"a list", `["canary"]`, "", "is not one JSON object in UTF-8"},
		{"no UTF-8", "{\"name\":\"canary\xff\"}", "", "is not one JSON object in UTF-8"},
		{"a member that is not known", `{"name":"Ada","canary":1}`, "", "has a member that is not known"},
		{"another case", `{"Name":"canary"}`, "", "has a member that is not known"},
		{"a member twice", `{"name":"canary","name":"canary"}`, "name", "is there twice"},
		{"no name", `{"aka":["canary"]}`, "name", "has no letter, or more than 1000 bytes"},
		{"a name of signs", `{"name":"--"}`, "name", "has no letter, or more than 1000 bytes"},
		{"a long name", `{"name":"` + strings.Repeat("x", 1001) + `"}`, "name", "has no letter, or more than 1000 bytes"},
		{"an empty alias", `{"name":"canary","aka":["Ada",""]}`, "aka", "has no letter, or more than 1000 bytes"},
		{"a name that is a number", `{"name":17}`, "name", "is of another type"},
		{"an alias that is no list", `{"name":"canary","aka":"canary"}`, "aka", "is of another type"},
		{"organisation that is a text", `{"name":"canary","organisation":"canary"}`, "organisation", "is of another type"},
		{"countries with a number", `{"name":"canary","countries":[1]}`, "countries", "is of another type"},
		{"associates that are an object", `{"name":"canary","associates":{}}`, "associates", "is of another type"},
		{"born in words", `{"name":"canary","born":"canary"}`, "born", "is neither a year nor a day of the calendar"},
		{"born in the year 0", `{"name":"canary","born":"0000"}`, "born", "is neither a year nor a day of the calendar"},
		{"born in a month", `{"name":"canary","born":"1963-05"}`, "born", "is neither a year nor a day of the calendar"},
		{"died on no day", `{"name":"canary","died":"2023-02-29"}`, "died", "is neither a year nor a day of the calendar"},
		{"listings of texts", `{"name":"canary","listings":["canary"]}`, "listings", "is not one JSON object in UTF-8"},
		{"a listing without a kind", `{"name":"canary","listings":[{"source":"canary"}]}`, "listings.kind", "is no kind of list"},
		{"a listing of another kind", `{"name":"canary","listings":[{"kind":"canary"}]}`, "listings.kind", "is no kind of list"},
		{"a listing with more", `{"name":"canary","listings":[{"kind":"pep","canary":1}]}`, "listings", "has a member that is not known"},
		{"a listing's date", `{"name":"canary","listings":[{"kind":"pep","date":1}]}`, "listings.date", "is of another type"},
		{"a long line", `{"name":"canary"}` + strings.Repeat(" ", watchlist.MaxLine-16), "", "has more than 65536 bytes"},
		{"a very long line", `{"name":"canary"}` + strings.Repeat(" ", 3*watchlist.MaxLine), "", "has more than 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list, err := watchlist.Parse(strings.NewReader("# note\n{\"name\":\"Ada\"}\n" + c.line + "\n"))
			var fault *watchlist.LineError
			if list != nil || !errors.Is(err, watchlist.ErrList) || !errors.As(err, &fault) {
				t.Fatalf("%.80s: got %v, want a LineError", c.line, err)
			}
			if fault.Line != 3 || fault.Member != c.member || fault.Fault != c.fault || strings.Contains(err.Error(), "canary") {
				t.Errorf("%.80s: got %q (line %d, %q), want line 3, %q, %q", c.line, err, fault.Line, fault.Member, c.member, c.fault)
			}
		})
	}
}

// TestParseRefusesAnEmptyList, whatever else the file has: on it nobody would ever be found.
func TestParseRefusesAnEmptyList(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# note\n\n  \t\r\n  # {}"} {
		if list, err := watchlist.Parse(strings.NewReader(text)); list != nil || !errors.Is(err, watchlist.ErrEmpty) {
			t.Errorf("%q: got %v, want ErrEmpty", text, err)
		}
	}
	if n := new(watchlist.List).Len(); n != 0 {
		t.Errorf("the zero list has %d entries, want none", n)
	}
}

func TestParsePassesOnWhatTheReaderSays(t *testing.T) {
	t.Parallel()
	r := io.MultiReader(strings.NewReader("{\"name\":\"Ada\"}\n"), iotest.ErrReader(io.ErrClosedPipe))
	if _, err := watchlist.Parse(r); !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, watchlist.ErrList) {
		t.Errorf("got %v, want the reader's error", err)
	}
	list, err := watchlist.Parse(iotest.OneByteReader(strings.NewReader("{\"name\":\"Ada\"}\n\n{\"name\":\"Bob\"}")))
	if err != nil || list.Len() != 2 {
		t.Errorf("byte by byte: got %v, want two entries", err)
	}
}

// TestListsAreBounded reads one entry more than a list may have.
func TestListsAreBounded(t *testing.T) {
	if testing.Short() || os.Getenv("BONAFIDE_TEST_LONG") == "" {
		t.Skip("a million entries; BONAFIDE_TEST_LONG=1 has them read")
	}
	t.Parallel()
	line := []byte("{\"name\":\"A\"}\n")
	_, err := watchlist.Parse(&endless{line: line})
	if want := "watchlist: line 1000001 is one entry more than 1000000"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestIndexesAreBounded to the posting, at the line that is too much.
func TestIndexesAreBounded(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		`{"name":"Ada Specimen"}`, `{"name":"Dr Ada Specimen Jr","aka":["Wilhelmina Placeholder","Dr née Ян"]}`,
		`{"name":"Aaaaaaaaa GmbH","organisation":true}`,
	}, "\n")
	const words, names, spelt = 10, 8, 13 // the names with their other forms, and without them
	const enough = 32*words + 3*names + spelt
	if _, err := watchlist.ParseWithin(strings.NewReader(text), enough); err != nil {
		t.Errorf("%d postings with a bound of as many: %v", enough, err)
	}
	_, err := watchlist.ParseWithin(strings.NewReader(text+"\n{\"name\":\"Bob\"}"), enough-1)
	if want := fmt.Sprintf("watchlist: line 3 makes the index need more than %d postings", enough-1); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !errors.Is(err, watchlist.ErrList) {
		t.Errorf("%v is no ErrList", err)
	}
}

// endless gives one line for ever.
type endless struct {
	line []byte
	at   int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		copied := copy(p[n:], e.line[e.at:])
		n, e.at = n+copied, (e.at+copied)%len(e.line)
	}
	return n, nil
}

// TestListsAreNotPrinted by any verb or in a log: neither by themselves nor within something.
func TestListsAreNotPrinted(t *testing.T) {
	t.Parallel()
	list := watchlist.Sandbox()
	var out bytes.Buffer
	for _, value := range []any{
		list, *list, &list, []watchlist.List{*list}, []*watchlist.List{list}, map[string]watchlist.List{"list": *list},
		struct{ List watchlist.List }{*list}, struct{ list watchlist.List }{*list}, struct{ list *watchlist.List }{list},
	} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d\n", value, value, value, value, value, value, value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("value", "value", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "value", value)
	}
	for _, said := range []string{"Ivan", "ivan", "4976616e", "6976616e"} {
		if strings.Contains(out.String(), said) {
			t.Errorf("printed: %s", &out)
		}
	}
	for _, value := range []any{list, *list, struct{ List any }{*list}} {
		if got := fmt.Sprintf("%v", value); !strings.Contains(got, "[watchlist]") {
			t.Errorf("got %s, want that it is a list", got)
		}
	}
	out.Reset()
	slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "list", *list, "pointer", list)
	if got := out.String(); !strings.Contains(got, `"list":"[watchlist]","pointer":"[watchlist]"`) {
		t.Errorf("got %s, want that it is a list", got)
	}
}
