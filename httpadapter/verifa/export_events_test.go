package verifa

// What tests see of the tables and of the paths of attributes.
var (
	AuditType  = auditType
	AuditKinds = auditKinds
)

// NotSpoken are what is said to be missing, with why and the vendor's pages.
func NotSpoken() (list [][3]string) {
	for _, a := range notSpoken {
		list = append(list, [3]string{a.what, a.why, a.page})
	}
	return list
}

// Without is a payload without the members at the paths.
func Without(payload []byte, paths []string) []byte { return without(payload, paths) }

// Meets reports whether a payload meets conditions.
func Meets(payload, conditions []byte) (bool, error) { return meets(payload, conditions) }

// EventNames are the vendor's names of events, and whether anything leads to them.
func EventNames() map[string]bool {
	names := map[string]bool{}
	for _, t := range catalogue {
		names[t.name] = t.kind != ""
	}
	return names
}
