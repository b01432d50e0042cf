package session

import (
	"context"
	"errors"
	"time"
)

// deadInARow is after how many deliveries in a row that were given up a stored endpoint is disabled
// (https://docs.withverifa.com/integration-guides/webhooks-guide).
const deadInARow = 10

// count counts for a stored endpoint that a delivery was made or was given up after its last try, and disables
// one of which too many in a row were. A success is only written where failures are known of, which in other
// processes may be 5 seconds old.
func (e *Engine) count(ctx context.Context, d Delivery) error {
	known, found := e.knownEndpoint(d)
	failed := d.State == DeliveryDead && d.Last.Note != noteGone && d.Last.Note != noteDisabled
	if !found || !failed && (d.State != DeliveryDone || known.Dead == 0) {
		return nil
	}
	disabled := false
	in := Integration{ID: d.Integration, Tenant: d.Tenant, Sandbox: d.Sandbox}
	_, err := e.writeEndpoint(ctx, in, func(now time.Time) (what string, ep keptEndpoint, err error) {
		ep, err = e.endpointOf(ctx, in, d.Endpoint)
		ep.version++
		if ep.Dead++; !failed {
			ep.Dead = 0
		}
		if disabled = ep.Enabled && ep.Dead >= deadInARow; disabled {
			ep.enable(false, now)
			what = "disabled"
		}
		return what, ep, err
	})
	if disabled && err == nil {
		e.cfg.Log.WarnContext(ctx, "an endpoint is disabled: too many deliveries were given up", "endpoint", d.Endpoint)
	}
	if errors.Is(err, ErrNotFound) {
		return nil // it is removed
	}
	return err
}
