package storetest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
	"github.com/bonafide-idv/bonafide/storage/storetest"
)

func TestTheSuitePassesAStoreThatIsRight(t *testing.T) {
	storetest.Run(t, func(*testing.T) session.Store { return memstore.New() })
	storetest.Durable(t, func(*testing.T) (session.Store, func() session.Store) {
		s := memstore.New()
		return s, func() session.Store { return s }
	})
}

// fault breaks one promise of a store that is right otherwise.
type fault struct {
	session.Store
	kind string
}

// faults tells for each kind of fault which case must find it.
var faults = map[string]string{
	"loses its rows":         "Durable/when_Apply_returns_nil_for_a_change,_it_is_durable",
	"outcomes of nil":        "Run/Apply/answers_nil_when_all_were_done",
	"stops at a refusal":     "Run/Refusals/a_refused_change_MUST_NOT_change_the_outcome_of_another_in_this_call",
	"permits for nothing":    "Run/Permits/no_window_of_that_length_holds_N+1,_and_Retry_is_the_first_instant_at_which_one_more_is_allowed",
	"no next":                "Run/Sweep/of_nothing_due_answers_when_the_next_is,_and_never_ticks",
	"deaf to ctx":            "Run/Contexts/a_ctx_that_was_cancelled_MUST_yield_its_error_and_no_effect",
	"finds what is deleted":  "Run/Load/ErrNotFound:_it_is_deleted_and_ref_does_not_ask_for_deleted_ones",
	"counts claims as tries": "Run/Settle/Claims_counts_claims,_and_Tries_is_what_Settle_writes",
	"hides what waits":       "Run/Order/next_has_no_regard_to_order_or_to_who_holds_it",
	"forgets except":         "Run/Claim/none_for_the_endpoints_in_except,_and_next_has_no_regard_to_except",
	"forgets the sandbox":    "Run/Deliveries/Tenant_and_Sandbox_always_filter",
	"confuses findings":      "Run/Parts/attempts_and_decisions_come_in_the_order_of_N,_events_in_the_order_of_Seq,_media_and_findings_in_the_order_of_ID",
	"other errors":           "Run/Refusals/a_change_with_any_other_part_whose_ID_is_there_is_ErrExists,_leaves_no_trace_and_harms_no_other_change",
	"truncates to seconds":   "Run/Values/times_are_whole_microseconds,_UTC,_and_come_back_as_they_went_in",
	"lists every event":      "Run/Events/lists_the_events_of_one_tenant's_sessions_that_have_Listed,_newest_first_by_ID",
	"shows what expired":     "Run/Entries_expire/without_those_that_have_expired_at_q.At:_from_ExpiresAt_on_it_is_not_there",
	"adds entries apart":     "Run/Entries_are_judged/a_change_whose_entry_is_refused_leaves_no_trace,_of_its_session_or_of_another_entry",
	"passes nothing over":    "Run/Pages_of_Query/Skip_are_passed_over_first",
	"believes the caller":    "Run/Chain/events_get_Hash_=_Chain_of_the_session's_Head_and_themselves,_whatever_stands_in_the_change",
}

func (f *fault) Apply(ctx context.Context, changes ...session.Change) []error {
	if f.kind == "deaf to ctx" {
		ctx = context.WithoutCancel(ctx)
	}
	for i := range changes {
		switch f.kind {
		case "permits for nothing":
			changes[i].Permits = nil
		case "truncates to seconds":
			changes[i].Session.ExpiresAt = changes[i].Session.ExpiresAt.Truncate(time.Second)
		case "lists every event":
			for j := range changes[i].Events {
				changes[i].Events[j].Listed = true
			}
		case "adds entries apart":
			for _, e := range changes[i].Entries {
				f.Store.Apply(ctx, session.Change{ID: changes[i].ID, Entries: []session.Entry{e}})
			}
		}
	}
	errs := f.Store.Apply(ctx, changes...)
	switch {
	case f.kind == "other errors":
		for i := range errs {
			if errors.Is(errs[i], session.ErrExists) && changes[i].Base != 0 {
				errs[i] = errors.New("UNIQUE constraint failed")
			}
		}
	case f.kind == "outcomes of nil" && errs == nil:
		return make([]error, len(changes))
	case f.kind == "stops at a refusal":
		for i := 1; i < len(errs); i++ {
			if errs[i] == nil {
				errs[i] = errs[i-1]
			}
		}
	}
	return errs
}

