package memstore

import (
	"slices"

	"github.com/bonafide-idv/bonafide/session"
)

// copyBytes copies bytes; of none it makes nil.
func copyBytes(b []byte) []byte { return append([]byte(nil), b...) }

func copySession(s session.Session) session.Session {
	s.Key, s.Sealed, s.Receipt = copyBytes(s.Key), copyBytes(s.Sealed), copyBytes(s.Receipt)
	return s
}

func copyDelivery(d session.Delivery) session.Delivery {
	d.Body = copyBytes(d.Body)
	return d
}

func copyEntry(e session.Entry) session.Entry {
	e.Body = copyBytes(e.Body)
	return e
}

func copyDecisions(list []session.Decision) []session.Decision {
	return copyList(list, func(d *session.Decision) *[]byte { return &d.Sealed })
}

func copyMedia(list []session.Media) []session.Media {
	return copyList(list, func(m *session.Media) *[]byte { return &m.Sealed })
}

func copyFindings(list []session.Finding) []session.Finding {
	return copyList(list, func(f *session.Finding) *[]byte { return &f.Sealed })
}

func copyEvents(list []session.Event) []session.Event {
	return copyList(list, func(e *session.Event) *[]byte { return &e.About })
}

func copyDeliveries(list []session.Delivery) []session.Delivery {
	return copyList(list, func(d *session.Delivery) *[]byte { return &d.Body })
}

func copyEntries(list []session.Entry) []session.Entry {
	return copyList(list, func(e *session.Entry) *[]byte { return &e.Body })
}

// copyList copies rows, with the bytes that each has.
func copyList[T any](list []T, bytes func(*T) *[]byte) []T {
	list = slices.Clone(list)
	for i := range list {
		b := bytes(&list[i])
		*b = copyBytes(*b)
	}
	return list
}

func copyChange(c session.Change) session.Change {
	c.Session = copySession(c.Session)
	c.Attempts, c.Events = slices.Clone(c.Attempts), copyEvents(c.Events)
	c.Decisions, c.Media, c.Findings = copyDecisions(c.Decisions), copyMedia(c.Media), copyFindings(c.Findings)
	c.Deliveries, c.Entries = copyDeliveries(c.Deliveries), copyEntries(c.Entries)
	c.Permits = slices.Clone(c.Permits)
	for i := range c.Permits {
		c.Permits[i].Rules = slices.Clone(c.Permits[i].Rules)
	}
	return c
}
