package auth

const scopeCreate = "sessions:create"

// Scope is one right that a secret API key can have, see https://docs.withverifa.com/api-details/authentication.
type Scope struct {
	Name    string   // resource:action
	Default bool     // new keys have it; the others are opted into
	Covers  []string // the narrower scopes whose rights it includes, and the name it had before or has now
}

// Scopes are all that there are, the default ones first: those of which the vendor's pages speak by name. The list
// is the caller's.
func Scopes() []Scope {
	return []Scope{
		{Name: "sessions:read", Default: true},
		{Name: scopeCreate, Default: true},
		{Name: "sessions:write", Default: true, Covers: []string{scopeCreate}},
		{Name: "verifications:read", Default: true},
		{Name: "identities:read", Default: true},
		{Name: "documents:write"},
		{Name: "workflows:write"},
		{Name: "webhooks:read"},
		{Name: "webhooks:write"},
		{Name: "cases:decide", Covers: []string{"cases:write"}},
		{Name: "cases:write", Covers: []string{"cases:decide"}},
		{Name: "redact:write"},
	}
}

// DefaultScopes are the names of those that new keys have. The list is the caller's.
func DefaultScopes() []string { return scopeNames(func(s Scope) bool { return s.Default }) }

// AllScopes are the names of all. The list is the caller's.
func AllScopes() []string { return scopeNames(func(Scope) bool { return true }) }

func scopeNames(wanted func(Scope) bool) (names []string) {
	for _, scope := range Scopes() {
		if wanted(scope) {
			names = append(names, scope.Name)
		}
	}
	return names
}
