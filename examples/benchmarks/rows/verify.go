package rows

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
)

var errSignature = errors.New("a right signature was refused")

func verifications() []measure.Row {
	return []measure.Row{{
		Name: "verify 1 KiB", Against: "crypto/hmac with a reused state",
		Aim:  measure.Aim{AtMost: 1.1, NoAllocs: true},
		Note: "The peer's state is reset, which keeps the hashed key, and its signature is decoded already; ours decodes it.",
		Run: func(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
			msg := bytes.Repeat([]byte("bonafide"), 128)
			secret := auth.GenerateSecret()
			signature := string(secret.Sign(nil, msg))
			ours := func() error {
				if !secret.Verify(signature, msg) {
					return errSignature
				}
				return nil
			}
			peer, sum := hmac.New(sha256.New, []byte("a key of the peer's own")), make([]byte, 0, sha256.Size)
			peer.Write(msg)
			decoded := peer.Sum(nil)
			r.Rounds, err = s.Hold(ctx, measure.Contest{
				Ours: measure.Repeat(ours),
				Theirs: []measure.Side{measure.Repeat(func() error {
					peer.Reset()
					peer.Write(msg)
					if !hmac.Equal(peer.Sum(sum), decoded) {
						return errSignature
					}
					return nil
				})},
				Brief: true,
			})
			if err == nil {
				r.Cost, err = measure.CostOf(1000, ours)
			}
			return r, err
		},
	}}
}
