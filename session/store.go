package session

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// What a [Store] answers when it refuses. The engine's verbs answer them too.
var (
	// ErrNotFound: no such session, medium or integration within the tenant, or it is deleted.
	ErrNotFound = errors.New("session: not found")
	// ErrConflict: the session was changed by somebody else after it was read.
	ErrConflict = errors.New("session: changed meanwhile")
	// ErrExists: Base is 0 and the session's id is taken, or a part's is.
	ErrExists = errors.New("session: exists")
	// ErrLimited: a rate rule refuses; always as a *[RateError].
	ErrLimited = errors.New("session: rate limited")
	// ErrRetry: a host's transaction cannot go on and must be run again from its beginning.
	ErrRetry = errors.New("session: the transaction must be run again")
	// ErrUnknown: the connection was lost in the commit, and the outcome could not be found out.
	ErrUnknown = errors.New("session: outcome unknown")
)

// Store keeps sessions, and with each its parts: attempts, decisions, media, findings, events and
// deliveries; the permit logs of rate rules; and entries, which are what a tenant has beside its sessions.
//
// A session row has a *version*, which a [Change] raises by one unless it is a Keep, and a *seq*, the number of
// its newest event. A Store MUST NOT have rules: it compares, keeps and finds. Times are whole microseconds,
// UTC, and come back as they went in; so do bytes, of which nil and empty are the same. Text is valid UTF-8
// without NUL. Values cross the border by copy: a Store MUST NOT keep, and MUST NOT hand out, memory that the
// caller can write to.
//
// All methods MUST be safe for concurrent use. What a returned Apply did MUST be seen by every call that
// starts later, in this process and in others on the same data. A ctx that has ended before a method
// began MUST yield its error and no effect.
//
// A Store that stands for a host's transaction may be for one goroutine at a time.
//
// storage/storetest is the suite that every Store passes.
type Store interface {
	// Apply does each change wholly or not at all, and answers errs[i] for changes[i]; nil when all were done.
	//
	//  - A refused change (ErrConflict, ErrExists, *RateError) MUST leave no trace, and MUST NOT change the
	//    outcome of another, in this call or in another call that shares its transaction.
	//  - Within one call changes are judged in order: the second change of a session sees the first.
	//  - A change whose Base is not 0 and whose session is not there, or is of another tenant, is ErrNotFound; one
	//    whose Base is 0 and whose id is taken, by whomever, is ErrExists.
	//  - Events get Seq = the session's seq + 1, + 2, … in their order, and Hash = [Chain] of the session's Head and
	//    themselves; the session's Seq and Head become those of the last of them. A delivery gets the Seq of the event
	//    that it names, of this change or an earlier one.
	//  - A change whose Session has the nil ID is of no session: it has entries, and may have permits, and the rest of
	//    it is not looked at.
	//  - A change is judged by its session first, then by its parts and entries, then by its permits.
	//  - An entry of Version 1 is added: ErrConflict when its ID is there in any tenant, or its Name (unless empty) is
	//    that of another of its tenant, sandbox and kind that has not expired by its CreatedAt; one that has, gives
	//    way. Any other Version replaces that of the version before it, with the same ID, tenant, sandbox and kind;
	//    else ErrConflict, also where it would take the Name of another. What has expired by the CreatedAt of an entry
	//    that is added, or the UpdatedAt of one that replaces, is not there for it. The entries of one change are
	//    judged by what was there before it; the same ID, or the same Name, twice in it is ErrConflict.
	//  - The outcome of a change that is of no session is found out by its entries; without any it MAY be ErrUnknown.
	//  - An attempt of the session that is there already (same ID) is overwritten. A change with any other part whose ID
	//    is there, for decisions, findings and events within the session and else in any, is ErrExists.
	//  - Permits are judged by [PermitLog.Take] in the order of changes, over logs that no one else can
	//    take from meanwhile, and after versions: a change that is refused takes none. Of several permits that are
	//    refused the error is that with the latest Retry.
	//  - ActiveAt never goes back: of the row's and the change's the later is kept.
	//  - When Apply returns nil for a change, it is durable.
	//  - Once begun, Apply MUST wait for the outcome, and MUST NOT let one caller's ctx end another's change.
	//  - When the outcome is not known (a connection lost in the commit) the Store MUST find it out by
	//    Change.ID before it answers; only if it cannot, the error wraps ErrUnknown.
	Apply(ctx context.Context, changes ...Change) []error

	// Sweep hands up to n sessions whose DueAt is not zero and not after now to tick, earliest first and at
	// most once each, deleted ones too, applies the changes that tick returns in one transaction, and
	// answers how many it applied and when the next session is due after that (zero: never).
	//
	// tick MUST be free of effects and quick: it may run inside the transaction, and again when the transaction
	// is run again. (The engine's asks the Keeper, the Integrations and the Renderers.) A change of tick's that
	// is refused is not counted and harms no other. It MUST NOT call the Store. A session for which it answers
	// false is left as it is, counts towards n, and may make next a time that is past. Of two Sweeps at once
	// only one ticks a session for one alarm: the other passes it over, or waits and then finds it not due.
	// When nothing is due, Sweep costs one look into one index.
	Sweep(ctx context.Context, now time.Time, n int, tick func(Session) (Change, bool)) (done int, next time.Time, err error)

	// Load finds one session by one of its names, and the parts that are asked for, as of one instant.
	// Attempts, decisions and events come in the order of N or Seq, media and findings in the order of ID.
	// ErrNotFound: there is none in the tenant, or it is deleted and ref does not ask for deleted ones.
	Load(ctx context.Context, ref Ref, parts Parts) (Record, error)

	// Query lists the sessions of one tenant that are not deleted, newest first (by id, whose order is that
	// of time). It MUST be one range of one index, so that its cost does not grow with what is stored.
	Query(ctx context.Context, q Query) ([]Session, error)

	// Claim hands out up to n pending deliveries whose DueAt is not after now, earliest first and, where that
	// is equal, in the order of ID; none for the endpoints in except. It raises their Claims by one and moves
	// their DueAt to until, so that no other Claim sees them before; they come as they are stored then.
	//
	// First tries leave in the order of Seq, over all processes, and retries may be overtaken: a delivery MUST
	// NOT be handed out while an earlier one of the same session to the same endpoint is pending that is due
	// too, or that was never tried (Last.At is zero). So at most one of them is in one Claim.
	//
	// next is when the earliest delivery is due that was not claimed (zero: never), with no regard to except,
	// to order or to who holds it.
	Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) (claimed []Delivery, next time.Time, err error)

	// Settle writes State, DueAt, Tries and Last of claimed deliveries, each by itself, and answers nil when
	// all were written. One that is not pending any more, or was claimed again meanwhile (Claims differs), is
	// ErrConflict and left as it is; one that is not there is ErrNotFound.
	Settle(ctx context.Context, done ...Delivery) []error

	// Deliveries lists the log of one tenant, live or sandbox, newest first by ID.
	Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error)

	// Entries lists entries of one tenant, live or sandbox, and kind, newest first by ID, without those that have
	// expired at q.At. A Store MAY remove an entry once it has expired, as the CreatedAt of added entries tells the
	// time; it MUST remove, with every entry that is added and will expire, at least one that has by then, if there
	// is one.
	Entries(ctx context.Context, q EntryQuery) ([]Entry, error)

	// Events lists the events of one tenant's sessions, live or sandbox, that have Listed, newest first by ID, also
	// of deleted sessions. Like Query it is one range of one index, which others than Listed events are not in. A
	// listed event MUST have an id that no other has.
	Events(ctx context.Context, q EventQuery) ([]Event, error)

	// Blobs answers which of the names are the Blob of a media row of whatever tenant, live or sandbox, of deleted
	// sessions too: in the order in which they were given, and as often. It MUST cost one look into one index for each
	// name, so that its cost does not grow with what is stored. What is not among them is an orphan, whose bytes are
	// removed for good: a store that answered from a copy that lags behind would lose media.
	Blobs(ctx context.Context, names []string) ([]string, error)
}

