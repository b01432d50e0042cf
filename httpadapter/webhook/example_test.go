package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter/webhook"
	"github.com/bonafide-idv/bonafide/session"
)

func ExampleSender() {
	secret, _ := auth.NewSecret("abcdef12-abcd-abcd-abcd-abcdef012345")
	keyring, _ := auth.NewRing(auth.Credential{
		APIKey:      uuid.MustParse("5d3f7a10-2b64-4f0e-9c1d-8a7b6c5d4e3f"),
		Integration: uuid.MustParse("0c9e8d7f-6a5b-4c3d-8e2f-1a0b9c8d7e6f"),
		Active:      true,
		Secrets:     []*auth.Secret{secret},
	})

	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		err := auth.VerifyStandard(secret.StandardText(), r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"),
			r.Header.Get("webhook-signature"), body, time.Now(), auth.DefaultTolerance)
		fmt.Printf("event %s: %s (genuine: %t)\n", r.Header.Get("bonafide-sequence"), body, err == nil)
	}))
	defer receiver.Close()

	sender, err := webhook.New(keyring, webhook.Config{AllowPrivate: true}) // the receiver is on this machine
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome := sender.Deliver(context.Background(), session.Endpoint{URL: receiver.URL}, session.Delivery{
		ID:          uuid.New(),
		Integration: uuid.MustParse("0c9e8d7f-6a5b-4c3d-8e2f-1a0b9c8d7e6f"),
		Seq:         2,
		Body:        []byte(`{"code":7001,"action":"started"}`),
	})
	fmt.Println("status", outcome.Status)
	// Output:
	// event 2: {"code":7001,"action":"started"} (genuine: true)
	// status 200
}

func ExampleCheckURL() {
	for _, url := range []string{
		"https://receiver.example/hook", "http://receiver.example/hook", "https://169.254.169.254/", "https://127.1/",
	} {
		err := webhook.CheckURL(url, false)
		fmt.Println(errors.Is(err, webhook.ErrURL), err)
	}
	// Output:
	// false <nil>
	// true the scheme must be https
	// true 169.254.169.254 is a link-local address
	// true a host of numbers must be an IPv4 address of four decimal numbers without leading zeros
}
