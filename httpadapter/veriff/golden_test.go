package veriff_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
)

var update = flag.Bool("update", false, "write the golden files")

var aToken = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)

// golden compares a body with testdata/name.json. The one part that is random, the token, is written as
// <token>.
func (h *house) golden(name, body string) {
	h.Helper()
	body = aToken.ReplaceAllString(strings.ReplaceAll(body, h.server.URL, "http://127.0.0.1"), "<token>")
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
			h.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		h.Fatal(err)
	}
	if body != string(want) {
		h.Errorf("%s: got\n%s\nwant\n%s", file, body, want)
	}
}

// decide concludes by hand.
func (h *house) decide(id string, v decision.Verdict) {
	h.Helper()
	if _, err := h.engine.Decide(context.Background(), uuid.MustParse(id), v); err != nil {
		h.Fatal(err)
	}
}

var everything = `{"verification":{"callback":"https://shop.example/back","person":{"firstName":"Ada","lastName":"Specimen",
"fullName":"Ada Specimen","idNumber":"00000000000","phoneNumber":"8888888888","gender":"F","dateOfBirth":"1990-02-28",
"email":"ada@example.org","maritalStatus":"SINGLE","isDeceased":false},"document":{"number":"X000000","country":"EE",
"type":"PASSPORT","idCardType":"CC","firstIssue":"2015-03-21"},"address":{"fullAddress":"1 Nowhere Road"},
"proofOfAddress":{"acceptableTypes":[{"name":"BANK_STATEMENT"}]},"vendorData":"<&>\u2028 \"é\" 12345678",
"endUserId":"A1B2c35d-e8f7-4d5e-8cd2-a1b2c35db3d4","consents":[{"type":"ine","approved":true},{"type":"bipa","approved":false}],
"timestamp":"2016-05-19T08:30:25.597Z","lang":"en","features":["selfid"],"frontState":"done"}}`

var fullRecord = decision.Record{
	Person: &decision.Person{
		FirstName: "Ada", LastName: "Specimen", FullName: "Ada Specimen", IDNumber: "00000000000", Gender: "F",
		DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28}, PlaceOfBirth: "Exampleville", Nationality: "EE",
	},
	Document: &decision.Document{
		Type: "PASSPORT", Number: "X000000", Country: "EE", State: "Nowhere", ValidFrom: decision.Date{Year: 2020, Month: 1, Day: 1},
		ValidUntil: decision.Date{Year: 2030, Month: 12, Day: 31}, FirstIssue: decision.Date{Year: 2015, Month: 3, Day: 21},
		PlaceOfIssue: "Exampleville", IssuedBy: "Office of Examples",
	},
	Additional: &decision.Additional{
		EstimatedAge: new(32.0), DriversLicenseCategory: map[string]*bool{"B": new(true)},
		Other: json.RawMessage(`{ "10":1, "9":2, "big": 12345678901234567890 }`),
	},
	IP: "203.0.113.7",
}

func TestGoldenAnswers(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		bodyOf := func(c call) string {
			t.Helper()
			got := h.do(c)
			if got.status >= 300 {
				t.Fatalf("%s %s: got %d %s", c.method, c.path, got.status, got.body)
			}
			return got.body
		}
		h.golden("create-minimal", bodyOf(call{method: "POST", path: "/v1/sessions/", body: minimal}))
		created := h.do(call{method: "POST", path: "/v1/sessions", body: everything})
		h.golden("create", created.body)
		one := "/v1/sessions/" + verificationOf(h, created).ID
		get := func(path string) string { t.Helper(); return bodyOf(call{method: "GET", path: path}) }
		h.golden("media-none", get(one+"/media"))
		h.golden("upload", bodyOf(call{method: "POST", path: one + "/media", body: uploadBody("document-front", pngBytes)}))
		h.golden("upload-pdf", bodyOf(call{method: "POST", path: one + "/media", body: uploadBody("address-front", pdfBytes)}))
		h.golden("media", get(one+"/media"))
		h.golden("get", get(one))
		h.clock.Add(90 * time.Second)
		h.golden("update", bodyOf(call{method: "PATCH", path: one, body: submit}))
		h.golden("decision-none", get(one+"/decision"))
		h.clock.Add(time.Second)
		h.decide(verificationOf(h, created).ID, decision.Verdict{Outcome: decision.Approved, Record: fullRecord})
		h.golden("decision-approved", get(one+"/decision"))
		h.golden("attempts", get(one+"/attempts"))
		h.golden("delete", bodyOf(call{method: "DELETE", path: one}))
	})
}

