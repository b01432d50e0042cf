package httpadapter_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
	"github.com/bonafide-idv/bonafide/httpadapter"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/memstore"
)

// The adapter on a mux that has other things on it, under a prefix.
func Example() {
	integration := uuid.MustParse("7c9e6679-7425-40de-944b-e07fc1f90ae7")
	apiKey := uuid.MustParse("16fd2706-8baf-433b-82eb-8c7fada847da")
	engine, err := session.New(memstore.New(), session.Config{
		Integrations: session.Fixed{{ID: integration}},
		Renderers:    httpadapter.Renderers(),
	})
	if err != nil {
		log.Fatal(err)
	}
	keys, err := auth.NewRing(auth.Credential{
		APIKey: apiKey, Integration: integration, Active: true, Secrets: []*auth.Secret{auth.GenerateSecret()},
	})
	if err != nil {
		log.Fatal(err)
	}
	adapter, err := httpadapter.New(engine, keys, httpadapter.Config{PublicURL: "https://shop.example"})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/idv/", http.StripPrefix("/idv", adapter))

	request := httptest.NewRequest("POST", "/idv/v1/sessions", strings.NewReader(`{"verification":{}}`))
	request.Header.Set("X-AUTH-CLIENT", apiKey.String())
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	fmt.Println(answer.Code, strings.Contains(answer.Body.String(), `"url":"https://shop.example/idv/v/`))
	// Output: 201 true
}
