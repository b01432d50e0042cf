package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var deskAt = regexp.MustCompile(`(?m)^DESK=(http://127\.0\.0\.1:\d+)$`)

// operator is somebody at the desk.
type operator struct {
	t   *testing.T
	url string
}

func (r *running) operator() operator {
	r.t.Helper()
	m := deskAt.FindStringSubmatch(r.stdout.String())
	if m == nil {
		r.t.Fatalf("the desk is not printed: %s", r.stdout)
	}
	return operator{r.t, m[1]}
}

// asks makes a request with further headers, of which Host is one.
func (o operator) asks(method, path, body string, headers ...string) (int, string) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.Header.Get("Content-Type") != "application/json" || !json.Valid(answer) {
		o.t.Errorf("%s %s: %q of type %q, %v", method, path, answer, res.Header.Get("Content-Type"), err)
	}
	return res.StatusCode, strings.TrimSpace(string(answer))
}

// wants asks, and looks for a status and a text.
func (o operator) wants(status int, text, method, path, body string, headers ...string) {
	o.t.Helper()
	if got, answer := o.asks(method, path, body, headers...); got != status || !strings.Contains(answer, text) {
		o.t.Errorf("%s %s %.100q: %d %s, want %d %s", method, path, body, got, answer, status, text)
	}
}

// TestDesk decides a live session, and gives it a status, which the host is told of and can read.
func TestDesk(t *testing.T) {
	t.Parallel()
	told := receive(t, "/", "/fullauto")
	s := start(t, "-db", "memory:", "-live", "-desk-addr", "127.0.0.1:0", "-allow-private-webhooks",
		"-webhook-url", told.url+"/", "-webhook-fullauto-url", told.url+"/fullauto")
	desk := s.operator()
	id, _ := s.createOf(`{"firstName":"Canary","lastName":"Specimen"}`)
	desk.wants(200, `{"sessions":[]}`, "GET", "/sessions?status=review", "")
	desk.wants(409, "status created", "POST", "/sessions/"+id+"/decision", `{"outcome":"approved"}`)
	s.submit(id)
	told.wants(s, "/", `"code":7002`)
	told.wants(s, "/", `"code":9121`)
	desk.wants(200, `{"sessions":[{"id":"`+id+`","integration":"`, "GET", "/sessions?status=review", "")

	desk.wants(200, `"status":"review"`, "POST", "/sessions/"+id+"/user-status", `{"status":"Second Look","reason":"By hand","reasonCode":"7"}`)
	told.wants(s, "/", `"status":"Second Look","statusCode":"second_look","reason":"By hand","reasonCode":"7"`)
	desk.wants(200, `"status":"approved"`, "POST", "/sessions/"+id+"/decision", `{"outcome":"approved","code":102,"reason":"seen by Ada",
		"record":{"person":{"first_name":"Canary","date_of_birth":"1990-02-28"},
		"automation":{"fields":{"person.first_name":{"category":"high"}}}}}`)
	told.wants(s, "/", `"code":9001`)
	told.wants(s, "/fullauto", `Canary`)
	status, body := s.call("GET", "/v1/sessions/"+id+"/decision", "")
	for _, want := range []string{`"reason":"seen by Ada"`, `"reasonCode":102`, `"firstName":"Canary"`, `"dateOfBirth":"1990-02-28"`} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("the decision is %d %s, want %s", status, body, want)
		}
	}
	desk.wants(409, "status approved", "POST", "/sessions/"+id+"/decision", `{"outcome":"declined"}`)
	attempt := regexp.MustCompile(`"attemptId":"([^"]*)"`).FindStringSubmatch(body)[1]
	desk.wants(200, id, "POST", "/sessions/"+id+"/user-status", `{"status":"Closed","attemptId":"`+attempt+`"}`)
	desk.wants(404, "no such attempt", "POST", "/sessions/"+id+"/user-status", `{"status":"Closed","attemptId":"`+id+`"}`)
	if code := s.stop(); code != 0 {
		t.Errorf("stopped with status %d", code)
	}
	if res, err := http.Get(desk.url + "/sessions"); err == nil {
		res.Body.Close()
		t.Error("the desk answers when the server has stopped")
	}
	for _, personal := range []string{"Canary", "Ada", "By hand", "Second"} {
		if strings.Contains(s.stderr.String(), personal) {
			t.Errorf("the log says %s: %s", personal, s.stderr)
		}
	}
}

