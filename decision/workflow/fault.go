package workflow

import (
	"fmt"
	"strings"
)

// GraphError refuses a graph, or a list of steps, with all that is wrong with it.
type GraphError struct {
	Faults []Fault // one at least, by node
}

// Fault is one thing that is wrong.
type Fault struct {
	// Node is the id of the node; empty: the graph as a whole.
	Node string `json:"node,omitempty"`
	// Field is the member of the node, or of the graph where there is no node, as "conditions.2.value" or
	// "entry"; empty: the node or the graph as a whole. In a list of steps it begins with "steps".
	Field string `json:"field,omitempty"`
	// Message is a sentence's end, as "is required".
	Message string `json:"message"`
}

// Path is where the fault is, from the root of the graph, as "nodes.age.conditions.2.value"; empty: the whole.
func (f Fault) Path() string {
	switch {
	case f.Node == "":
		return f.Field
	case f.Field == "":
		return "nodes." + f.Node
	}
	return "nodes." + f.Node + "." + f.Field
}

// Error says what is wrong first, and how much else. It names nodes and fields, and repeats no value.
func (e *GraphError) Error() string {
	if len(e.Faults) == 0 {
		return "workflow: the graph is not acceptable"
	}
	first := strings.TrimSpace(e.Faults[0].Path() + " " + e.Faults[0].Message)
	if more := len(e.Faults) - 1; more > 0 {
		return fmt.Sprintf("workflow: the graph is not acceptable: %s (and %d more)", first, more)
	}
	return "workflow: the graph is not acceptable: " + first
}

// refusal is nil when there are no faults.
func refusal(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &GraphError{faults}
}
