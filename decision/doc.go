// Package decision is the vocabulary of what is concluded about a person: outcomes, reasons, the record of
// what was read from the documents and found out, and what a screening of lists says.
//
// It is data only. Who concludes, and what follows for a session, is said by package session; how it is
// told to the host, by the wire languages under httpadapter; watchlist screens lists of the host's own.
//
// # What is not known
//
// The zero value of a field says that it is not known: an empty text, a zero [Date], a nil pointer. Where
// "no" is something else than "not known" there is a pointer to a bool. What becomes of what is not known,
// null or nothing, is the wire language's affair.
//
// # What is kept
//
// A [Record] is kept as JSON, and what was kept once can always be read: members are added, never renamed.
// [Additional] takes any JSON object and gives it back whole, with a field for each part that is known.
//
// None of it prints itself: with any verb, and as a value of a log, a Record is "[record]". See [Verdict]
// for the one exception.
package decision
