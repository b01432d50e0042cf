package examples_test

import (
	"encoding/base64"
	"net/http"

	"github.com/google/uuid"
)

// creation is what a session of Veriff's language is made with.
func (a *aviary) creation() map[string]any {
	return map[string]any{"verification": map[string]any{
		"vendorData": a.bird("vendor data"), "endUserId": uuid.NewString(),
		"person": map[string]any{
			"firstName": a.bird("first name"), "lastName": a.bird("last name"), "fullName": a.bird("full name"), "idNumber": a.bird("number of the person"),
			"phoneNumber": a.bird("telephone number"), "email": a.bird("e-mail") + "@people.example", "gender": "F", "dateOfBirth": "1990-02-28",
		},
		"document": map[string]any{"number": a.bird("number of the document"), "type": "ID_CARD", "country": "EE"},
		"address":  map[string]any{"fullAddress": a.bird("address")},
	}}
}

// flyVeriff goes all the way through Veriff's language.
func (a *aviary) flyVeriff() (id string) {
	a.t.Helper()
	created := a.want(http.StatusCreated, a.veriff("POST", "/v1/sessions", "", a.creation()))
	id = a.member(created, "verification.id")
	one := "/v1/sessions/" + id
	page := local(a.member(created, "verification.url"))
	a.want(http.StatusOK, a.page("GET", page, ""))
	a.want(http.StatusSeeOther, a.page("POST", page, ""))
	a.want(http.StatusOK, a.veriff("POST", one+"/collected-data", "", map[string]any{
		"providerName": a.bird("provider"), "device": map[string]any{"fingerprint": a.bird("fingerprint of a device"), "id": a.bird("device")},
		"network": map[string]any{"ip": map[string]any{"addressV4": "192.0.2.17"}, "hostname": a.bird("host of the person"), "ssid": a.bird("network")},
		"person":  map[string]any{"email": a.bird("another e-mail") + "@people.example"}, "browser": map[string]any{"userAgent": a.bird("browser")},
	}))
	for _, shows := range []string{"face", "document-front"} {
		a.want(http.StatusOK, a.veriff("POST", one+"/media", "", map[string]any{"image": map[string]string{
			"context": shows, "content": base64.StdEncoding.EncodeToString([]byte(a.photograph())),
		}}))
	}
	a.want(http.StatusOK, a.veriff("PATCH", one, "", `{"verification":{"status":"submitted"}}`))
	a.settle()
	a.settle()
	for _, what := range []string{"", "/decision", "/decision/fullauto?version=1.0.0", "/person", "/watchlist-screening", "/attempts", "/timestamps"} {
		a.want(http.StatusOK, a.veriff("GET", one+what, id, ""))
	}
	medium := a.member(a.want(http.StatusOK, a.veriff("GET", one+"/media", id, "")), "images.0.id")
	a.want(http.StatusOK, a.veriff("GET", "/v1/media/"+medium, medium, ""))
	attempt := a.member(a.want(http.StatusOK, a.veriff("GET", one+"/attempts", id, "")), "verifications.0.id")
	a.want(http.StatusOK, a.veriff("GET", "/v1/attempts/"+attempt+"/media", attempt, ""))
	return id
}

// flyRegistry has a registry asked about people, by each of the addresses, and waits for what it says.
func (a *aviary) flyRegistry() {
	a.t.Helper()
	a.want(http.StatusCreated, a.veriff("POST", "/v1/sessions/", "", a.creation()))
	for _, at := range []string{"/v1/validate-registry", "/v1/sessions/validate-registry"} {
		a.want(http.StatusCreated, a.veriff("POST", at, "", a.creation()))
		waiting := a.veriff("POST", at, "", a.creation())
		a.want(http.StatusCreated, func() *http.Request {
			r := waiting()
			r.Host = "sync-api.idv.example"
			return r
		})
	}
	a.settle()
}
