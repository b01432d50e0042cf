package session

import (
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/media"
)

// Session is one attempt to verify one person, as a row: the facts that rules and lists need, in clear
// because none of them is about a person, and what the host gave about the person, sealed. All times
// are UTC and whole microseconds; the zero time means never.
type Session struct {
	ID          uuid.UUID
	Tenant      uuid.UUID // whose it is; every look-up is within one tenant
	Integration uuid.UUID // whose [Policy] and endpoints it has
	Sandbox     bool      // live and sandbox sessions never see one another

	Status    Status
	AttemptID uuid.UUID // the current attempt
	AttemptN  int       // its number, from 1

	Version int64 // raised by one by every [Change] without Keep; 1 after creation
	Seq     int64 // number of the newest event

	CreatedAt   time.Time
	UpdatedAt   time.Time
	ActiveAt    time.Time // when the person last did something; an API key is not a person
	SubmittedAt time.Time // the newest submission
	EndedAt     time.Time // when the status became terminal
	ExpiresAt   time.Time // the end of a session that is not submitted; only a late request for resubmission moves it
	DeletedAt   time.Time // from then on no reader finds it
	RedactedAt  time.Time

	// DecideAt is since when the decider's turn is due; zero when it is nobody's or a human being's.
	DecideAt time.Time
	// EraseAt is when the keys and blobs of a deleted session are to be destroyed; zero when done.
	EraseAt time.Time
	// ScreenAt is when a decided session is screened next; zero: never.
	ScreenAt time.Time
	// RedactAt is when a session that has ended is redacted by itself; zero: never. See [Policy.Retention].
	RedactAt time.Time
	// HeldAt is since when a legal hold keeps it from being redacted and deleted; zero: there is none.
	HeldAt time.Time
	// HideAt is from when on an ended session's personal data are shown to nobody, though they are still there;
	// zero: never. See [Policy.Sensitive].
	HideAt time.Time
	// RetryAt puts off whatever is due: work that was begun elsewhere, or that failed Tries times.
	RetryAt time.Time
	Tries   int
	// DueAt is the alarm: always what [Session.Alarm] says. The store finds due sessions by it.
	DueAt time.Time

	// Ref finds the session by its [Facts.ExternalRef]; zero: it has none, or is redacted. See [Engine.RefIndex].
	Ref BlindIndex
	// LinkN is the number of the newest link that was made for the person; older ones are dead. See [Link].
	LinkN int
	// Receipt says what a redaction destroyed, as JSON: see [Receipt]. Nil before.
	Receipt []byte
	// Head is the Hash of the newest event; given by the store.
	Head [32]byte

	Key    []byte // what the [Keeper] needs to open the session's key; not enough by itself; nil once destroyed
	Sealed []byte // [Facts]; nil once erased
}

// Attempt is one try of the person within a session. The first exists from creation on; the first
// upload, start or submission after a request for resubmission opens the next.
type Attempt struct {
	ID        uuid.UUID
	Session   uuid.UUID
	N         int    // from 1
	Status    Status // created, started, submitted, then what was decided of it
	Submitter Actor  // who submitted it; empty before
	CreatedAt time.Time
	EndedAt   time.Time // when it was decided or its session ended
}

// Decision is one conclusion about one attempt. Decisions are appended and never changed: N counts
// them within the session, and the newest is the one that holds.
type Decision struct {
	ID      uuid.UUID
	Session uuid.UUID
	Attempt uuid.UUID
	N       int // from 1
	Outcome decision.Outcome
	Code    int // reason code; 0: none
	By      Actor
	At      time.Time
	Sealed  []byte // [decision.Record]; nil once erased
}

// Media is one photograph, document or film that was uploaded to an attempt, or the data of a chip.
type Media struct {
	ID        uuid.UUID
	Session   uuid.UUID
	Attempt   uuid.UUID
	Context   media.Context
	Type      media.Type
	Size      int64  // bytes as uploaded
	Blob      string // its name in [media.Blobs]
	CreatedAt time.Time
	Sealed    []byte // [MediaFacts]; nil once erased
}

// FindingKind says what a [Finding] is about.
type FindingKind string

