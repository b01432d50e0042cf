package verifa_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/tabletest"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// TestTables: the README's tables and those in the package's documentation are those of the code; -update writes them.
func TestTables(t *testing.T) {
	for _, row := range []struct{ file, place, want string }{ // place: the table is its group
		{"../../README.md", `(?s)<!-- verifa:begin -->\n(.*)<!-- verifa:end -->\n`, tableOfTheReadme()},
		{"doc.go", `(?s)// # Endpoints\n//\n(.*?)//\n// #`, tableOfTheDocumentation()},
		{"doc.go", `(?s)clients of other platforms:\n//\n(.*?)//\n// #`, tableOfNames()},
	} {
		tabletest.Check(t, row.file, row.place, row.want, *update)
	}
}

func tableOfTheReadme() string {
	var b strings.Builder
	b.WriteString("| endpoint | what it does | what differs from the vendor, and why |\n| --- | --- | --- |\n")
	for _, e := range verifa.Endpoints() {
		name := fmt.Sprintf("`%s %s`", e.Method, e.Path)
		if e.Page != "" {
			name = fmt.Sprintf("[%s](%s)", name, e.Page)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, e.Does, e.Differs)
	}
	b.WriteString("\nNot spoken, and answered as any path that there is not:\n\n| what | why |\n| --- | --- |\n")
	for _, a := range verifa.NotSpoken() {
		fmt.Fprintf(&b, "| [%s](https://docs.withverifa.com/%s) | %s |\n", a[0], a[2], a[1])
	}
	return b.String()
}

func tableOfTheDocumentation() string {
	var b strings.Builder
	for _, e := range verifa.Endpoints() {
		fmt.Fprintf(&b, "//\t%-6s %-52s %s\n", e.Method, e.Path, e.Does)
	}
	return b.String()
}

// tableOfNames has the further names of a creation's parameters.
func tableOfNames() string {
	var b strings.Builder
	for _, of := range []struct {
		at    string
		table map[string][]string
	}{{"", verifa.CreateAliases}, {"fields.", verifa.FieldAliases}, {"fields.address.", verifa.AddressAliases}} {
		for _, name := range slices.Sorted(maps.Keys(of.table)) {
			fmt.Fprintf(&b, "//\t%-22s %s\n", of.at+name, strings.Join(of.table[name], ", "))
		}
	}
	return b.String()
}

// TestEveryRouteSaysWhatItIs in the words that the tables need.
func TestEveryRouteSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, e := range verifa.Endpoints() {
		name := e.Method + " " + e.Path
		if e.Does == "" || strings.HasSuffix(e.Does, ".") || strings.Contains(e.Does+e.Differs, "|") {
			t.Errorf("%s does %q", name, e.Does)
		}
		if e.Page == "" && e.Differs == "" && !strings.Contains(e.Path, "policies") {
			t.Errorf("%s has no page of the vendor's, and does not say that it is our own", name)
		}
		if strings.HasPrefix(e.Page, "https://docs.withverifa.com/http") {
			t.Errorf("%s: the page is %q", name, e.Page)
		}
	}
}

// TestWhatIsNotSpoken is not there: a sample of it.
func TestWhatIsNotSpoken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for _, path := range []string{
		"/api/v1/sdk/config", "/api/v1/sdk/attest", "/api/v1/lists", "/api/v1/lists/list_1/items", "/api/v1/checks", "/api/v1/checks/full",
		"/api/v1/organizations", "/api/v1/cases/search", "/api/v1/identities/search", "/api/v1/api-keys", "/mcp", "/api/v2/sessions",
	} {
		for _, method := range []string{"GET", "POST"} {
			got := h.do(method, path, liveKey, nil)
			if got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d %s, want 404", method, path, got.status, got.body)
			}
		}
	}
	for _, a := range verifa.NotSpoken() {
		if a[0] == "" || a[1] == "" || a[2] == "" {
			t.Errorf("got %q, want what, why and where", a)
		}
	}
}
