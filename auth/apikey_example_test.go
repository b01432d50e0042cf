package auth_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// A key is made and shown once; what is kept of it finds it again.
func ExampleAPIKeys() {
	text, key := auth.GenerateAPIKey(false, true)
	key.Integration = uuid.MustParse("2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b")
	ring, err := auth.NewAPIKeyRing(key)
	if err != nil {
		panic(err)
	}
	fmt.Println(text, len(text.Reveal()))

	var keys auth.APIKeys = ring
	read, err := auth.ParseAPIKey(text.Reveal())
	if err != nil {
		panic(err)
	}
	found, err := keys.ByHash(context.Background(), read.Hash)
	fmt.Println(found.Integration, found.Sandbox, err)
	fmt.Println(found.Usable(time.Now()), found.May("sessions:read"), found.May("redact:write"))
	_, err = auth.ParseAPIKey("vk_live_")
	fmt.Println(errors.Is(err, auth.ErrAPIKey))
	// Output:
	// [api key] 43
	// 2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b true <nil>
	// <nil> true false
	// true
}

// A link opens one document for five minutes.
func ExampleLinkSigner() {
	links := auth.NewLinkSigner([32]byte([]byte("32 random bytes, kept somewhere.")))
	now := time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)
	end := now.Add(5 * time.Minute)
	sig := links.Sign("document", []string{"ses_abc123", "front"}, end)

	fmt.Println(links.Verify(sig, "document", []string{"ses_abc123", "front"}, end, now))
	fmt.Println(links.Verify(sig, "document", []string{"ses_abc123", "back"}, end, now))
	fmt.Println(links.Verify(sig, "document", []string{"ses_abc123", "front"}, end, end))
	// Output:
	// <nil>
	// auth: the link is not one that was signed
	// auth: the link has expired
}

// A receiver verifies what it was sent.
func ExampleVerifyTimestamped() {
	header := "t=1738368000,v1=3bc7f663f7401f0b460c1e26ea2ff85058c72b52c7784fc40522dc9e1fbf46fc"
	body := []byte(`{"event":"session.approved","session_id":"ses_abc123"}`)
	sent := time.Unix(1738368000, 0)
	fmt.Println(auth.VerifyTimestamped("whsec_test_secret", header, body, sent.Add(time.Minute), auth.DefaultTolerance))
	fmt.Println(auth.VerifyTimestamped("whsec_test_secret", header, body, sent.Add(time.Hour), auth.DefaultTolerance))
	// Output:
	// <nil>
	// auth: timestamp outside the tolerance
}
