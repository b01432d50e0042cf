package veriff_test

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

// Decisions and screenings go to one address and come there in their order; events go to another.
func ExampleWebhooks_Endpoints() {
	integration := uuid.MustParse("7c9e6679-7425-40de-944b-e07fc1f90ae7")
	hooks := veriff.Webhooks{
		Decision:  "https://shop.example/hooks",
		Watchlist: "https://shop.example/hooks",
		Event:     "https://shop.example/events",
	}
	for _, endpoint := range hooks.Endpoints(integration) {
		fmt.Println(endpoint.URL, endpoint.Format, endpoint.Kinds)
	}
	// Output:
	// https://shop.example/hooks veriff [review approved declined resubmission_requested expired abandoned screened]
	// https://shop.example/events veriff [started submitted]
}
