package verifa

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/bonafide-idv/bonafide/session"
)

// maxQuota is up to which number a quota is told of: what is left of it is counted, session by session.
const maxQuota = 1000

// tellQuota says in the head of the answer how many more sessions may be created, where that is limited. It is what
// the creation's own outcome leaves; creations at the same time may have taken more. An answer is not kept back because
// that cannot be said.
func (x *exchange) tellQuota(failed error) {
	ctx := x.r.Context()
	in, err := x.engine.Integration(ctx)
	if err != nil || len(in.Policy.Create) == 0 {
		return
	}
	rule := in.Policy.Create[0]
	var left int64
	var reset time.Time
	if limited := (*session.RateError)(nil); errors.As(failed, &limited) {
		rule, reset = limited.Rule, limited.Retry
	} else if rule.N > maxQuota {
		return
	} else if left, reset, err = x.quota(ctx, rule); err != nil {
		x.Log.WarnContext(ctx, "how much is left of a quota cannot be told", "error", err)
		return
	}
	h := x.w.Header()
	h.Set(headerQuotaLimit, strconv.FormatInt(rule.N, 10))
	h.Set(headerQuotaRemaining, strconv.FormatInt(left, 10))
	h.Set(headerQuotaReset, strconv.FormatInt(ceilUnix(reset), 10))
}

// quota is how many more sessions a rule allows now, and when there will be one more.
func (x *exchange) quota(ctx context.Context, rule session.Rule) (left int64, reset time.Time, err error) {
	now := x.engine.Now()
	over := now.Add(-rule.Window) // what was created then, or before, does not count any more
	list := session.List{Since: over, N: 1}
	n, err := x.engine.Count(ctx, list, int(rule.N)+1)
	for reset = now.Add(rule.Window); err == nil && n > 0; n-- {
		list.Skip = n - 1
		var oldest []session.Session
		if oldest, err = x.engine.List(ctx, list); len(oldest) == 1 && oldest[0].CreatedAt.After(over) {
			reset = oldest[0].CreatedAt.Add(rule.Window)
			break
		}
	}
	return max(rule.N-int64(n), 0), reset, err
}
