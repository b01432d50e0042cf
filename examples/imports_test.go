package examples_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bonafide-idv/bonafide/"

// law says which packages of the module each package may import; tests are free. A package that has no line is against it.
var law = map[string][]string{
	"auth":               {},
	"auth/keyringtest":   {"auth"},
	"decision":           {},
	"decision/risk":      {},
	"decision/watchlist": {"decision"},
	"decision/workflow":  {"decision"},
	"media":              {},
	"media/mediatest":    {"media"},
	"session/keycase":    {},

	"session":             {"decision", "decision/risk", "decision/workflow", "media", "session/keycase"},
	"session/sessiontest": {"session"},
	"session/keepertest":  {"session"},

	"storage":            {},
	"storage/memstore":   {"session"},
	"storage/sqlstore":   {"session", "auth", "storage/internal/engine"},
	"storage/storetest":  {"session"},
	"storage/fileblobs":  {"media"},
	"storage/s3blobs":    {"media"},
	"storage/filekeeper": {"session"},
	"storage/sqlkeeper":  {"session", "storage/internal/engine"},

	"storage/internal/engine": {},
	"storage/internal/sqlspy": {},

	"storage/storetest/faulty":       {"session", "media"},
	"storage/storetest/postgrestest": {},

	"httpadapter":         {"httpadapter/verifa", "httpadapter/veriff", "session", "auth"},
	"httpadapter/verifa":  {"session", "session/keycase", "auth", "decision", "decision/risk", "decision/workflow", "media", "httpadapter/internal/download", "httpadapter/internal/intake", "httpadapter/internal/jsontext", "httpadapter/internal/mount", "httpadapter/internal/openapi"},
	"httpadapter/veriff":  {"session", "auth", "decision", "media", "httpadapter/internal/download", "httpadapter/internal/intake", "httpadapter/internal/jsontext", "httpadapter/internal/mount", "httpadapter/internal/openapi"},
	"httpadapter/webhook": {"session", "auth"},

	"httpadapter/internal/download": {"session"},
	"httpadapter/internal/intake":   {},
	"httpadapter/internal/jsontext": {"session/keycase"},
	"httpadapter/internal/mount":    {},
	"httpadapter/internal/openapi":  {"httpadapter/internal/jsontext", "httpadapter/internal/mount"},

	"httpadapter/internal/openapi/openapitest": {},
	"httpadapter/internal/faulttest":           {},
	"httpadapter/internal/tabletest":           {},

	"examples":                   {},
	"examples/hosttx":            {"session", "media", "storage/sqlstore"},
	"examples/inprocess":         {"session", "media", "storage/memstore"},
	"examples/receiver":          {"auth"},
	"examples/server":            {"session", "decision", "decision/watchlist", "media", "auth", "httpadapter", "httpadapter/verifa", "httpadapter/veriff", "httpadapter/webhook", "storage/memstore", "storage/sqlstore", "storage/fileblobs", "storage/s3blobs", "storage/filekeeper", "storage/sqlkeeper"},
	"examples/testdata/generate": {},
	"examples/trial":             {},
}

// drivers are for the host to choose, and so is what telemetry and credentials are made by: only examples and tests import
// one, and what is for tests alone.
var drivers = []string{"github.com/mattn/go-sqlite3", "github.com/jackc/pgx", "go.opentelemetry.io/otel/sdk", "github.com/aws/aws-sdk-go-v2/config"}

func TestImports(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && isModule(file) && file != ".." {
			return filepath.SkipDir // it has a go.mod of its own, and may need what nobody else does
		}
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		pkg := path.Clean(filepath.ToSlash(strings.TrimPrefix(filepath.Dir(file), "../")))
		allowed, ok := law[pkg]
		if seen[pkg] = true; !ok {
			t.Errorf("%s: the law has no line for %s", file, pkg)
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s: %s may not import %s", file, pkg, own)
			}
			for _, driver := range drivers {
				if strings.HasPrefix(imported, driver) && !strings.HasPrefix(pkg, "examples/") {
					t.Errorf("%s: %s imports a driver", file, pkg)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range law {
		if !seen[pkg] {
			t.Errorf("the law has a line for %s, which is not there", pkg)
		}
	}
}

// isModule reports whether a folder is that of a module.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
