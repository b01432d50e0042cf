// Package decision is the vocabulary of what is concluded about a person: outcomes, reason codes, and
// the record of what was read from the documents.
//
// It is data only. Who concludes, and what follows for a session, is said by package session; how it is
// told to the host, by the wire languages under httpadapter.
package decision
