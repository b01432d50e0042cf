package veriff_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

// lists finds one person, in every kind of list.
type lists struct{}

func (lists) Screen(_ context.Context, s decision.Subject) (decision.Screening, error) {
	found := decision.Screening{Provider: "lists"}
	if s.Name != "Ivo Madeup" {
		return found, nil
	}
	found.Hits = []decision.Hit{{
		Name: "Ivo Madeup", MatchTypes: []decision.MatchType{decision.MatchNameExact, decision.MatchYearOfBirth}, Score: 0.875,
		DateOfBirth: "1963", Countries: []string{"Nowhere"}, AKA: []string{"I. Madeup"}, Associates: []string{"Eva Madeup"},
		Listings: []decision.Listing{
			{Kind: decision.ListSanctions, SourceName: "A list", SourceURL: "https://lists.example/1", Date: "2020-01-02"},
			{Kind: decision.ListPEP, SourceName: "Another list"}, {Kind: decision.ListWarnings, SourceName: "w"},
			{Kind: decision.ListFitnessProbity, SourceName: "f"}, {Kind: decision.ListAdverseMedia, SourceURL: "https://news.example/"},
		},
	}, {Name: "I. Madeup"}}
	return found, nil
}

// get reads one thing of a session.
func (h *house) get(id, what string) result {
	h.Helper()
	return h.do(call{method: "GET", path: "/v1/sessions/" + id + what})
}

const deviceData = `{"providerName":"example","person":{"email":"ada@example.org","phoneNumber":"+1 888 8888888"},
"network":{"mobileCarrier":"carrier","ssid":"home","hostname":"h.example","location":{"city":"Nowhere"},
"ip":{"addressV4":"203.0.113.9","addressV6":"2001:db8::1"},"asn":{"number":64496}},
"device":{"fingerprint":"f-1","model":"m"},"browser":{"userAgent":"Example/1.0","language":"es-419"}}`

const leastDeviceData = `{"providerName":"p","network":{"ip":{"addressV4":"203.0.113.9"}},"device":{"fingerprint":"f"}}`

// TestCollectedData: every fault has its code, and what is taken shows in the decision.
func TestCollectedData(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) string { return strings.Replace(deviceData, old, with, 1) }
	long := strings.Repeat("x", 256)
	rows := []struct{ name, body, code string }{
		{"everything", deviceData, ""},
		{"the least", leastDeviceData, ""},
		{"IPv6 alone", strings.Replace(leastDeviceData, `"addressV4":"203.0.113.9"`, `"addressV6":"2001:db8::1"`, 1), ""},
		{"no provider", replace(`"providerName":"example",`, ""), "1102"},
		{"empty provider", replace(`"example"`, `""`), "1102"},
		{"null provider", replace(`"example"`, `null`), "1102"},
		{"provider too long", replace(`"example"`, fmt.Sprintf("%q", long)), "1104"},
		{"provider of the longest", replace(`"example"`, fmt.Sprintf("%q", long[1:])), ""},
		{"provider is a number", replace(`"example"`, `7`), "1104"},
		{"no network", `{"providerName":"p","device":{"fingerprint":"f"}}`, "1102"},
		{"network is text", `{"providerName":"p","network":"n","device":{"fingerprint":"f"}}`, "1104"},
		{"no ip", `{"providerName":"p","network":{},"device":{"fingerprint":"f"}}`, "1102"},
		{"no address", `{"providerName":"p","network":{"ip":{}},"device":{"fingerprint":"f"}}`, "1102"},
		{"an address that is none", replace("203.0.113.9", "203.0.113.999"), "1104"},
		{"an address of the other kind", replace("203.0.113.9", "2001:db8::1"), "1104"},
		{"no device", `{"providerName":"p","network":{"ip":{"addressV4":"203.0.113.9"}}}`, "1102"},
		{"no fingerprint", `{"providerName":"p","network":{"ip":{"addressV4":"203.0.113.9"}},"device":{}}`, "1102"},
		{"fingerprint too long", replace(`"f-1"`, fmt.Sprintf("%q", long)), "1104"},
		{"user agent too long", replace(`"Example/1.0"`, fmt.Sprintf("%q", long)), "1104"},
		{"phone number of letters", replace("+1 888 8888888", "call me"), "1104"},
		{"phone number with the plus behind", replace("+1 888 8888888", "888+"), "1104"},
		{"email is a list", replace(`"ada@example.org"`, `[]`), "1104"},
		{"location is text", replace(`{"city":"Nowhere"}`, `"Nowhere"`), "1104"},
		{"no JSON", "{", "1101"},
		{"a list", "[]", "1101"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id := h.create(minimal).ID
			got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: row.body})
			if row.code != "" {
				h.want(got, http.StatusBadRequest, row.code)
			} else {
				h.want(got, http.StatusOK, "")
			}
			if kept := len(h.snapshot(id).Findings); (kept == 1) != (row.code == "") {
				t.Errorf("%d findings are kept", kept)
			}
		})
	}
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		h.golden("collected-data", h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: deviceData}).body)
		h.submit(id)
		h.want(h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: deviceData}), http.StatusBadRequest, "1101")
		h.decide(id, decision.Verdict{Outcome: decision.Approved})
		if got := h.get(id, "/decision").body; !strings.Contains(got, `"technicalData":{"ip":"203.0.113.9"}`) {
			t.Errorf("the decision is %s", got)
		}
	})
}

