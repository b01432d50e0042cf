package examples_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// rowsOf are the rows of the table whose head begins with a word.
func rowsOf(t *testing.T, text, head string) (rows [][]string) {
	t.Helper()
	_, table, found := strings.Cut(text, "\n| "+head+" |")
	if !found {
		t.Fatalf("there is no table of each %s", head)
	}
	for n, line := range strings.Split(table, "\n") {
		if n > 0 && !strings.HasPrefix(line, "|") {
			break
		}
		if n > 1 {
			cells := strings.Split(strings.Trim(line, "|"), " | ")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

var quoted = regexp.MustCompile("`([^`]*)`")

// wordsIn are the words of a cell that stand as code.
func wordsIn(cell string) (words []string) {
	for _, found := range quoted.FindAllStringSubmatch(cell, -1) {
		words = append(words, found[1])
	}
	return words
}

// TestLogsAreDocumented: each message that is logged is in the table, with its level and its keys, and no other.
func TestLogsAreDocumented(t *testing.T) {
	t.Parallel()
	text := read(t, "../docs/OBSERVABILITY.md")
	var want []string
	for _, row := range rowsOf(t, text, "package") {
		want = append(want, "| "+strings.Join(row, " | ")+" |")
	}
	var got, keys []string
	for _, folder := range []string{"auth", "decision", "httpadapter", "media", "session", "storage"} {
		ok(t, filepath.WalkDir(filepath.Join("..", folder), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "test/") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			ok(t, err)
			for _, l := range logged(t, parsed) {
				pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(file), "../"))
				got = append(got, fmt.Sprintf("| `%s` | %s | %s | %s |", pkg, l.message, l.level, "`"+strings.Join(l.keys, "`, `")+"`"))
				keys = append(keys, l.keys...)
			}
			return nil
		}))
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the table is\n%s\nand what is logged is\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	var meant []string
	for _, row := range rowsOf(t, text, "key") {
		meant = append(meant, wordsIn(row[0])...)
	}
	slices.Sort(keys)
	if slices.Sort(meant); !slices.Equal(meant, slices.Compact(keys)) {
		t.Errorf("the keys are %v, and the table says what these are: %v", slices.Compact(keys), meant)
	}
}

// line is one call that logs.
type line struct {
	message, level string
	keys           []string
}

var levels = regexp.MustCompile(`^(Debug|Info|Warn|Error)(Context)?$`)

// logged finds what a file logs: calls of a logger's methods, whose message and keys are constants, with those of the
// loggers that its function has made.
func logged(t *testing.T, file *ast.File) (lines []line) {
	t.Helper()
	for _, d := range file.Decls {
		var with []string
		ast.Inspect(d, func(n ast.Node) bool {
			call, on, name := method(n)
			switch {
			case call == nil:
			case name == "With" && isLogger(on):
				with = append(with, constants(t, call.Args)...)
			case levels.MatchString(name) && isLogger(on):
				if level, _, hasContext := strings.Cut(name, "Context"); len(call.Args) > 1 {
					args := call.Args
					if hasContext {
						args = args[1:]
					}
					l := line{constant(t, args[0]), strings.ToLower(level), constants(t, args[1:])}
					if _, derived := on.(*ast.Ident); derived {
						l.keys = append(slices.Clone(with), l.keys...)
					}
					lines = append(lines, l)
				}
			}
			return true
		})
	}
	return lines
}

// method is the call of one, on what, and its name.
func method(n ast.Node) (call *ast.CallExpr, on ast.Expr, name string) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil, nil, ""
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, nil, ""
	}
	return call, selector.X, selector.Sel.Name
}

// isLogger reports whether something is called so.
func isLogger(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "log"
	case *ast.SelectorExpr:
		return strings.EqualFold(x.Sel.Name, "log")
	}
	return false
}

func constant(t *testing.T, x ast.Expr) string {
	t.Helper()
	literal, isLiteral := x.(*ast.BasicLit)
	if !isLiteral {
		t.Fatalf("a message or a key is no constant, but a %T", x)
	}
	text, err := strconv.Unquote(literal.Value)
	ok(t, err)
	return text
}

