package webhook

import (
	"context"
	"net/http"
	"time"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/session"
)

// veriff signs with the secrets of the integration.
type veriff struct {
	keys   auth.Keyring
	legacy bool
}

// Sign implements [Scheme]. A credential that is not valid, which no keyring may return, is none.
func (v veriff) Sign(ctx context.Context, h http.Header, _ session.Endpoint, d session.Delivery, now time.Time) error {
	if v.keys == nil {
		return auth.ErrUnknownKey
	}
	credential, err := v.keys.ByIntegration(ctx, d.Integration)
	if err != nil {
		return err
	}
	if credential.Validate() != nil {
		return auth.ErrUnknownKey
	}
	id, signer := d.ID.String(), credential.Signer()
	signatures := []string{signer.StandardSign(id, now, d.Body)}
	for i, secret := range credential.Secrets {
		if i != credential.Signing {
			signatures = append(signatures, secret.StandardSign(id, now, d.Body))
		}
	}
	writeStandard(h, d, now, signatures)
	writeVeriff(h, credential, d)
	if v.legacy {
		h.Set("X-Signature", string(signer.LegacySign(nil, d.Body)))
	}
	return nil
}

// writeVeriff writes the headers of Veriff's webhooks, under the names that older and newer clients read.
func writeVeriff(h http.Header, credential auth.Credential, d session.Delivery) {
	key, signature := credential.APIKey.String(), string(credential.Signer().Sign(nil, d.Body))
	h.Set("X-Auth-Client", key)
	h.Set("X-Hmac-Signature", signature)
	h.Set("Vrf-Auth-Client", key)
	h.Set("Vrf-Hmac-Signature", signature)
	h.Set("Vrf-Integration-Id", d.Integration.String())
}
