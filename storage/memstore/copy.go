package memstore

import (
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// copyBytes copies bytes; of none it makes nil.
func copyBytes(b []byte) []byte { return append([]byte(nil), b...) }

func copySession(s session.Session) session.Session {
	s.Key, s.Sealed = copyBytes(s.Key), copyBytes(s.Sealed)
	return s
}

func copyDelivery(d session.Delivery) session.Delivery {
	d.Body = copyBytes(d.Body)
	return d
}

func copyDecisions(list []session.Decision) []session.Decision {
	list = slices.Clone(list)
	for i := range list {
		list[i].Sealed = copyBytes(list[i].Sealed)
	}
	return list
}

func copyMedia(list []session.Media) []session.Media {
	list = slices.Clone(list)
	for i := range list {
		list[i].Sealed = copyBytes(list[i].Sealed)
	}
	return list
}

func copyChange(c session.Change) session.Change {
	c.Session = copySession(c.Session)
	c.Attempts, c.Events = slices.Clone(c.Attempts), slices.Clone(c.Events)
	c.Decisions, c.Media = copyDecisions(c.Decisions), copyMedia(c.Media)
	c.Deliveries = slices.Clone(c.Deliveries)
	for i := range c.Deliveries {
		c.Deliveries[i] = copyDelivery(c.Deliveries[i])
	}
	c.Permits = slices.Clone(c.Permits)
	for i := range c.Permits {
		c.Permits[i].Rules = slices.Clone(c.Permits[i].Rules)
	}
	return c
}