// TestGoldenWebhooks also sees that reading the decision answers what was told.
func TestGoldenWebhooks(t *testing.T) {
	t.Parallel()
	conclude := func(v decision.Verdict) func(*house, *opened) {
		return func(h *house, o *opened) {
			h.submit(o.ID)
			h.webhooks()
			h.clock.Add(1500 * time.Millisecond)
			h.decide(o.ID, v)
		}
	}
	rows := []struct {
		name string
		do   func(*house, *opened)
		gone bool // the decision cannot be read, or is none
	}{
		{"event-started", func(h *house, o *opened) { h.open("POST", o.URL) }, true},
		{"event-submitted", func(h *house, o *opened) { h.submit(o.ID) }, true},
		{"decision-approved-bare", conclude(decision.Verdict{Outcome: decision.Approved}), false},
		{"decision-declined", conclude(decision.Verdict{Outcome: decision.Declined, Code: 102, Record: fullRecord}), false},
		{"decision-declined-unknown-reason", conclude(decision.Verdict{Outcome: decision.Declined, Code: 999}), false},
		{"decision-resubmission", conclude(decision.Verdict{Outcome: decision.Resubmission, Code: 204}), false},
		{"decision-review", func(h *house, o *opened) {
			reviewed := h.create(`{"verification":{"person":{"firstName":"Review"}}}`)
			h.submit(reviewed.ID)
			*o = reviewed
		}, false},
		{"decision-expired", func(h *house, _ *opened) { h.clock.Add(8 * 24 * time.Hour) }, false},
		{"decision-abandoned", func(h *house, o *opened) {
			h.open("POST", o.URL)
			h.webhooks()
			h.clock.Add(8 * 24 * time.Hour)
		}, false},
		{"decision-abandoned-after-resubmission", func(h *house, o *opened) {
			conclude(decision.Verdict{Outcome: decision.Resubmission, Code: 204, Record: fullRecord})(h, o)
			h.webhooks()
			h.clock.Add(8 * 24 * time.Hour)
		}, false},
		{"decision-of-deleted", func(h *house, o *opened) {
			h.want(h.do(call{method: "DELETE", path: "/v1/sessions/" + o.ID}), http.StatusOK, "")
		}, true},
	}
	for _, b := range backends {
		for _, row := range rows {
			h := newHouse(t, setup{store: b.open(t)})
			o := h.create(everything)
			if told := h.webhooks(); len(told) > 0 {
				t.Errorf("%s: the creation was told of: %s", row.name, told)
			}
			row.do(h, &o)
			told := h.webhooks()
			if len(told) == 0 {
				t.Fatalf("%s: nothing was told", row.name)
			}
			last := told[len(told)-1] // a review comes together with the submission
			h.golden("webhook-"+row.name, last)
			kind, _, _ := strings.Cut(row.name, "-")
			validateWebhook(t, kind, []byte(last))
			if row.gone {
				continue
			}
			got := h.do(call{method: "GET", path: "/v1/sessions/" + o.ID + "/decision"})
			if got.body != last {
				t.Errorf("%s: reading the decision answers\n%s\nand the webhook said\n%s", row.name, got.body, last)
			}
		}
	}
}

func TestWebhooksOfDeletedSessionsHoldNothingOfThePerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	o := h.create(everything)
	h.submit(o.ID)
	h.decide(o.ID, decision.Verdict{Outcome: decision.Resubmission, Code: 204, Record: fullRecord})
	h.webhooks()
	h.want(h.do(call{method: "DELETE", path: "/v1/sessions/" + o.ID}), http.StatusOK, "")
	told := h.webhooks()
	if len(told) != 1 || !strings.Contains(told[0], `"code":9104`) {
		t.Fatalf("got %s, want one webhook of the end", told)
	}
	for _, personal := range []string{"Ada", "Specimen", "203.0.113.7", "12345678", "A1B2c35d", "204", "quality"} {
		if strings.Contains(told[0], personal) {
			t.Errorf("got %s, want nothing of the person such as %q", told[0], personal)
		}
	}
}
