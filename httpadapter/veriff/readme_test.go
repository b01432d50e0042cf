package veriff_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/tabletest"
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
		tabletest.Check(t, row.file, row.place, row.want, *update)
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
