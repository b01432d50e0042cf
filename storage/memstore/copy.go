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
	return copySealed(list, func(d *session.Decision) *[]byte { return &d.Sealed })
}

func copyMedia(list []session.Media) []session.Media {
	return copySealed(list, func(m *session.Media) *[]byte { return &m.Sealed })
}

func copyFindings(list []session.Finding) []session.Finding {
	return copySealed(list, func(f *session.Finding) *[]byte { return &f.Sealed })
}

// copySealed copies parts, with the bytes that are sealed in each.
func copySealed[T any](list []T, sealed func(*T) *[]byte) []T {
	list = slices.Clone(list)
	for i := range list {
		b := sealed(&list[i])
		*b = copyBytes(*b)
	}
	return list
}

func copyChange(c session.Change) session.Change {
	c.Session = copySession(c.Session)
	c.Attempts, c.Events = slices.Clone(c.Attempts), slices.Clone(c.Events)
	c.Decisions, c.Media, c.Findings = copyDecisions(c.Decisions), copyMedia(c.Media), copyFindings(c.Findings)
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
