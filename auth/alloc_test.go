package auth_test

import (
	"testing"

	"github.com/bonafide-idv/bonafide/auth"
)

// It is not parallel: it counts the allocations of the whole process.
func TestNothingIsAllocated(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes sync.Pool forget")
	}
	secret := mustSecret(t, vectorKey)
	credential := auth.Credential{Secrets: []*auth.Secret{
		auth.GenerateSecret(), auth.GenerateSecret(), auth.GenerateSecret(), auth.GenerateSecret(), secret,
	}}
	msg := []byte(vectorBody)
	buffer := make([]byte, 0, 128)
	tests := []struct {
		name string
		run  func() bool
	}{
		{"Sign", func() bool { return len(secret.Sign(buffer, msg)) == 64 }},
		{"Verify", func() bool { return secret.Verify(vectorSignature, msg) }},
		{"Verify what is misshapen", func() bool { return !secret.Verify("sha256=", msg) }},
		{"WellFormed", func() bool { return auth.WellFormed(vectorSignature) }},
		{"Credential.Verify", func() bool { return credential.Verify(vectorSignature, msg) == secret }},
		{"MAC", func() bool {
			mac := secret.MAC()
			defer mac.Close()
			mac.Write(msg)
			return len(mac.Hex(buffer)) == 64 && len(mac.Sum(buffer)) == 32 && mac.Matches(vectorSignature)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !test.run() {
				t.Fatalf("%s: got a wrong answer", test.name)
			}
			if got := testing.AllocsPerRun(1000, func() { test.run() }); got != 0 {
				t.Errorf("%s: got %v allocations, want 0", test.name, got)
			}
		})
	}
}
