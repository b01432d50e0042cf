package webhook

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// EndpointSecrets finds what signs for an endpoint that has secrets of its own. A host implements it where it keeps
// its endpoints.
type EndpointSecrets interface {
	// EndpointSecrets returns the live secrets of the endpoint, oldest first as in [auth.Credential]: the last one
	// signs, and while one is being changed those before it sign too, where there is room for several signatures.
	// An endpoint that has none, or is not known, MUST have an empty list and no error. When ctx ends before the
	// answer is known, the error MUST wrap that of ctx. It is asked on every try, and MUST be safe for concurrent
	// use; it SHOULD return the same *Secret for the same secret each time.
	EndpointSecrets(ctx context.Context, endpoint uuid.UUID) ([]*auth.Secret, error)
}

// Verifa is the [Scheme] of Verifa's webhooks, see https://docs.withverifa.com/api-details/webhooks: by the newest
// of the endpoint's secrets X-Verifa-Signature, as [auth.VerifyTimestamped] takes it, and X-Verifa-Delivery-Id, the
// same on every try. Beside them are the headers of Standard Webhooks, under every live secret, the newest first, by
// [auth.Secret.WebhookSign]: a secret of [auth.GenerateWebhookSecret] verifies both. It panics when secrets is nil.
func Verifa(secrets EndpointSecrets) Scheme {
	if secrets == nil {
		panic("webhook: Verifa needs the secrets of endpoints")
	}
	return verifa{secrets}
}

type verifa struct {
	secrets EndpointSecrets
}

// Sign implements [Scheme]. A list with a nil secret is as good as none.
func (v verifa) Sign(ctx context.Context, h http.Header, to session.Endpoint, d session.Delivery, now time.Time) error {
	secrets, err := v.secrets.EndpointSecrets(ctx, to.ID)
	if err != nil {
		return err
	}
	if len(secrets) == 0 || slices.Contains(secrets, nil) {
		return ErrNoSecret
	}
	id := d.ID.String()
	var signatures []string
	for _, secret := range slices.Backward(secrets) {
		signatures = append(signatures, secret.WebhookSign(id, now, d.Body))
	}
	writeStandard(h, d, now, signatures)
	h.Set("X-Verifa-Delivery-Id", id)
	h.Set("X-Verifa-Signature", secrets[len(secrets)-1].TimestampedSign(now, d.Body))
	return nil
}
