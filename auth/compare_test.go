package auth_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inspection is what a look at source code found: where bytes or text are compared in constant time, and where
// they are compared with each other in any other way.
type inspection struct {
	constantTime int
	faults       []string
}

// TestSignaturesAreComparedInConstantTime looks at every comparison in the package. Two texts, two arrays and
// two lists of bytes, or values whose type it cannot tell, may meet in hmac.Equal and
// subtle.ConstantTimeCompare alone. A comparison with a constant, and one with uuid.Nil, is harmless: neither
// is a secret.
func TestSignaturesAreComparedInConstantTime(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	got := inspect(fset, files)
	for _, fault := range got.faults {
		t.Error(fault)
	}
	// Secret.compare and Equal, MAC.Matches, Verification.Match, LegacyVerification.Match, VerifyStandard, and two in
	// VerifyToken.
	if got.constantTime < 8 {
		t.Errorf("got %d comparisons in constant time, want 8 or more", got.constantTime)
	}
}

func TestTheInspectionSees(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body           string
		constantTime, faults int
	}{
		{"texts", "_ = a == b", 0, 1},
		{"texts, unequal", "_ = a != b", 0, 1},
		{"arrays", "_ = x == y", 0, 1},
		{"a converted list", "_ = string(s) == a", 0, 1},
		{"what a package returns", "_ = hex.EncodeToString(s) == hex.EncodeToString(s)", 0, 1},
		{"bytes.Equal", "_ = bytes.Equal(s, s)", 0, 1},
		{"strings.EqualFold", "_ = strings.EqualFold(a, b)", 0, 1},
		{"strings.Compare, passed on", "f := strings.Compare; _ = f", 0, 1},
		{"reflect.DeepEqual", "_ = reflect.DeepEqual(s, s)", 0, 1},
		{"slices.Contains", "_ = slices.Contains([]string{a}, b)", 0, 1},
		{"a switch over a text", "switch a { case b: }", 0, 1},
		{"a constant", `_ = a == ""`, 0, 0},
		{"lengths", "_ = len(a) == len(b)", 0, 0},
		{"nil", "_ = s == nil", 0, 0},
		{"hmac.Equal", "_ = hmac.Equal(s, s)", 1, 0},
		{"subtle.ConstantTimeCompare", "_ = subtle.ConstantTimeCompare(s, s) == 1", 1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := "package p\nfunc f(a, b string, x, y [32]byte, s []byte) { " + test.body + " }"
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "p.go", source, 0)
			if err != nil {
				t.Fatal(err)
			}
			got := inspect(fset, []*ast.File{file})
			if got.constantTime != test.constantTime || len(got.faults) != test.faults {
				t.Errorf("inspect(%s): got %+v, want %d and %d faults", test.body, got, test.constantTime, test.faults)
			}
		})
	}
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, errors.New("not looked at: " + path)
}

func inspect(fset *token.FileSet, files []*ast.File) (found inspection) {
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue)}
	// What comes from other packages has no known type, and is then suspicious; the rest is known despite the
	// errors.
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	config.Check("auth", fset, files, info)

	fault := func(at token.Pos, what string) {
		found.faults = append(found.faults, fmt.Sprintf("%s: %s", fset.Position(at), what))
	}
	for _, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && secretive(info, n.X) && secretive(info, n.Y) {
					fault(n.OpPos, "compared with "+n.Op.String())
				}
			case *ast.SwitchStmt:
				if n.Tag != nil && secretive(info, n.Tag) {
					fault(n.Switch, "compared by a switch")
				}
			case *ast.SelectorExpr:
				switch name := selected(n); {
				case name == "hmac.Equal" || name == "subtle.ConstantTimeCompare":
					found.constantTime++
				case revealing[name] && !harmless(name, file, n):
					fault(n.Pos(), "compared with "+name)
				}
			}
			return true
		})
	}
	return found
}

var revealing = map[string]bool{
	"bytes.Equal": true, "bytes.Compare": true, "bytes.EqualFold": true, "bytes.HasPrefix": true,
	"strings.Compare": true, "strings.EqualFold": true, "strings.HasPrefix": true, "reflect.DeepEqual": true,
	"slices.Equal": true, "slices.Compare": true, "slices.Contains": true, "slices.Index": true, "cmp.Compare": true,
}

// harmless says where a revealing function compares what anybody may know: whether a secret is nil, which
// integrations a key has, and whether a token's payload, which its sender wrote, is spelled as it should be.
func harmless(name string, file *ast.File, at ast.Node) bool {
	allowed := map[string][]string{"slices.Contains": {"Validate", "May"}, "strings.HasPrefix": {"readClaims"}}
	for _, declaration := range file.Decls {
		f, ok := declaration.(*ast.FuncDecl)
		if ok && f.Pos() <= at.Pos() && at.Pos() < f.End() {
			return slices.Contains(allowed[name], f.Name.Name)
		}
	}
	return false
}

// secretive says that an expression may hold the bytes of a signature: it is no constant, and is text, an
// array, or of a type that cannot be told.
func secretive(info *types.Info, x ast.Expr) bool {
	if selector, ok := x.(*ast.SelectorExpr); ok && selected(selector) == "uuid.Nil" {
		return false
	}
	if call, ok := x.(*ast.CallExpr); ok {
		if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selected(selector) == "subtle.ConstantTimeCompare" {
			return false
		}
	}
	typed, ok := info.Types[x]
	if !ok || typed.Type == nil {
		return true
	}
	if typed.Value != nil || typed.IsNil() {
		return false
	}
	switch underlying := typed.Type.Underlying().(type) {
	case *types.Basic:
		return underlying.Info()&types.IsString != 0 || underlying.Kind() == types.Invalid
	case *types.Array:
		return true
	}
	return false
}

func selected(x *ast.SelectorExpr) string {
	if pkg, ok := x.X.(*ast.Ident); ok {
		return pkg.Name + "." + x.Sel.Name
	}
	return ""
}