// TestDeskOutcomes are the reviewer's, in a sandbox whose first name decides nothing.
func TestDeskOutcomes(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:", "-desk-addr", "localhost:0")
	desk := s.operator()
	for outcome, want := range map[string]string{
		"approved": `"status":"approved"`, "declined": `"status":"declined"`, "resubmission": `"status":"resubmission_requested"`,
	} {
		id, _ := s.create("Other")
		s.submit(id)
		desk.wants(200, want, "POST", "/sessions/"+id+"/decision", `{"outcome":"`+outcome+`"}`)
	}
	id, _ := s.create("Other")
	s.submit(id)
	desk.wants(400, "outcome must be approved, declined or resubmission", "POST", "/sessions/"+id+"/decision", `{"outcome":"review"}`)
	desk.wants(200, id, "GET", "/sessions?status=review&status=submitted", "")
}

// TestDeskRefuses in one sentence, with a status that fits.
func TestDeskRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, "-db", "memory:", "-live", "-desk-addr", "127.0.0.1:0")
	desk := s.operator()
	id, _ := s.create("Approve")
	s.submit(id)
	decision, status := "/sessions/"+id+"/decision", "/sessions/"+id+"/user-status"
	for _, row := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		want                     string
	}{
		{"another path", "GET", "/", "", nil, 404, "there are GET /sessions"},
		{"another method", "GET", decision, "", nil, 404, "there are GET /sessions"},
		{"no session", "POST", "/sessions/" + acmeKey + "/decision", `{"outcome":"approved"}`, nil, 404, "no integration"},
		{"no id", "POST", "/sessions/x/user-status", `{"status":"s"}`, nil, 404, "no integration"},
		{"nil id", "POST", "/sessions/00000000-0000-0000-0000-000000000000/decision", `{}`, nil, 404, "no integration"},
		{"unknown status", "GET", "/sessions?status=waiting", "", nil, 400, "one of [created started"},
		{"unknown integration", "GET", "/sessions?integration=nobody", "", nil, 400, "of an integration, one of"},
		{"unknown parameter", "GET", "/sessions?state=review", "", nil, 400, "a list is of a status"},
		{"no body", "POST", decision, "", nil, 400, "one JSON object"},
		{"list", "POST", decision, "[]", nil, 400, "one JSON object"},
		{"two objects", "POST", decision, `{"outcome":"approved"}{}`, nil, 400, "one JSON object"},
		{"not UTF-8", "POST", decision, "{\"outcome\":\"approved\",\"reason\":\"\xff\"}", nil, 400, "UTF-8"},
		{"no outcome", "POST", decision, "{}", nil, 400, "outcome must be approved, declined"},
		{"another outcome", "POST", decision, `{"outcome":"Approved"}`, nil, 400, "outcome must be approved, declined"},
		{"unknown member", "POST", decision, `{"outcome":"approved","colour":"red"}`, nil, 400, "known are code, outcome, reason, record"},
		{"member in capitals", "POST", decision, `{"Outcome":"approved"}`, nil, 400, "there is no such member"},
		{"member twice", "POST", decision, `{"outcome":"approved","outcome":"declined"}`, nil, 400, "outcome: it is given twice"},
		{"code of a text", "POST", decision, `{"outcome":"declined","code":"102"}`, nil, 400, "code: it must be a whole number"},
		{"record that is none", "POST", decision, `{"outcome":"approved","record":null}`, nil, 400, "record: it must be an object"},
		{"record with more", "POST", decision, `{"outcome":"approved","record":{"person":{"firstName":"A"}}}`, nil, 400, "person.first_name"},
		{"record of another type", "POST", decision, `{"outcome":"approved","record":{"score":"much"}}`, nil, 400, "it must be a float64"},
		{"record of no day", "POST", decision, `{"outcome":"approved","record":{"person":{"date_of_birth":"1990-02-30"}}}`, nil, 400, "no such day"},
		{"record with a member twice said", "POST", decision,
			`{"outcome":"approved","record":{"additional":{"driversLicenseNumber":"1"},"reason":"a"},"reason":"b"}`, nil, 400, "two things"},
		{"no status", "POST", status, `{}`, nil, 400, "status is missing"},
		{"long code", "POST", status, `{"status":"s","statusCode":"` + strings.Repeat("x", 5000) + `"}`, nil, 400, "statusCode is too long"},
		{"code of a number", "POST", status, `{"status":"s","statusCode":1}`, nil, 400, "statusCode: it must be a text"},
		{"attempt that is none", "POST", status, `{"status":"s","attemptId":"x"}`, nil, 400, "attemptId: it must be a UUID"},
		{"too long", "POST", decision, `{"reason":"` + strings.Repeat("x", maxPosted) + `"}`, nil, 413, "at most 1048576 bytes"},
		{"name of another", "GET", "/sessions", "", []string{"Host", "evil.example"}, 403, "Host"},
		{"name that begins like one of here", "GET", "/sessions", "", []string{"Host", "127.0.0.1.evil.example:80"}, 403, "Host"},
		{"address of another", "GET", "/sessions", "", []string{"Host", "192.0.2.1"}, 403, "Host"},
		{"web page", "POST", decision, `{"outcome":"approved"}`, []string{"Origin", "https://evil.example"}, 403, "Origin"},
		{"web page of nowhere", "POST", decision, `{"outcome":"approved"}`, []string{"Origin", "null"}, 403, "Origin"},
	} {
		got, answer := desk.asks(row.method, row.path, row.body, row.headers...)
		var said map[string]string
		err := json.Unmarshal([]byte(answer), &said)
		if got != row.status || err != nil || len(said) != 1 || !strings.Contains(said["error"], row.want) || strings.Contains(said["error"], "\n") {
			t.Errorf("%s: %d %s, want %d and one sentence about %s", row.name, got, answer, row.status, row.want)
		}
	}
	for _, host := range []string{"localhost", "LOCALHOST:1", "127.0.0.1", "127.8.9.1:80", "[::1]:8081", "[::1]"} {
		desk.wants(200, id, "GET", "/sessions", "", "Host", host)
	}
}

