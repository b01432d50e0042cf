package session

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ReapplyErasures redacts again, after a store was restored from an old backup, the sessions of the engine's
// integration's tenant, live or sandbox as that is, that had been redacted or deleted since: those whose keys
// the [Keeper], which is not restored with it, says were destroyed. Until then nobody can read what is sealed,
// but what is in clear is there, and blobs that were restored too. It says how many it was; [Engine.Run] does
// the rest, and makes the receipts. Run it before requests are served. A legal hold that came back with the
// backup keeps nothing of them: the data are gone. It may be repeated; sessions that it cannot do are in the
// error, and hinder no others.
func (e *Engine) ReapplyErasures(ctx context.Context) (_ int, err error) {
	ctx, verb := e.observe(ctx, "reapply_erasures")
	defer verb.done(&err)
	in, err := e.policyOf(ctx, e.integration)
	if err != nil {
		return 0, err
	}
	done, failed := 0, []error(nil)
	for q := (Query{Tenant: in.Tenant, Sandbox: in.Sandbox, N: 250}); ; {
		page, err := e.store.Query(ctx, q)
		if err != nil {
			return done, err
		}
		for _, s := range page {
			erased, err := e.reapply(ctx, in, s)
			if err != nil {
				failed = append(failed, fmt.Errorf("session: %s: %w", s.ID, err))
			}
			if erased {
				done++
			}
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
		}
		if len(page) < q.N {
			return done, errors.Join(failed...)
		}
		q.After = page[len(page)-1].ID
	}
}

// reapply redacts one session, if its key was destroyed and it does not know.
func (e *Engine) reapply(ctx context.Context, in Integration, s Session) (erased bool, err error) {
	if len(s.Key) == 0 || !s.RedactedAt.IsZero() {
		return false, nil
	}
	if _, err := e.cfg.Keeper.Open(ctx, s.ID, s.Key); !errors.Is(err, ErrErased) {
		return false, err
	}
	on := *e
	if on.once = nil; !e.sees(ctx, in, s.Integration) {
		on.integration = s.Integration
	}
	_, err = on.writeErased(ctx, Ref{ID: s.ID}, PartAttempts, func(w *work) error {
		if !w.snap.RedactedAt.IsZero() {
			return nil
		}
		w.snap.HeldAt = time.Time{}
		erased = true
		return w.redact(EventRedacted, e.actor)
	})
	return erased && err == nil, err
}