// TestAttemptMedia: each attempt has its own, and the session shows those of the newest.
func TestAttemptMedia(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		first := h.snapshot(id).AttemptID.String()
		old := h.upload(id, "face", pngBytes)
		h.submit(id)
		h.decide(id, decision.Verdict{Outcome: decision.Resubmission, Code: 204})
		h.upload(id, "document-front", jpegBytes)
		film, err := h.engine.Upload(t.Context(), uuid.MustParse(id), session.Upload{
			Context: media.FacePreVideo, Content: strings.NewReader(webmBytes), Duration: 12300 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		chip := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/media", body: `{"nfcDocument":{"com":"YQ==","sod":"Yg==","dg1":"Yw==","dg2":"ZA==","x":1}}`})
		h.want(chip, http.StatusOK, "")
		h.golden("upload-nfc", chip.body)
		second := h.snapshot(id).AttemptID.String()
		of := func(attempt string) result {
			t.Helper()
			got := h.do(call{method: "GET", path: "/v1/attempts/" + attempt + "/media"})
			h.want(got, http.StatusOK, "")
			return got
		}
		if got := of(first).body; strings.Count(got, `"id":`) != 1 || !strings.Contains(got, old) {
			t.Errorf("the first attempt has %s", got)
		}
		h.golden("attempt-media", of(second).body)
		if got := h.get(id, "/media").body; got != of(second).body {
			t.Errorf("the session has\n%s\nand its newest attempt\n%s", got, of(second).body)
		}
		if got := h.do(call{method: "GET", path: "/v1/media/" + film.ID.String()}); got.body != webmBytes || got.header.Get("Content-Type") != "video/webm" {
			t.Errorf("the film is %s %q", got.header.Get("Content-Type"), got.body)
		}
		var nfc struct {
			NFC struct{ ID string } `json:"nfcDocument"`
		}
		if err := json.Unmarshal([]byte(chip.body), &nfc); err != nil {
			t.Fatal(err)
		}
		if got := h.do(call{method: "GET", path: "/v1/media/" + nfc.NFC.ID}); got.body != `{"com":"YQ==","sod":"Yg==","dg1":"Yw==","dg2":"ZA=="}` ||
			got.header.Get("Content-Type") != "application/json" {
			t.Errorf("the chip's data are %s %q", got.header.Get("Content-Type"), got.body)
		}
		h.want(h.do(call{method: "GET", path: "/v1/attempts/" + id + "/media"}), http.StatusNotFound, "1101")
		h.want(h.do(call{method: "GET", path: "/v1/attempts/" + first + "/media", by: theirs}), http.StatusNotFound, "1101")
		h.want(h.do(call{method: "GET", path: "/v1/attempts/" + first + "/media", signed: id}), http.StatusUnauthorized, "1812")
	})
}

// webmBytes begin as a film does.
const webmBytes = "\x1a\x45\xdf\xa3\x8f\x42\x82\x84webm\x42\x87\x81\x02\x42\x85\x81\x02 and so on"

const registryBody = `{"verification":{"person":{"idNumber":"123456789","firstName":"Ada","lastName":"Specimen","dateOfBirth":"1990-02-28"},
"vendorData":"v-1"}}`

func withRegistry(p *session.Policy) { p.Registry, p.RegistrySync = true, true }

