// Package sessiontest is what tests need around a session engine: a clock that is moved by hand, a
// renderer in plain words, and a receiver that keeps what it is told.
//
// A test makes an engine of these and storage/memstore, moves the clock, and calls Engine.Settle: everything
// that falls due has then happened, in order, with nothing running in the background.
package sessiontest
