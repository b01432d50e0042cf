// Package faulty breaks a store, a keeper or blobs at one chosen operation. It is how a test sees what becomes of a
// program when the n-th thing that it asks for goes wrong, for each n that there is.
//
// A [Line] stands between who asks and who answers. It counts the operations that pass, from the moment it is armed,
// over everything that hangs on it together: a store by [Line.Store], the keys by [Line.Keeper] and the media by
// [Line.Blobs]. The N-th of them meets the line's [Fault]; all others pass as they are.
//
// There are three ways to go wrong, and a program has to stand all of them:
//
//   - [Refused]: nothing is done, and an error is answered, as when the disk is full.
//   - [Unknown]: it is done, and [session.ErrUnknown] is answered, as of a store whose connection broke in a commit.
//   - [Lost]: it is done, and another error is answered, as when the network breaks before the answer of a keeper. Of
//     Store.Apply no store may answer so, see [session.Store]: what is seen there only says what a program relies on.
//
// A fault is two functions, one before the operation and one after it, so a test can as well end its process there, or
// end a ctx, or let somebody else come first:
//
//	faulty.Fault{After: func() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }}
//
// [Each] does the counting: it runs a test with the first operation going wrong, then with the second, and so on,
// until a run in which nothing was left to go wrong. The author of a store or of a host needs no more than that to
// see each of his own commands interrupted everywhere:
//
//	faulty.Each(faulty.Lost(), func(line *faulty.Line) {
//		engine := newEngine(line.Store(store), line.Keeper(keeper), line.Blobs(blobs))
//		prepare(engine)
//		line.Arm()
//		_, err := engine.Submit(ctx, id)
//		line.Disarm()
//		// Whatever err is: all of the submission is there, or nothing of it; all of it where err is nil.
//		// And when the host asks again, it is there.
//	})
//
// What is looked at afterwards is the test's. Of an engine it is worth to look at what was acknowledged, at the chain
// of events and the state that it leads to, at the deliveries, and at what a repetition with the same
// [session.Once] answers.
package faulty
