package veriff

import "github.com/bonafide-idv/bonafide/session"

// FullAutoOf is the full-auto body of a session as it is written; null when there is none.
func FullAutoOf(s *session.Snapshot) ([]byte, error) { return stringify(fullAutoOf(s)) }
