package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision/risk"
	"github.com/bonafide-idv/bonafide/media"
)

// Policy is what differs between integrations, as a value. The zero value is that of Veriff's
// enterprise customers, with everything off that is to be switched on.
type Policy struct {
	// Lifetime of a session that is not submitted, from its creation; and from a request for resubmission that
	// comes with less than a day left, or later. Default: 7 days
	// (https://devdocs.veriff.com/apidocs/v1sessions).
	Lifetime time.Duration
	// Resubmissions is how often the person may be asked to try again; one more request is turned into a
	// decline with reason code 539 (https://devdocs.veriff.com/docs/granular-reason-codes). Negative: never.
	// Default: 9.
	Resubmissions int
	// ResubmissionHold is how long the person who submitted in the page may try again before the host is told
	// of the request; when the person does, the host is told nothing of it. Of an attempt that the host
	// submitted it is told at once. Negative: no hold. Default: 5 minutes
	// (https://devdocs.veriff.com/docs/decision-webhook).
	ResubmissionHold time.Duration
	// InProgress is how long after the person's last activity a started session may not be deleted.
	// Negative: it always may. Default: 5 minutes. (That there is such a time is said by
	// https://devdocs.veriff.com/apidocs/v1sessionsid-3; its length is our own choice.)
	InProgress time.Duration
	// Deletion allows [Engine.Delete]. Default: off.
	Deletion bool
	// ErasureDelay is how long after a deletion the key and the blobs are destroyed; the sealed data in the
	// store go with the deletion itself. At most 11 hours, so that all is gone within 12. Default: 0, as soon as
	// [Engine.Run] comes to it.
	ErasureDelay time.Duration
	// Review allows sessions to be left to a human being. Where it is off, a decider's verdict "review" is
	// recorded and the session waits in submitted. Default: off.
	Review bool
	// Cases has it told too, by events of their own, that a case was opened for a session that is left to a human
	// being, and that it was decided. Default: off.
	Cases bool
	// Required names what must have been uploaded to the current attempt before [Engine.Submit]. Default: nothing.
	Required []media.Context
	// RequiresDocuments has [Engine.Submit] need what [RequiredDocuments] names too. Default: off.
	RequiresDocuments bool
	// Links has a [Link] made for the person with every session. Default: off.
	Links bool
	// UploadStarts has the first upload start a session that was only created. Default: off.
	UploadStarts bool
	// Resume allows [Engine.Resume]. Default: off.
	Resume bool
	// Reprocess allows [Engine.Reprocess]. Default: off.
	Reprocess bool
	// Revise allows [Engine.Revise]. Default: off.
	Revise bool
	// Workflows has submitted sessions decided by a [Workflow] instead of [Config.Decider]. Default: off.
	Workflows bool
	// Risk is what signs of fraud weigh, and which of them stop a session. Default: what [risk.Signals] weigh, and none
	// does.
	Risk risk.Policy
	// AwaitOutcome has submitted sessions wait for [Engine.Simulate], whatever the decider would say; it is for
	// sandbox integrations alone. Default: off.
	AwaitOutcome bool
	// Identities has an [Identity] made, or brought up to date, when a session with a [Facts.ExternalRef] is
	// decided. It needs [Config.Key]. Default: off.
	Identities bool
	// Sensitive is how long after a session's end its personal data are shown; they are still there, and
	// [Snapshot.Hidden] says so. Default: 0, for as long as they are there.
	Sensitive time.Duration
	// Retention is how long after its end a session is redacted by itself. Default: 0, never.
	Retention time.Duration
	// Audit has who reads personal data, and who does anything else, written down with the session's events. See
	// [Engine.Events]. Default: off.
	Audit bool
	// MaxMedia is how many media an attempt may have; uploads that run at the same time may exceed it by as many
	// as they are. Default: 100.
	MaxMedia int
	// Screening has every decided session screened by [Config.Screener], unless the person is asked to try
	// again. Default: off.
	Screening bool
	// Monitoring is how long after a screening the next one follows, for as long as the session is there; the
	// host is told only of what is new. At least a minute. A search that is due while Screening is off is looked at
	// again a week later. Default: 0, never.
	Monitoring time.Duration
	// Registry allows [Engine.CheckRegistry]. Default: off.
	Registry bool
	// RegistrySync allows to wait there for the result. Default: off.
	RegistrySync bool
	// Strict has more of what the host gives refused: see [Facts.ValidateStrictly]. A wire language may refuse
	// more too. Default: off.
	Strict bool
	// DeciderTries is how often the decider is asked about one attempt before the session fails. Default: 4.
	DeciderTries int
	// DeciderLease is how long a call of the decider may take. One that takes longer has failed; one whose process has
	// died is made again by another when that time is over. What has failed is asked again after a minute, and then
	// after twice as long each time. Default: 30 seconds.
	DeciderLease time.Duration
	// Create limits the creation of sessions. Default: [EnterpriseCreation]. [Unlimited] is none.
	Create []Rule
	// Submit limits submissions. Default: nil, [Unlimited].
	Submit []Rule
	// Delete limits deletions. Default: [DeletionRules]. [Unlimited] is none.
	Delete []Rule
}

