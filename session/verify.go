package session

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// AuditReport says what [Engine.VerifyAudit] looked at and found.
type AuditReport struct {
	Checkpoints int       // that are genuine
	Sessions    int       // whose chains were looked at
	Entries     int       // lines of the tenant's log
	Until       time.Time // what was done by then is secured by a checkpoint; zero: nothing is
	// Newest and NewestHash are the number and the hash of the newest checkpoint. Whoever keeps them elsewhere
	// can see that newer checkpoints were removed, which nothing in the store tells.
	Newest     int64
	NewestHash string
	Faults     []AuditFault // what was tampered with; the first thousand
}

// AuditFault is one thing that was tampered with, or that was lost.
type AuditFault struct {
	What       Tampering
	Checkpoint int64     // its number, or that of the one that tells of it; 0: none does
	Entry      int64     // number of a line of the tenant's log
	Session    uuid.UUID // nil: it is about none
	Seq        int64     // number of the session's event
}

// Tampering is a kind of [AuditFault].
type Tampering string

// The kinds of tampering.
const (
	SessionRemoved    Tampering = "session removed"
	EventRemoved      Tampering = "event removed"
	EventAltered      Tampering = "event altered" // itself, or one before it
	EntryRemoved      Tampering = "entry removed"
	EntryAltered      Tampering = "entry altered" // itself, or one before it
	CheckpointRemoved Tampering = "checkpoint removed"
	CheckpointAltered Tampering = "checkpoint altered" // or not made by this engine's key
)

// maxFaults bounds a report.
const maxFaults = 1000

// VerifyAudit verifies the whole audit log of the engine's integration's tenant, live or sandbox as that is:
// the signature and the chain of every checkpoint, the chain of every session that one names, and of those with
// events since, and the chain of the tenant's log. It holds one session's events at a time, and reads
// everything: it is for an auditor, not for a request. What was redacted or deleted by the engine verifies as
// before. Tampering is in the report; an error means that it could not be finished.
//
// Errors: [ErrNoKey].
func (e *Engine) VerifyAudit(ctx context.Context) (_ AuditReport, err error) {
	ctx, verb := e.observe(ctx, "verify_audit")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return AuditReport{}, err
	}
	if e.cfg.key() == (Key{}) {
		return AuditReport{}, ErrNoKey
	}
	v := &verifier{e: e, in: in, seen: map[uuid.UUID]bool{}}
	if err := v.checkpoints(ctx); err != nil {
		return v.report, err
	}
	if err := v.notes(ctx); err != nil {
		return v.report, err
	}
	return v.report, v.newer(ctx)
}

// verifier is one verification.
type verifier struct {
	e      *Engine
	in     Integration
	report AuditReport
	seen   map[uuid.UUID]bool // sessions
	newest Checkpoint         // the newest that is genuine; its N is 0 when there is none
}

func (v *verifier) fault(f AuditFault) {
	if len(v.report.Faults) < maxFaults {
		v.report.Faults = append(v.report.Faults, f)
	}
}

// descend gives the entries of a chain from the newest to the first, and nil for one that is not there.
func (v *verifier) descend(ctx context.Context, kind EntryKind, visit func(n int64, kept *Entry) error) error {
	_, n, err := v.e.lastOf(ctx, v.in, kind)
	for ; err == nil && n > 0; n-- {
		var found []Entry
		found, err = v.e.store.Entries(ctx, EntryQuery{
			Tenant: v.in.Tenant, Sandbox: v.in.Sandbox, Kind: kind, Name: strconv.FormatInt(n, 10), At: v.e.now(), N: 1,
		})
		switch {
		case err != nil:
		case len(found) == 0:
			err = visit(n, nil)
		default:
			err = visit(n, &found[0])
		}
	}
	return err
}

