package session

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// AuditEntry is one line of a tenant's log, which tells what was done beside its sessions: settings, keys,
// lists. The log is one chain of its own, live and sandbox each, because it is written seldom; what is done to
// a session stands in the session's own chain, so that readers of two sessions never wait for one another.
type AuditEntry struct {
	ID          uuid.UUID       `json:"id"`
	N           int64           `json:"n"` // from 1 without gaps
	At          time.Time       `json:"at"`
	Integration uuid.UUID       `json:"integration"`           // by whose engine it was done
	What        string          `json:"what"`                  // with a full stop in it: "webhook_endpoint.created"
	Resource    string          `json:"resource"`              // what kind of thing it was done to: "webhook_endpoint"
	ResourceID  string          `json:"resource_id,omitempty"` // to which
	About       json.RawMessage `json:"about,omitempty"`       // an [About]
	Prev        string          `json:"prev,omitempty"`        // Hash of the entry before, in hex
	Hash        string          `json:"hash"`                  // of everything else, in hex
}

// RecordAudit writes into the tenant's log what an adapter did or gave for its request: that a list was read, that an
// API key was revoked. What has a full stop in it, and like all of it holds nothing about a person. Where
// [Policy.Audit] is off it does nothing.
//
// Errors: a *[FactsError]; [ErrConflict] when others were faster twenty times.
func (e *Engine) RecordAudit(ctx context.Context, what, resource, resourceID string) (err error) {
	ctx, verb := e.observe(ctx, "record_audit")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil || !in.Policy.Audit {
		return err
	}
	if !strings.Contains(what, ".") {
		return &FactsError{"what", FaultUnknown}
	}
	texts := []field{{"what", what, maxName}, {"resource", resource, maxName}, {"resource_id", resourceID, maxText}}
	if err := faultOf(texts); err != nil {
		return err
	}
	on := *e
	on.once = nil // it goes with a request that may be done once, and is not what that is answered with
	return on.logged(ctx, in, func(time.Time) (AuditEntry, []Entry, error) {
		return AuditEntry{What: what, Resource: resource, ResourceID: resourceID}, nil, nil
	})
}

// logged writes entries together with a line of the tenant's log, if it has a What; again when somebody else
// was faster. So whoever else writes by it to one tenant does so before or after, and next sees everything
// before.
func (e *Engine) logged(ctx context.Context, in Integration,
	next func(now time.Time) (AuditEntry, []Entry, error)) error {
	end, err := e.inTurn(ctx, in)
	if err != nil {
		return err
	}
	defer end()
	const tries = 20
	for try := 1; ; try++ {
		if err := e.answered(ctx); err != nil {
			return err
		}
		last, err := e.lastNote(ctx, in)
		if err != nil {
			return err
		}
		now := e.now()
		if now.Before(last.At) {
			now = last.At
		}
		note, entries, err := next(now)
		if err != nil {
			return err
		}
		if note.What != "" {
			entries = append(entries, e.noteEntry(in, last, note, now))
		}
		if err = e.applyEntries(ctx, now, entries...); !errors.Is(err, ErrConflict) || try == tries || e.hosted {
			return err
		}
	}
}

// inTurn waits until nobody else of this process writes to the tenant's log, so that they do not make one
// another try again. In a host's transaction it does not wait: who is before may wait for that.
func (e *Engine) inTurn(ctx context.Context, in Integration) (end func(), err error) {
	if e.hosted {
		return func() {}, nil
	}
	turn := e.cfg.logging[in.Tenant[len(in.Tenant)-1]%turns]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// turns is how many tenants' logs one process writes to at once.
const turns = 16

// noteEntry makes the line that follows the last one.
func (e *Engine) noteEntry(in Integration, last, note AuditEntry, now time.Time) Entry {
	note.ID, note.N, note.At, note.Prev = e.idAfter(last.ID, now), last.N+1, now, last.Hash
	note.Integration = in.ID
	if e.about != nil {
		note.About, _ = json.Marshal(e.about) // of strings alone, it never fails
	}
	note.Hash = note.hash(in)
	body, _ := json.Marshal(note) // nor does this
	return Entry{
		Kind: EntryAudit, ID: note.ID, Tenant: in.Tenant, Sandbox: in.Sandbox, Name: strconv.FormatInt(note.N, 10),
		Version: 1, CreatedAt: now, UpdatedAt: now, Body: body,
	}
}

// idAfter makes an id that comes after another, also within its millisecond and when the clock was put back;
// where [Config.NewID] has no order it is any.
func (e *Engine) idAfter(last uuid.UUID, now time.Time) uuid.UUID {
	id := e.cfg.NewID(now)
	if compareIDs(id, last) <= 0 {
		id = e.cfg.NewID(later(now, timeOf(last).Add(time.Millisecond)))
	}
	return id
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// timeOf is the time that is in an id of [NewID].
func timeOf(id uuid.UUID) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

// FirstID is the lowest id of [NewID] for a time: what was made then, or later, has none that is lower.
func FirstID(at time.Time) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	return id
}

// hash covers every field but Hash itself, and whose log it is.
func (a AuditEntry) hash(in Integration) string {
	b := []byte("bonafide audit 1")
	b = append(b, in.Tenant[:]...)
	b = strconv.AppendBool(b, in.Sandbox)
	b = append(b, a.ID[:]...)
	b = append(b, a.Integration[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(a.N))
	b = binary.BigEndian.AppendUint64(b, uint64(a.At.UnixMicro()))
	for _, text := range []string{a.What, a.Resource, a.ResourceID, string(a.About), a.Prev} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// lastNote is the newest line of a tenant's log; zero when there is none.
func (e *Engine) lastNote(ctx context.Context, in Integration) (AuditEntry, error) {
	kept, n, err := e.lastOf(ctx, in, EntryAudit)
	if err != nil || n == 0 {
		return AuditEntry{}, err
	}
	return readNote(kept)
}

func readNote(kept Entry) (a AuditEntry, err error) {
	if err := json.Unmarshal(kept.Body, &a); err != nil {
		return a, fmt.Errorf("session: the audit entry %s cannot be read", kept.ID)
	}
	return a, nil
}

// lastOf is the newest entry of a chain, of which each is named by its number, from 1 on without gaps; 0: there
// is none. The newest id is where it looks first: only where ids are not in the order of time, or the clocks of
// processes differ, are there others after it.
func (e *Engine) lastOf(ctx context.Context, in Integration, kind EntryKind) (last Entry, n int64, err error) {
	q := EntryQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, Kind: kind, At: e.now(), N: 1}
	found, err := e.store.Entries(ctx, q)
	if err != nil || len(found) == 0 {
		return Entry{}, 0, err
	}
	last = found[0]
	if n, err = strconv.ParseInt(last.Name, 10, 64); err != nil || n < 1 {
		return Entry{}, 0, fmt.Errorf("session: the entry %s has no number", last.ID)
	}
	for step, up := int64(1), true; step > 0; {
		q.Name = strconv.FormatInt(n+step, 10)
		if found, err = e.store.Entries(ctx, q); err != nil {
			return Entry{}, 0, err
		}
		if len(found) > 0 {
			last, n = found[0], n+step
		} else {
			up = false
		}
		if up {
			step *= 2
		} else {
			step /= 2
		}
	}
	return last, n, nil
}
