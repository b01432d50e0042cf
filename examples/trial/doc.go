// Package trial has no code but tests: it is where servers are killed, and where what many processes say of one
// database is held against what can be true.
//
// The tests start themselves again as servers, whole ones, over HTTP in both languages, on SQLite and on PostgreSQL.
// What the tests know is what they were answered, and so what is there afterwards has to be that, wholly, and of what
// was not answered all or nothing.
//
//	go test ./examples/trial -run TestServersKilled -crashes 1000
//
// kills more servers than the default, which suits a machine with two cores. PostgreSQL is killed too, three times. With
// BONAFIDE_TEST_LONG=1 in the environment, three times as many servers are killed, and workers have three times as much to
// do.
package trial
