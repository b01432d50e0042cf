package verifa_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// BenchmarkRender is what an endpoint costs in the change that it is told of.
func BenchmarkRender(b *testing.B) {
	e, s := happened(session.EventApproved, session.StatusApproved, known)
	for name, wire := range map[string]session.Wire{
		"plain": {},
		"all that can be asked for": {
			Names: []string{"session.approved"}, Blocklist: []string{"external_ref", "result.extracted_data.document_number"},
			Filter: []byte(`{"status":["approved","rejected"],"is_sandbox":true}`), Inflection: "camel",
		},
	} {
		b.Run(name, func(b *testing.B) {
			to := hook
			to.Wire = wire
			b.ReportAllocs()
			for b.Loop() {
				if _, _, ok, err := (verifa.Renderer{}).Render(e, s, to); !ok || err != nil {
					b.Fatalf("got ok %t and error %v", ok, err)
				}
			}
		})
	}
}
