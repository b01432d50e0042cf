package session

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/risk"
)

// Agreement is that the person agreed to be verified.
type Agreement struct {
	Version string    `json:"version"` // of the text that was agreed to
	IP      string    `json:"ip,omitempty"`
	At      time.Time `json:"at"`
}

// Choice is which document the person is going to show.
type Choice struct {
	Type    string `json:"type"`              // one of [DocumentChoices]
	Country string `json:"country,omitempty"` // that issued it, ISO 3166-1 alpha-2
}

// Given are data that the person filled in beside what is shown: a JSON object, whose members are set over those that
// were given before; one that is null takes away.
type Given struct {
	Data json.RawMessage `json:"data"`
}

// Signals are signs of fraud that the host or the page has seen, by the names of [risk.Signals].
type Signals struct {
	Names []string `json:"names"`
}

// DocumentChoices are the documents that a person may choose to show
// (https://docs.withverifa.com/integration-guides/api-only-integration).
func DocumentChoices() []string {
	return []string{"passport", "drivers_license", "national_id", "residence_permit"}
}

// ErrConsent: the person has not agreed yet, and must before anything is shown.
var ErrConsent = errors.New("session: the person has not agreed yet")

const (
	// maxCaptured is how often each of what a capture consists of may be given in one attempt.
	maxCaptured = 50
	// maxGiven is how many bytes [Given.Data] may have.
	maxGiven = 64 << 10
	// maxSignals is how many [Signals.Names] there may be.
	maxSignals = 100
)

// Agree notes that the person agrees, which is the beginning where the session is only created.
//
// Errors: [ErrNotFound]; a *[TransitionError]; a *[FactsError]; [ErrEnough]; a *[LinkError].
func (e *Engine) Agree(ctx context.Context, id uuid.UUID, a Agreement) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "agree", id)
	defer verb.done(&err)
	if err := faultOf([]field{{"consent_version", a.Version, maxName}}); err != nil {
		return nil, err
	}
	if a.Version == "" {
		return nil, &FactsError{"consent_version", FaultMissing}
	}
	if _, err := netip.ParseAddr(a.IP); a.IP != "" && err != nil {
		return nil, &FactsError{"ip", FaultAddress}
	}
	return e.capture(ctx, id, FindingConsent, EventConsented, func(w *work) (FindingFacts, error) {
		a.At = w.now
		if w.snap.Status != StatusStarted {
			w.nextAttempt()
			if err := w.move(ActionStart, e.actor, w.now); err != nil {
				return FindingFacts{}, err
			}
		}
		return FindingFacts{Consent: &a}, nil
	})
}

// Choose notes which document the person is going to show. The newest choice counts.
//
// Errors: [ErrConsent]; those of [Engine.Agree].
func (e *Engine) Choose(ctx context.Context, id uuid.UUID, c Choice) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "choose", id)
	defer verb.done(&err)
	switch {
	case c.Type == "":
		return nil, &FactsError{"document_type", FaultMissing}
	case !slices.Contains(DocumentChoices(), c.Type):
		return nil, &FactsError{"document_type", FaultUnknown}
	case c.Country != "" && !isCountry(c.Country):
		return nil, &FactsError{"country", FaultUnknown}
	}
	return e.capture(ctx, id, FindingChoice, EventChosen, func(w *work) (FindingFacts, error) {
		return FindingFacts{Choice: &c}, w.agreed()
	})
}

// Give notes data that the person filled in. They are merged into what was given before, as metadata by
// [Engine.Update]: a member that is null is taken away, any other is set, and those that are not in it stay.
//
// Errors: [ErrConsent]; a *[FactsError], also for data that have become too much; those of [Engine.Agree].
func (e *Engine) Give(ctx context.Context, id uuid.UUID, data json.RawMessage) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "give", id)
	defer verb.done(&err)
	if len(data) == 0 {
		return nil, &FactsError{"data", FaultMissing}
	}
	if err := checkObject("data", data, maxGiven); err != nil {
		return nil, err
	}
	return e.capture(ctx, id, FindingGiven, EventGiven, func(w *work) (FindingFacts, error) {
		if err := w.agreed(); err != nil {
			return FindingFacts{}, err
		}
		if whole, err := setMembers(w.snap.Given(), data); err != nil {
			return FindingFacts{}, err
		} else if len(whole) > maxGiven {
			return FindingFacts{}, &FactsError{"data", FaultTooLong}
		}
		return FindingFacts{Given: &Given{Data: data}}, nil
	})
}

// Signal notes signs of fraud. All that were ever given of an attempt count, each once; whoever gives them, they
// can only make the session look worse.
//
// Errors: a *[FactsError] for a name that is unknown; those of [Engine.Agree].
func (e *Engine) Signal(ctx context.Context, id uuid.UUID, names []string) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "signal", id)
	defer verb.done(&err)
	if len(names) == 0 {
		return nil, &FactsError{"signals", FaultMissing}
	}
	if len(names) > maxSignals {
		return nil, &FactsError{"signals", FaultTooLong}
	}
	if _, err := risk.Assess(risk.Policy{}, names); err != nil {
		return nil, &FactsError{"signals", FaultUnknown}
	}
	return e.capture(ctx, id, FindingSignals, EventSignalled, func(*work) (FindingFacts, error) {
		return FindingFacts{Signals: &Signals{Names: names}}, nil
	})
}

// capture adds one step of a capture to the current attempt, while it is the person's turn.
func (e *Engine) capture(ctx context.Context, id uuid.UUID, kind FindingKind, tell EventKind,
	facts func(*work) (FindingFacts, error)) (*Snapshot, error) {
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartFindings, func(w *work) error {
		if err := takes(w.snap.At(w.now).Status, ActionCollect, e.actor); err != nil {
			return err
		}
		f, err := facts(w)
		if err != nil {
			return err
		}
		w.active()
		w.change.Keep = len(w.change.Events) == 0 // unless it has begun with this
		if w.has(kind, w.snap.AttemptID) >= maxCaptured {
			return ErrEnough
		}
		if err := w.addFinding(kind, w.snap.AttemptID, e.actor, f); err != nil {
			return err
		}
		return w.emit(tell, e.actor, w.now)
	})
}

// agreed refuses what must not come before the person's consent, when findings were loaded. A consent is for the
// whole session.
func (w *work) agreed() error {
	if w.snap.Consent() == nil {
		return ErrConsent
	}
	return nil
}

// Consent is the person's newest agreement; nil when there is none.
func (s *Snapshot) Consent() *Agreement {
	for _, f := range slices.Backward(s.Findings) {
		if f.Consent != nil {
			return f.Consent
		}
	}
	return nil
}

// Choice is the document that the person chose last; nil when none was.
func (s *Snapshot) Choice() *Choice {
	for _, f := range slices.Backward(s.Findings) {
		if f.Choice != nil {
			return f.Choice
		}
	}
	return nil
}

// Given are all data that the person filled in, merged as [Engine.Give] says, as a JSON object; nil when there are none.
func (s *Snapshot) Given() (data json.RawMessage) {
	for _, f := range s.Findings {
		if f.Given == nil {
			continue
		}
		if whole, err := setMembers(data, f.Given.Data); err == nil { // it was looked at when it was given
			data = whole
		}
	}
	return data
}

// Signals are the names of all signs of fraud that were given of the session, each once, in the order in which
// they came.
func (s *Snapshot) Signals() (names []string) {
	for _, f := range s.Findings {
		if f.Signals == nil {
			continue
		}
		for _, name := range f.Signals.Names {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
