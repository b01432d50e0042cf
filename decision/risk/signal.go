package risk

import (
	"slices"
	"time"
)

// Category says what a signal is about.
type Category string

// The categories.
const (
	Behavioural Category = "behavioural" // how the person moves through the capture
	Device      Category = "device"      // what the capture runs on
	Network     Category = "network"     // where it comes from
	Integrity   Category = "integrity"   // whether what arrives is what was captured
)

// Signal is something that is suspicious about an attempt.
type Signal struct {
	Name     string   `json:"name"`
	Category Category `json:"category"`
	Weight   int      `json:"weight"` // from 0 to 100
	// MayBlock: a policy may stop the attempt for this signal alone.
	MayBlock bool `json:"may_block"`
	// Published: the weight is the vendor's. Otherwise it is one of our own.
	Published bool `json:"published"`
}

// The signals that this module gives of its own accord.
const (
	CompletionTooFast = "completion_too_fast"
	CompletionTooSlow = "completion_too_slow"
)

// What [FromTiming] goes by.
const (
	tooFast = 15 * time.Second
	tooSlow = 15 * time.Minute
)

// Signals are all known signals, by category and then by weight, the heaviest first. The slice is the caller's
// own.
func Signals() []Signal { return slices.Clone(signals) }

// SignalOf is the signal of the given name, and whether it is known.
func SignalOf(name string) (Signal, bool) {
	i := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == name })
	if i < 0 {
		return Signal{}, false
	}
	return signals[i], true
}

// FromTiming gives the signals that follow from how long the person took for the capture: too fast is less than
// 15 seconds, too slow more than 15 minutes. A duration that is not above zero is not known, and says nothing.
func FromTiming(took time.Duration) []string {
	switch {
	case took <= 0:
		return nil
	case took < tooFast:
		return []string{CompletionTooFast}
	case took > tooSlow:
		return []string{CompletionTooSlow}
	}
	return nil
}

// signals is never changed.
var signals = []Signal{
	{"mouse_bot_pattern", Behavioural, 25, false, true},
	{"keystroke_bot_pattern", Behavioural, 25, false, true},
	{CompletionTooFast, Behavioural, 20, false, true},
	{"copy_paste_name", Behavioural, 15, false, true},
	{"screen_sharing_detected", Behavioural, 15, false, true},
	{"high_hesitation", Behavioural, 10, false, true},
	{"autofill_then_edit", Behavioural, 10, false, true},
	{CompletionTooSlow, Behavioural, 5, false, true},
	{"high_distraction", Behavioural, 5, false, true},

	{"bot_detected", Device, 50, true, true},
	{"virtual_camera", Device, 50, true, true},
	{"webdriver_evasion_detected", Device, 40, false, true},
	{"devtools_open", Device, 30, false, true},
	{"webgl_vm_detected", Device, 30, false, true},
	{"incognito_detected", Device, 10, false, false}, // many honest people have a reason

	{"vpn_detected", Network, 15, false, false}, // as common as the weaker of the behavioural ones

	{"camera_injection_detected", Integrity, 50, true, false}, // as bad as a virtual camera
	{"integrity_checksum_mismatch", Integrity, 50, true, false},
}
