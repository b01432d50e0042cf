package openapitest

import (
	"slices"
	"testing"
)

// IsExact: every object of an answer or webhook has all its members named, and no object of a request minds more.
func (l Laws) IsExact(t testing.TB) {
	t.Helper()
	e := exactness{Laws: l, TB: t, seen: map[string]bool{}}
	requests := 0
	for path, item := range l.Document["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			operation, ok := o.(map[string]any)
			if !ok {
				continue
			}
			if operation["requestBody"] != nil {
				requests++
			}
			e.check(operation["requestBody"], method+" "+path, false)
			e.check(operation["responses"], method+" "+path, true)
		}
	}
	e.check(l.Document["webhooks"], "webhooks", true)
	if requests < l.Requests {
		t.Errorf("got %d requests with bodies, want %d at least", requests, l.Requests)
	}
}

// exactness goes through all that is said, each reference once.
type exactness struct {
	Laws
	testing.TB
	seen map[string]bool
}

func (e exactness) check(value any, at string, exact bool) {
	e.Helper()
	EachObject(value, at, func(object map[string]any, at string) {
		if ref, ok := object["$ref"].(string); ok && !e.seen[ref] {
			e.seen[ref] = true
			target, err := lookUp(e.Document, ref)
			if err != nil {
				e.Fatal(err)
			}
			e.check(target, ref, exact)
		}
		_, has := object["properties"].(map[string]any)
		if kind := object["type"]; !has || kind == nil || e.isOpen(at) {
			return
		}
		if more, ok := object["additionalProperties"].(bool); !ok || more == exact {
			e.Errorf("%s: got additionalProperties %v, want %v", at, object["additionalProperties"], !exact)
		}
	})
}

func (e exactness) isOpen(at string) bool {
	return slices.ContainsFunc(e.Open, func(name string) bool { return at == "#/components/schemas/"+name })
}
