package veriff_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// TestTablesOfEndpoints: the README's table and the one in the package's documentation are the route table;
// -update writes them.
func TestTablesOfEndpoints(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		file, place, want string // place: the table is its group
	}{
		{"../../README.md", `(?s)<!-- endpoints -->\n(.*)<!-- /endpoints -->\n`, tableOfTheReadme()},
		{"doc.go", `((?m:^//\t.*\n)+)`, tableOfTheDocumentation()},
	} {
		text, err := os.ReadFile(row.file)
		if err != nil {
			t.Fatal(err)
		}
		places := regexp.MustCompile(row.place).FindAllSubmatchIndex(text, -1)
		if len(places) != 1 {
			t.Fatalf("%s has %d places for the table, want one", row.file, len(places))
		}
		begin, end := places[0][2], places[0][3]
		table := string(text[begin:end])
		if *update && table != row.want {
			text = slices.Concat(text[:begin], []byte(row.want), text[end:])
			if err := os.WriteFile(row.file, text, 0o644); err != nil {
				t.Fatal(err)
			}
			table = row.want
		}
		if table != row.want {
			t.Errorf("the table in %s is\n%s\nwant\n%s", row.file, table, row.want)
		}
	}
}

func tableOfTheReadme() string {
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
		supported := "yes"
		if r.Needs != "" {
			supported += ", " + r.Needs
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, supported, r.Differs)
	}
	return b.String()
}

func tableOfTheDocumentation() string {
	var b strings.Builder
	for _, r := range veriff.Endpoints() {
		fmt.Fprintf(&b, "//\t%-6s %-40s %s\n", r.Method, r.Path, r.Does)
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
