package session_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// checkpoint makes those that are due for everything that was done so far.
func (b *bench) checkpoint() {
	b.t.Helper()
	b.clock.Add(2 * time.Minute)
	if err := b.Checkpoint(b.ctx); err != nil {
		b.t.Fatalf("checkpoint: %v", err)
	}
}

func (b *bench) verify() session.AuditReport {
	b.t.Helper()
	report, err := b.VerifyAudit(b.ctx)
	if err != nil {
		b.t.Fatalf("verify: %v", err)
	}
	return report
}

// entries lists a tenant's entries of a kind, oldest first.
func (b *bench) entries(kind session.EntryKind) []session.Entry {
	b.t.Helper()
	list, err := b.store.Entries(b.ctx, session.EntryQuery{Tenant: tenant, Kind: kind, At: b.Now(), N: 1000})
	if err != nil {
		b.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// TestCheckpoint: made when something was done, of everything until a minute ago, and the log verifies after all that
// can be done to a session.
func TestCheckpoint(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(in *session.Integration, _ *session.Config) { in.Policy.Deletion = true })
	made := func(want int, when string) {
		t.Helper()
		if got := len(b.entries(session.EntryCheckpoint)); got != want {
			t.Errorf("%s there are %d checkpoints, want %d", when, got, want)
		}
	}
	if b.checkpoint(); len(b.verify().Faults) != 0 {
		t.Error("an empty log has faults")
	}
	made(0, "with nothing done")
	redacted, deleted := b.create("any").ID, b.create("any").ID
	if err := b.Checkpoint(b.ctx); err != nil {
		t.Fatal(err)
	}
	made(0, "within a minute")
	b.checkpoint()
	made(1, "after that")
	if err := b.RecordAudit(b.ctx, "api_key.created", "api_key", "k"); err != nil {
		t.Fatal(err)
	}
	b.checkpoint()
	made(2, "after a note")
	b.checkpoint()
	b.checkpoint()
	made(2, "with nothing more done")
	if _, err := b.Redact(b.ctx, redacted); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Delete(b.ctx, deleted); err != nil {
		t.Fatal(err)
	}
	b.settle()
	for _, when := range []string{"before", "after"} {
		report := b.verify()
		if len(report.Faults) != 0 || report.Sessions != 2 || report.Entries != 1 {
			t.Errorf("%s the checkpoint of the erasures: %+v", when, report)
		}
		b.checkpoint()
	}
	b.clock.Add(-time.Hour)
	if err := b.RecordAudit(b.ctx, "api_key.created", "api_key", "k"); err != nil {
		t.Fatal(err)
	}
	if err := b.Checkpoint(b.ctx); err != nil {
		t.Fatal(err)
	}
	made(3, "with the clock put back")
	b.clock.Add(time.Hour)
	report := b.verify()
	if until := b.Now().Add(-3 * time.Minute); !report.Until.Equal(until) || report.Newest != 3 || report.Checkpoints != 3 || report.NewestHash == "" {
		t.Errorf("at %v: %+v", until, report)
	}
}

// TestCheckpointAfterLong: when there was none for long there are several, each of a bounded time, and none is left out.
func TestCheckpointAfterLong(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, nil)
	b.create("any")
	b.checkpoint()
	const more = 30
	for range more {
		b.clock.Add(time.Hour)
		b.create("any")
	}
	b.checkpoint()
	if n := len(b.entries(session.EntryCheckpoint)); n != 1+more {
		t.Errorf("%d checkpoints, want %d", n, 1+more)
	}
	if report := b.verify(); len(report.Faults) != 0 || report.Sessions != 1+more || report.Checkpoints != 1+more {
		t.Errorf("verified %+v", report)
	}
}

// TestTwoCheckpointers make each checkpoint once, also when they are at it together.
func TestTwoCheckpointers(t *testing.T) {
	t.Parallel()
	b := setUpAudit(t, func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
	b.create("any")
	b.clock.Add(2 * time.Minute)
	b.store = &afterEvents{Store: b.store, do: func() {
		if err := b.Checkpoint(b.ctx); err != nil {
			t.Error(err)
		}
	}}
	late := b.again(func(_ *session.Integration, cfg *session.Config) { cfg.Key = session.Key{7} })
	if err := late.Checkpoint(b.ctx); err != nil {
		t.Error(err)
	}
	if n := len(b.entries(session.EntryCheckpoint)); n != 1 {
		t.Errorf("%d checkpoints, want one", n)
	}
}

// afterEvents is a store that does something once after events were listed.
type afterEvents struct {
	session.Store
	do func()
}

func (s *afterEvents) Events(ctx context.Context, q session.EventQuery) ([]session.Event, error) {
	list, err := s.Store.Events(ctx, q)
	if do := s.do; do != nil {
		s.do = nil
		do()
	}
	return list, err
}

// TestRunMakesCheckpoints about every minute, of the tenants that it knows.
func TestRunMakesCheckpoints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New()
		in := session.Integration{ID: tenant, Policy: session.Policy{Audit: true}}
		engine, err := session.New(store, session.Config{Integrations: session.Fixed{in}})
		if err != nil {
			t.Fatal(err)
		}
		e := engine.For(tenant)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx) }()
		if _, err := e.Create(ctx, session.Facts{}); err != nil {
			t.Fatal(err)
		}
		<-time.After(3 * time.Minute)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		report, err := e.VerifyAudit(t.Context())
		if err != nil || report.Checkpoints == 0 || report.Checkpoints > 3 || len(report.Faults) != 0 || report.Sessions != 1 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}
