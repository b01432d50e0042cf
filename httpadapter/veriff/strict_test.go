package veriff_test

import (
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
)

func strictly(p *session.Policy) { p.Strict, p.Registry = true, true }

// TestStrictCreations: what only a strict integration refuses. It is morning: 09:00:00.123456 in UTC.
func TestStrictCreations(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, members string // of verification
		want          string // HTTP status and code, where it is strict
	}{
		{"nothing", ``, "201 "},
		{"everything that the page names", `"callback":"https://shop.example/","vendorData":"1","endUserId":null,"lang":"en",
			"features":["selfid"],"timestamp":"2031-03-05T09:00:00.000Z","id":"` + stranger.String() + `",
			"person":{"firstName":"Ada","lastName":"Specimen","fullName":"Ada Specimen","idNumber":"00000000000",
			"phoneNumber":"8888888888","gender":"F","dateOfBirth":"1990-02-28","email":"ada@example.org",
			"maritalStatus":"SINGLE","isDeceased":false},"document":{"number":"X000000","country":"EE","type":"PASSPORT",
			"idCardType":"CC","firstIssue":"2015-03-21"},"address":{"fullAddress":"1 Nowhere Road","street":"Nowhere Road",
			"houseNumber":"1","postcode":"00000"},"proofOfAddress":{"acceptableTypes":[{"name":"BANK_STATEMENT"}]},
			"consents":[{"type":"ine","approved":true},{"type":"bipa","approved":false}]`, "201 "},
		{"all null", `"id":null,"timestamp":null,"features":null,"person":null,"consents":null`, "201 "},
		{"unknown member", `"colour":"blue"`, "400 1104"},
		{"members of the vendor's own demo", `"frontState":"done","lang":"en"`, "201 "},
		{"unknown member of another case", `"VendorData":"1"`, "400 1104"},
		{"unknown member of the person", `"person":{"first_name":"Ada"}`, "400 1104"},
		{"unknown member of the document", `"document":{"expiry":"2035-01-01"}`, "400 1104"},
		{"unknown member of the address", `"address":{"city":"Exampleville"}`, "400 1104"},
		{"unknown member of a consent", `"consents":[{"type":"bipa","approved":true},{"type":"bipa","by":"me"}]`, "400 1104"},
		{"unknown member of a kind of document", `"proofOfAddress":{"acceptableTypes":[{"name":"X","age":1}]}`, "400 1104"},
		{"unknown member by an escape", `"col\u006fur":1`, "400 1104"},
		{"known member by an escape", `"vendor\u0044ata":"1"`, "201 "},

		{"timestamp of now", `"timestamp":"2031-03-05T09:00:00.123456Z"`, "201 "},
		{"timestamp an hour ago", `"timestamp":"2031-03-05T08:00:00.123456Z"`, "201 "},
		{"timestamp more than an hour ago", `"timestamp":"2031-03-05T08:00:00.123455Z"`, "400 1201"},
		{"timestamp to come", `"timestamp":"2032-03-05T08:00:00Z"`, "201 "},
		{"timestamp with an offset", `"timestamp":"2031-03-05T11:00:00+02:00"`, "201 "},
		{"timestamp with an offset without colon", `"timestamp":"2031-03-05T11:00:00.000+0200"`, "201 "},
		{"old timestamp with an offset", `"timestamp":"2031-03-05T09:00:00+02:00"`, "400 1201"},
		{"timestamp west of here", `"timestamp":"2031-03-05T04:00:00-0500"`, "201 "},
		{"timestamp without a zone", `"timestamp":"2031-03-05T09:00:00"`, "400 1202"},
		{"timestamp without seconds", `"timestamp":"2031-03-05T09:00Z"`, "400 1202"},
		{"timestamp without T", `"timestamp":"2031-03-05 09:00:00Z"`, "400 1202"},
		{"timestamp with a comma", `"timestamp":"2031-03-05T09:00:00,123Z"`, "400 1202"},
		{"timestamp with one digit of an hour", `"timestamp":"2031-03-05T9:00:00Z"`, "400 1202"},
		{"timestamp on no such day", `"timestamp":"2031-02-29T09:00:00Z"`, "400 1202"},
		{"timestamp at 24 hours", `"timestamp":"2031-03-05T24:00:00Z"`, "400 1202"},
		{"timestamp in another form", `"timestamp":"Wed, 05 Mar 2031 09:00:00 GMT"`, "400 1202"},
		{"timestamp a date", `"timestamp":"2031-03-05"`, "400 1202"},
		{"timestamp empty", `"timestamp":""`, "400 1202"},
		{"timestamp a number", `"timestamp":1930035600`, "400 1202"},

		{"no features", `"features":[]`, "201 "},
		{"feature", `"features":["selfid","selfid"]`, "201 "},
		{"another feature", `"features":["selfid","nfc"]`, "400 1301"},
		{"feature in capitals", `"features":["SELFID"]`, "400 1301"},
		{"feature a number", `"features":[1]`, "400 1301"},
		{"features a string", `"features":"selfid"`, "400 1104"},

		{"id of 19 characters", `"id":"1234567890123456789"`, "400 1001"},
		{"id of 20 characters", `"id":"12345678901234567890"`, "400 1002"},
		{"id of 40 characters", `"id":"1234567890123456789012345678901234567890"`, "400 1002"},
		{"id of 41 characters", `"id":"12345678901234567890123456789012345678901"`, "400 1001"},
		{"id of 20 characters in 40 bytes", `"id":"` + strings.Repeat("é", 20) + `"`, "400 1002"},
		{"id empty", `"id":""`, "400 1001"},
		{"id in braces", `"id":"{` + stranger.String() + `}"`, "400 1002"},
		{"id a UUID version 1", `"id":"99999999-0000-1000-8000-000000000001"`, "400 1002"},
		{"id a UUID of another variant", `"id":"99999999-0000-4000-c000-000000000001"`, "400 1002"},
		{"id a number", `"id":1`, "400 1104"},
		{"id after a wrong timestamp", `"timestamp":"","id":"1"`, "400 1202"},

		{"document number too short", `"document":{"number":"AB123"}`, "400 2101"},
		{"document number with a hyphen", `"document":{"number":"AB-1234"}`, "400 2102"},
		{"document type", `"document":{"type":"passport"}`, "400 2103"},
		{"document country", `"document":{"country":"ZZ"}`, "400 2104"},
	}
	for _, path := range []string{"/v1/sessions", "/v1/validate-registry"} {
		strict := newHouse(t, setup{policy: strictly})
		lax := newHouse(t, setup{policy: func(p *session.Policy) { p.Registry = true }})
		for _, row := range rows {
			body := `{"verification":{` + row.members + `}}`
			if path != "/v1/sessions" {
				if strings.Contains(row.members, `"person"`) || row.want == "201 " {
					continue // a registry needs to know the person
				}
				body = strings.Replace(body, `{"verification":{`, `{"verification":{"person":{"idNumber":"000000000",
					"fullName":"Ada Specimen","dateOfBirth":"1990-02-28"},`, 1)
			}
			c := call{method: "POST", path: path, body: body}
			if got := strict.do(c); !startsWith(got, row.want) {
				t.Errorf("%s, %s: got %d %s, want %q", path, row.name, got.status, got.body, row.want)
			}
			if got := lax.do(c); got.status != 201 {
				t.Errorf("%s, %s, not strict: got %d %s, want 201", path, row.name, got.status, got.body)
			}
		}
	}
}