// TestValidateRegistry on both paths, later and at once.
func TestValidateRegistry(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: withRegistry}, func(t *testing.T, h *house) {
		for _, path := range []string{"/v1/validate-registry", "/v1/sessions/validate-registry"} {
			unsigned := http.Header{"X-Auth-Client": {ours.APIKey.String()}}
			got := h.do(call{method: "POST", path: path, body: registryBody, header: unsigned})
			h.want(got, http.StatusCreated, "")
			o := verificationOf(h, got)
			if o.Status != "submitted" || *o.VendorData != "v-1" {
				t.Errorf("%s: %s", path, got.body)
			}
			if path == "/v1/validate-registry" {
				h.golden("validate-registry", got.body)
			}
			told := h.webhooks()
			last := told[len(told)-1]
			if !strings.Contains(last, `"code":9001`) || !strings.Contains(last, `"validationResults":[{"registryName":"sandbox"`) {
				t.Errorf("%s: told %s", path, last)
			}
			h.golden("webhook-decision-registry", scrub(last, o.ID, h.snapshot(o.ID).AttemptID.String()))
		}
		r := h.request(call{method: "POST", path: "/v1/validate-registry", body: registryBody})
		r.Host = "sync-api.idv.example:8080"
		got := h.send(r)
		h.want(got, http.StatusCreated, "")
		h.golden("validate-registry-sync", got.body)
	})
}

// scrub writes ids as words, for bodies of which there are several.
func scrub(body, session, attempt string) string {
	return strings.ReplaceAll(strings.ReplaceAll(body, session, "<session>"), attempt, "<attempt>")
}

// TestValidateRegistryRefuses, and makes nothing.
func TestValidateRegistryRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, with string
		policy          func(*session.Policy)
		host            string
		status          int
		code            string
	}{
		{"not enabled", "", "", func(*session.Policy) {}, "", http.StatusForbidden, "1101"},
		{"waiting not enabled", "", "", func(p *session.Policy) { p.Registry = true }, "sync-api.example", http.StatusForbidden, "1101"},
		{"no number", `"idNumber":"123456789",`, "", withRegistry, "", http.StatusBadRequest, "1308"},
		{"no name", `"firstName":"Ada",`, "", withRegistry, "", http.StatusBadRequest, "1309"},
		{"no date and no address", `,"dateOfBirth":"1990-02-28"`, "", withRegistry, "", http.StatusBadRequest, "1310"},
		{"no person", `"person":{"idNumber":"123456789","firstName":"Ada","lastName":"Specimen","dateOfBirth":"1990-02-28"},`, "", withRegistry, "", http.StatusBadRequest, "1308"},
		{"bad date", `1990-02-28`, "1990-02-31", withRegistry, "", http.StatusBadRequest, "2003"},
		{"no verification", `"verification"`, `"other"`, withRegistry, "", http.StatusBadRequest, "1102"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{policy: c.policy})
			r := h.request(call{method: "POST", path: "/v1/validate-registry", body: strings.Replace(registryBody, c.old, c.with, 1)})
			if c.host != "" {
				r.Host = c.host
			}
			h.want(h.send(r), c.status, c.code)
			if list, err := h.engine.List(t.Context(), session.List{}); err != nil || len(list) > 0 {
				t.Errorf("%d sessions are there, %v", len(list), err)
			}
		})
	}
}

// TestPerson is what the host said, then what was read, and who was found on lists.
func TestPerson(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: withScreening}, func(t *testing.T, h *house) {
		nobody := h.create(minimal).ID
		h.golden("person-none", strings.ReplaceAll(h.get(nobody, "/person").body, personID(h, nobody), "<person>"))
		id := h.create(everything).ID
		if got := h.get(id, "/person").body; !strings.Contains(got, `"firstName":"Ada"`) || !strings.Contains(got, `"idCode":"00000000000"`) ||
			!strings.Contains(got, `"nationality":null`) {
			t.Errorf("as given: %s", got)
		}
		h.submit(id)
		h.decide(id, decision.Verdict{Outcome: decision.Approved, Record: decision.Record{Person: &decision.Person{
			FirstName: "Ivo", LastName: "Madeup", FullName: "Ivo Madeup", Nationality: "EE", PlaceOfBirth: "Nowhere",
		}}})
		h.settle()
		h.golden("person", strings.ReplaceAll(h.get(id, "/person").body, personID(h, id), "<person>"))
	})
}

