package intake

// Lines is how many keys are remembered.
func (p *Places) Lines() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.of)
}
