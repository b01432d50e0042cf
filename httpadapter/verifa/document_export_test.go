package verifa

import (
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/session"
)

// Bodies gives the types that are written as the document's schemas of these names.
func Bodies() map[string]reflect.Type {
	return map[string]reflect.Type{
		"CreatedSession": reflect.TypeFor[created](), "Session": reflect.TypeFor[whole](), "Tags": reflect.TypeFor[tagged](),
		"Link": reflect.TypeFor[oneTimeLink](), "ResumedSession": reflect.TypeFor[resumed](),
		"UploadedDocument": reflect.TypeFor[uploaded](), "Document": reflect.TypeFor[shownDocument](),
		"SubmittedSession": reflect.TypeFor[submitted](), "SimulatedSession": reflect.TypeFor[simulated](),
		"Capture": reflect.TypeFor[captured](), "OpenedCapture": reflect.TypeFor[opening](),
		"CapturedFile": reflect.TypeFor[capturedFile](), "CompletedCapture": reflect.TypeFor[completed](),
		"Result": reflect.TypeFor[result](), "NestedResult": reflect.TypeFor[nested](), "BriefResult": reflect.TypeFor[brief](),
		"Check": reflect.TypeFor[checked](), "Risk": reflect.TypeFor[assessed](), "Signal": reflect.TypeFor[risk.Triggered](),
		"WorkflowRun": reflect.TypeFor[run](), "GateDecision": reflect.TypeFor[gateDecision](), "NodeResult": reflect.TypeFor[workflow.NodeResult](),
		"Workflow": reflect.TypeFor[stored](), "Graph": reflect.TypeFor[workflow.Graph](), "Node": reflect.TypeFor[workflow.Node](),
		"Condition": reflect.TypeFor[workflow.Condition](), "Policy": reflect.TypeFor[session.CheckInfo](),
		"Redaction": reflect.TypeFor[redacted](), "Receipt": reflect.TypeFor[session.Receipt](),
		"Screening": reflect.TypeFor[screened](), "ExportedDocument": reflect.TypeFor[exportedDocument](),
		"Invitation": reflect.TypeFor[invited](), "Agreement": reflect.TypeFor[agreed](), "Decision": reflect.TypeFor[decided](),
		"ExportedDelivery": reflect.TypeFor[delivered](), "Note": reflect.TypeFor[note](), "Case": reflect.TypeFor[reviewCase](),
		"Identity": reflect.TypeFor[identityView](), "Event": reflect.TypeFor[auditView](),
		"WebhookEndpoint": reflect.TypeFor[endpointView](), "Delivery": reflect.TypeFor[deliveryView](),
		"Webhook": reflect.TypeFor[payload](), "Outcome": reflect.TypeFor[outcome](), "Fields": reflect.TypeFor[fields](),
		"Address": reflect.TypeFor[address](), "Pagination": reflect.TypeFor[pagination](),
		"Failure": reflect.TypeFor[failure](), "Fault": reflect.TypeFor[fieldFault](),
	}
}

// Vocabulary gives the words that the code has in tables, by the schema that has them in the document.
func Vocabulary() map[string][]string {
	v := vocabulary{}
	for _, s := range session.Statuses() {
		v.add("SessionStatus", statusOf(s, false), statusOf(s, true))
		v.add("ResultStatus", words[s].result)
	}
	v.add("LinkStatus", slices.Sorted(maps.Values(linkWords))...)
	for _, t := range documentTypes {
		v.add("DocumentType", t.name)
	}
	v.add("DocumentChoice", session.DocumentChoices()...)
	for _, s := range []session.ReviewState{
		session.ReviewOpen, session.ReviewClaimed, session.ReviewApproved, session.ReviewDeclined, session.ReviewClosed,
	} {
		v.add("CaseStatus", caseWord(s))
	}
	v.add("DeliveryStatus", slices.Sorted(maps.Values(deliveryWords))...)
	for _, t := range catalogue {
		v.add("EventType", t.name)
	}
	for _, version := range slices.Sorted(maps.Keys(versions)) {
		if !versions[version] {
			v.add("Version", version)
		}
	}
	v.add("ErrorCode", errorCodes()...)
	for _, op := range workflow.Ops() {
		v.add("Operator", string(op))
	}
	add(v, "NodeType", workflow.NodeStart, workflow.NodePolicy, workflow.NodeConditional, workflow.NodeTerminal, workflow.NodeWait)
	add(v, "RunStatus", workflow.Running, workflow.Paused, workflow.Completed, workflow.Failed)
	add(v, "CheckStatus", workflow.CheckPending, workflow.CheckPassed, workflow.CheckFailed, workflow.CheckError,
		workflow.CheckSkipped, workflow.CheckRequiresRetry)
	add(v, "RiskLevel", risk.Low, risk.Medium, risk.High, risk.Critical)
	v.add("RejectionCode", RejectionCodes()...)
	for _, s := range risk.Signals() {
		v.add("SignalName", s.Name)
	}
	add(v, "SignalAction", risk.Ignore, risk.Score, risk.Block)
	return v
}

// RejectionCodes are all that a reviewer may give.
func RejectionCodes() (codes []string) {
	words := []string{"other", "document_unreadable"}
	for code := range 1000 {
		words = append(words, "reason_"+strconv.Itoa(code))
	}
	for _, word := range words {
		if _, ok := reasonOf(word); ok {
			codes = append(codes, word)
		}
	}
	return codes
}

// ReasonOf is the number that a rejection code stands for.
func ReasonOf(word string) (code int, ok bool) { return reasonOf(word) }

// RejectionCodeOf is what is answered of a session that was rejected with the code.
func RejectionCodeOf(word string) string {
	code, _ := reasonOf(word)
	return rejectionCode(&session.Concluded{Decision: session.Decision{Code: code}}, nil)
}

// PayloadPaths are what an endpoint may have left out.
var PayloadPaths = payloadPaths

// errorCodes are those with which requests are refused.
func errorCodes() (codes []string) {
	for _, r := range []*refusal{
		invalidRequest(""), unauthorized(""), forbidden(""), notFound(""), conflict(""), gone(""), invalid(), rateLimited(1), broken,
	} {
		codes = append(codes, r.code)
	}
	for _, c := range causes {
		codes = append(codes, c.is.code)
	}
	for _, state := range []session.LinkState{session.LinkConsumed, session.LinkExpired, session.LinkRevoked, session.LinkDone} {
		codes = append(codes, refusalOfLink(&session.LinkError{State: state}).code)
	}
	return append(codes, "documents_missing", "method_not_allowed")
}

type vocabulary map[string][]string

func (v vocabulary) add(schema string, words ...string) {
	for _, word := range words {
		if word != "" && !slices.Contains(v[schema], word) {
			v[schema] = append(v[schema], word)
		}
	}
}

func add[T ~string](v vocabulary, schema string, words ...T) {
	for _, word := range words {
		v.add(schema, string(word))
	}
}
