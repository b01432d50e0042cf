package verifa_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// everything is a creation with all parameters, in their own names.
const everything = `{
	"external_ref": "user_17", "country": "ee", "redirect_url": "https://shop.example/back?a=1",
	"metadata": {"Plan_Name": "gold", "camelKey": {"deep-key": [1, {"inner_key": null}]}, "10": 1.50},
	"checks": ["face_match", "document_ocr"], "tags": ["vip", "beta", "vip"],
	"fields": {
		"first_name": "Ada", "middle_name": "Q.", "last_name": "Specimen", "date_of_birth": "1990-02-28",
		"email": "ada@example.com", "phone": "+372 5555", "ssn": "49002280000",
		"address": {"line1": "Sample Street 1", "line2": "Flat 2", "city": "Tallinn", "state": "Harju", "zip": "10111"}
	},
	"send_email": true, "applicant_name": "Ada S.", "applicant_email": "ada.s@example.com", "display_name": "The Shop",
	"support_url": "https://shop.example/help"
}`

// everythingMeans is what the engine is to be told.
func everythingMeans() session.Facts {
	ref := "user_17"
	return session.Facts{
		ExternalRef: &ref, Country: "EE", Callback: "https://shop.example/back?a=1",
		Metadata: json.RawMessage(`{"10":1.5,"Plan_Name":"gold","camelKey":{"deep-key":[1,{"inner_key":null}]}}`),
		Checks:   []string{"face_match", "document_ocr"}, Tags: []string{"vip", "beta"},
		Person: session.Person{
			FirstName: "Ada", MiddleName: "Q.", LastName: "Specimen", Email: "ada@example.com", PhoneNumber: "+372 5555",
			IDNumber: "49002280000", DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28},
		},
		Residence: session.Residence{Line1: "Sample Street 1", Line2: "Flat 2", City: "Tallinn", State: "Harju", Zip: "10111"},
		Invite: &session.Invite{
			Name: "Ada S.", Email: "ada.s@example.com", Display: "The Shop", SupportURL: "https://shop.example/help", Sent: 1,
		},
	}
}

// facts is what the engine knows of a session, but for its links.
func (h *house) facts(id string) session.Facts {
	h.Helper()
	f := must(h.engine.Get(context.Background(), sessionID(id))).Facts
	f.Links = nil
	return f
}

func TestCreate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	got := h.do("POST", "/api/v1/sessions", liveKey, everything).want(201)
	id := got.text("id")
	if facts := h.facts(id); !reflect.DeepEqual(facts, everythingMeans()) {
		t.Errorf("got the facts\n%+v\nwant\n%+v", facts, everythingMeans())
	}
	if !regexp.MustCompile(`^ses_[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("got the id %q", id)
	}
	if url := got.text("capture_url"); !regexp.MustCompile(`^https://api\.example/verify/tok_[\w-]{40,}$`).MatchString(url) {
		t.Errorf("got the capture_url %q", url)
	}
	now := h.clock.Now().UTC()
	for path, want := range map[string]string{
		"status": "pending", "is_sandbox": "false", "external_ref": "user_17", "tags": "[vip beta]",
		"created_at": now.Format(time.RFC3339), "expires_at": now.Add(20 * time.Minute).Format(time.RFC3339),
	} {
		if is := got.text(path); is != want {
			t.Errorf("got %s %q, want %q", path, is, want)
		}
	}
	least := h.do("POST", "/api/v1/sessions", sandboxKey, nil).want(201)
	for path, want := range map[string]string{"status": "pending", "is_sandbox": "true", "external_ref": "", "tags": "[]"} {
		if is := least.text(path); is != want {
			t.Errorf("of nothing: got %s %q, want %q", path, is, want)
		}
	}
}

