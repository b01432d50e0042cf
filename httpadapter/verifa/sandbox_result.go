package verifa

import (
	"encoding/json"
	"slices"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// simulatedChecks are what a sandbox says of, beside the checks that the session asks for.
var simulatedChecks = []string{"document_ocr", "face_match", "age_verification", "watchlist_screening", "risk_assessment"}

// simulatedFailures are those of them that have failed, by the outcome that was chosen.
var simulatedFailures = map[decision.Outcome][]string{
	decision.Declined: {"document_ocr", "face_match"}, decision.Review: {"risk_assessment"},
}

// simulates reports whether a conclusion was chosen in a sandbox. A review that was chosen is the engine's word for it.
func simulates(s *session.Snapshot, d *session.Concluded, run *session.Run) bool {
	return d.By == session.ActorSandbox || s.Sandbox && d.By == session.ActorDecider && d.Outcome == decision.Review && run == nil
}

// triesOf are the checks of a conclusion: those of its run, nil when there was none, and of an outcome that was chosen
// in a sandbox those that nobody has made too. They are as the outcome: all passed when it is approved; when it is rejected
// the document and the face have failed, and when it is left to a human being the risk assessment has
// (https://docs.withverifa.com/best-practices/testing).
func triesOf(s *session.Snapshot, d *session.Concluded, run *session.Run) (tries []workflow.Try) {
	if run != nil {
		tries = run.Checks()
	}
	if d == nil || !simulates(s, d, run) {
		return tries
	}
	for _, name := range unique(slices.Concat(simulatedChecks, s.Facts.Checks)) {
		if !slices.ContainsFunc(tries, func(t workflow.Try) bool { return t.Policy == name }) {
			tries = append(tries, simulatedTry(name, d))
		}
	}
	return tries
}

// simulatedTry is one check of an outcome that was chosen.
func simulatedTry(name string, d *session.Concluded) workflow.Try {
	try := workflow.Try{Policy: name, Attempt: 1, Status: workflow.CheckPassed, StartedAt: d.At}
	score := "0.95"
	if slices.Contains(simulatedFailures[d.Outcome], name) {
		try.Status, score = workflow.CheckFailed, "0.12"
	}
	if name == "face_match" {
		try.Details = json.RawMessage(`{"score":` + score + `}`)
	}
	return try
}
