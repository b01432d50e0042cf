package decision

import (
	"fmt"
	"io"
	"log/slog"
)

// Values about a person are for code to read, not for logs: printed with any verb, or as a value of a log, they
// say only what they are. As JSON they are written whole, because that is how they are kept; and so a JSON log
// writes them when they are within a slice or a struct that has no LogValue of its own.

// Format writes a fixed word for every verb.
func (Record) Format(f fmt.State, _ rune) { redact(f, "record") }

// Format writes a fixed word for every verb.
func (Person) Format(f fmt.State, _ rune) { redact(f, "person") }

// Format writes a fixed word for every verb.
func (Document) Format(f fmt.State, _ rune) { redact(f, "document") }

func redact(w io.Writer, what string) { _, _ = io.WriteString(w, "["+what+"]") }

// LogValue gives the outcome and the code.
func (v Verdict) LogValue() slog.Value {
	return slog.GroupValue(slog.String("outcome", string(v.Outcome)), slog.Int("code", v.Code))
}

// LogValue gives a fixed word.
func (Record) LogValue() slog.Value { return slog.StringValue("[record]") }

// LogValue gives a fixed word.
func (Person) LogValue() slog.Value { return slog.StringValue("[person]") }

// LogValue gives a fixed word.
func (Document) LogValue() slog.Value { return slog.StringValue("[document]") }