// checkpoints verifies the checkpoints and, by the newest of them that names it, every session.
func (v *verifier) checkpoints(ctx context.Context) error {
	next := "" // what the one after says that this one's hash is
	return v.descend(ctx, EntryCheckpoint, func(n int64, kept *Entry) error {
		if kept == nil {
			v.fault(AuditFault{What: CheckpointRemoved, Checkpoint: n})
			next = ""
			return nil
		}
		if v.report.Newest == 0 {
			v.report.Newest, v.report.NewestHash = n, hashOf(kept.Body)
		}
		c, err := readCheckpoint(*kept)
		if err != nil || c.N != n || !v.e.genuine(c, v.in) || next != "" && next != hashOf(kept.Body) {
			v.fault(AuditFault{What: CheckpointAltered, Checkpoint: n})
			next = ""
			return nil
		}
		next = c.Prev
		v.report.Checkpoints++
		if v.newest.N == 0 {
			v.newest, v.report.Until = c, c.To
		}
		for _, head := range c.Sessions {
			if err := v.session(ctx, head, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// session verifies a session's chain, unless it was done: what an older checkpoint says of it follows from what
// the newest does.
func (v *verifier) session(ctx context.Context, head CheckpointHead, checkpoint int64) error {
	if v.seen[head.Session] {
		return nil
	}
	v.seen[head.Session] = true
	v.report.Sessions++
	fault := AuditFault{Checkpoint: checkpoint, Session: head.Session}
	rec, err := v.e.store.Load(ctx, Ref{Tenant: v.in.Tenant, ID: head.Session, Deleted: true}, PartEvents)
	if errors.Is(err, ErrNotFound) {
		fault.What = SessionRemoved
		v.fault(fault)
		return nil
	}
	if err != nil {
		return err
	}
	if fault.What, fault.Seq = brokenAt(rec, head); fault.What != "" {
		v.fault(fault)
	}
	return nil
}

// brokenAt says where the chain of a session's events is broken, and how; nothing: nowhere.
func brokenAt(rec Record, head CheckpointHead) (Tampering, int64) {
	var hash [32]byte
	for i, ev := range rec.Events {
		seq := int64(i + 1)
		if ev.Seq != seq {
			return EventRemoved, seq
		}
		if hash = Chain(hash, ev); hash != ev.Hash || seq == head.Seq && hex.EncodeToString(hash[:]) != head.Hash {
			return EventAltered, seq
		}
	}
	last := int64(len(rec.Events))
	switch {
	case last < max(head.Seq, rec.Session.Seq):
		return EventRemoved, last + 1
	case last > rec.Session.Seq, hash != rec.Session.Head:
		return EventAltered, last
	}
	return "", 0
}

// notes verifies the tenant's log, and that it has come at least as far as the newest checkpoint says.
func (v *verifier) notes(ctx context.Context) error {
	next, anchor, first := "", v.newest, true
	err := v.descend(ctx, EntryAudit, func(n int64, kept *Entry) error {
		for ; first && n < anchor.Log; anchor.Log-- {
			v.fault(AuditFault{What: EntryRemoved, Checkpoint: anchor.N, Entry: anchor.Log})
		}
		first = false
		if kept == nil {
			v.fault(AuditFault{What: EntryRemoved, Entry: n})
			next = ""
			return nil
		}
		v.report.Entries++
		a, err := readNote(*kept)
		hash := a.hash(v.in)
		if err != nil || a.N != n || a.ID != kept.ID || a.Hash != hash || next != "" && next != hash ||
			n == v.newest.Log && hash != v.newest.LogHash {
			v.fault(AuditFault{What: EntryAltered, Entry: n})
			next = ""
			return nil
		}
		next = a.Prev
		return nil
	})
	if first && anchor.Log > 0 && err == nil {
		v.fault(AuditFault{What: EntryRemoved, Checkpoint: anchor.N, Entry: anchor.Log})
	}
	return err
}

// newer verifies the sessions of which no checkpoint tells yet.
func (v *verifier) newer(ctx context.Context) error {
	q := EventQuery{Tenant: v.in.Tenant, Sandbox: v.in.Sandbox, N: 1000}
	if v.newest.N > 0 {
		q.From = FirstID(v.newest.To.Add(-lateness))
	}
	for {
		page, err := v.e.store.Events(ctx, q)
		if err != nil {
			return err
		}
		for _, ev := range page {
			if err := v.session(ctx, CheckpointHead{Session: ev.Session}, 0); err != nil {
				return err
			}
		}
		if len(page) < q.N {
			return nil
		}
		q.After = page[len(page)-1].ID
	}
}