// personID is the id that the answer gives the person, which nobody can foretell; it stays the same.
func personID(h *house, id string) string {
	h.Helper()
	var ids [2]string
	for i := range ids {
		var body struct{ Person struct{ ID string } }
		if err := json.Unmarshal([]byte(h.get(id, "/person").body), &body); err != nil {
			h.Fatal(err)
		}
		ids[i] = body.Person.ID
	}
	if ids[0] != ids[1] || uuid.Validate(ids[0]) != nil || ids[0] == id {
		h.Errorf("the person's id is %q and then %q", ids[0], ids[1])
	}
	return ids[0]
}

func withScreening(p *session.Policy) { p.Screening, p.Monitoring = true, 24*time.Hour }

// TestWatchlist: 402 without it, 202 until the result is there, 200 then, and one webhook for each result that
// is new.
func TestWatchlist(t *testing.T) {
	t.Parallel()
	off := newHouse(t, setup{})
	off.want(off.get(off.create(minimal).ID, "/watchlist-screening"), http.StatusPaymentRequired, "1101")
	onEach(t, setup{policy: withScreening}, func(t *testing.T, h *house) {
		id := h.create(everything).ID
		got := h.get(id, "/watchlist-screening")
		h.want(got, http.StatusAccepted, "")
		h.golden("watchlist-pending", got.body)
		h.submit(id)
		h.webhooks()
		h.decide(id, decision.Verdict{Outcome: decision.Approved})
		told := h.webhooks()
		h.golden("webhook-watchlist-none", told[len(told)-1])
		h.golden("watchlist-none", h.get(id, "/watchlist-screening").body)

		other := h.create(`{"verification":{"person":{"fullName":"Ivo Madeup","dateOfBirth":"1963-01-01"}}}`).ID
		h.submit(other)
		h.decide(other, decision.Verdict{Outcome: decision.Declined, Code: 126})
		told = h.webhooks()
		last := told[len(told)-1]
		h.golden("webhook-watchlist", last)
		body := h.get(other, "/watchlist-screening").body
		h.golden("watchlist", body)
		if body != `{"status":"success","data":`+last+`}` {
			t.Errorf("reading answers\n%s\nand the webhook said\n%s", body, last)
		}
		h.clock.Add(24 * time.Hour)
		if told := h.webhooks(); len(told) > 0 {
			t.Errorf("of what is not new was told %s", told)
		}
		expired := h.create(minimal).ID
		h.clock.Add(7 * 24 * time.Hour)
		h.want(h.get(expired, "/watchlist-screening"), http.StatusNotFound, "1101")
		h.want(h.get(uuid.NewString(), "/watchlist-screening"), http.StatusNotFound, "1101")
	})
}

// TestUpdatedWatchlist: the second result says that it is one.
func TestUpdatedWatchlist(t *testing.T) {
	t.Parallel()
	changing := &changingLists{}
	h := newHouse(t, setup{policy: withScreening, screener: changing})
	id := h.create(`{"verification":{"person":{"fullName":"Ivo Madeup"}}}`).ID
	h.submit(id)
	h.decide(id, decision.Verdict{Outcome: decision.Approved})
	h.webhooks()
	changing.listed = true
	h.clock.Add(24 * time.Hour)
	told := h.webhooks()
	if len(told) != 1 || !strings.Contains(told[0], `"checkType":"updated_result"`) || !strings.Contains(told[0], `"possible_match"`) {
		t.Errorf("told %s", told)
	}
}

type changingLists struct{ listed bool }

func (c *changingLists) Screen(ctx context.Context, s decision.Subject) (decision.Screening, error) {
	if !c.listed {
		return decision.Screening{Provider: "lists"}, nil
	}
	return lists{}.Screen(ctx, s)
}

// TestFullAuto is null before a decision, and then says of each field how sure it is; its webhook goes to an
// endpoint of its own.
func TestFullAuto(t *testing.T) {
	t.Parallel()
	endpoint := session.Endpoint{URL: "https://receiver.example/", Format: veriff.FormatFullAuto}
	onEach(t, setup{endpoint: endpoint, decider: session.Sandbox{FullAuto: true}}, func(t *testing.T, h *house) {
		id := h.create(`{"verification":{"person":{"firstName":"Approve"},"vendorData":"v-1"}}`).ID
		h.golden("fullauto-none", h.get(id, "/decision/fullauto?version=1.0.0").body)
		h.submit(id)
		told := h.webhooks()
		if len(told) != 1 {
			t.Fatalf("told %s, want one webhook", told)
		}
		h.golden("webhook-fullauto", told[0])
		h.golden("fullauto-approved", h.get(id, "/decision/fullauto?version=1.0.0").body)
		h.want(h.get(id, "/decision/fullauto"), http.StatusOK, "")
		h.want(h.get(id, "/decision/fullauto?version=7"), http.StatusBadRequest, "1104")
	})
}