// TestCreateQRCode: the picture shows the address, module by module.
func TestCreateQRCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	got := h.do("POST", "/api/v1/sessions", liveKey, "{}").want(201)
	text, ok := strings.CutPrefix(got.text("qr_code_data_url"), "data:image/png;base64,")
	if !ok {
		t.Fatalf("got the picture %q", got.text("qr_code_data_url"))
	}
	picture, err := png.Decode(bytes.NewReader(must(base64.StdEncoding.DecodeString(text))))
	if err != nil {
		t.Fatal(err)
	}
	code := must(qr.Encode(got.text("capture_url"), qr.L))
	const border, scale = 4, 8
	if size := picture.Bounds().Dx(); size != (code.Size+2*border)*scale || size != picture.Bounds().Dy() {
		t.Fatalf("got a picture of %s, want the %d modules of %s", picture.Bounds(), code.Size, got.text("capture_url"))
	}
	for y := range code.Size {
		for x := range code.Size {
			r, _, _, _ := picture.At((x+border)*scale+1, (y+border)*scale+1).RGBA()
			if black := r == 0; black != code.Black(x, y) {
				t.Fatalf("the module at %d, %d is black: %v, want %v", x, y, black, code.Black(x, y))
			}
		}
	}
}

// renamed is a JSON document with its names in another case.
func renamed(t *testing.T, document string, to keycase.Case) string {
	t.Helper()
	return string(must(keycase.Append(nil, []byte(document), to, "metadata")))
}

// TestCreateBodies: in every casing, with and without an envelope, the same is meant.
func TestCreateBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	rows := map[string]string{"loud": regexp.MustCompile(`"[a-z0-9_]+":`).ReplaceAllStringFunc(everything, strings.ToUpper)}
	rows["loud"] = strings.Replace(rows["loud"], `"INNER_KEY"`, `"inner_key"`, 1)
	for _, to := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
		body := renamed(t, everything, to)
		rows[to.String()] = body
		rows[to.String()+" in an envelope"] = `{"data":{"attributes":` + body + `}}`
		rows[to.String()+" in an envelope with siblings"] = `{"meta":{"a":1},"external_ref":"another","externalRef":2,"data":{
			"type":"session","id":"ses_1","country":"FI","attributes":` + body + `,"relationships":{"fields":{"first_name":"Bob"}}}}`
	}
	rows["an envelope in capitals"] = `{"Data":{"Attributes":` + everything + `}}`
	for name, body := range rows {
		id := h.do("POST", "/api/v1/sessions", liveKey, body).want(201).text("id")
		if facts := h.facts(id); !reflect.DeepEqual(facts, everythingMeans()) {
			t.Errorf("%s: got the facts\n%+v\nwant\n%+v", name, facts, everythingMeans())
		}
	}
	for _, body := range []string{`{"data":{"id":"x"},"country":"EE"}`, `{"data":[{"attributes":{}}],"country":"EE"}`, `{"data":null,"country":"EE"}`,
		`{"data":{"attributes":"x"},"country":"EE"}`} {
		id := h.do("POST", "/api/v1/sessions", liveKey, body).want(201).text("id")
		if got := h.facts(id).Country; got != "EE" {
			t.Errorf("%s, which is no envelope: got the country %q", body, got)
		}
	}
}

// param is a parameter's place in a body, as a format of a name and a value.
type param struct {
	name   string // in snake_case
	format string
	value  string // as JSON
	others []string
}

// params are those that have further names.
func params() (list []param) {
	values := map[string]string{
		"metadata": `{"a":1}`, "checks": `["face_match"]`, "fields": `{"first_name":"Ada"}`, "country": `"EE"`,
		"redirect_url": `"https://shop.example"`, "date_of_birth": `"1990-02-28"`,
	}
	value := func(name string) string {
		if v, ok := values[name]; ok {
			return v
		}
		return `"text of ` + name + `"`
	}
	for name, others := range verifa.CreateAliases {
		if name == "workflow_id" {
			continue // see TestCreateWithAWorkflow
		}
		list = append(list, param{name, `{%q:%s}`, value(name), others})
	}
	for name, others := range verifa.FieldAliases {
		list = append(list, param{name, `{"fields":{%q:%s}}`, value(name), others})
	}
	for name, others := range verifa.AddressAliases {
		list = append(list, param{name, `{"fields":{"address":{%q:%s}}}`, value(name), others})
	}
	return list
}

