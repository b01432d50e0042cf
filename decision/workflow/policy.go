package workflow

import (
	"slices"
	"strings"
)

// Category says what a check is about.
type Category string

// The categories of checks.
const (
	Extraction  Category = "extraction"
	Biometric   Category = "biometric"
	Document    Category = "document"
	Compliance  Category = "compliance"
	Fraud       Category = "fraud"
	Decisioning Category = "decisioning"
	Own         Category = "own" // of the host, and of none of the above
)

// Policy is a kind of check by its name.
type Policy struct {
	Name     string   `json:"name"`
	Category Category `json:"category"`
	// Required: [Graph.WithRequired] puts it into every graph.
	Required bool `json:"required"`
}

// Policies are the checks that have a name of their own at
// https://docs.withverifa.com/core-concepts/verifications-checks, by category; age_verification is a name of
// ours, because that of the vendor is not public. None of them is made by this package. The slice is the
// caller's own.
func Policies() []Policy { return slices.Clone(policies) }

// KnownPolicy reports whether there is a policy of that name. It is what a host gives to [Graph.Validate] that
// has no checks of its own.
func KnownPolicy(name string) bool {
	return slices.ContainsFunc(policies, func(p Policy) bool { return p.Name == name })
}

// policies is never changed.
var policies = []Policy{
	{"document_ocr", Extraction, false},

	{"face_match", Biometric, false},
	{"nfc_chip_auth", Biometric, false},

	{"document_expiration", Document, false},
	{"id_document_filter", Document, false},
	{"proof_of_address_check", Document, false},
	{"age_verification", Document, false},

	{"watchlist_screening", Compliance, true},
	{"aml_screening", Compliance, false},

	{"risk_assessment", Fraud, true},
	{"identity_crossref", Fraud, false},
	{"duplicate_detection", Fraud, false},
	{"check_against_list", Fraud, false},
	{"email_risk", Fraud, false},
	{"phone_risk", Fraud, false},
	{"ip_risk", Fraud, false},
	{"email_risk_enhanced", Fraud, false},
	{"phone_risk_enhanced", Fraud, false},
	{"address_validation", Fraud, false},

	{"auto_approve", Decisioning, false},
}

// autoPrefix begins the id of a node that [Graph.WithRequired] puts in. No other id has a colon.
const autoPrefix = "auto:"

func isAuto(id string) bool { return strings.HasPrefix(id, autoPrefix) }

// WithRequired is the graph with the required checks right after its start, each unless every way to a terminal
// has it anyway. Such a check does not change where the run goes, whatever comes of it; its result is there for
// the conditions and for whoever reads the run. Its node is called "auto:" and the policy's name, an id that
// nobody else may give. A graph that does not begin with a start comes back as it is. g itself stays as it was;
// what comes back shares nothing with it.
func (g Graph) WithRequired() Graph {
	g = g.clone()
	start, ok := g.Nodes[g.Entry]
	if !ok || start.Type != NodeStart {
		return g
	}
	for _, p := range slices.Backward(policies) {
		if p.Required && g.decidesWithout(p.Name) {
			next := start.Next
			start.Next = autoPrefix + p.Name
			g.Nodes[start.Next] = Node{Type: NodePolicy, Policy: p.Name,
				OnPass: next, OnFail: next, OnError: next, OnSkip: next}
			g.Nodes[g.Entry] = start
		}
	}
	return g
}

// autoNodes are the nodes that WithRequired has put in: those of such an id in a row after the start.
func (g Graph) autoNodes() map[string]bool {
	found := map[string]bool{}
	for id := g.Nodes[g.Entry].Next; isAuto(id) && !found[id]; id = g.Nodes[id].OnPass {
		n := g.Nodes[id]
		required := slices.ContainsFunc(policies, func(p Policy) bool { return p.Required && p.Name == n.Policy })
		same := n.OnFail == n.OnPass && n.OnError == n.OnPass && n.OnSkip == n.OnPass
		if n.Type != NodePolicy || !required || id != autoPrefix+n.Policy || !same {
			break
		}
		found[id] = true
	}
	return found
}
