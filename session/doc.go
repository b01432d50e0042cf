// Package session is an identity-verification session engine: it takes one attempt to verify one person
// from its creation by a server, through photographs and data, to a decision that the server is told of.
//
// # A session
//
// A [Session] is made by [Engine.Create], begun by the person ([Engine.Start]), filled ([Engine.Upload]),
// handed in ([Engine.Submit]) and concluded, by a [Decider] on the session's own alarm or by hand
// ([Engine.Decide]). When its time runs out before it is handed in, it expires; it can be deleted
// ([Engine.Delete]), or redacted ([Engine.Redact]), and then everything about the person is destroyed. What is possible
// when, and for whom, is one table, [Transitions]:
//
//	stateDiagram-v2
//	    [*] --> created
//	    created --> started: start
//	    started --> started: start
//	    resubmission_requested --> started: start
//	    created --> submitted: submit
//	    started --> submitted: submit
//	    resubmission_requested --> submitted: submit
//	    submitted --> awaiting_external: pause
//	    awaiting_external --> submitted: continue
//	    submitted --> review: review
//	    awaiting_external --> review: review
//	    submitted --> approved: approve
//	    awaiting_external --> approved: approve
//	    review --> approved: approve
//	    submitted --> declined: decline
//	    awaiting_external --> declined: decline
//	    review --> declined: decline
//	    submitted --> resubmission_requested: request_resubmission
//	    review --> resubmission_requested: request_resubmission
//	    submitted --> failed: fail
//	    awaiting_external --> failed: fail
//	    created --> expired: expire
//	    started --> abandoned: expire
//	    resubmission_requested --> abandoned: expire
//	    submitted --> abandoned: expire
//	    awaiting_external --> abandoned: expire
//	    review --> abandoned: expire
//	    created --> created: resume
//	    started --> created: resume
//	    expired --> created: resume
//	    abandoned --> created: resume
//	    approved --> submitted: reprocess
//	    declined --> submitted: reprocess
//	    failed --> submitted: reprocess
//	    approved --> declined: revise
//	    declined --> approved: revise
//	    approved --> [*]
//	    declined --> [*]
//	    expired --> [*]
//	    abandoned --> [*]
//	    failed --> [*]
//
// Beside what is shown there is what is learned, a [Finding]: data about the person's device ([Engine.Collect]),
// the results of screenings, statuses of the host's own ([Engine.SetUserStatus]). A [Screener] searches the lists
// of politically exposed and sanctioned people for whoever was decided about, and again for as long as the
// session is there, where [Policy.Monitoring] says so; the host is told only of what is new. A
// [RegistryValidator] takes the decider's place in sessions that show nothing and ask a registry instead
// ([Engine.CheckRegistry]). And where [Policy.Workflows] is on, a [Workflow] does: a graph of checks, conditions and
// gates, kept with the tenant ([Engine.AddWorkflow]) and run on the session's alarm, each check by a [Check] of the
// host's or by the engine; every turn of the [Run] is recorded.
//
// # The person, and those who review
//
// Where [Policy.Links] is on, a session has a [Link]: a text by which the person acts ([Engine.ByLink]), of which the newest
// alone is alive. A page, or a host's own capture, notes the consent ([Engine.Agree]), which document is shown
// ([Engine.Choose]), what is filled in ([Engine.Give]) and signs of fraud ([Engine.Signal]). A session that was not
// finished is taken up again by [Engine.Resume], one that was decided by [Engine.Reprocess], and a sandbox is taken to
// any outcome by [Engine.Simulate]. What is left to a human being is a [Review]: claimed, annotated and decided. All
// sessions of one external reference are an [Identity].
//
// # Once
//
// A request that may come twice is served once: [Engine.Once] remembers a verb's answer in the same write as its effect.
//
// # The engine
//
// An [Engine] is made of a [Store] and a [Config], whose zero value suits a store in memory. Each verb reads
// the session, brings it up to date, asks the rules, and makes one write, a [Change], which a store does wholly
// or not at all. The rules are pure functions of values and a time; a store only compares, keeps and finds. So
// every store behaves alike, and storage/storetest holds it to that.
//
// Nothing runs by itself: the host calls [Engine.Run], which does what falls due, or, in a test, moves its
// clock and calls [Engine.Settle]. A session whose time is over is expired for every reader at once, whether
// Run has come to it or not.
//
// A host that writes to its own tables in the same transaction gives the engine its transaction: [Engine.With].
//
// # Several processes
//
// Any number of processes may share one store, each with an [Engine] and each in [Engine.Run], without knowing of
// each other: whoever is asked serves, and what falls due is done by one of them. They need the same integrations,
// the same [Config.Key], and a [Keeper] and blobs that all of them reach; the blobs are those of one store alone,
// as what none of its rows names is removed. What else holds:
//
//   - A delivery and the work of an alarm are taken up by one process, for 30 seconds, or for as long as
//     [Policy.DeciderLease] says where something is decided. What a process had taken up that has died comes back
//     to the others after that. So receivers, deciders and screeners may be asked twice, receivers with the same id
//     and the same bytes.
//   - Rates are exact over all processes: permits are in one log in the store, whose time never goes back. Each
//     process tells the time by its own clock, so where clocks differ by a second, an end or an alarm may come a
//     second early or late, and a window is as long as the times in the log say. Where they differ by as much as the
//     30 seconds, one takes up what another is still at; where by hours, blobs of uploads that still go on are lost.
//   - Two verbs at once about one session are done one after the other, each judged by what the other left.
//   - Of a change whose connection was lost in the commit the store finds out what became of it. If it cannot, the
//     verb answers [ErrUnknown]: it was done wholly or not at all. Under [Engine.Once] the same request may be sent
//     again, to any process: if it was done, it is answered with its first answer, and is not done twice.
//   - Stored endpoints are known to other processes within 5 seconds of their change.
//
// # Personal data
//
// Everything about a person is sealed with AES-256-GCM under a key of its session alone before it reaches the
// store or the blobs. The keys are with a [Keeper], outside the store and outside its backups: destroying a key
// destroys what it sealed, also in every copy. So [Engine.Redact] takes everything about the person from a session
// for good, which a signed [Receipt] says, and its status and its reason codes stay. [Engine.Export] reads all that there
// is; [Policy.Sensitive] and [Policy.Retention] say for how long it is shown and kept, and [Engine.Hold] keeps it.
//
// # Who did what
//
// Every event is chained to the one before it by its hash, see [Chain]. Where [Policy.Audit] is on, events also say on
// whose request they are ([Engine.Via]), reading is one too, and signed checkpoints over all sessions let
// [Engine.VerifyAudit] see what was changed or removed.
//
// # Telling the host
//
// Every change appends an [Event], and for each [Endpoint] that wants one a [Delivery], in the same write, its
// bytes rendered by the endpoint's [Renderer]. They are sent at least once, always with the same id and the
// same bytes.
//
// # Seeing what goes on
//
// [Config.Log] is told of what goes wrong, [Config.TracerProvider] of every verb, and [Config.MeterProvider] measures.
// docs/OBSERVABILITY.md lists the instruments, with their units and their labels, whose values are words of fixed lists,
// the spans, and what is logged, and says what each figure means.
//
// What was committed is counted, and nothing that was refused; what a host's transaction has taken has the label
// bonafide.hosted, as nobody says whether it is committed.
package session
