package session

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Checkpoint says how far the chains of a tenant's audit log had come at a time: of its own log and of every
// session to which something was done. Checkpoints are signed, and a chain themselves. So a session that is
// removed as a whole shows, and a chain that was made anew.
type Checkpoint struct {
	N         int64            `json:"n"` // from 1 without gaps
	At        time.Time        `json:"at"`
	From      time.Time        `json:"from"`               // of the listed events, as their ids tell it: not before From, ...
	To        time.Time        `json:"to"`                 // ... but before To
	Log       int64            `json:"log,omitempty"`      // number of the newest line of the tenant's log; 0: none
	LogHash   string           `json:"log_hash,omitempty"` // its hash
	Sessions  []CheckpointHead `json:"sessions,omitempty"` // each once, in the order of ids
	Prev      string           `json:"prev,omitempty"`     // SHA-256 of the checkpoint before, as it is kept, in hex
	Signature string           `json:"signature"`          // by [Engine.ReceiptKey]: Ed25519 in base64, of all else
}

// CheckpointHead is how far a session's chain had come.
type CheckpointHead struct {
	Session uuid.UUID `json:"session"`
	Seq     int64     `json:"seq"`
	Hash    string    `json:"hash"` // [Event.Hash], in hex
}

const (
	// lateness is how long after its id was made an event may be written and still be in a checkpoint. A
	// checkpoint ends so long before now, and begins so long before the last one ended.
	lateness = time.Minute
	// checkpointEvery is how often Run makes checkpoints.
	checkpointEvery = time.Minute
	// checkpointSpan bounds what one is about, when there was none for long.
	checkpointSpan = 10 * time.Minute
)

// tenantName is a tenant, live or sandbox.
type tenantName struct {
	tenant  uuid.UUID
	sandbox bool
}

// audits remembers of which tenants Run is to make checkpoints.
func (c *core) audits(in Integration) {
	if in.Policy.Audit {
		c.audited.LoadOrStore(tenantName{in.Tenant, in.Sandbox}, struct{}{})
	}
}

// Checkpoint makes the checkpoints that are due for the engine's integration's tenant, live or sandbox as that
// is: of everything until a minute ago. [Engine.Run] does so about every minute, if there is [Config.Key], for
// the tenants of the [Fixed] integrations with [Policy.Audit], and of others of that kind that this process has
// used since it began. Where nothing was done none is made.
//
// Errors: [ErrNoKey]; [ErrHosted].
func (e *Engine) Checkpoint(ctx context.Context) (err error) {
	ctx, verb := e.observe(ctx, "checkpoint")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return err
	}
	return e.checkpoint(ctx, in)
}

// checkpoints makes those of all tenants that are known.
func (e *Engine) checkpoints(ctx context.Context) {
	if e.cfg.key() == (Key{}) {
		return
	}
	if fixed, ok := e.cfg.Integrations.(Fixed); ok {
		for _, in := range fixed {
			_, _ = e.policyOf(ctx, in.ID) // to know it; there it is
		}
	}
	e.cfg.audited.Range(func(name, _ any) bool {
		of := name.(tenantName)
		err := e.checkpoint(ctx, Integration{Tenant: of.tenant, Sandbox: of.sandbox})
		if err != nil && ctx.Err() == nil {
			e.cfg.Log.ErrorContext(ctx, "a checkpoint of the audit log failed",
				"tenant", of.tenant, "sandbox", of.sandbox, "error", err)
		}
		return ctx.Err() == nil
	})
}

func (e *Engine) checkpoint(ctx context.Context, in Integration) error {
	if e.hosted {
		return ErrHosted
	}
	if e.cfg.key() == (Key{}) {
		return ErrNoKey
	}
	for {
		done, err := e.nextCheckpoint(ctx, in)
		if errors.Is(err, ErrConflict) {
			return nil // another process has made it
		}
		if err != nil || done {
			return err
		}
	}
}