// TestCreateAliases: whatever another platform calls a parameter, in whatever casing, it is that.
func TestCreateAliases(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	facts := func(format, name, value string) session.Facts {
		t.Helper()
		return h.facts(h.do("POST", "/api/v1/sessions", liveKey, fmt.Sprintf(format, name, value)).want(201).text("id"))
	}
	nothing := facts(`{%q:%s}`, "unknown", "1")
	for _, p := range params() {
		want := facts(p.format, p.name, p.value)
		if reflect.DeepEqual(want, nothing) {
			t.Errorf("%s is not looked at", p.name)
		}
		for _, other := range p.others {
			for _, to := range []keycase.Case{keycase.Snake, keycase.Camel, keycase.Kebab} {
				spelt := string(keycase.AppendKey(nil, other, to))
				if got := facts(p.format, spelt, p.value); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: got %+v, want %+v, as for %s", spelt, got, want, p.name)
				}
			}
		}
	}
	for name, others := range verifa.AddressAliases { // these may stand beside the address too
		want := facts(`{"fields":{"address":{%q:%s}}}`, name, `"x"`)
		for _, other := range others {
			if got := facts(`{"fields":{%q:%s}}`, other, `"x"`); !reflect.DeepEqual(got, want) {
				t.Errorf("fields.%s: got %+v, want %+v", other, got, want)
			}
		}
	}
}

// TestCreateCollisions: of two members that mean one parameter, both are named and neither is taken.
func TestCreateCollisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	both := func(format, first, second, value string) {
		t.Helper()
		pair := strings.Replace(format, "%q:%s", "%q:%s,%q:%s", 1)
		for _, other := range []string{value, "null"} {
			got := h.do("POST", "/api/v1/sessions", liveKey, fmt.Sprintf(pair, first, value, second, other)).refused(422, "validation_error")
			field, message := got.text("detail.0.field"), got.text("detail.0.message")
			if !strings.HasSuffix(field, second) || !strings.Contains(message, "means the same as "+first+":") {
				t.Errorf("%s and %s: got %s", first, second, got.body)
			}
		}
	}
	for _, p := range params() {
		for _, other := range p.others {
			both(p.format, p.name, other, p.value)
			both(p.format, other, p.name, p.value)
			both(p.format, other, string(keycase.AppendKey(nil, p.name, keycase.Camel)), p.value)
		}
		both(p.format, p.name, strings.ToUpper(p.name), p.value)
	}
	both(`{"fields":{%q:%s}}`, "first_name", "firstName", `"Ada"`)
	both(`{"fields":{%q:%s}}`, "firstName", "first-name", `"Ada"`)
	both(`{%q:%s}`, "send_email", "sendEmail", "false")
	got := h.do("POST", "/api/v1/sessions", liveKey, `{"fields":{"first_name":"a","firstName":"b","first-name":"c"}}`)
	if n := len(got.refused(422, "validation_error").value("detail").([]any)); n != 2 {
		t.Errorf("got %d faults for three spellings, want two: %s", n, got.body)
	}
	for _, body := range []string{
		`{"fields":{"address":{"city":"x"},"address_city":"x"}}`, `{"fields":{"addressStreet1":"x","street_1":"x"}}`,
		`{"data":{"attributes":{}},"Data":{}}`, `{"data":{"attributes":{},"ATTRIBUTES":{}}}`,
	} {
		h.do("POST", "/api/v1/sessions", liveKey, body).refused(422, "validation_error")
	}
	for _, body := range []string{`{"unknown_one":1,"unknownOne":2}`, `{"fields":{"first_name":"a"},"firstName":"b","first-name":"c"}`} {
		h.do("POST", "/api/v1/sessions", liveKey, body).want(201) // what is not known means nothing
	}
}

