package decision

import (
	"fmt"
	"io"
	"log/slog"
)

// Values about a person are for code to read, not for logs: printed with any verb, or as a value of a log, they
// say only what they are. As JSON they are written whole, because that is how they are kept; and so a JSON log
// writes them when they are within a slice or a struct that has no LogValue of its own. That cannot be helped for
// a []Hit, []Listing or []Subject: log/slog asks what is logged for a LogValue, and not what is in it. Log the
// [Screening] instead, or how many there are.

func redact(w io.Writer, what string) { _, _ = io.WriteString(w, "["+what+"]") }

// LogValue gives the outcome and the code.
func (v Verdict) LogValue() slog.Value {
	return slog.GroupValue(slog.String("outcome", string(v.Outcome)), slog.Int("code", v.Code))
}

// Format writes a fixed word for every verb.
func (Record) Format(f fmt.State, _ rune) { redact(f, "record") }

// Format writes a fixed word for every verb.
func (Person) Format(f fmt.State, _ rune) { redact(f, "person") }

// Format writes a fixed word for every verb.
func (Address) Format(f fmt.State, _ rune) { redact(f, "address") }

// Format writes a fixed word for every verb.
func (ParsedAddress) Format(f fmt.State, _ rune) { redact(f, "address") }

// Format writes a fixed word for every verb.
func (NameComponents) Format(f fmt.State, _ rune) { redact(f, "name components") }

// Format writes a fixed word for every verb.
func (Document) Format(f fmt.State, _ rune) { redact(f, "document") }

// Format writes a fixed word for every verb.
func (Specimen) Format(f fmt.State, _ rune) { redact(f, "specimen") }

// Format writes a fixed word for every verb.
func (RiskLabel) Format(f fmt.State, _ rune) { redact(f, "risk label") }

// Format writes a fixed word for every verb.
func (BiometricMatch) Format(f fmt.State, _ rune) { redact(f, "biometric match") }

// Format writes a fixed word for every verb.
func (Insight) Format(f fmt.State, _ rune) { redact(f, "insight") }

// Format writes a fixed word for every verb.
func (Automation) Format(f fmt.State, _ rune) { redact(f, "automation") }

// Format writes a fixed word for every verb.
func (Confidence) Format(f fmt.State, _ rune) { redact(f, "confidence") }

// Format writes a fixed word for every verb.
func (Additional) Format(f fmt.State, _ rune) { redact(f, "additional data") }

// Format writes a fixed word for every verb.
func (UKTFCheckResult) Format(f fmt.State, _ rune) { redact(f, "check result") }

// Format writes a fixed word for every verb.
func (CPFValidation) Format(f fmt.State, _ rune) { redact(f, "validation") }

// Format writes a fixed word for every verb.
func (INEBiometricRegistryValidation) Format(f fmt.State, _ rune) { redact(f, "validation") }

// Format writes a fixed word for every verb.
func (RegistryValidation) Format(f fmt.State, _ rune) { redact(f, "validation") }

// Format writes a fixed word for every verb.
func (ProofOfAddress) Format(f fmt.State, _ rune) { redact(f, "proof of address") }

// Format writes a fixed word for every verb.
func (ProofOfAddressFraud) Format(f fmt.State, _ rune) { redact(f, "fraud check") }

// Format writes a fixed word for every verb.
func (ValidationResult) Format(f fmt.State, _ rune) { redact(f, "validation") }

// Format writes a fixed word for every verb.
func (Subject) Format(f fmt.State, _ rune) { redact(f, "subject") }

// Format writes a fixed word for every verb.
func (Screening) Format(f fmt.State, _ rune) { redact(f, "screening") }

// Format writes a fixed word for every verb.
func (Hit) Format(f fmt.State, _ rune) { redact(f, "hit") }

// Format writes a fixed word for every verb.
func (Listing) Format(f fmt.State, _ rune) { redact(f, "listing") }

// LogValue gives a fixed word.
func (Record) LogValue() slog.Value { return slog.StringValue("[record]") }

// LogValue gives a fixed word.
func (Person) LogValue() slog.Value { return slog.StringValue("[person]") }

// LogValue gives a fixed word.
func (Address) LogValue() slog.Value { return slog.StringValue("[address]") }

// LogValue gives a fixed word.
func (ParsedAddress) LogValue() slog.Value { return slog.StringValue("[address]") }

// LogValue gives a fixed word.
func (NameComponents) LogValue() slog.Value { return slog.StringValue("[name components]") }

// LogValue gives a fixed word.
func (Document) LogValue() slog.Value { return slog.StringValue("[document]") }

// LogValue gives a fixed word.
func (Specimen) LogValue() slog.Value { return slog.StringValue("[specimen]") }

// LogValue gives a fixed word.
func (RiskLabel) LogValue() slog.Value { return slog.StringValue("[risk label]") }

// LogValue gives a fixed word.
func (BiometricMatch) LogValue() slog.Value { return slog.StringValue("[biometric match]") }

// LogValue gives a fixed word.
func (Insight) LogValue() slog.Value { return slog.StringValue("[insight]") }

// LogValue gives a fixed word.
func (Automation) LogValue() slog.Value { return slog.StringValue("[automation]") }

// LogValue gives a fixed word.
func (Confidence) LogValue() slog.Value { return slog.StringValue("[confidence]") }

// LogValue gives a fixed word.
func (Additional) LogValue() slog.Value { return slog.StringValue("[additional data]") }

// LogValue gives a fixed word.
func (UKTFCheckResult) LogValue() slog.Value { return slog.StringValue("[check result]") }

// LogValue gives a fixed word.
func (CPFValidation) LogValue() slog.Value { return slog.StringValue("[validation]") }

// LogValue gives a fixed word.
func (INEBiometricRegistryValidation) LogValue() slog.Value { return slog.StringValue("[validation]") }

// LogValue gives a fixed word.
func (RegistryValidation) LogValue() slog.Value { return slog.StringValue("[validation]") }

// LogValue gives a fixed word.
func (ProofOfAddress) LogValue() slog.Value { return slog.StringValue("[proof of address]") }

// LogValue gives a fixed word.
func (ProofOfAddressFraud) LogValue() slog.Value { return slog.StringValue("[fraud check]") }

// LogValue gives a fixed word.
func (ValidationResult) LogValue() slog.Value { return slog.StringValue("[validation]") }

// LogValue gives a fixed word.
func (Subject) LogValue() slog.Value { return slog.StringValue("[subject]") }

// LogValue gives a fixed word.
func (Screening) LogValue() slog.Value { return slog.StringValue("[screening]") }

// LogValue gives a fixed word.
func (Hit) LogValue() slog.Value { return slog.StringValue("[hit]") }

// LogValue gives a fixed word.
func (Listing) LogValue() slog.Value { return slog.StringValue("[listing]") }
