package session_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/session"
)

// TestWhatIsAboutAPersonIsNotPrinted: a word is, by every verb and by a log of text.
func TestWhatIsAboutAPersonIsNotPrinted(t *testing.T) {
	t.Parallel()
	const canary = "canary-4711"
	for _, v := range []any{
		session.Residence{Line1: canary}, session.Invite{Email: canary}, session.Agreement{IP: canary}, session.Choice{Type: canary},
		session.Given{Data: json.RawMessage(canary)}, session.Signals{Names: []string{canary}}, session.Gate{Metadata: json.RawMessage(canary)},
		session.Note{Text: canary, Author: canary}, session.Claim{Reviewer: canary}, session.Review{Reviewer: canary},
		session.Update{Metadata: json.RawMessage(canary)}, session.Once{Key: canary, Request: []byte(canary)}, session.Proof{Type: canary},
		session.Device{Fingerprint: canary}, session.UserStatus{Reason: canary}, session.Screened{}, session.Facts{Country: canary},
		session.Person{FirstName: canary}, session.Document{Number: canary}, session.MediaFacts{SHA256: canary},
		session.FindingFacts{Note: &session.Note{Text: canary}}, session.Found{FindingFacts: session.FindingFacts{Note: &session.Note{Text: canary}}},
		session.Medium{MediaFacts: session.MediaFacts{SHA256: canary}}, session.Concluded{}, session.Delivery{Body: []byte(canary)},
		session.Snapshot{Facts: session.Facts{Country: canary}},
	} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		for _, text := range []string{fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s", v), log.String()} {
			if strings.Contains(text, canary) || text == "" {
				t.Errorf("%T is printed as %q", v, text)
			}
		}
	}
}

// TestErrorsSayWhatTheyAre, and are their sentinels.
func TestErrorsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&session.LinkError{State: session.LinkRevoked}, &session.AnsweredError{Answer: []byte("secret answer")}, &session.IncompleteError{Choice: true},
		&session.FactsError{Field: "tags", Fault: session.FaultTooLong},
	} {
		if text := err.Error(); !strings.HasPrefix(text, "session: ") || strings.Contains(text, "secret") {
			t.Errorf("%T says %q", err, text)
		}
	}
}