// TestCreateWithAWorkflow by all its names.
func TestCreateWithAWorkflow(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	made := h.do("POST", "/api/v1/workflows", liveKey, `{"name":"one","graph":`+aGraph+`}`).want(201).text("id")
	for _, name := range append(slices.Clone(verifa.CreateAliases["workflow_id"]), "workflow_id", "workflowId", "workflow-id") {
		id := h.create(liveKey, map[string]string{name: made})
		if got := h.do("GET", "/api/v1/sessions/"+id, liveKey, nil).want(200).text("workflow_id"); got != made {
			t.Errorf("%s: got the workflow %q, want %q", name, got, made)
		}
	}
	theirs := h.do("POST", "/api/v1/workflows", theirKey, `{"name":"one","graph":`+aGraph+`}`).want(201).text("id")
	boxed := h.do("POST", "/api/v1/workflows", sandboxKey, `{"name":"one","graph":`+aGraph+`}`).want(201).text("id")
	off := h.do("POST", "/api/v1/workflows", liveKey, `{"name":"two","graph":`+aGraph+`}`).want(201).text("id")
	h.do("POST", "/api/v1/workflows/"+off+"/deactivate", liveKey, nil).want(200)
	for _, id := range []string{theirs, boxed, off, "wfl_00000000000040008000000000000000", "", "default"} {
		got := h.do("POST", "/api/v1/sessions", liveKey, map[string]string{"workflow_id": id}).refused(422, "validation_error")
		if !strings.Contains(got.body, `[{"field":"workflow_id","message":"is not the id of an active workflow"}]`) {
			t.Errorf("%s: got %s", id, got.body)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	long := func(n int) string { return strings.Repeat("ü", n) }
	rows := []struct{ name, body, field string }{
		{"a country of three letters", `{"country":"EST"}`, "country"},
		{"a country that is none", `{"country":"XX"}`, "country"},
		{"a country that is a number", `{"country":1}`, "country"},
		{"a reference that is a number", `{"external_ref":17}`, "external_ref"},
		{"a reference of 1,001 characters", `{"external_ref":"` + long(1001) + `"}`, "external_ref"},
		{"a workflow that is none", `{"workflow_id":"default"}`, "workflow_id"},
		{"a workflow with another prefix", `{"workflow_id":"ses_00000000000040008000000000000000"}`, "workflow_id"},
		{"metadata in a list", `{"metadata":[]}`, "metadata"},
		{"metadata of 16 KiB and more", `{"metadata":{"a":"` + strings.Repeat("x", 16<<10) + `"}}`, "metadata"},
		{"an address without https", `{"redirect_url":"http://shop.example"}`, "redirect_url"},
		{"an address of a script", `{"redirect_url":"javascript:alert(1)"}`, "redirect_url"},
		{"checks in a text", `{"checks":"face_match"}`, "checks"},
		{"a check that is a number", `{"checks":["face_match",1]}`, "checks"},
		{"a tag that is null", `{"tags":[null]}`, "tags"},
		{"51 tags", `{"tags":` + string(must(json.Marshal(strings.Split(strings.Repeat("x,", 50)+"x", ",")))) + `}`, ""},
		{"fields in a list", `{"fields":[]}`, "fields"},
		{"an unknown field", `{"fields":{"first_nam":"Ada"}}`, "fields.first_nam"},
		{"an unknown part of an address", `{"fields":{"address":{"country":"EE"}}}`, "fields.address.country"},
		{"a name that is a number", `{"fields":{"first_name":1}}`, "fields.first_name"},
		{"a name of NUL", `{"fields":{"first_name":"\u0001\u0000"}}`, "400"},
		{"a day that there is not", `{"fields":{"date_of_birth":"1990-02-29"}}`, "fields.date_of_birth"},
		{"a day that is a time", `{"fields":{"date_of_birth":"1990-02-28T00:00:00Z"}}`, "fields.date_of_birth"},
		{"an address in a text", `{"fields":{"address":"Sample Street 1"}}`, "fields.address"},
		{"a mail without an address", `{"send_email":true}`, "applicant_email"},
		{"send_email in a text", `{"send_email":"true"}`, "send_email"},
		{"a name in a list within an envelope", `{"data":{"attributes":{"fields":{"last_name":[]}}}}`, "fields.last_name"},
	}
	for _, row := range rows {
		got := h.do("POST", "/api/v1/sessions", liveKey, row.body)
		switch row.field {
		case "400":
			got.refused(400, "invalid_request")
		case "":
			got.want(201) // of one tag 51 times one is left
		default:
			if is := got.refused(422, "validation_error").text("detail.0.field"); is != row.field {
				t.Errorf("%s: got %s, want %s", row.name, got.body, row.field)
			}
		}
	}
	all := h.do("POST", "/api/v1/sessions", liveKey, `{"country":1,"external_ref":2,"fields":{"ssn":3,"other":4}}`).refused(422, "validation_error")
	var fields []string
	for _, d := range all.value("detail").([]any) {
		fields = append(fields, d.(map[string]any)["field"].(string))
	}
	if slices.Sort(fields); !slices.Equal(fields, []string{"country", "external_ref", "fields.other", "fields.ssn"}) {
		t.Errorf("got the faults %s, want all in one answer", fields)
	}
	h.do("POST", "/api/v1/sessions", liveKey, `{"external_ref":"`+long(1000)+`"}`).want(201)
}

// TestCreateTakesNothingOfTheServers: what is the server's to say is passed over, as all that is not known.
func TestCreateTakesNothingOfTheServers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	got := h.do("POST", "/api/v1/sessions", liveKey, `{
		"id":"ses_00000000000040008000000000000000","status":"completed","state":"approved","is_sandbox":true,"environment":"sandbox",
		"created_at":"2001-01-01T00:00:00Z","updated_at":"2001-01-01T00:00:00Z","expires_at":"2099-01-01T00:00:00Z","token":"tok_x",
		"capture_url":"https://evil.example","qr_code_data_url":"x","token_expires_at":"2099-01-01T00:00:00Z","tenant":"x",
		"integration":"x","decision":{"outcome":"approved"},"result":{"status":"approved"},"code":9001,"attempts":9,"risk_score":0,
		"retention_status":"redacted","redacted_at":"2001-01-01T00:00:00Z","processing_attempts":7,"consent_ip":"192.0.2.1",
		"case_id":"case_1","case_status":"approved","document_type":"passport","links":[],"invite":{"sent":9},"sealed":"x","version":99
	}`).want(201)
	id := got.text("id")
	if facts := h.facts(id); !reflect.DeepEqual(facts, session.Facts{}) {
		t.Errorf("got the facts %+v, want none", facts)
	}
	shown := h.do("GET", "/api/v1/sessions/"+id, liveKey, nil).want(200)
	for path, want := range map[string]string{
		"status": "pending", "is_sandbox": "false", "environment": "live", "created_at": h.clock.Now().UTC().Format(time.RFC3339),
		"retention_status": "active", "processing_attempts": "0", "consent_ip": "", "case_id": "", "document_type": "",
	} {
		if is := shown.text(path); is != want {
			t.Errorf("got %s %q, want %q", path, is, want)
		}
	}
}

// TestCreateInvites by the applicant's address, wherever it stands.
func TestCreateInvites(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for body, want := range map[string]string{
		`{"send_email":true,"applicant_email":"a@example.com"}`:                                    "a@example.com",
		`{"send_email":true,"fields":{"email":"b@example.com"}}`:                                   "b@example.com",
		`{"send_email":true,"applicant_email":"a@example.com","fields":{"email":"b@example.com"}}`: "a@example.com",
		`{"send_email":false,"applicant_email":"a@example.com"}`:                                   "",
		`{"applicant_email":"a@example.com"}`:                                                      "",
	} {
		got := ""
		if invite := h.facts(h.create(liveKey, body)).Invite; invite != nil {
			got = invite.Email
		}
		if got != want {
			t.Errorf("%s: got an invitation of %q, want %q", body, got, want)
		}
	}
}
