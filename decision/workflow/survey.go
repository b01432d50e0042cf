package workflow

import "slices"

// survey is what a walk over all routes from the entry finds. It ends for any graph.
type survey struct {
	graph Graph
	state map[string]surveyState
	left  []string // the nodes in the order in which they were left for good
	loops []Fault  // the routes that lead back
}

type surveyState int

const (
	unseen surveyState = iota
	onTheWay
	left
)

func (g Graph) survey() *survey {
	s := &survey{graph: g, state: make(map[string]surveyState, len(g.Nodes))}
	if _, ok := g.Nodes[g.Entry]; ok {
		s.visit(g.Entry)
	}
	return s
}

func (s *survey) visit(id string) {
	s.state[id] = onTheWay
	for _, r := range slices.Backward(s.graph.routes(id)) {
		_, isNode := s.graph.Nodes[r.to]
		switch s.state[r.to] {
		case unseen:
			if isNode {
				s.visit(r.to)
			}
		case onTheWay:
			s.loops = append(s.loops, Fault{id, r.field, "leads back to where the run has been"})
		}
	}
	s.state[id] = left
	s.left = append(s.left, id)
}

// order has each node before those it leads to, and within that as the first routes go.
func (s *survey) order() []string {
	order := slices.Clone(s.left)
	slices.Reverse(order)
	return order
}

// decidesWithout reports whether a run can come to a terminal without a check of the policy.
func (g Graph) decidesWithout(policy string) bool {
	seen := map[string]bool{}
	var look func(id string) bool
	look = func(id string) bool {
		n := g.Nodes[id]
		if seen[id] || n.Type == NodePolicy && n.Policy == policy {
			return false
		}
		seen[id] = true
		return n.Type == NodeTerminal || slices.ContainsFunc(g.routes(id), func(r route) bool { return look(r.to) })
	}
	return look(g.Entry)
}
