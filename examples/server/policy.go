package main

import (
	"maps"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
)

// planNames are those of the plans of Verifa's customers.
const planNames = "free, starter, professional or enterprise"

func plans() map[string]verifa.Plan {
	byName := map[string]verifa.Plan{}
	for _, p := range []verifa.Plan{verifa.Free(), verifa.Starter(), verifa.Professional(), verifa.Enterprise()} {
		byName[p.Name] = p
	}
	return byName
}

// policy is what an integration of Veriff's language may do that says nothing else.
func (c *config) policy() session.Policy {
	return session.Policy{
		Lifetime: c.ttl,
		Deletion: true,
		Review:   true,
		Strict:   c.strict,
		Create:   []session.Rule{{N: c.createMinute, Window: time.Minute}},
		Delete:   []session.Rule{{N: c.deleteHour, Window: time.Hour}, {N: c.deleteDay, Window: 24 * time.Hour}},
	}
}

// verifaPolicy is what an integration of Verifa's language may do that says nothing else.
func (c *config) verifaPolicy(plan verifa.Plan, sandbox bool) session.Policy {
	p := verifa.Policy(plan, sandbox)
	p.Lifetime = c.captureTTL
	return p
}

// policyOf reads what of a policy is not as the flags have it: what both wire languages have, and what is of one.
func policyOf(p *session.Policy, dialect string) members {
	known := members{
		"session_ttl":       duration(&p.Lifetime, time.Second),
		"resubmissions":     orNever(&p.Resubmissions, count(&p.Resubmissions, 0)),
		"resubmission_hold": orNever(&p.ResubmissionHold, duration(&p.ResubmissionHold, 0)),
		"review":            truth(&p.Review),
		"required_contexts": contexts(&p.Required),
		"screening":         truth(&p.Screening),
		"monitoring":        duration(&p.Monitoring, 0),
		"audit":             truth(&p.Audit),
		"sensitive":         duration(&p.Sensitive, 0),
		"retention":         duration(&p.Retention, 0),
		"create_per_minute": rate(&p.Create, time.Minute),
	}
	further := members{
		"in_progress":     orNever(&p.InProgress, duration(&p.InProgress, 0)),
		"deletion":        truth(&p.Deletion),
		"erasure_delay":   duration(&p.ErasureDelay, 0),
		"registry":        truth(&p.Registry),
		"registry_sync":   truth(&p.RegistrySync),
		"strict":          truth(&p.Strict),
		"delete_per_hour": func(v value) error { return count(&p.Delete[0].N, 1)(v) },
		"delete_per_day":  func(v value) error { return count(&p.Delete[1].N, 1)(v) },
	}
	if dialect == verifa.Dialect {
		further = members{
			"workflows":      truth(&p.Workflows),
			"cases":          truth(&p.Cases),
			"identities":     truth(&p.Identities),
			"resume":         truth(&p.Resume),
			"reprocess":      truth(&p.Reprocess),
			"submit_per_day": rate(&p.Submit, 24*time.Hour),
		}
	}
	maps.Copy(known, further)
	return known
}
