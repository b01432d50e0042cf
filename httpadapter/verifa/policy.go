package verifa

import (
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// Policy is what an integration of this dialect has for a customer of a plan, live or of a sandbox, with the defaults
// of the vendor's pages; change of it what is to be otherwise. A session lives 20 minutes and has a link for the person
// from its creation on (https://docs.withverifa.com/integration-guides/web-capture-flow). A live one is decided by its
// workflow, one of a sandbox waits for its outcome (https://docs.withverifa.com/best-practices/testing). Personal data
// are shown and kept for as long as nobody redacts them: see [session.Policy.Sensitive] and
// [session.Policy.Retention].
func Policy(plan Plan, sandbox bool) session.Policy {
	create, submit := plan.Rules()
	return session.Policy{
		Lifetime:          20 * time.Minute,
		Links:             true,
		UploadStarts:      true,
		RequiresDocuments: true,
		Resume:            true,
		Reprocess:         true,
		Review:            true,
		Cases:             true,
		Workflows:         true,
		Identities:        true,
		Audit:             true,
		AwaitOutcome:      sandbox,
		Create:            create,
		Submit:            submit,
	}
}
