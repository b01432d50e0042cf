// Package risk adds up what is suspicious about one attempt: signals, each with a weight, become a score from
// 0 to 100, the score a level, and some signals may stop the attempt whatever the score is.
//
// It is plain arithmetic over a table, with nothing learnt and nothing hidden. Who noticed a signal, a page, a
// device or the host's server, is the caller's affair; [FromTiming] derives the two that follow from a
// duration.
//
// # The table
//
// [Signals] has every signal with its category and weight. Names and weights are those of
// https://docs.withverifa.com/best-practices/fraud-signals. Where no weight is public there is one of our own,
// and the signal says so by its Published; the categories are assigned by us.
//
// # The policy
//
// A host changes weights and decides what a signal does: ignore, score or block. The zero [Policy] is the table
// as it is, and blocks nothing.
//
// # The score
//
// The sum of the weights of the signals that were triggered, each counted once, and never more than 100. So the
// order and the repetition of signals do not matter, and one signal more never makes the score less.
package risk