// The kinds of finding.
const (
	FindingDevice     FindingKind = "device"      // [Device]
	FindingScreening  FindingKind = "screening"   // [Screened]
	FindingUserStatus FindingKind = "user_status" // [UserStatus]
	FindingConsent    FindingKind = "consent"     // [Agreement]
	FindingChoice     FindingKind = "choice"      // [Choice]
	FindingGiven      FindingKind = "given"       // [Given]
	FindingSignals    FindingKind = "signals"     // [Signals]
	FindingRun        FindingKind = "run"         // [Run]
	FindingGate       FindingKind = "gate"        // [Gate]
	FindingNote       FindingKind = "note"        // [Note]
	FindingClaim      FindingKind = "claim"       // [Claim]
)

// Finding is something that was learned about an attempt besides what was shown and what was concluded.
// Findings are appended and never changed.
type Finding struct {
	ID      uuid.UUID
	Session uuid.UUID
	Attempt uuid.UUID
	Kind    FindingKind
	By      Actor
	At      time.Time
	Sealed  []byte // [FindingFacts]; nil once erased
}

// EventKind says what happened.
type EventKind string

// The kinds of event. Those of a transition are named after the status it led to.
const (
	EventCreated               EventKind = "created"
	EventStarted               EventKind = "started"
	EventUploaded              EventKind = "uploaded"
	EventSubmitted             EventKind = "submitted"
	EventAwaitingExternal      EventKind = "awaiting_external"
	EventReview                EventKind = "review"
	EventApproved              EventKind = "approved"
	EventDeclined              EventKind = "declined"
	EventResubmissionRequested EventKind = "resubmission_requested"
	EventExpired               EventKind = "expired"
	EventAbandoned             EventKind = "abandoned"
	EventFailed                EventKind = "failed"

	EventCollected  EventKind = "collected"   // data about the person's device were given
	EventScreening  EventKind = "screening"   // the screener was asked
	EventScreened   EventKind = "screened"    // a screening found something new: the first result, or another than before
	EventRescreened EventKind = "rescreened"  // a screening found the same as before
	EventUnscreened EventKind = "unscreened"  // the screening that was due is given up: nobody looks, or there is nothing to look for
	EventUserStatus EventKind = "user_status" // the host gave the attempt a status of its own

	EventResumed      EventKind = "resumed"      // a new link was made, and the session has new time
	EventLinked       EventKind = "linked"       // a one-time link was made
	EventVisited      EventKind = "visited"      // it was used
	EventUpdated      EventKind = "updated"      // the host changed its reference, metadata or tags
	EventInvited      EventKind = "invited"      // the person was to be invited once more
	EventConsented    EventKind = "consented"    // the person agreed
	EventChosen       EventKind = "chosen"       // the person chose a document
	EventGiven        EventKind = "given"        // data were given in the form
	EventSignalled    EventKind = "signalled"    // signals of fraud were given
	EventContinued    EventKind = "continued"    // the host's system answered at the gate
	EventReprocessed  EventKind = "reprocessed"  // it is decided again
	EventRan          EventKind = "ran"          // a step of the workflow was made
	EventCaseOpened   EventKind = "case_opened"  // a case was opened for reviewers, see [Policy.Cases]
	EventCaseDecided  EventKind = "case_decided" // it was approved or declined
	EventClaimed      EventKind = "claimed"      // a reviewer took the case, or gave it back
	EventNoted        EventKind = "noted"        // a reviewer wrote a note
	EventRead         EventKind = "read"         // personal data were read
	EventExported     EventKind = "exported"     // all that is known about the person was read
	EventRedacted     EventKind = "redacted"     // personal data were erased
	EventRetired      EventKind = "retired"      // the same, because [Policy.Retention] was over
	EventIdentified   EventKind = "identified"   // the person's [Identity] was made
	EventReidentified EventKind = "reidentified" // it was brought up to date, or redacted
	EventHeld         EventKind = "held"         // a legal hold began
	EventReleased     EventKind = "released"     // it ended
	EventResent       EventKind = "resent"       // what was told is to be told once more

	EventDeciding  EventKind = "deciding"  // the decider was asked
	EventUndecided EventKind = "undecided" // it gave a verdict that the integration's policy cannot carry out, or none
	EventDeleted   EventKind = "deleted"   // no reader finds the session any more
	EventErasing   EventKind = "erasing"   // the destruction of its key and blobs was begun
	EventErased    EventKind = "erased"    // they are gone, after a deletion or a redaction
	EventPutOff    EventKind = "put_off"   // what was due could not be done, and is tried again later
)