// EnterpriseCreation allows 600 sessions a minute, as Veriff does to its enterprise customers
// (https://devdocs.veriff.com/apidocs/v1sessions).
func EnterpriseCreation() []Rule { return []Rule{{600, time.Minute}} }

// SelfServeCreation allows 30 sessions a minute, as Veriff does to its self-serve customers
// (https://devdocs.veriff.com/apidocs/v1sessions).
func SelfServeCreation() []Rule { return []Rule{{30, time.Minute}} }

// DeletionRules allow 5 deletions an hour and 10 a day (https://devdocs.veriff.com/apidocs/v1sessionsid-3).
func DeletionRules() []Rule { return []Rule{{5, time.Hour}, {10, 24 * time.Hour}} }

// Unlimited is no rule.
func Unlimited() []Rule { return []Rule{} }

// maxErasureDelay leaves an hour for the erasure itself, which must be complete within 12.
const maxErasureDelay = 11 * time.Hour

// minMonitoring keeps one session from being looked for without end.
const minMonitoring = time.Minute

// withDefaults replaces what is left zero.
func (p Policy) withDefaults() Policy {
	p.Lifetime = orDefault(p.Lifetime, 7*24*time.Hour)
	p.Resubmissions = max(orDefault(p.Resubmissions, 9), 0)
	p.ResubmissionHold = max(orDefault(p.ResubmissionHold, 5*time.Minute), 0)
	p.InProgress = max(orDefault(p.InProgress, 5*time.Minute), 0)
	p.MaxMedia = orDefault(p.MaxMedia, 100)
	p.DeciderTries = orDefault(p.DeciderTries, 4)
	p.DeciderLease = orDefault(p.DeciderLease, leaseTime)
	if p.Create == nil {
		p.Create = EnterpriseCreation()
	}
	if p.Delete == nil {
		p.Delete = DeletionRules()
	}
	return p
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Validate says everything that is wrong with the policy, one sentence each.
func (p Policy) Validate() (faults []string) {
	if p.Lifetime < 0 {
		faults = append(faults, fmt.Sprintf("Policy.Lifetime is %s, and must be positive", p.Lifetime))
	}
	if p.ErasureDelay < 0 || p.ErasureDelay > maxErasureDelay {
		faults = append(faults, fmt.Sprintf("Policy.ErasureDelay is %s, and must be between 0 and %s", p.ErasureDelay, maxErasureDelay))
	}
	if p.MaxMedia < 0 {
		faults = append(faults, fmt.Sprintf("Policy.MaxMedia is %d, and must be positive", p.MaxMedia))
	}
	if p.DeciderTries < 0 {
		faults = append(faults, fmt.Sprintf("Policy.DeciderTries is %d, and must be positive", p.DeciderTries))
	}
	if p.DeciderLease < 0 {
		faults = append(faults, fmt.Sprintf("Policy.DeciderLease is %s, and must be positive", p.DeciderLease))
	}
	if p.Monitoring != 0 && p.Monitoring < minMonitoring {
		faults = append(faults, fmt.Sprintf("Policy.Monitoring is %s, and must be 0 or at least %s", p.Monitoring, minMonitoring))
	}
	if p.Monitoring > 0 && !p.Screening {
		faults = append(faults, "Policy.Monitoring needs Policy.Screening")
	}
	if p.RegistrySync && !p.Registry {
		faults = append(faults, "Policy.RegistrySync needs Policy.Registry")
	}
	if p.Sensitive < 0 || p.Retention < 0 {
		faults = append(faults, "Policy.Sensitive and Policy.Retention must not be negative")
	}
	if p.Retention > 0 && p.Sensitive > p.Retention {
		faults = append(faults, fmt.Sprintf("Policy.Sensitive is %s, and must not be longer than Policy.Retention, %s", p.Sensitive, p.Retention))
	}
	if err := p.Risk.Validate(); err != nil {
		faults = append(faults, "Policy.Risk: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	for _, c := range p.Required {
		if !c.Valid() {
			faults = append(faults, fmt.Sprintf("Policy.Required names %q, which is no context", c))
		}
	}
	for name, rules := range map[string][]Rule{"Create": p.Create, "Submit": p.Submit, "Delete": p.Delete} {
		if len(rules) > MaxRules {
			faults = append(faults, fmt.Sprintf("Policy.%s has %d rules, and may have %d", name, len(rules), MaxRules))
		}
		for _, r := range rules {
			if r.N <= 0 || r.Window < time.Microsecond {
				faults = append(faults, fmt.Sprintf("Policy.%s has the rule %s, and both its numbers must be positive", name, r))
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// Integration is one use of the engine: its policy, and where its events are told.
type Integration struct {
	ID uuid.UUID
	// Tenant owns the sessions. Its integrations see each other's, unless they have a Dialect. Default: ID, so that
	// there is no other.
	Tenant  uuid.UUID
	Sandbox bool
	// Dialect names the wire language of an integration that keeps its sessions to itself: no other integration of the
	// tenant finds them, and it finds no other's. Default: empty, and it shares them with those that have none either.
	Dialect   string
	Policy    Policy
	Endpoints []Endpoint
}

// Validate says everything that is wrong with the integration, one sentence each.
func (in Integration) Validate() (faults []string) {
	faults = in.Policy.Validate()
	if in.Policy.AwaitOutcome && !in.Sandbox {
		faults = append(faults, "Policy.AwaitOutcome is for a sandbox alone")
	}
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	for _, ep := range in.Endpoints {
		if seen[ep.ID] {
			faults = append(faults, fmt.Sprintf("the id %s of an endpoint is nil or given twice", ep.ID))
		}
		seen[ep.ID] = true
		if !ep.Retry.valid() {
			faults = append(faults, fmt.Sprintf("endpoint %s: its Retry has a number that is not positive", ep.ID))
		}
	}
	return faults
}

// Endpoint is one address that is told of events.
type Endpoint struct {
	ID     uuid.UUID   `json:"id"` // not nil; must stay the same when URL changes
	URL    string      `json:"url"`
	Format string      `json:"format"`          // which [Renderer] of [Config.Renderers] writes to it
	Kinds  []EventKind `json:"kinds,omitempty"` // which events; nil: all that the renderer has words for
	Retry  Retry       `json:"retry,omitzero"`
	Wire   Wire        `json:"wire,omitzero"`
}

// Wants reports whether the endpoint is to be told of such events.
func (e Endpoint) Wants(kind EventKind) bool { return e.Kinds == nil || slices.Contains(e.Kinds, kind) }

// Retry is a retry profile as data. The zero value is Veriff's: hourly for 7 days, and nothing but 200 is a
// success (https://devdocs.veriff.com/docs/webhooks-guide).
type Retry struct {
	// After is how long to wait before the second try, the third, …; the last one repeats. Default: 1 hour.
	After []time.Duration `json:"after,omitempty"`
	// Tries is after how many tries the delivery is given up. Default: 168.
	Tries int `json:"tries,omitempty"`
	// Any2xx counts every status from 200 to 299 as a success. Default: only 200.
	Any2xx bool `json:"any_2xx,omitempty"`
}

func (r Retry) valid() bool {
	return r.Tries >= 0 && !slices.ContainsFunc(r.After, func(d time.Duration) bool { return d <= 0 })
}

// Next says when to try again after tries tries, the last of which ended at; false: give up.
func (r Retry) Next(tries int, at time.Time) (time.Time, bool) {
	if tries >= orDefault(r.Tries, 168) {
		return time.Time{}, false
	}
	if len(r.After) == 0 {
		return at.Add(time.Hour), true
	}
	return instant(at.Add(r.After[min(max(tries, 1), len(r.After))-1])), true
}

// Succeeded reports whether the receiver's status means that it took the delivery.
func (r Retry) Succeeded(status int) bool {
	return status == 200 || r.Any2xx && status >= 200 && status <= 299
}

// Integrations finds an integration by its id, also for work that no request has asked for. The engine asks at
// least once per operation, and judges by what it is answered then; an implementation caches as it likes, and
// validates what it gives by [Integration.Validate]. It MUST be safe for concurrent use, and MUST NOT use the
// store's own connections: it is called while a transaction of the store is open. What its errors say goes to the log, and
// MUST NOT hold secrets or anything about a person.
type Integrations interface {
	// Integration MUST answer [ErrNotFound] for an id that it does not have.
	Integration(ctx context.Context, id uuid.UUID) (Integration, error)
}

// Fixed is Integrations from a list that does not change.
type Fixed []Integration

var _ Integrations = Fixed(nil)

// Integration finds it in the list.
func (f Fixed) Integration(_ context.Context, id uuid.UUID) (Integration, error) {
	for _, i := range f {
		if i.ID == id {
			return i, nil
		}
	}
	return Integration{}, ErrNotFound
}