// Ephemeral is a [Store] that may end with the process. [New] then keeps keys and media in memory too, if it is
// given nothing better.
type Ephemeral interface {
	Store
	// EndsWithProcess says whether nothing in the store outlives the process.
	EndsWithProcess() bool
}

// Backlogged is a [Store] that can say how much is still to be told. With it, [Config.MeterProvider] is told of the
// depth of the outbox; nothing else asks for it.
type Backlogged interface {
	Store
	// Backlog counts the pending deliveries of all tenants, live and sandbox, up to most. It MUST look at no more than
	// most of them, in an index.
	Backlog(ctx context.Context, most int) (int, error)
}

// Change is one write of one session, as data.
type Change struct {
	ID   uuid.UUID // of this change, in the order of time; every event it adds carries it
	Base int64     // the version that Session was read at; 0: the session MUST NOT be there

	// Keep adds parts without raising the version: Base must still be the version, of Session only Seq,
	// Head and ActiveAt (when later) are written, and two Keep changes never conflict. Uploads are such.
	Keep bool

	// Session as it shall be. Version, Seq and Head are the store's: it writes Base+1 and the events' last
	// number and hash, whatever stands here.
	Session    Session
	Attempts   []Attempt // added, or overwritten where the ID is there
	Decisions  []Decision
	Media      []Media
	Findings   []Finding
	Events     []Event // at least one, if it is of a session
	Deliveries []Delivery
	Permits    []Permit
	Entries    []Entry // added or replaced; they need not be of the session

	// Withdraw makes every held delivery of the session withdrawn, before anything is erased or added. It loses
	// its body and is no longer due.
	Withdraw bool
	// Erase removes sealed bytes and rows of the session that are there already, before parts are added.
	Erase Erase
	// Replaced are the ids of media whose rows are removed, before parts are added. What is not there, or not the
	// session's, is passed over.
	Replaced []uuid.UUID
}

