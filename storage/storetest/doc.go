// Package storetest is the suite that every [session.Store] passes, and the only test of what a store
// does. The author of a store calls [Run] from a test of his own, with a function that opens an empty
// store:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) session.Store { return mystore.New() })
//	}
//
// A store that outlives its process calls [Durable] too. Two stores that shall answer alike, down to
// the last byte, can be held against one another by [Compare].
//
// What becomes of a program whose store fails is for package storage/storetest/faulty.
//
// The names of the cases are the sentences of session.Store's comment, so that a red line says which
// promise is broken. Behind the cases stands a model: a store as plain as can be, that is asked the
// same random questions. Nothing here looks into a store or knows how it keeps its rows, and nothing
// sleeps; the times in the cases are made up.
package storetest
