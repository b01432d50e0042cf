package session

import (
	"fmt"
	"io"
	"log/slog"
)

// Values about a person are for code to read, not for logs: printed with any verb, or as a value of a log, they
// say only what they are. As JSON they are written whole, because that is how they are kept; and so a JSON log
// writes them when they are within a slice or a struct that has no LogValue of its own.

// Format writes the session's id and status for every verb.
func (s Snapshot) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[session %s %s]", s.ID, s.Status) }

// Format writes a fixed word for every verb.
func (Facts) Format(f fmt.State, _ rune) { redact(f, "facts") }

// Format writes a fixed word for every verb.
func (Person) Format(f fmt.State, _ rune) { redact(f, "person") }

// Format writes a fixed word for every verb.
func (Document) Format(f fmt.State, _ rune) { redact(f, "document") }

// Format writes the delivery's id and state for every verb.
func (d Delivery) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[delivery %s %s]", d.ID, d.State) }

// Format writes the decision's outcome for every verb.
func (c Concluded) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[decision %s]", c.Outcome) }

// Format writes a fixed word for every verb.
func (Medium) Format(f fmt.State, _ rune) { redact(f, "medium") }

// Format writes a fixed word for every verb.
func (MediaFacts) Format(f fmt.State, _ rune) { redact(f, "media facts") }

// Format writes the finding's kind for every verb.
func (f Found) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "[finding %s]", f.Kind) }

// Format writes a fixed word for every verb.
func (FindingFacts) Format(f fmt.State, _ rune) { redact(f, "finding facts") }

// Format writes a fixed word for every verb.
func (Device) Format(f fmt.State, _ rune) { redact(f, "device") }

// Format writes a fixed word for every verb.
func (Screened) Format(f fmt.State, _ rune) { redact(f, "screening") }

// Format writes a fixed word for every verb.
func (UserStatus) Format(f fmt.State, _ rune) { redact(f, "user status") }

// Format writes a fixed word for every verb.
func (Residence) Format(f fmt.State, _ rune) { redact(f, "residence") }

// Format writes a fixed word for every verb.
func (Invite) Format(f fmt.State, _ rune) { redact(f, "invite") }

// Format writes a fixed word for every verb.
func (Agreement) Format(f fmt.State, _ rune) { redact(f, "consent") }

// Format writes a fixed word for every verb.
func (Choice) Format(f fmt.State, _ rune) { redact(f, "choice") }

// Format writes a fixed word for every verb.
func (Given) Format(f fmt.State, _ rune) { redact(f, "given data") }

// Format writes a fixed word for every verb.
func (Signals) Format(f fmt.State, _ rune) { redact(f, "signals") }

// Format writes a fixed word for every verb.
func (Note) Format(f fmt.State, _ rune) { redact(f, "note") }

// Format writes a fixed word for every verb.
func (Claim) Format(f fmt.State, _ rune) { redact(f, "claim") }

// Format writes a fixed word for every verb.
func (Review) Format(f fmt.State, _ rune) { redact(f, "review") }

// Format writes a fixed word for every verb.
func (Once) Format(f fmt.State, _ rune) { redact(f, "once") }

// Format writes what Error says for every verb.
func (e AnsweredError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// Format writes a fixed word for every verb.
func (Proof) Format(f fmt.State, _ rune) { redact(f, "proof") }

// Format writes a fixed word for every verb.
func (Update) Format(f fmt.State, _ rune) { redact(f, "update") }

func redact(w io.Writer, what string) { _, _ = io.WriteString(w, "["+what+"]") }

// LogValue gives a fixed word.
func (Facts) LogValue() slog.Value { return slog.StringValue("[facts]") }

// LogValue gives a fixed word.
func (Person) LogValue() slog.Value { return slog.StringValue("[person]") }

// LogValue gives a fixed word.
func (Document) LogValue() slog.Value { return slog.StringValue("[document]") }

// LogValue gives the session's id and status.
func (s Snapshot) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", s.ID.String()), slog.String("status", string(s.Status)))
}

// LogValue gives the delivery's id and state.
func (d Delivery) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", d.ID.String()), slog.String("state", string(d.State)))
}

// LogValue gives the decision's outcome.
func (c Concluded) LogValue() slog.Value { return slog.StringValue(string(c.Outcome)) }

// LogValue gives the medium's id.
func (m Medium) LogValue() slog.Value { return slog.StringValue(m.ID.String()) }

// LogValue gives a fixed word.
func (MediaFacts) LogValue() slog.Value { return slog.StringValue("[media facts]") }

// LogValue gives the finding's kind.
func (f Found) LogValue() slog.Value { return slog.StringValue(string(f.Kind)) }

// LogValue gives a fixed word.
func (FindingFacts) LogValue() slog.Value { return slog.StringValue("[finding facts]") }

// LogValue gives a fixed word.
func (Device) LogValue() slog.Value { return slog.StringValue("[device]") }

// LogValue gives a fixed word.
func (Screened) LogValue() slog.Value { return slog.StringValue("[screening]") }

// LogValue gives a fixed word.
func (UserStatus) LogValue() slog.Value { return slog.StringValue("[user status]") }

// LogValue gives a fixed word.
func (Residence) LogValue() slog.Value { return slog.StringValue("[residence]") }

// LogValue gives a fixed word.
func (Invite) LogValue() slog.Value { return slog.StringValue("[invite]") }

// LogValue gives a fixed word.
func (Agreement) LogValue() slog.Value { return slog.StringValue("[consent]") }

// LogValue gives a fixed word.
func (Choice) LogValue() slog.Value { return slog.StringValue("[choice]") }

// LogValue gives a fixed word.
func (Given) LogValue() slog.Value { return slog.StringValue("[given data]") }

// LogValue gives a fixed word.
func (Signals) LogValue() slog.Value { return slog.StringValue("[signals]") }

// LogValue gives a fixed word.
func (Note) LogValue() slog.Value { return slog.StringValue("[note]") }

// LogValue gives a fixed word.
func (Claim) LogValue() slog.Value { return slog.StringValue("[claim]") }

// LogValue gives a fixed word.
func (Review) LogValue() slog.Value { return slog.StringValue("[review]") }

// LogValue gives a fixed word.
func (Once) LogValue() slog.Value { return slog.StringValue("[once]") }

// LogValue gives a fixed word.
func (Proof) LogValue() slog.Value { return slog.StringValue("[proof]") }

// LogValue gives a fixed word.
func (Update) LogValue() slog.Value { return slog.StringValue("[update]") }