// TestUserStatuses are told by a webhook, and listed with the attempt.
func TestUserStatuses(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(everything).ID
		for _, status := range []session.UserStatus{
			{Status: "Suspicious attempt", Reason: "Looks like velocity abuse", ReasonCode: "looks_like_velocity_abuse"},
			{Status: "Cleared", Reason: "written freely"},
		} {
			if _, err := h.engine.SetUserStatus(t.Context(), uuid.MustParse(id), uuid.Nil, status); err != nil {
				t.Fatal(err)
			}
		}
		told := h.webhooks()
		if len(told) != 2 {
			t.Fatalf("told %s", told)
		}
		h.golden("webhook-user-status", told[0])
		h.golden("webhook-user-status-free", told[1])
		h.golden("attempts-user-status", h.get(id, "/attempts").body)
	})
}

// TestTimestamps: the hash is that of the bytes.
func TestTimestamps(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		h.golden("timestamps-none", h.get(id, "/timestamps").body)
		h.upload(id, "face", pngBytes)
		got := h.get(id, "/timestamps")
		h.golden("timestamps", got.body)
		var body struct {
			Timestamps []struct {
				Signature string
				DataHash  struct{ Algorithm, Value string }
			}
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatal(err)
		}
		if one := body.Timestamps[0]; !ours.Secrets[0].Verify(one.Signature, []byte(one.DataHash.Value)) || len(one.DataHash.Value) != 64 {
			t.Errorf("got %s", got.body)
		}
	})
}

// TestRequiredContexts: a submission without them is refused, and with them it is not.
func TestRequiredContexts(t *testing.T) {
	t.Parallel()
	policy := func(p *session.Policy) { p.Required = []media.Context{media.Face, media.DocumentFront} }
	onEach(t, setup{policy: policy}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		again := func(status int, code string) {
			t.Helper()
			h.want(h.do(call{method: "PATCH", path: "/v1/sessions/" + id, body: submit}), status, code)
		}
		again(http.StatusBadRequest, "1101")
		h.upload(id, "face", pngBytes)
		again(http.StatusBadRequest, "1101")
		h.upload(id, "document-front", pngBytes)
		again(http.StatusOK, "")
		h.decide(id, decision.Verdict{Outcome: decision.Resubmission, Code: 204})
		again(http.StatusBadRequest, "1101") // the next attempt begins with nothing
		h.upload(id, "face", pngBytes)
		h.upload(id, "document-front", pngBytes)
		again(http.StatusOK, "")
	})
}

// TestWebhooksOfAnIntegration: kinds of one address share an endpoint, which keeps its id.
func TestWebhooksOfAnIntegration(t *testing.T) {
	t.Parallel()
	in := ours.Integration
	if got := (veriff.Webhooks{}).Endpoints(in); len(got) != 0 {
		t.Errorf("without addresses: %v", got)
	}
	const a, b = "https://a.example/", "https://b.example/"
	one := veriff.Webhooks{Decision: a, Event: a, Watchlist: a, UserStatus: a, FullAuto: a}.Endpoints(in)
	if len(one) != 2 || len(one[0].Kinds) != 10 || one[0].Format != veriff.Format || one[1].Format != veriff.FormatFullAuto {
		t.Errorf("of one address: %+v", one)
	}
	two := veriff.Webhooks{Decision: b, Event: a, Watchlist: b, FullAuto: a}.Endpoints(in)
	if len(two) != 3 || two[0].URL != b || len(two[0].Kinds) != 7 || two[1].URL != a || len(two[1].Kinds) != 2 || two[2].URL != a {
		t.Errorf("of two addresses: %+v", two)
	}
	if two[0].ID != one[0].ID || two[2].ID != one[1].ID {
		t.Error("an endpoint's id changed with its address")
	}
	if veriff.Webhooks.Endpoints(veriff.Webhooks{Decision: a}, theirs.Integration)[0].ID == one[0].ID {
		t.Error("two integrations share an endpoint")
	}
	policy := session.Integration{ID: in, Endpoints: append(one, session.Endpoint{ID: uuid.New()})}
	if faults := policy.Validate(); len(faults) > 0 {
		t.Errorf("not acceptable: %v", faults)
	}
}
