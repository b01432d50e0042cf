package openapitest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// HasRoutes: no more and no fewer than the mux.
func (l Laws) HasRoutes(t testing.TB) {
	t.Helper()
	var got []string
	for _, o := range l.operations {
		got = append(got, o.name())
	}
	for _, o := range got {
		if !slices.Contains(l.Routes, o) {
			t.Errorf("the document has %s, and the mux has not", o)
		}
	}
	for _, o := range l.Routes {
		if !slices.Contains(got, o) {
			t.Errorf("the mux has %s, and the document has not", o)
		}
	}
}

// name is "GET /v1/sessions/{id}".
func (o *operation) name() string { return o.method + " " + strings.Join(o.path, "/") }

// HasMembers: the schemas have the members of the types that are written, and require those that are always written.
func (l Laws) HasMembers(t testing.TB) {
	t.Helper()
	r, err := newReading([]byte(l.Text))
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range l.Types {
		schema := r.get(node{value: r.root}, "components", "schemas", name)
		var always []string
		for _, member := range r.list(r.get(schema, "required")) {
			always = append(always, r.text(member))
		}
		slices.Sort(always)
		want, wantAlways := membersOf(of)
		if got := r.keys(r.get(schema, "properties")); !slices.Equal(got, want) {
			t.Errorf("%s: the document has the members %s, and %s has %s", name, got, of, want)
		}
		if !slices.Equal(always, wantAlways) {
			t.Errorf("%s: the document requires %s, and %s always has %s", name, always, of, wantAlways)
		}
	}
}

// membersOf are the names that a type has in JSON, and of them those that are always written; both sorted.
func membersOf(of reflect.Type) (all, always []string) {
	for _, f := range reflect.VisibleFields(of) {
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || f.Anonymous {
			continue
		}
		all = append(all, name)
		if option == "" {
			always = append(always, name)
		}
	}
	slices.Sort(all)
	slices.Sort(always)
	return all, always
}
