package veriff_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/session"
)

// creations are bodies of POST /v1/sessions, and what they are answered.
var creations = []struct {
	name, body string
	status     int
	code       string
}{
	{"nothing but verification", minimal, 201, ""},
	{"everything", everything, 201, ""},
	{"white space around", " \r\n\t" + minimal + " \n", 201, ""},
	{"all null", `{"verification":{"callback":null,"person":null,"document":null,"address":null,"proofOfAddress":null,"vendorData":null,"endUserId":null,"consents":null,"timestamp":null,"lang":null,"features":null}}`, 201, ""},
	{"members null", `{"verification":{"person":{"firstName":null,"gender":null,"dateOfBirth":null,"maritalStatus":null,"isDeceased":null},"document":{"type":null,"firstIssue":null},"address":{"fullAddress":null}}}`, 201, ""},
	{"unknown members", `{"verification":{"frontState":"done","x":[{}]},"y":1}`, 201, ""},
	{"legacy members of any type", `{"verification":{"timestamp":1,"lang":[],"features":"selfid"}}`, 201, ""},

	{"empty", "", 400, "1101"},
	{"white space", " \n", 400, "1101"},
	{"not JSON", "verification", 400, "1101"},
	{"form", "verification=1", 400, "1101"},
	{"cut off", `{"verification":{`, 400, "1101"},
	{"trailing data", minimal + "{}", 400, "1101"},
	{"trailing comma", `{"verification":{},}`, 400, "1101"},
	{"comment", `{"verification":{}/**/}`, 400, "1101"},
	{"single quotes", `{'verification':{}}`, 400, "1101"},
	{"root array", `[]`, 400, "1101"},
	{"root string", `"verification"`, 400, "1101"},
	{"root null", `null`, 400, "1101"},
	{"root number", `1`, 400, "1101"},
	{"byte order mark", "\ufeff" + minimal, 400, "1101"},
	{"UTF-16", "{\x00}\x00", 400, "1101"},
	{"key twice", `{"verification":{},"verification":{}}`, 400, "1101"},
	{"inner key twice", `{"verification":{"vendorData":"a","vendorData":"b"}}`, 400, "1101"},
	{"key twice by an escape", `{"verification":{"vendorData":"a","vendor\u0044ata":"b"}}`, 400, "1101"},
	{"unknown key twice", `{"verification":{},"a":1,"a":2}`, 400, "1101"},
	{"NUL", `{"verification":{"vendorData":"a\u0000b"}}`, 400, "1101"},
	{"NUL as a byte", "{\"verification\":{\"vendorData\":\"a\x00b\"}}", 400, "1101"},
	{"NUL in a key", `{"verification":{},"\u0000":1}`, 400, "1101"},
	{"lone surrogate", `{"verification":{"vendorData":"\ud800"}}`, 400, "1101"},
	{"invalid UTF-8", "{\"verification\":{\"vendorData\":\"\xff\"}}", 400, "1101"},
	{"NaN", `{"verification":{"x":NaN}}`, 400, "1101"},
	{"64 deep", `{"verification":{},"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, 201, ""},
	{"65 deep", `{"verification":{},"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, 400, "1101"},
	{"10,000 deep", `{"verification":{},"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, 400, "1101"},
	{"numbers of all kinds", `{"verification":{"x":[1e400,-0,1e-7,9007199254740993]}}`, 201, ""},
	{"1 MiB", `{"verification":{},"x":"` + strings.Repeat("x", 1<<20-26) + `"}`, 201, ""},
	{"more than 1 MiB", `{"verification":{},"x":"` + strings.Repeat("x", 1<<20-25) + `"}`, 413, "1101"},
	{"10 MB", `{"verification":{"vendorData":"` + strings.Repeat("x", 10_000_000) + `"}}`, 413, "1101"},

	{"verification missing", `{}`, 400, "1102"},
	{"verification null", `{"verification":null}`, 400, "1102"},
	{"verification by another spelling", `{"Verification":{}}`, 400, "1102"},
	{"verification in snake case", `{"verification_":{}}`, 400, "1102"},
	{"verification a string", `{"verification":""}`, 400, "1104"},
	{"verification an array", `{"verification":[]}`, 400, "1104"},
	{"envelope with siblings", `{"data":{"verification":{}},"verification":{}}`, 201, ""},
	{"envelope", `{"data":{"verification":{}}}`, 400, "1102"},

	{"vendorData of 1,000 characters", `{"verification":{"vendorData":"` + strings.Repeat("é", 1000) + `"}}`, 201, ""},
	{"vendorData of 1,001 characters", `{"verification":{"vendorData":"` + strings.Repeat("é", 1001) + `"}}`, 400, "1500"},
	{"vendorData of 1,000 escapes", `{"verification":{"vendorData":"` + strings.Repeat(`\u00e9`, 1000) + `"}}`, 201, ""},
	{"vendorData of 1,000 characters beyond 16 bits", `{"verification":{"vendorData":"` + strings.Repeat("😀", 1000) + `"}}`, 201, ""},
	{"vendorData empty", `{"verification":{"vendorData":""}}`, 201, ""},
	{"vendorData a number", `{"verification":{"vendorData":1}}`, 400, "1501"},
	{"vendorData an object", `{"verification":{"vendorData":{}}}`, 400, "1501"},
	{"vendorData a bool", `{"verification":{"vendorData":false}}`, 400, "1501"},
	{"endUserId no UUID", `{"verification":{"endUserId":"12345"}}`, 400, "1104"},
	{"endUserId empty", `{"verification":{"endUserId":""}}`, 400, "1104"},
	{"endUserId a number", `{"verification":{"endUserId":12345}}`, 400, "1104"},
	{"endUserId in braces", `{"verification":{"endUserId":"{a1b2c35d-e8f7-4d5e-8cd2-a1b2c35db3d4}"}}`, 400, "1104"},
	{"callback http", `{"verification":{"callback":"http://shop.example"}}`, 400, "1302"},
	{"callback javascript", `{"verification":{"callback":"javascript:alert(1)"}}`, 400, "1302"},
	{"callback relative", `{"verification":{"callback":"/back"}}`, 400, "1302"},
	{"callback HTTPS in capitals", `{"verification":{"callback":"HTTPS://shop.example"}}`, 201, ""},
	{"callback a number", `{"verification":{"callback":1}}`, 400, "1104"},
	{"callback too long", `{"verification":{"callback":"https://shop.example/` + strings.Repeat("x", 5000) + `"}}`, 400, "1104"},
	{"person a string", `{"verification":{"person":"Ada"}}`, 400, "1104"},
	{"firstName a number", `{"verification":{"person":{"firstName":1}}}`, 400, "1104"},
	{"firstName too long", `{"verification":{"person":{"firstName":"` + strings.Repeat("x", 5000) + `"}}}`, 400, "1104"},
	{"firstname is unknown", `{"verification":{"person":{"firstname":1}}}`, 201, ""},
	{"first_name is unknown", `{"verification":{"person":{"first_name":1,"firstName":"Ada"}}}`, 201, ""},
	{"gender M", `{"verification":{"person":{"gender":"M"}}}`, 201, ""},
	{"gender FEMALE", `{"verification":{"person":{"gender":"FEMALE"}}}`, 201, ""},
	{"gender X", `{"verification":{"person":{"gender":"X"}}}`, 400, "1104"},
	{"gender m", `{"verification":{"person":{"gender":"m"}}}`, 400, "1104"},
	{"gender empty", `{"verification":{"person":{"gender":""}}}`, 400, "1104"},
	{"maritalStatus single", `{"verification":{"person":{"maritalStatus":"single"}}}`, 201, ""},
	{"maritalStatus WIDOWED", `{"verification":{"person":{"maritalStatus":"WIDOWED"}}}`, 201, ""},
	{"maritalStatus Single", `{"verification":{"person":{"maritalStatus":"Single"}}}`, 400, "1104"},
	{"isDeceased true", `{"verification":{"person":{"isDeceased":true}}}`, 201, ""},
	{"isDeceased a string", `{"verification":{"person":{"isDeceased":"true"}}}`, 400, "1104"},
	{"dateOfBirth in another form", `{"verification":{"person":{"dateOfBirth":"28.02.1990"}}}`, 400, "1203"},
	{"dateOfBirth empty", `{"verification":{"person":{"dateOfBirth":""}}}`, 400, "1203"},
	{"dateOfBirth with time", `{"verification":{"person":{"dateOfBirth":"1990-02-28T00:00:00Z"}}}`, 400, "1203"},
	{"dateOfBirth a number", `{"verification":{"person":{"dateOfBirth":19900228}}}`, 400, "1104"},
	{"dateOfBirth on 29 February", `{"verification":{"person":{"dateOfBirth":"1992-02-29"}}}`, 201, ""},
	{"dateOfBirth on no such day", `{"verification":{"person":{"dateOfBirth":"1990-02-29"}}}`, 400, "2003"},
	{"firstIssue in another form", `{"verification":{"document":{"firstIssue":"2015"}}}`, 400, "1203"},
	{"firstIssue on no such day", `{"verification":{"document":{"firstIssue":"2015-02-30"}}}`, 400, "1203"},
	{"document an array", `{"verification":{"document":[]}}`, 400, "1104"},
	{"document.number a number", `{"verification":{"document":{"number":123}}}`, 400, "1104"},
	{"document.type of any kind", `{"verification":{"document":{"type":"LIBRARY_CARD"}}}`, 201, ""},
	{"address a string", `{"verification":{"address":"1 Nowhere Road"}}`, 400, "1104"},
	{"proofOfAddress of wrong types", `{"verification":{"proofOfAddress":{"acceptableTypes":[1]}}}`, 400, "1104"},
	{"proofOfAddress null element", `{"verification":{"proofOfAddress":{"acceptableTypes":[null]}}}`, 400, "1104"},
	{"ine not approved", `{"verification":{"consents":[{"type":"ine","approved":false}]}}`, 400, "1104"},
	{"ine without approval", `{"verification":{"consents":[{"type":"ine"}]}}`, 400, "1104"},
	{"ine with approval null", `{"verification":{"consents":[{"type":"ine","approved":null}]}}`, 400, "1104"},
	{"ine with approval a string", `{"verification":{"consents":[{"type":"ine","approved":"true"}]}}`, 400, "1104"},
	{"ine approved", `{"verification":{"consents":[{"type":"bipa"},{"type":"ine","approved":true}]}}`, 201, ""},
	{"ine not approved behind another", `{"verification":{"consents":[{"type":"bipa","approved":true},{"type":"ine"}]}}`, 400, "1104"},
	{"consent without type", `{"verification":{"consents":[{"approved":true}]}}`, 400, "1102"},
	{"consent null", `{"verification":{"consents":[null]}}`, 400, "1104"},
	{"consents an object", `{"verification":{"consents":{}}}`, 400, "1104"},
}

func TestCreations(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		created := 0
		for _, row := range creations {
			got := h.do(call{method: "POST", path: "/v1/sessions", body: row.body})
			if got.status != row.status || got.code() != row.code {
				t.Errorf("%s: got %d %s, want %d %q", row.name, got.status, got.body, row.status, row.code)
			}
			if got.status == http.StatusCreated {
				created++
			}
		}
		list, err := h.engine.List(t.Context(), session.List{N: 1000})
		if err != nil || len(list) != created {
			t.Errorf("got %d sessions (%v), want the %d that were answered 201", len(list), err, created)
		}
	})
}

// TestFacts: what was given arrives in the engine.
func TestFacts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	got := h.snapshot(h.create(everything).ID).Facts
	ref, user, alive := "<&>\u2028 \"é\" 12345678", "A1B2c35d-e8f7-4d5e-8cd2-a1b2c35db3d4", false
	want := session.Facts{
		ExternalRef: &ref, EndUserID: &user, Callback: "https://shop.example/back", Address: "1 Nowhere Road",
		Person: session.Person{
			FirstName: "Ada", LastName: "Specimen", FullName: "Ada Specimen", IDNumber: "00000000000", PhoneNumber: "8888888888",
			Email: "ada@example.org", Gender: "F", MaritalStatus: "SINGLE", DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28},
			IsDeceased: &alive,
		},
		Document: session.Document{
			Type: "PASSPORT", Number: "X000000", Country: "EE", IDCardType: "CC",
			FirstIssue: decision.Date{Year: 2015, Month: 3, Day: 21},
		},
		Consents: []session.Consent{{Type: "ine", Approved: true}, {Type: "bipa"}},
	}
	if g, w := must(json.Marshal(got)), must(json.Marshal(want)); string(g) != string(w) {
		t.Errorf("got facts\n%s\nwant\n%s", g, w)
	}
}