// TestDeskOfIntegrations finds whose a session is, also where several are of one tenant.
func TestDeskOfIntegrations(t *testing.T) {
	t.Parallel()
	const kioskID = "8a6b3d20-7c1e-4f5a-b0d9-1e2f3a4b5c6d"
	path := write(t, filepath.Join(t.TempDir(), "config.json"), `{"db":"memory:","desk_addr":"127.0.0.1:0","live":true,"integrations":[
		{"name":"acme","api_key":"`+acmeKey+`","secrets":["one"]},{"name":"kiosk","id":"`+kioskID+`","also_api_key_of":"acme"},
		{"name":"globex","api_key":"`+globexKey+`","secrets":["two"],"sandbox":true}]}`)
	s := start(t, "-config", path)
	desk, acme, globex := s.operator(), s.as(acmeKey, "one"), s.as(globexKey, "two")
	var all []string
	for name, caller := range map[string]*running{"acme": acme, "kiosk": acme.named(kioskID), "globex": globex} {
		id, _ := caller.create("Other")
		caller.submit(id)
		desk.wants(200, `"id":"`+id+`","integration":"`+name+`"`, "GET", "/sessions?integration="+name, "")
		if _, list := desk.asks("GET", "/sessions?integration="+name, ""); strings.Count(list, `"id"`) != 1 {
			t.Errorf("the list of %s is %s", name, list)
		}
		desk.wants(200, `"integration":"`+name+`","status":"declined"`, "POST", "/sessions/"+id+"/decision", `{"outcome":"declined"}`)
		all = append(all, id)
	}
	slices.Sort(all) // ids are in the order of time
	slices.Reverse(all)
	_, list := desk.asks("GET", "/sessions", "")
	if got := regexp.MustCompile(`[0-9a-f-]{36}`).FindAllString(list, -1); !slices.Equal(got, all) {
		t.Errorf("all are %s, want %s, newest first", list, all)
	}
}
