package session

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

// FindingFacts is what a finding says: one of them, by its kind. It is personal data, and sealed.
type FindingFacts struct {
	Device     *Device     `json:"device,omitempty"`
	Screening  *Screened   `json:"screening,omitempty"`
	UserStatus *UserStatus `json:"user_status,omitempty"`
	Consent    *Agreement  `json:"consent,omitempty"`
	Choice     *Choice     `json:"choice,omitempty"`
	Given      *Given      `json:"given,omitempty"`
	Signals    *Signals    `json:"signals,omitempty"`
	Run        *Run        `json:"run,omitempty"`
	Gate       *Gate       `json:"gate,omitempty"`
	Note       *Note       `json:"note,omitempty"`
	Claim      *Claim      `json:"claim,omitempty"`
}

// Found is a finding, opened.
type Found struct {
	Finding
	FindingFacts
}

// Device is what the host knows about the device and the network that the person uses.
type Device struct {
	Provider    string `json:"provider"`    // who collected it, at most 255 characters
	Fingerprint string `json:"fingerprint"` // of the device, at most 255 characters
	IPv4        string `json:"ipv4,omitempty"`
	IPv6        string `json:"ipv6,omitempty"` // one of the two must be given
	// Details is a JSON object of whatever else is known, kept as it is, at most 64 KiB.
	Details json.RawMessage `json:"details,omitempty"`
}

// Screened is one screening's result that differs from the one before it.
type Screened struct {
	decision.Screening
	Updated   bool `json:"updated,omitempty"`   // there was another result before
	Monitored bool `json:"monitored,omitempty"` // the search is made again, see [Policy.Monitoring]
}

// UserStatus is a status of the host's own beside the session's, given to an attempt by a person of the host's.
type UserStatus struct {
	Status     string `json:"status"`                // in words
	StatusCode string `json:"status_code,omitempty"` // Default: Status in snake_case
	Reason     string `json:"reason,omitempty"`      // in words
	ReasonCode string `json:"reason_code,omitempty"` // empty when the reason was written freely
}

// Screening is the newest screening of the session, and when it was made; nil when there is none.
func (s *Snapshot) Screening() *Found {
	for _, f := range slices.Backward(s.Findings) {
		if f.Screening != nil {
			return &f
		}
	}
	return nil
}

// Device is what was collected last about the device of the given attempt; nil when nothing was.
func (s *Snapshot) Device(attempt uuid.UUID) *Device {
	for _, f := range slices.Backward(s.Findings) {
		if f.Device != nil && f.Attempt == attempt {
			return f.Device
		}
	}
	return nil
}

// UserStatuses are the statuses of the host's own that the given attempt was given, oldest first.
func (s *Snapshot) UserStatuses(attempt uuid.UUID) (list []Found) {
	for _, f := range s.Findings {
		if f.UserStatus != nil && f.Attempt == attempt {
			list = append(list, f)
		}
	}
	return list
}

// has counts the findings of a kind about an attempt, when findings were loaded.
func (w *work) has(kind FindingKind, attempt uuid.UUID) (n int) {
	for _, f := range w.snap.Findings {
		if f.Kind == kind && f.Attempt == attempt {
			n++
		}
	}
	return n
}

// addFinding appends a finding about an attempt, when findings were loaded. They are told apart by their times,
// so each is a little later than the one before it.
func (w *work) addFinding(kind FindingKind, attempt uuid.UUID, by Actor, facts FindingFacts) error {
	f := Finding{ID: w.e.cfg.NewID(w.now), Session: w.snap.ID, Attempt: attempt, Kind: kind, By: by, At: w.now}
	if n := len(w.snap.Findings); n > 0 && !f.At.After(w.snap.Findings[n-1].At) {
		f.At = w.snap.Findings[n-1].At.Add(time.Microsecond)
	}
	sealed, err := w.snap.key().sealJSON(&w.snap.Session, part{"finding", f.ID}, facts)
	if err != nil {
		return err
	}
	f.Sealed = sealed
	w.change.Findings = append(w.change.Findings, f)
	w.snap.Findings = append(w.snap.Findings, Found{f, facts})
	return nil
}
