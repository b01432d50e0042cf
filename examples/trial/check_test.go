package trial_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/storetest/faulty"
)

// whose is the integration of a session.
func (k *known) whose() uuid.UUID {
	if k.veriff {
		return veriffID
	}
	return verifaID
}

// check holds what is there against what the client knows: what was acknowledged is there, of what was not all or
// nothing, and nothing else.
func (k *known) check(ctx context.Context, h *house) (faults []string) {
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s (Veriff %t, done %v, pending %+v): ", k.id, k.veriff, k.done, k.pending)+fmt.Sprintf(format, args...))
	}
	if k.id == uuid.Nil {
		return nil
	}
	torn, err := faulty.Torn(ctx, h.store, h.blobs, k.whose(), k.id)
	if err != nil {
		wrong("%v", err)
	}
	faults = append(faults, torn...)
	rec, err := h.store.Load(ctx, session.Ref{Tenant: k.whose(), ID: k.id, Deleted: true}, session.PartEvents|session.PartDecisions)
	if err != nil {
		wrong("it was created: %v", err)
		return faults
	}
	counted := map[session.EventKind]int{}
	for _, e := range rec.Events {
		counted[e.Kind]++
	}
	for step, kind := range map[string]session.EventKind{
		"submit": session.EventSubmitted, "decided": session.EventApproved, "approve": session.EventApproved,
		"reject": session.EventDeclined, "resume": session.EventResumed, "delete": session.EventDeleted, "redact": session.EventRedacted,
	} {
		switch n := counted[kind]; {
		case k.did(step) && n != 1:
			wrong("%s happened %d times", step, n)
		case n > 1 || n == 1 && kind != session.EventApproved && !k.maybe(step):
			wrong("%s happened %d times, and nobody asked for it", kind, n)
		}
	}
	for _, fault := range k.checkUploads(ctx, h, counted[session.EventUploaded]) {
		wrong("%s", fault)
	}
	return faults
}

// checkUploads holds the bytes that are there against those that were uploaded.
func (k *known) checkUploads(ctx context.Context, h *house, events int) (faults []string) {
	acked, asked := 0, 0
	for _, u := range k.uploads {
		asked += u.most()
		if u.acked {
			acked++
		}
	}
	if events < acked || events > asked {
		faults = append(faults, fmt.Sprintf("%d uploads are written down, %d were asked for and %d acknowledged", events, asked, acked))
	}
	e := h.engine.For(k.whose())
	s, err := e.Get(ctx, k.id)
	switch {
	case errors.Is(err, session.ErrNotFound) && k.maybe("delete"):
		return faults
	case err != nil:
		return append(faults, fmt.Sprintf("it cannot be read: %v", err))
	case !s.RedactedAt.IsZero() && k.maybe("redact"):
		return faults
	}
	var there []string
	for _, m := range s.Media {
		hash, err := hashOf(ctx, e, m.ID)
		if err != nil || hash != m.SHA256 {
			faults = append(faults, fmt.Sprintf("the bytes of medium %s: %v", m.ID, err))
		}
		there = append(there, hash)
	}
	for _, u := range k.uploads {
		if u.acked && !slices.Contains(there, u.hash) {
			faults = append(faults, "an upload is lost")
		}
	}
	return faults
}

func hashOf(ctx context.Context, e *session.Engine, id uuid.UUID) (string, error) {
	f, err := e.File(ctx, id)
	if err != nil {
		return "", err
	}
	r, err := f.Open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, r)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// audited fails the test for what the audit log has against it.
func (h *house) audited(t *testing.T) {
	t.Helper()
	for _, id := range []uuid.UUID{veriffID, verifaID} {
		report, err := h.engine.For(id).VerifyAudit(t.Context())
		ok(t, err)
		for _, fault := range report.Faults {
			t.Errorf("the audit log of %s: %+v", id, fault)
		}
	}
}

// all are the sessions of a tenant that are not deleted.
func (h *house) all(t *testing.T, tenant uuid.UUID) (all []session.Session) {
	t.Helper()
	for after := uuid.Nil; ; after = all[len(all)-1].ID {
		list, err := h.store.Query(t.Context(), session.Query{Tenant: tenant, After: after, N: 1000})
		ok(t, err)
		if all = append(all, list...); len(list) < 1000 {
			return all
		}
	}
}

// whole fails the test for every session that is there by halves, also one that nobody was told of.
func (h *house) whole(t *testing.T) {
	t.Helper()
	for _, tenant := range []uuid.UUID{veriffID, verifaID} {
		for _, s := range h.all(t, tenant) {
			faults, err := faulty.Torn(t.Context(), h.store, h.blobs, tenant, s.ID)
			ok(t, err)
			for _, fault := range faults {
				t.Error(fault)
			}
		}
	}
}

// permitted fails the test if more sessions were created within a window than the rule allows. Deleted ones count.
func (h *house) permitted(t *testing.T, of []*known) {
	t.Helper()
	made := map[uuid.UUID]time.Time{}
	for _, s := range h.all(t, veriffID) {
		made[s.ID] = s.CreatedAt
	}
	for _, k := range of {
		if k.veriff && k.id != uuid.Nil {
			rec, err := h.store.Load(t.Context(), session.Ref{Tenant: veriffID, ID: k.id, Deleted: true}, 0)
			ok(t, err)
			made[k.id] = rec.Session.CreatedAt
		}
	}
	times := slices.SortedFunc(maps.Values(made), time.Time.Compare)
	for i := int(creations.N); i < len(times); i++ {
		if took := times[i].Sub(times[i-int(creations.N)]); took < creations.Window {
			t.Errorf("%d sessions were created within %s, and the rule is %s", creations.N+1, took, creations)
		}
	}
	if len(times) <= int(creations.N) && !testing.Short() {
		t.Errorf("only %d sessions were created, and so the rule was not tried", len(times))
	}
}

// once fails the test if a creation with a key was done twice, or not.
func (h *house) once(t *testing.T, of []*known) {
	t.Helper()
	made := 0
	for _, k := range of {
		if !k.veriff && k.id != uuid.Nil {
			made++
		}
	}
	if n := len(h.all(t, verifaID)); n != made {
		t.Errorf("%d sessions are there, and %d were made", n, made)
	}
}