// startsWith compares HTTP status and code.
func startsWith(got result, want string) bool {
	return matches(got, want) || want == "201 " && got.status == 201
}

// TestStrictQueryIDs are used up by integration, in either case, by what was created alone.
func TestStrictQueryIDs(t *testing.T) {
	t.Parallel()
	onEach(t, setup{policy: strictly}, func(t *testing.T, h *house) {
		create := func(by call, id string) result {
			by.method, by.path = "POST", "/v1/sessions"
			by.body = `{"verification":{"id":"` + id + `"}}`
			return h.do(by)
		}
		id := "abcdef00-0000-4000-8000-000000000001"
		broken := call{method: "POST", path: "/v1/sessions", body: `{"verification":{"id":"` + id + `","features":["x"]}}`}
		h.want(h.do(broken), 400, "1301") // uses up nothing
		h.want(create(call{}, id), 201, "")
		h.want(create(call{}, id), 400, "1003")
		h.want(create(call{}, strings.ToUpper(id)), 400, "1003")
		h.want(create(call{by: theirs}, id), 201, "")
		h.want(create(call{}, stranger.String()), 201, "")
	})
}

// TestStrictUpdatesAndUploads: nothing but what the pages name; and what is wrong otherwise is told first.
func TestStrictUpdatesAndUploads(t *testing.T) {
	t.Parallel()
	strict, lax := newHouse(t, setup{policy: strictly}), newHouse(t, setup{})
	image := strings.TrimSuffix(uploadBody("face", pngBytes), "}}")
	chip := `{"nfcDocument":{"` + strings.Join(media.ChipMembers(), `":"YQ==","`) + `":"YQ=="`
	rows := []struct{ name, method, path, body, want, lax string }{
		{"submission", "PATCH", "", submit, "", ""},
		{"submission of the vendor's own demo", "PATCH", "", `{"verification":{"frontState":"done","status":"submitted","timestamp":"2016-05-19T08:30:25.597Z"}}`, "", ""},
		{"submission with more", "PATCH", "", `{"verification":{"status":"submitted","colour":"blue"}}`, "400 1104", ""},
		{"submission with more beside it", "PATCH", "", `{"verification":{"status":"submitted"},"x":1}`, "400 1104", ""},
		{"another status and more", "PATCH", "", `{"verification":{"status":"x","x":1}}`, "400 1101", "400 1101"},
		{"upload", "POST", "/media", image + `}}`, "", ""},
		{"upload with timestamp", "POST", "/media", image + `,"timestamp":"2031-03-05T09:00:00Z"}}`, "", ""},
		{"upload with more in it", "POST", "/media", image + `,"x":1}}`, "400 1104", ""},
		{"upload with more beside it", "POST", "/media", image + `},"x":1}`, "400 1104", ""},
		{"chip data with every member", "POST", "/media", chip + `}}`, "", ""},
		{"chip data with more in it", "POST", "/media", chip + `,"dg17":"YQ=="}}`, "400 1104", ""},
		{"chip data with more beside it", "POST", "/media", chip + `},"x":1}`, "400 1104", ""},
	}
	for _, row := range rows {
		for h, want := range map[*house]string{strict: row.want, lax: row.lax} {
			id := h.create(minimal).ID
			got := h.do(call{method: row.method, path: "/v1/sessions/" + id + row.path, body: row.body})
			if !matches(got, want) {
				t.Errorf("%s: got %d %s, want %q", row.name, got.status, got.body, or(want, "200"))
			}
			s := h.snapshot(id)
			if changed := s.Status != session.StatusCreated || len(s.Media) > 0; changed != (want == "") {
				t.Errorf("%s: the session changed: %v", row.name, changed)
			}
		}
	}
	gone := call{method: "PATCH", path: "/v1/sessions/" + stranger.String(), body: `{"verification":{"status":"submitted","x":1}}`}
	strict.want(strict.do(gone), 404, "1101")
}
