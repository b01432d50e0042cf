package examples_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// values prints everything that the library hands out, in every way.
func (a *aviary) values(ids []string) string {
	a.t.Helper()
	var out bytes.Buffer
	ctx := a.t.Context()
	text, structured := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	for i, e := range []*session.Engine{a.engine.For(a.verifas), a.engine.For(a.veriffs)} {
		s, err := e.Export(ctx, uuid.MustParse(strings.TrimPrefix(ids[i], "ses_")))
		if err != nil {
			s, err = e.Export(ctx, uuid.MustParse(strings.TrimPrefix(ids[i], "ses_"))) // the keeper was clumsy
		}
		ok(a.t, err)
		told, err := e.Deliveries(ctx, session.DeliveryQuery{N: 1000})
		ok(a.t, err)
		values := []any{
			s, *s, s.Facts, s.Facts.Person, s.Facts.Document, s.Facts.Residence, s.Run(), s.Screening(), session.Case{Snapshot: s},
			session.CheckCase{Case: session.Case{Snapshot: s}, Extracted: s.Decisions[0].Record}, session.CheckResult{Details: s.Facts.Metadata},
			session.Once{Key: a.bird("key of a request"), Scope: "scope", Request: []byte(a.bird("request"))},
			&session.AnsweredError{Answer: []byte(a.bird("answer"))}, fmt.Errorf("wrapped: %w", &session.AnsweredError{Answer: []byte(a.bird("answer"))}),
			session.Update{Metadata: s.Facts.Metadata}, session.Proof{Type: a.bird("kind of proof")}, a.credential, a.credential.Signer(), a.engineKey, a.engine,
			decision.Verdict{Record: s.Decisions[0].Record}, s.Review(e.Now()),
		}
		for _, m := range s.Media {
			values = append(values, m, m.MediaFacts)
		}
		for _, d := range s.Decisions {
			values = append(values, d, d.Record, d.Record.Person, d.Record.Document)
		}
		for _, f := range s.Findings {
			values = append(values, f, f.FindingFacts)
		}
		for _, d := range told {
			values = append(values, d)
		}
		for _, v := range values {
			fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
			text.Info("value", "value", v)
			structured.Info("value", "value", v)
		}
		for _, v := range []any{values, s.Media, s.Decisions, s.Findings, told, map[string]any{"facts": s.Facts}, struct{ S *session.Snapshot }{s}} {
			fmt.Fprintf(&out, "%v %+v %#v\n", v, v, v)
			text.Info("values", "values", v)
		}
	}
	return out.String()
}