// Event is one thing that happened to a session. Folding the events in the order of Seq gives the
// session's status.
type Event struct {
	ID      uuid.UUID
	Session uuid.UUID
	Change  uuid.UUID // the [Change] that wrote it
	Seq     int64     // from 1 without gaps; given by the store
	Kind    EventKind
	Status  Status // the session's after it
	Attempt uuid.UUID
	By      Actor
	At      time.Time // when it took effect: of an expiry the deadline, not the sweep
	// About says who asked for it and how, as JSON in clear: see [About]. Nil where [Policy.Audit] is off.
	About []byte
	// Listed puts it on the tenant's list of events, where [Policy.Audit] is on.
	Listed bool
	// Hash chains it to the event before it: see [Chain]. Given by the store.
	Hash [32]byte
}

// EntryKind says what an [Entry] is.
type EntryKind string

// The kinds of entry. A host may have others of its own, whose names then have a full stop in them.
const (
	EntryAnswer          EntryKind = "answer"           // what a keyed request was answered: see [Once]
	EntryIdentity        EntryKind = "identity"         // [Identity]
	EntryEndpoint        EntryKind = "endpoint"         // [StoredEndpoint]
	EntryWorkflow        EntryKind = "workflow"         // [Workflow], as it is now
	EntryWorkflowVersion EntryKind = "workflow_version" // [Workflow], as one of its versions was
	EntryWorkflowDefault EntryKind = "workflow_default" // the id of the workflow of sessions that name none
	EntryKey             EntryKind = "key"              // an API key, as an adapter has it
	EntryAudit           EntryKind = "audit"            // [AuditEntry]: what was done to a tenant's own settings
	EntryCheckpoint      EntryKind = "checkpoint"       // [Checkpoint] of the audit log
	EntryOrphans         EntryKind = "orphans"          // how far [Engine.SweepOrphans] has come; one for the whole store
	EntryDiscarded       EntryKind = "discarded"        // names of blobs that are to be removed, of the whole store
)

// Entry is something that a tenant has beside its sessions, or that is kept for one of them. The store does not
// look into it.
type Entry struct {
	Kind    EntryKind
	ID      uuid.UUID // in the order of time
	Tenant  uuid.UUID // nil: of all tenants together
	Sandbox bool
	Session uuid.UUID // with which its Body goes; nil: none
	Name    string    // at most 255 bytes; within tenant, sandbox and kind only one has it; empty: it has none
	Version int64     // 1 when it is added, and one more with every change

	CreatedAt time.Time
	UpdatedAt time.Time
	ExpiresAt time.Time // from then on it is not there; zero: never
	Body      []byte    // nil once erased
}

// DeliveryState says what is to become of a delivery.
type DeliveryState string

// The states of a delivery. Only due and held ones are ever claimed.
const (
	DeliveryDue       DeliveryState = "due"       // to be sent at DueAt
	DeliveryHeld      DeliveryState = "held"      // the same, but withdrawn if the person submits again before
	DeliveryDone      DeliveryState = "done"      // the receiver took it
	DeliveryDead      DeliveryState = "dead"      // given up
	DeliveryErased    DeliveryState = "erased"    // held personal data of a session that was erased
	DeliveryWithdrawn DeliveryState = "withdrawn" // was held, and is no longer true
)

// Pending reports whether the delivery is still to be sent.
func (s DeliveryState) Pending() bool { return s == DeliveryDue || s == DeliveryHeld }

// Delivery is one event for one endpoint. Its body is fixed when the event is written, so that every
// try sends the same bytes.
type Delivery struct {
	ID          uuid.UUID // the same on every try
	Tenant      uuid.UUID
	Sandbox     bool
	Session     uuid.UUID
	Integration uuid.UUID
	Endpoint    uuid.UUID
	Event       uuid.UUID
	Seq         int64 // the event's; given by the store
	CreatedAt   time.Time
	DueAt       time.Time // next try, or until when it is claimed; zero unless Pending
	Claims      int       // how often it was claimed: it tells one claim from the next
	Tries       int       // how often it was sent
	State       DeliveryState
	Personal    bool   // Body is sealed under the session's key and goes with it; else it is in clear
	Body        []byte // nil once erased or withdrawn
	Last        Try
}

// Try is how one try of a delivery ended.
type Try struct {
	At     time.Time // zero: not tried yet
	Status int       // the receiver's HTTP status; 0: it did not answer
	Note   string    // why, in fixed words; never text of the receiver
}
