// Package faulttest is for the tests of what tests call: it says what they find wrong, and nothing fails.
package faulttest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Of is what a test says is wrong, one fault to a line; empty: nothing. The test has no other use of t than to be
// given to who calls for it, and may call whatever does not end it, or Fatal and Fatalf. It has ended when Of returns.
func Of(t testing.TB, test func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // which a fatal fault ends
		defer close(done)
		test(r)
	}()
	<-done
	return r.said.String()
}

// recorder is a test that keeps what is said of it.
type recorder struct {
	testing.TB
	said strings.Builder
}

func (r *recorder) Error(args ...any) { fmt.Fprintln(&r.said, args...) }

func (r *recorder) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }
