package session

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	// maxDetails is how many bytes [Device.Details] may have.
	maxDetails = 64 << 10
	// maxDevices is how often data about the device may be added to one attempt.
	maxDevices = 10
	// maxUserStatuses is how many statuses of the host's own an attempt may have.
	maxUserStatuses = 100
)

// ErrEnough: there are as many of their kind, in an attempt, a session or a tenant, as there may be.
var ErrEnough = errors.New("session: there are as many as there may be")

// Collect adds what the host knows about the person's device to the session's current attempt. It may be called
// again, about ten times in all (as many more as run at the same time), and the newest counts. Like an upload it changes no status, and is possible while media
// are taken; but it opens no attempt: after a request for resubmission the person must have begun the next.
//
// Errors: [ErrNotFound]; a *[TransitionError] for [ActionCollect] when the session takes no data any more; a
// *[FactsError] for data that are not acceptable; [ErrEnough].
func (e *Engine) Collect(ctx context.Context, id uuid.UUID, d Device) (_ *Snapshot, err error) {
	ctx, verb := e.observeOf(ctx, "collect", id)
	defer verb.done(&err)
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartFindings, func(w *work) error {
		if err := w.collects(); err != nil {
			return err
		}
		if err := d.Validate(); err != nil {
			return err
		}
		w.change.Keep = true
		w.active()
		if w.has(FindingDevice, w.snap.AttemptID) >= maxDevices {
			return ErrEnough
		}
		if err := w.addFinding(FindingDevice, w.snap.AttemptID, e.actor, FindingFacts{Device: &d}); err != nil {
			return err
		}
		return w.emit(EventCollected, e.actor, w.now)
	})
}

// collects refuses data about the device when it is not the person's turn, or the attempt was judged already.
func (w *work) collects() error {
	status := w.snap.At(w.now).Status
	if a := w.snap.attempt(); a != nil && a.Status == StatusResubmissionRequested {
		return &TransitionError{Status: status, Action: ActionCollect, Actor: w.e.actor}
	}
	return takes(status, ActionCollect, w.e.actor)
}

// Validate answers the first fault as a *[FactsError].
func (d Device) Validate() error {
	switch {
	case d.Provider == "":
		return &FactsError{"provider", FaultMissing}
	case d.Fingerprint == "":
		return &FactsError{"fingerprint", FaultMissing}
	}
	for _, t := range []field{{"provider", d.Provider, maxName}, {"fingerprint", d.Fingerprint, maxName}} {
		switch {
		case !clean(t.text):
			return &FactsError{t.name, FaultText}
		case utf8.RuneCountInString(t.text) > t.most:
			return &FactsError{t.name, FaultTooLong}
		}
	}
	if d.IPv4 == "" && d.IPv6 == "" {
		return &FactsError{"ip", FaultMissing}
	}
	if ip, err := netip.ParseAddr(d.IPv4); d.IPv4 != "" && (err != nil || !ip.Is4()) {
		return &FactsError{"ipv4", FaultAddress}
	}
	if ip, err := netip.ParseAddr(d.IPv6); d.IPv6 != "" && (err != nil || !ip.Is6() || ip.Zone() != "") {
		return &FactsError{"ipv6", FaultAddress}
	}
	if len(d.Details) > maxDetails {
		return &FactsError{"details", FaultTooLong}
	}
	var object map[string]json.RawMessage
	if len(d.Details) > 0 && (json.Unmarshal(d.Details, &object) != nil || object == nil) {
		return &FactsError{"details", FaultObject}
	}
	return nil
}
