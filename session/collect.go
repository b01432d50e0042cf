package session

import (
	"context"
	"encoding/json"
	"net/netip"

	"github.com/google/uuid"
)

const (
	// maxDeviceText is how many bytes a text of [Device] may have.
	maxDeviceText = 255
	// maxDetails is how many bytes [Device.Details] may have.
	maxDetails = 64 << 10
)

// Collect adds what the host knows about the person's device to the session's current attempt; after a request
// for resubmission, to the next. It may be called again, and the newest counts. Like an upload it changes no
// status, and is possible while media are taken.
//
// Errors: a *[FactsError] for data that are not acceptable; [ErrNotFound]; a *[TransitionError] for
// [ActionCollect] when the session takes no data any more.
func (e *Engine) Collect(ctx context.Context, id uuid.UUID, d Device) (*Snapshot, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return e.write(ctx, Ref{ID: id}, PartAttempts|PartFindings, func(w *work) error {
		if err := takes(w.snap.At(w.now).Status, ActionCollect, e.actor); err != nil {
			return err
		}
		w.intoAttempt()
		if err := w.addFinding(FindingDevice, w.snap.AttemptID, e.actor, FindingFacts{Device: &d}); err != nil {
			return err
		}
		return w.emit(EventCollected, e.actor, w.now)
	})
}

// Validate answers the first fault as a *[FactsError].
func (d Device) Validate() error {
	for _, t := range []struct{ field, text string }{{"provider", d.Provider}, {"fingerprint", d.Fingerprint}} {
		switch {
		case t.text == "":
			return &FactsError{t.field, FaultMissing}
		case len(t.text) > maxDeviceText:
			return &FactsError{t.field, FaultTooLong}
		case !clean(t.text):
			return &FactsError{t.field, FaultText}
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
