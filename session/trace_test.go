package session_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

type decisionVerdict = decision.Verdict

// traced is a bench whose engine is traced.
func traced(t *testing.T, adjust func(*session.Integration, *session.Config)) (*bench, *tracetest.SpanRecorder) {
	spans := tracetest.NewSpanRecorder()
	return setUp(t, func(in *session.Integration, cfg *session.Config) {
		cfg.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		if adjust != nil {
			adjust(in, cfg)
		}
	}), spans
}

// told says of spans what they are, how they ended, and within which span.
func told(spans []sdktrace.ReadOnlySpan) (all []string) {
	names := map[trace.SpanID]string{}
	for _, s := range spans {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	for _, s := range spans {
		text := strings.TrimPrefix(s.Name(), "bonafide.")
		for _, a := range s.Attributes() {
			if a.Key == "error.type" || a.Key == "bonafide.outcome" {
				text += " " + a.Value.AsString()
			}
		}
		if s.Status().Code == codes.Error {
			text += " ERROR " + s.Status().Description
		}
		if in := names[s.Parent().SpanID()]; in != "" {
			text += " in " + strings.TrimPrefix(in, "bonafide.")
		}
		all = append(all, text)
	}
	return all
}

func TestTraces(t *testing.T) {
	t.Parallel()
	decider := session.DeciderFunc(func(_ context.Context, c session.Case) (v decision.Verdict, err error) {
		switch c.Facts.Person.FirstName {
		case "Fail":
			return v, errors.New("Fail is not liked")
		case "Panic":
			panic("Panic is not liked")
		case "Wait":
			return v, session.ErrWait
		}
		return decision.Verdict{Outcome: decision.Approved}, nil
	})
	settle := func(b *bench) { b.settle() }
	tests := []struct {
		name, who string
		given, do func(*bench, uuid.UUID)
		want      []string
	}{
		{"verbs", "any", nil, func(b *bench, id uuid.UUID) {
			_, _ = b.Start(b.ctx, id)
			_, _ = b.Submit(b.ctx, id)
			_, _ = b.Submit(b.ctx, id)
			_, _ = b.Get(b.ctx, uuid.New())
		}, []string{"start", "submit", "submit transition", "get not_found"}},
		{"a decision", "any", func(b *bench, id uuid.UUID) { b.submit(id); b.With(b.store) }, func(b *bench, _ uuid.UUID) { settle(b) }, []string{
			"sweep", "decider in alarm.deciding", "alarm.deciding", "deliver delivered", "deliver delivered", "deliver delivered", "deliver delivered",
		}},
		{"a decider that fails", "Fail", (*bench).submitAndTell, func(b *bench, _ uuid.UUID) { b.clock.Add(time.Hour); settle(b) }, []string{
			"sweep", "decider failed ERROR failed in alarm.deciding", "alarm.deciding _OTHER ERROR _OTHER", "deliver delivered",
		}},
		{"one that panics", "Panic", (*bench).submitAndTell, func(b *bench, _ uuid.UUID) { b.clock.Add(time.Hour); settle(b) }, []string{
			"sweep", "decider panic ERROR panic in alarm.deciding", "alarm.deciding _OTHER ERROR _OTHER", "deliver delivered",
		}},
		{"one that waits", "Wait", (*bench).submitAndTell, func(b *bench, _ uuid.UUID) { b.clock.Add(time.Hour); settle(b) }, nil},
		{"a delivery that fails", "any", func(b *bench, _ uuid.UUID) { b.receiver.Answer(500) }, func(b *bench, _ uuid.UUID) { settle(b) },
			[]string{"deliver retried retried ERROR retried"}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, spans := traced(t, func(_ *session.Integration, cfg *session.Config) { cfg.Decider = decider })
			id := b.create(c.who).ID
			if c.given != nil {
				c.given(b, id)
			}
			before := len(spans.Ended())
			c.do(b, id)
			if got := told(spans.Ended()[before:]); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for _, s := range spans.Ended() {
				if text := fmt.Sprint(s.Attributes(), s.Status(), s.Events()); strings.Contains(text, "liked") {
					t.Errorf("%s has what a decider said: %s", s.Name(), text)
				}
			}
		})
	}
}

// submitAndTell leaves nothing due but what is asked later.
func (b *bench) submitAndTell(id uuid.UUID) {
	b.submit(id)
	b.settle()
}

// TestTraceOfOneWhoPanics: a panic of the host's within a verb is the verb's end, and goes on.
func TestTraceOfOneWhoPanics(t *testing.T) {
	t.Parallel()
	b, spans := traced(t, func(_ *session.Integration, cfg *session.Config) { cfg.Keeper = panickyKeeper{cfg.Keeper} })
	func() {
		defer func() {
			if r := recover(); r != "keeper" {
				t.Errorf("got the panic %v, want the keeper's", r)
			}
		}()
		b.create("any")
	}()
	if got, want := told(spans.Ended()), []string{"create panic ERROR panic"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

type panickyKeeper struct{ session.Keeper }

func (panickyKeeper) Make(context.Context, uuid.UUID) (session.Key, []byte, error) { panic("keeper") }

// TestTraceSaysWhose: the span of a verb of one session has its id, also where the verb makes it.
func TestTraceSaysWhose(t *testing.T) {
	t.Parallel()
	b, spans := traced(t, nil)
	id := b.create("any").ID
	b.upload(id)
	b.submit(id)
	for _, s := range spans.Ended() {
		if text := fmt.Sprint(s.Attributes()); !strings.Contains(text, id.String()) {
			t.Errorf("%s: got %s, want the id", s.Name(), text)
		}
	}
}

// panickyTracers panic when a span begins, or ends.
type panickyTracers struct{ noop.TracerProvider }

func (panickyTracers) Tracer(string, ...trace.TracerOption) trace.Tracer { return panickyTracer{} }

type panickyTracer struct{ noop.Tracer }

func (panickyTracer) Start(ctx context.Context, name string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	if name == "bonafide.create" {
		panic("start")
	}
	return ctx, panickySpan{}
}

type panickySpan struct{ noop.Span }

func (panickySpan) End(...trace.SpanEndOption) { panic("end") }

// TestVerbsAreObserved: each verb begins by saying its name, which is that of the method.
func TestVerbsAreObserved(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`([a-z])([A-Z])`)
	seen := map[string]bool{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			method, ok := d.(*ast.FuncDecl)
			if !ok || method.Recv == nil || !method.Name.IsExported() {
				continue
			}
			signature, body := string(text[method.Pos()-1:method.Body.Pos()-1]), string(text[method.Body.Pos()-1:method.End()-1])
			if !strings.HasPrefix(signature, "func (e *Engine)") || !strings.Contains(signature, "(ctx context.Context") {
				continue
			}
			name := method.Name.Name
			if slices.Contains([]string{"Integration", "Run", "Settle"}, name) { // no verbs, but what they are made of is observed
				continue
			}
			seen[name] = true
			word := strings.ToLower(words.ReplaceAllString(name, "${1}_${2}"))
			first, rest, _ := strings.Cut(strings.TrimPrefix(body, "{\n\t"), "\n\t")
			if !regexp.MustCompile(`^ctx, verb := e\.observe(Of)?\(ctx, "`+word+`"(, id|, s\.ID)?\)$`).MatchString(first) ||
				!strings.HasPrefix(rest, "defer verb.done(&err)\n") {
				t.Errorf("%s begins with\n%s\n%s\nand does not say that it is %q", name, first, rest[:min(len(rest), 30)], word)
			}
		}
	}
	if len(seen) < 70 {
		t.Errorf("saw %d verbs only", len(seen))
	}
}