// Erase says what a [Change] removes of what a session has.
type Erase uint8

const (
	// EraseSealed makes nil the sealed bytes of decisions, media and findings, the bodies of the session's entries, and
	// those of personal deliveries, of which those still pending become erased and are no longer due. (The session's
	// own Sealed and Key are as Change.Session says.)
	EraseSealed Erase = 1 << iota
	// EraseMedia removes the media rows.
	EraseMedia
)

// Ref names a session: exactly one of ID, Attempt and Media is set. The tenant is part of every look-up.
type Ref struct {
	Tenant  uuid.UUID
	ID      uuid.UUID
	Attempt uuid.UUID
	Media   uuid.UUID
	Deleted bool // find it also when it is deleted
}

// Parts says what [Store.Load] brings beside the session itself.
type Parts uint8

// The parts of a session.
const (
	PartAttempts Parts = 1 << iota
	PartDecisions
	PartMedia
	PartEvents
	PartFindings
)

// Record is a session with its parts, as the store has them.
type Record struct {
	Session   Session
	Attempts  []Attempt
	Decisions []Decision
	Media     []Media
	Findings  []Finding
	Events    []Event
}

// Query asks for a page of sessions. Zero fields do not filter, but Tenant and Sandbox always do.
type Query struct {
	Tenant  uuid.UUID
	Sandbox bool
	Status  []Status // the stored status; [Engine.List] settles what is due before it asks
	// Integrations are those whose sessions are wanted. Nil: all of the tenant; empty: none.
	Integrations []uuid.UUID
	Ref          BlindIndex // [Session.Ref]
	From         uuid.UUID  // not below this id: an id tells when it was made
	After        uuid.UUID  // the last id of the page before
	Skip         int        // so many are passed over first
	N            int        // at most so many; 0: none
	// Bare fills in nothing but ID, as for counting.
	Bare bool
}

// EntryQuery asks for a page of entries. Zero fields do not filter, but Tenant, Sandbox and Kind always do.
type EntryQuery struct {
	Tenant  uuid.UUID
	Sandbox bool
	Kind    EntryKind
	ID      uuid.UUID
	Name    string
	Session uuid.UUID
	At      time.Time // those that have expired by then are not there
	After   uuid.UUID // the last id of the page before
	N       int       // at most so many; 0: none
}

// EventQuery asks for a page of listed events. Zero fields do not filter, but Tenant and Sandbox always do.
type EventQuery struct {
	Tenant  uuid.UUID
	Sandbox bool
	Session uuid.UUID
	Kinds   []EventKind
	From    uuid.UUID // not below this id
	After   uuid.UUID // the last id of the page before
	N       int       // at most so many; 0: none
}

// DeliveryQuery asks for a page of deliveries. Zero fields do not filter, but Tenant and Sandbox always do.
type DeliveryQuery struct {
	Tenant   uuid.UUID
	Sandbox  bool
	Session  uuid.UUID
	Endpoint uuid.UUID
	State    DeliveryState
	From     uuid.UUID // not below this id: an id tells when it was made
	After    uuid.UUID // the last id of the page before
	Skip     int       // so many are passed over first
	N        int       // at most so many; 0: none
}
