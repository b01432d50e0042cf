package veriff_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// TestTableOfTheReadme: the README's table of endpoints is the route table; -update writes it.
func TestTableOfTheReadme(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../README.md", "<!-- endpoints -->\n", "<!-- /endpoints -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", file)
	}
	want := tableOfEndpoints()
	if *update && table != want {
		if err := os.WriteFile(file, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		table = want
	}
	if table != want {
		t.Errorf("the README's table is\n%s\nwant\n%s", table, want)
	}
}

func tableOfEndpoints() string {
	var b strings.Builder
	b.WriteString("| endpoint | supported | what differs from the vendor, and why |\n| --- | --- | --- |\n")
	for _, r := range veriff.Endpoints() {
		name := fmt.Sprintf("`%s %s`", r.Method, r.Path)
		if r.Page != "" {
			name = fmt.Sprintf("[%s](%s)", name, r.Page)
		}
		if r.Also != "" {
			name += fmt.Sprintf(", also `%s`", r.Also)
		}
		fmt.Fprintf(&b, "| %s | yes | %s |\n", name, r.Differs)
	}
	return b.String()
}

// TestEveryRouteIsServed: by the handler, with its method, and by no other path of the table.
func TestEveryRouteIsServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for _, r := range veriff.Endpoints() {
		for _, path := range []string{r.Path, r.Also} {
			if path == "" {
				continue
			}
			path = strings.NewReplacer("{id}", "00000001-0000-4000-8000-000000000000", "{token}", "x").Replace(path)
			got := h.do(call{method: r.Method, path: path, body: "{}", header: http.Header{}})
			if got.status == http.StatusMethodNotAllowed || strings.Contains(got.header.Get("Allow"), r.Method) {
				t.Errorf("%s %s: got %d, Allow %q", r.Method, path, got.status, got.header.Get("Allow"))
			}
			other := h.do(call{method: "PUT", path: path})
			if other.status != http.StatusMethodNotAllowed || !strings.Contains(other.header.Get("Allow"), r.Method) {
				t.Errorf("PUT %s: got %d, Allow %q; want 405 and %s", path, other.status, other.header.Get("Allow"), r.Method)
			}
		}
	}
}
