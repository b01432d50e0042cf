package verifa

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/bonafide-idv/bonafide/decision/workflow"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// graphFaults notes what is wrong with a graph, or with steps, whose faults say so themselves.
func (o *object) graphFaults(at string, err error) {
	var faults *workflow.GraphError
	if !errors.As(err, &faults) {
		o.fault(at+"nodes", "cannot be read")
		return
	}
	for _, f := range faults.Faults {
		o.fault(at+shorten(f.Path()), f.Message)
	}
}

// graphText is a graph whose members are in snake_case, but for the ids of nodes.
func graphText(graph jsontext.Value) (text json.RawMessage, err error) {
	members := newObject("", graph, nil, new([]fieldFault))
	var nodes bytes.Buffer
	nodes.WriteByte('{')
	list, _ := members.member("nodes")
	list.value.Each(func(id, node jsontext.Value) bool {
		if nodes.Len() > 1 {
			nodes.WriteByte(',')
		}
		nodes.Write(id)
		nodes.WriteByte(':')
		var inner []byte
		if inner, err = keycase.Append(nil, node, keycase.Snake, "config"); err != nil {
			return false
		}
		nodes.Write(inner)
		return true
	})
	nodes.WriteByte('}')
	out := []byte(`{"nodes":` + nodes.String())
	for means := range members.members {
		if m, _ := members.member(means); means != fold("nodes") && len(m.value) > 0 {
			name, _ := json.Marshal(string(keycase.AppendKey(nil, m.name, keycase.Snake))) // a text can always be written
			out = append(append(append(append(out, ','), name...), ':'), m.value...)
		}
	}
	if err != nil || len(*members.faults) > 0 {
		return nil, errors.Join(err, errors.New("verifa: a member is there twice"))
	}
	return append(out, '}'), nil
}

// orGraphFaults tells what is wrong with a graph or with steps, when that is why they were refused.
func orGraphFaults(at string, err error) error {
	var faults *workflow.GraphError
	if !errors.As(err, &faults) {
		return orWorkflow(err)
	}
	o := newObject("", nil, nil, new([]fieldFault))
	o.graphFaults(at, err)
	return o.err()
}