// constants are the keys of a call.
func constants(t *testing.T, args []ast.Expr) (keys []string) {
	t.Helper()
	for i := 0; i < len(args); i += 2 {
		keys = append(keys, constant(t, args[i]))
	}
	return keys
}

// TestInstrumentsAreDocumented: each is in the table, as what it is, and no other.
func TestInstrumentsAreDocumented(t *testing.T) {
	t.Parallel()
	var got []string
	_, err := session.New(memstore.New(), session.Config{MeterProvider: listing{into: &got}})
	ok(t, err)
	var want []string
	for _, row := range rowsOf(t, read(t, "../docs/OBSERVABILITY.md"), "instrument") {
		want = append(want, strings.Join(row[:3], " "))
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("the instruments are\n%s\nand the table has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFailuresAreAlarming: the words of failures are those that are documented, and those that the alerts wait for.
func TestFailuresAreAlarming(t *testing.T) {
	t.Parallel()
	words := read(t, "../session/telemetry_words.go")
	want := []string{"_OTHER", "panic"}
	for _, found := range regexp.MustCompile(`\{[\w.]+, "(\w+)", true\}`).FindAllStringSubmatch(words, -1) {
		want = append(want, found[1])
	}
	if slices.Sort(want); len(want) < 6 || !strings.Contains(words, `"_OTHER", true`) || !strings.Contains(words, `wordPanic = "panic"`) {
		t.Fatalf("of the words of failures are found %v", want)
	}
	_, documented, _ := strings.Cut(read(t, "../docs/OBSERVABILITY.md"), "failures are ")
	documented, _, _ = strings.Cut(documented, "for what has no word")
	got := wordsIn(documented)
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the failures are %v, and documented are %v", want, got)
	}
	_, alert, _ := strings.Cut(read(t, "prometheus/rules.yml"), "- alert: BonafideVerbsFail\n")
	_, alert, _ = strings.Cut(alert, `error_type=~"`)
	alert, _, _ = strings.Cut(alert, `"`)
	got = strings.Split(alert, "|")
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("the failures are %v, and BonafideVerbsFail waits for %v", want, got)
	}
}

// listing is a meter that notes what is made of it.
type listing struct {
	noop.MeterProvider
	into *[]string
}

func (l listing) Meter(string, ...metric.MeterOption) metric.Meter { return listingMeter{into: l.into} }

type listingMeter struct {
	noop.Meter
	into *[]string
}

func (l listingMeter) note(name, kind, unit string) {
	*l.into = append(*l.into, fmt.Sprintf("`%s` %s `%s`", name, kind, unit))
}

func (l listingMeter) Int64Counter(name string, o ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	l.note(name, "counter", metric.NewInt64CounterConfig(o...).Unit())
	return noop.Int64Counter{}, nil
}

func (l listingMeter) Int64UpDownCounter(name string, o ...metric.Int64UpDownCounterOption) (metric.Int64UpDownCounter, error) {
	l.note(name, "updowncounter", metric.NewInt64UpDownCounterConfig(o...).Unit())
	return noop.Int64UpDownCounter{}, nil
}

func (l listingMeter) Int64Histogram(name string, o ...metric.Int64HistogramOption) (metric.Int64Histogram, error) {
	l.note(name, "histogram", metric.NewInt64HistogramConfig(o...).Unit())
	return noop.Int64Histogram{}, nil
}

func (l listingMeter) Float64Histogram(name string, o ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	l.note(name, "histogram", metric.NewFloat64HistogramConfig(o...).Unit())
	return noop.Float64Histogram{}, nil
}

func (l listingMeter) Int64ObservableGauge(name string, o ...metric.Int64ObservableGaugeOption) (metric.Int64ObservableGauge, error) {
	l.note(name, "gauge", metric.NewInt64ObservableGaugeConfig(o...).Unit())
	return noop.Int64ObservableGauge{}, nil
}

func (l listingMeter) Float64ObservableGauge(name string, o ...metric.Float64ObservableGaugeOption) (metric.Float64ObservableGauge, error) {
	l.note(name, "gauge", metric.NewFloat64ObservableGaugeConfig(o...).Unit())
	return noop.Float64ObservableGauge{}, nil
}
