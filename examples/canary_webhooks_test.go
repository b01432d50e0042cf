package examples_test

import (
	"net/http"
	"strings"
)

// flyWebhooks adds an endpoint, changes it, and has it told again what it was told. Its address has a token in it, which
// is its owner's to see.
func (a *aviary) flyWebhooks() {
	a.t.Helper()
	const endpoints = "/api/v1/webhooks/endpoints"
	made := a.want(http.StatusCreated, a.verifa("POST", endpoints, map[string]any{
		"url": a.inbox + "/?token=" + inboxToken, "label": "shop", "attribute_blocklist": []string{"result.extracted_data"},
	}))
	at := endpoints + "/" + a.member(made, "id")
	rotated := a.want(http.StatusOK, a.verifa("POST", at+"/rotate-secret", ""))
	cloned := a.want(http.StatusCreated, a.verifa("POST", at+"/clone", ""))
	a.want(http.StatusOK, a.verifa("PATCH", at, `{"description":"of the shop","enabled":false}`))
	a.want(http.StatusOK, a.verifa("POST", at+"/enable", ""))
	for _, answer := range []string{made, rotated, cloned} { // from now on nobody sees them
		a.secrets = append(a.secrets, a.member(answer, "secret"))
	}
	a.want(http.StatusOK, a.verifa("POST", at+"/test", `{"event_type":"session.approved"}`))
	a.want(http.StatusOK, a.verifa("DELETE", endpoints+"/"+a.member(cloned, "id"), ""))
	a.flyToNobody(endpoints)
	for _, what := range []string{endpoints, endpoints + "/event-types", at} {
		a.want(http.StatusOK, a.verifa("GET", what, ""))
	}
	delivery := a.member(a.want(http.StatusOK, a.verifa("GET", at+"/deliveries", "")), "data.0.id")
	a.want(http.StatusAccepted, a.verifa("POST", "/api/v1/webhooks/deliveries/"+delivery+"/retry", ""))
	a.want(http.StatusAccepted, a.verifa("POST", at+"/replay", map[string]string{"from": delivery}))
	a.settle()
	a.want(http.StatusOK, a.verifa("GET", at+"/deliveries", ""))
}

// flyToNobody has an endpoint told that does not answer. Why it does not, says nothing of its address.
func (a *aviary) flyToNobody(endpoints string) {
	a.t.Helper()
	made := a.want(http.StatusCreated, a.verifa("POST", endpoints, `{"url":"http://127.0.0.1:1/?token=`+inboxToken+`"}`))
	a.secrets = append(a.secrets, a.member(made, "secret"))
	at := endpoints + "/" + a.member(made, "id")
	tested := a.want(http.StatusOK, a.verifa("POST", at+"/test", ""))
	_, _ = a.newSession(a.key, a.person())
	a.settle()
	told := a.want(http.StatusOK, a.verifa("GET", at+"/deliveries", ""))
	_ = a.member(told, "data.0.error")
	if strings.Contains(tested+told, inboxToken) {
		a.t.Errorf("what became of a webhook has the token of its address: %s %s", tested, told)
	}
}

// inboxToken is a secret in the address of an endpoint.
const inboxToken = "zQ7h1v5Rr0Yk3Xw9"