// nextCheckpoint makes one, and says whether that was the last for now.
func (e *Engine) nextCheckpoint(ctx context.Context, in Integration) (done bool, err error) {
	kept, n, err := e.lastOf(ctx, in, EntryCheckpoint)
	if err != nil {
		return false, err
	}
	var last Checkpoint
	if n > 0 {
		if last, err = readCheckpoint(kept); err != nil {
			return false, err
		}
	}
	said := map[CheckpointHead]bool{}
	for _, h := range last.Sessions {
		said[h] = true
	}
	now := e.now()
	c := Checkpoint{N: n + 1, At: now, To: now.Add(-lateness).Truncate(time.Millisecond)}
	if n > 0 {
		c.From, c.Prev = last.To.Add(-lateness), hashOf(kept.Body)
	}
	some, err := e.store.Events(ctx, EventQuery{
		Tenant: in.Tenant, Sandbox: in.Sandbox, From: idFrom(c.From), After: FirstID(c.To), N: 1,
	})
	if err != nil {
		return false, err
	}
	for end := c.To; ; c.From = c.To.Add(-lateness) {
		if !last.To.IsZero() && len(some) > 0 {
			c.To = earlier(end, c.From.Add(lateness+checkpointSpan))
		}
		if c.Sessions, err = e.heads(ctx, in, c.From, c.To); err != nil {
			return false, err
		}
		c.Sessions = slices.DeleteFunc(c.Sessions, func(h CheckpointHead) bool { return said[h] })
		if done = !c.To.Before(end); done || len(c.Sessions) > 0 {
			break
		}
	}
	note, err := e.lastNote(ctx, in)
	if err != nil {
		return false, err
	}
	c.Log, c.LogHash = note.N, note.Hash
	if !c.To.After(last.To) || len(c.Sessions) == 0 && c.Log == last.Log {
		return true, nil
	}
	return done, e.writeCheckpoint(ctx, in, c, kept.ID)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// heads are the newest of each session's listed events of a time.
func (e *Engine) heads(ctx context.Context, in Integration, from, to time.Time) ([]CheckpointHead, error) {
	newest := map[uuid.UUID]CheckpointHead{}
	q := EventQuery{Tenant: in.Tenant, Sandbox: in.Sandbox, From: idFrom(from), After: FirstID(to), N: 1000}
	for {
		page, err := e.store.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, ev := range page {
			if ev.Seq > newest[ev.Session].Seq {
				newest[ev.Session] = CheckpointHead{ev.Session, ev.Seq, hex.EncodeToString(ev.Hash[:])}
			}
		}
		if len(page) < q.N {
			break
		}
		q.After = page[len(page)-1].ID
	}
	heads := make([]CheckpointHead, 0, len(newest))
	for _, h := range newest {
		heads = append(heads, h)
	}
	slices.SortFunc(heads, func(a, b CheckpointHead) int { return compareIDs(a.Session, b.Session) })
	return heads, nil
}

func (e *Engine) writeCheckpoint(ctx context.Context, in Integration, c Checkpoint, after uuid.UUID) error {
	c.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(e.receiptKey(), c.unsigned(in)))
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("session: a checkpoint: %w", err)
	}
	return e.applyEntries(ctx, c.At, Entry{
		Kind: EntryCheckpoint, ID: e.idAfter(after, c.At), Tenant: in.Tenant, Sandbox: in.Sandbox,
		Name: strconv.FormatInt(c.N, 10), Version: 1, CreatedAt: c.At, UpdatedAt: c.At, Body: body,
	})
}

// unsigned is what is signed: the checkpoint, and whose it is.
func (c Checkpoint) unsigned(in Integration) []byte {
	c.Signature = ""
	text, _ := json.Marshal(c) // of texts and numbers alone, it never fails
	return fmt.Appendf(nil, "bonafide checkpoint 1\n%s %t\n%s", in.Tenant, in.Sandbox, text)
}

// genuine reports whether the engine's key has signed it.
func (e *Engine) genuine(c Checkpoint, in Integration) bool {
	return signed(e.ReceiptKey(), c.unsigned(in), c.Signature)
}

func readCheckpoint(kept Entry) (c Checkpoint, err error) {
	if err := json.Unmarshal(kept.Body, &c); err != nil {
		return c, fmt.Errorf("session: the checkpoint %s cannot be read", kept.ID)
	}
	return c, nil
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
