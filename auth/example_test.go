package auth_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

func ExampleSecret_Sign() {
	secret, err := auth.NewSecret("abcdef12-abcd-abcd-abcd-abcdef012345")
	if err != nil {
		panic(err)
	}
	body := []byte(`{"verification":{"status":"submitted"}}`)
	signature := string(secret.Sign(nil, body))
	fmt.Println(signature)
	fmt.Println(secret.Verify(signature, body))
	fmt.Println(secret.Verify(signature, append(body, '\n')))
	fmt.Println(secret)
	// Output:
	// 431804d39503a5600eb3a57c1bb6403cba06b3b243593e2619868e17eb22b277
	// true
	// false
	// [secret]
}

// A request is verified under every live secret, and the one that verified signs the answer.
func ExampleKeyring() {
	secret, _ := auth.NewSecret("abcdef12-abcd-abcd-abcd-abcdef012345")
	apiKey := uuid.MustParse("2f1ad2c6-8f6a-4b0b-9d6f-6f6a2f0a7c11")
	ring, err := auth.NewRing(auth.Credential{
		APIKey: apiKey, Integration: uuid.MustParse("2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b"),
		Active: true, Secrets: []*auth.Secret{secret},
	})
	if err != nil {
		panic(err)
	}

	var keyring auth.Keyring = ring
	credential, err := keyring.ByKey(context.Background(), apiKey)
	if err != nil {
		panic(err)
	}
	session := []byte("aea9ba6d-1b47-47fc-a4fc-f72b6d3584a7")
	verified := credential.Verify("895cb3fd31139d89aeb7b263682e15479ab57651e70591256ad2c14fde4950dd", session)
	fmt.Println(verified != nil)
	fmt.Println(string(verified.Sign(nil, []byte(`{"status":"success"}`))))
	// Output:
	// true
	// 2c0347f1324d63af9c368384ca6231b25aab089aac7b3fdec8aff7d75f535dd9
}

// A secret is replaced while requests come in.
func ExampleRing_rotation() {
	integration := uuid.MustParse("2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b")
	before, after := auth.GenerateSecret(), auth.GenerateSecret()
	ring, err := auth.NewRing(auth.Credential{
		APIKey: uuid.MustParse("2f1ad2c6-8f6a-4b0b-9d6f-6f6a2f0a7c11"), Integration: integration,
		Active: true, Secrets: []*auth.Secret{before},
	})
	if err != nil {
		panic(err)
	}
	body := []byte(`{"verification":{"status":"submitted"}}`)
	show := func(step string, err error) {
		credential, _ := ring.ByIntegration(context.Background(), integration)
		accepts := func(s *auth.Secret) bool { return credential.Verify(string(s.Sign(nil, body)), body) != nil }
		fmt.Printf("%-7s %v: accepts old %v, new %v; signs with new %v\n",
			step, err, accepts(before), accepts(after), credential.Signer().Equal(after))
	}
	show("before", nil)
	show("add", ring.AddSecret(integration, after))
	show("sign", ring.SignWith(integration, after))
	show("revoke", ring.RevokeSecret(integration, before))
	fmt.Println(ring.RevokeSecret(integration, after))
	// Output:
	// before  <nil>: accepts old true, new false; signs with new false
	// add     <nil>: accepts old true, new true; signs with new false
	// sign    <nil>: accepts old true, new true; signs with new true
	// revoke  <nil>: accepts old false, new true; signs with new true
	// auth: a credential needs a live secret
}

// An upload is verified while it streams to where it is kept.
func ExampleCredential_Begin() {
	secret := auth.GenerateSecret()
	credential := auth.Credential{Secrets: []*auth.Secret{auth.GenerateSecret(), secret}}
	signature := string(secret.Sign(nil, []byte("a photograph")))

	verification := credential.Begin()
	defer verification.Close()
	if _, err := io.Copy(io.Discard, io.TeeReader(strings.NewReader("a photograph"), verification)); err != nil {
		panic(err)
	}
	fmt.Println(verification.Match(signature) == secret)
	// Output: true
}

// One key acts for several integrations; a request says for which in vrf-integration-id.
func ExampleCredential_May() {
	credential := auth.Credential{
		Integration: uuid.MustParse("2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b"),
		Flexible:    []uuid.UUID{uuid.MustParse("6f1c1f0e-59a4-4a53-9a3f-0f5b0b8f2d11")},
	}
	fmt.Println(credential.May(uuid.MustParse("6f1c1f0e-59a4-4a53-9a3f-0f5b0b8f2d11")))
	fmt.Println(credential.May(uuid.MustParse("99999999-59a4-4a53-9a3f-0f5b0b8f2d11")))
	// Output:
	// true
	// false
}

// A secret is sealed for the row of a database that it will stand in.
func ExampleVault() {
	key := [32]byte{1, 2, 3} // In a server: 32 random bytes, kept apart from the database.
	vault := auth.NewVault(key)
	integration, row := uuid.New(), uuid.New()
	secret := auth.GenerateSecret()

	sealed := vault.Seal(secret, integration, row)
	opened, err := vault.Open(sealed, integration, row)
	fmt.Println(opened.Equal(secret), err)
	_, err = vault.Open(sealed, integration, uuid.New())
	fmt.Println(err)
	fmt.Println(vault)
	// Output:
	// true <nil>
	// auth: the sealed secret cannot be opened with this key, or is damaged
	// [vault]
}

func ExampleVerifyStandard() {
	secret, _ := auth.NewSecret("abcdef12-abcd-abcd-abcd-abcdef012345")
	sent := time.Unix(1790785145, 0)
	body := []byte(`{"status":"approved"}`)
	signature := secret.StandardSign("f04bdb47-d3be-4b28-b028-a652feb060b5", sent, body)

	receive := func(now time.Time) error {
		return auth.VerifyStandard("whsec_YWJjZGVmMTItYWJjZC1hYmNkLWFiY2QtYWJjZGVmMDEyMzQ1",
			"f04bdb47-d3be-4b28-b028-a652feb060b5", "1790785145", signature, body, now, 0)
	}
	fmt.Println(receive(sent.Add(time.Second)))
	fmt.Println(receive(sent.Add(time.Hour)))
	// Output:
	// <nil>
	// auth: timestamp outside the tolerance
}

func ExampleVerifyToken() {
	keys := map[uuid.UUID][32]byte{}
	session := uuid.MustParse("b27afb60-1455-4927-b155-0260ffe0947a")
	keys[session] = [32]byte{1, 2, 3} // In a server: 32 random bytes, kept with the session.

	text := auth.Token{
		Session: session, Integration: uuid.MustParse("2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b"), Cluster: "saas-3",
		IssuedAt: time.Unix(1790785145, 0), ExpiresAt: time.Unix(1791389945, 0),
	}.Sign(keys[session])

	find := func(text string) (auth.Token, error) {
		return auth.VerifyToken(text, func(id uuid.UUID) ([32]byte, error) {
			key, ok := keys[id]
			if !ok {
				return key, fmt.Errorf("no session %s", id)
			}
			return key, nil
		})
	}
	token, err := find(text)
	fmt.Println(token.Session, token.ExpiresAt.Format(time.RFC3339), err)
	_, err = find(text + "A")
	fmt.Println(err)
	// Output:
	// b27afb60-1455-4927-b155-0260ffe0947a 2026-10-07T16:19:05Z <nil>
	// auth: invalid session token
}