func (f *fault) Sweep(ctx context.Context, now time.Time, n int, tick func(session.Session) (session.Change, bool)) (int, time.Time, error) {
	done, next, err := f.Store.Sweep(ctx, now, n, tick)
	if f.kind == "no next" {
		next = time.Time{}
	}
	return done, next, err
}

func (f *fault) Load(ctx context.Context, ref session.Ref, parts session.Parts) (session.Record, error) {
	ref.Deleted = ref.Deleted || f.kind == "finds what is deleted"
	r, err := f.Store.Load(ctx, ref, parts)
	switch f.kind {
	case "confuses findings":
		slices.Reverse(r.Findings)
	case "believes the caller":
		r.Session.Head = [32]byte{1}
	}
	return r, err
}

func (f *fault) Query(ctx context.Context, q session.Query) ([]session.Session, error) {
	if f.kind == "passes nothing over" {
		q.Skip = 0
	}
	return f.Store.Query(ctx, q)
}

func (f *fault) Entries(ctx context.Context, q session.EntryQuery) ([]session.Entry, error) {
	if f.kind == "shows what expired" {
		q.At = time.Time{}
	}
	return f.Store.Entries(ctx, q)
}

func (f *fault) Claim(ctx context.Context, now, until time.Time, n int, except []uuid.UUID) ([]session.Delivery, time.Time, error) {
	if f.kind == "forgets except" {
		except = nil
	}
	claimed, next, err := f.Store.Claim(ctx, now, until, n, except)
	if f.kind == "hides what waits" && len(claimed) == 0 && !next.After(now) {
		next = until
	}
	return claimed, next, err
}

func (f *fault) Settle(ctx context.Context, done ...session.Delivery) []error {
	for i := range done {
		if f.kind == "counts claims as tries" {
			done[i].Tries = done[i].Claims
		}
	}
	return f.Store.Settle(ctx, done...)
}

func (f *fault) Deliveries(ctx context.Context, q session.DeliveryQuery) ([]session.Delivery, error) {
	out, err := f.Store.Deliveries(ctx, q)
	if f.kind == "forgets the sandbox" && err == nil {
		q.Sandbox = !q.Sandbox
		other, err := f.Store.Deliveries(ctx, q)
		return append(out, other...), err
	}
	return out, err
}

// The suite runs here on a store with a fault, in a process of TestTheSuiteFindsFaults, where it has to fail.
func TestBroken(t *testing.T) {
	kind := os.Getenv("STORETEST_FAULT")
	if kind == "" {
		t.Skip("there is no fault to be found")
	}
	open := func(*testing.T) session.Store { return &fault{memstore.New(), kind} }
	t.Run("Run", func(t *testing.T) { storetest.Run(t, open) })
	t.Run("Durable", func(t *testing.T) {
		storetest.Durable(t, func(t *testing.T) (session.Store, func() session.Store) {
			s := open(t)
			return s, func() session.Store {
				if kind == "loses its rows" {
					return open(t)
				}
				return s
			}
		})
	})
}

func TestTheSuiteFindsFaults(t *testing.T) {
	for kind, name := range faults {
		t.Run(kind, func(t *testing.T) {
			group := name[:strings.LastIndex(name, "/")]
			if strings.HasPrefix(name, "Durable") {
				group = "Durable"
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^"+strings.ReplaceAll(group, "/", "$/^")+"$", "-test.v")
			cmd.Env = append(os.Environ(), "STORETEST_FAULT="+kind)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/"+name+" ") {
				t.Errorf("a store that %s: error %v, want the case %q to fail, in\n%s", kind, err, name, out)
			}
		})
	}
}
