package workflow

import (
	"fmt"
	"io"
	"log/slog"
)

// What holds details or metadata is not for logs: printed with any verb, or as a value of a log, it says only
// what it is. As JSON it is written whole, because that is how it is kept.

func redact(w io.Writer, what string) { _, _ = io.WriteString(w, "["+what+"]") }

// Format writes a fixed word for every verb.
func (Run) Format(f fmt.State, _ rune) { redact(f, "run") }

// Format writes a fixed word for every verb.
func (Try) Format(f fmt.State, _ rune) { redact(f, "try") }

// Format writes a fixed word for every verb.
func (Gate) Format(f fmt.State, _ rune) { redact(f, "gate") }

// Format writes a fixed word for every verb.
func (CheckResult) Format(f fmt.State, _ rune) { redact(f, "check result") }

// LogValue gives a fixed word.
func (Run) LogValue() slog.Value { return slog.StringValue("[run]") }

// LogValue gives a fixed word.
func (Try) LogValue() slog.Value { return slog.StringValue("[try]") }

// LogValue gives a fixed word.
func (Gate) LogValue() slog.Value { return slog.StringValue("[gate]") }

// LogValue gives a fixed word.
func (CheckResult) LogValue() slog.Value { return slog.StringValue("[check result]") }
