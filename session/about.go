package session

import "encoding/json"

// About says on whose request something is done, for the audit log. It is kept in clear and outlives a redaction: it
// must hold nothing about the person who is verified.
type About struct {
	Actor  string `json:"actor,omitempty"`  // who, as "api_key:vk_live_abc1"
	IP     string `json:"ip,omitempty"`     // from where; of the person's own requests it is not kept
	Method string `json:"method,omitempty"` // of the request
	Path   string `json:"path,omitempty"`   // of the request, as its route has it, without a query
	What   string `json:"what,omitempty"`   // what was read or changed, in a word of the wire language
}

// audit writes into an event on whose request it is, where the policy has it.
func (w *work) audit(ev *Event) {
	if !w.in.Policy.Audit {
		return
	}
	switch ev.Kind {
	case EventDeciding, EventScreening, EventErasing, EventPutOff:
		return // turns of the engine's own
	}
	ev.Listed = true
	if w.e.about == nil || w.e.job != nil {
		return
	}
	about := *w.e.about
	if ev.By == ActorPerson {
		about.IP = ""
	}
	ev.About, _ = json.Marshal(about) // of strings alone, it never fails
}
