package veriff_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
)

func documentText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// askForDocument asks without a key, over HTTP.
func (h *house) askForDocument(method string, header http.Header) result {
	h.Helper()
	r := must(http.NewRequest(method, h.server.URL+h.prefix+"/v1/openapi.json", nil))
	r.Header = header
	res, err := h.server.Client().Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	got := result{res.StatusCode, res.Header, string(must(io.ReadAll(res.Body)))}
	h.checkContract(r, nil, got)
	return got
}

func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	for _, s := range []setup{{}, {prefix: "/idv/veriff"}, {config: veriff.Config{PublicURL: "https://public.example/idv/"}}} {
		h := newHouse(t, s)
		server := h.server.URL + h.prefix
		if s.config.PublicURL != "" {
			server = strings.TrimSuffix(s.config.PublicURL, "/")
		}
		want := strings.Replace(documentText(t), "https://idv.example.com", server, 1)
		for _, header := range []http.Header{{}, {"X-Auth-Client": {ours.APIKey.String()}}, {"X-Auth-Client": {"nonsense"}}} {
			got := h.askForDocument("GET", header)
			if got.status != 200 || got.body != want {
				t.Errorf("%s: got %d and %d bytes, want the file with this server, %d bytes", server, got.status, len(got.body), len(want))
			}
			for name, want := range map[string]string{
				"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Cache-Control": "private, max-age=300",
				"X-Hmac-Signature": "", "X-Auth-Client": "",
			} {
				if v := got.header.Get(name); v != want {
					t.Errorf("%s: got %s %q, want %q", server, name, v, want)
				}
			}
		}
	}
}

func TestDocumentIsSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	tag := h.askForDocument("GET", http.Header{}).header.Get("ETag")
	rows := []struct {
		method, known string
		status        int
	}{
		{"GET", "", 200}, {"GET", `"another"`, 200}, {"GET", tag[:8] + `"`, 200}, {"GET", strings.Trim(tag, `"`), 200},
		{"GET", tag, 304}, {"GET", "W/" + tag, 304}, {"GET", `"another", ` + tag, 304}, {"GET", "*", 304},
		{"HEAD", "", 200}, {"HEAD", tag, 304},
	}
	for _, row := range rows {
		got := h.askForDocument(row.method, http.Header{"If-None-Match": {row.known}})
		if got.status != row.status || got.header.Get("ETag") != tag || (got.body != "") != (row.method == "GET" && row.status == 200) {
			t.Errorf("%s with %q: got %d, tag %s and %d bytes, want %d and tag %s",
				row.method, row.known, got.status, got.header.Get("ETag"), len(got.body), row.status, tag)
		}
	}
	if other := newHouse(t, setup{}).askForDocument("GET", http.Header{}).header.Get("ETag"); other == tag {
		t.Errorf("got tag %s for another server too, whose document is another", tag)
	}
}

// TestDocumentOfAHostileHost: whatever the Host header says, it is one text in the document.
func TestDocumentOfAHostileHost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	for _, host := range []string{`"}],"paths":{},"x":[{"y":"`, "\x00\n\\", "<script>", "\xff", "$1${2}"} {
		r := httptest.NewRequest("GET", "/v1/openapi.json", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		var got struct {
			Servers []struct{ URL string }
			Paths   map[string]any
		}
		err := json.Unmarshal(w.Body.Bytes(), &got)
		want := "http://" + strings.ToValidUTF8(host, "\ufffd")
		if err != nil || len(got.Paths) < 15 || len(got.Servers) != 1 || got.Servers[0].URL != want {
			t.Errorf("%q: got servers %q and %d paths (%v), want the host and all paths", host, got.Servers, len(got.Paths), err)
		}
	}
}

// TestDocumentIsOpenAPI by the judgement of a library that reads such documents, and its schemas are what their
// own specification, JSON Schema 2020-12, says.
func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	parsed, err := openapi3.NewLoader().LoadFromData([]byte(documentText(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := parsed.Validate(t.Context()); err != nil || parsed.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s: %v", parsed.OpenAPI, err)
	}
	document := must(theContract()).document
	isSchema := must(jsonschema.NewCompiler().Compile("https://json-schema.org/draft/2020-12/schema"))
	schemas := maps.Clone(document["components"].(map[string]any)["schemas"].(map[string]any))
	eachObject(document, "", func(object map[string]any, at string) {
		if schema, ok := object["schema"]; ok {
			schemas[at] = schema
		}
	})
	for at, schema := range schemas {
		if err := isSchema.Validate(schema); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// TestDocumentHasTheRoutes: no more and no fewer than the mux.
func TestDocumentHasTheRoutes(t *testing.T) {
	t.Parallel()
	c := must(theContract())
	var got, want []string
	for _, o := range c.operations {
		got = append(got, o.method+" "+strings.Join(o.path, "/"))
	}
	for path, methods := range veriff.Routes() {
		for _, method := range methods {
			want = append(want, method+" "+strings.TrimSuffix(path, "{$}"))
		}
	}
	for _, o := range got {
		if !slices.Contains(want, o) {
			t.Errorf("the document has %s, and the mux has not", o)
		}
	}
	for _, o := range want {
		if !slices.Contains(got, o) {
			t.Errorf("the mux has %s, and the document has not", o)
		}
	}
}

// TestDocumentHasTheWords: the file's enumerations are those of the tables in the code. -update writes them.
func TestDocumentHasTheWords(t *testing.T) {
	t.Parallel()
	got := documentText(t)
	want := got
	for schema, words := range veriff.Vocabulary() {
		want = withWords(t, want, schema, words)
	}
	if got == want {
		return
	}
	if *update {
		if err := os.WriteFile("openapi.json", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for schema, words := range veriff.Vocabulary() {
		if withWords(t, got, schema, words) != got {
			t.Errorf("openapi.json: %s has other words than the code, which has %v; -update writes them", schema, words)
		}
	}
}

// withWords writes the enumeration of one schema, some words to a line.
func withWords(t *testing.T, text, schema string, words []any) string {
	t.Helper()
	const indent, begin = "          ", `"enum": [`
	at := strings.Index(text, "\n      "+`"`+schema+`": {`)
	if at < 0 {
		t.Fatalf("openapi.json has no schema %s", schema)
	}
	from := at + strings.Index(text[at:], begin) + len(begin)
	to := from + strings.Index(text[from:], "]")
	var lines, line string
	for i, w := range words {
		word := string(must(json.Marshal(w)))
		if i < len(words)-1 {
			word += ","
		}
		if len(indent+line+word) >= 112 {
			lines += "\n" + indent + strings.TrimSuffix(line, " ")
			line = ""
		}
		line += word + " "
	}
	lines += "\n" + indent + strings.TrimSuffix(line, " ")
	return text[:from] + lines + "\n" + indent[2:] + text[to:]
}

// goldens says which schema a golden file is of, by the longest beginning of its name.
var goldens = map[string]string{
	"attempt-media": "MediaAnswer", "attempts": "AttemptsAnswer", "collected-data": "CollectedDataAnswer",
	"create": "SessionAnswer", "decision": "Conclusion", "decision-none": "NoConclusion",
	"decision-fullauto": "FullAuto", "delete": "DeletionAnswer",
	"fullauto": "FullAutoAnswer", "get": "SessionAnswer", "media": "MediaAnswer", "person": "PersonAnswer",
	"timestamps": "TimestampsAnswer", "update": "SessionAnswer", "upload": "ImageUploadAnswer",
	"upload-nfc": "NFCUploadAnswer", "validate-registry": "SessionAnswer", "validate-registry-sync": "Conclusion",
	"watchlist": "ScreeningAnswer", "watchlist-pending": "NoScreening", "webhook-decision": "Conclusion",
	"webhook-event": "Event", "webhook-fullauto": "FullAutoEvent", "webhook-user-status": "UserDefinedStatusEvent",
	"webhook-watchlist": "Screening",
}

func schemaOfGolden(file string) string {
	longest := ""
	for beginning := range goldens {
		if strings.HasPrefix(file, beginning) && len(beginning) > len(longest) {
			longest = beginning
		}
	}
	return goldens[longest]
}

// leftOut are the members in the golden files that are left out where there is nothing to say.
var leftOut = []string{
	"fullName", "placeOfIssue", "firstIssue", "issuedBy", "userDefinedData", "duration",
}

// TestDocumentNotices: in every body that is written down as golden, the document misses whatever is taken out,
// and minds whatever is added.
func TestDocumentNotices(t *testing.T) {
	t.Parallel()
	files := must(filepath.Glob(filepath.Join("testdata", "*.json")))
	r, err := newReading([]byte(documentText(t)))
	if err != nil {
		t.Fatal(err)
	}
	noticed := 0
	for _, name := range files {
		file := strings.TrimSuffix(filepath.Base(name), ".json")
		if strings.HasSuffix(file, ".schema") {
			continue
		}
		schema := r.schema(r.get(node{value: r.root}, "components", "schemas", schemaOfGolden(file)))
		if schema == nil {
			t.Errorf("%s: the table goldens does not say which schema it is of (%v)", file, r.err)
			continue
		}
		text := strings.ReplaceAll(string(must(os.ReadFile(name))), "<token>", "a.b.c")
		text = anID.ReplaceAllString(text, stranger.String())
		body, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil {
			err = schema.Validate(body)
		}
		if err != nil {
			t.Errorf("%s: got %v, want that it is a %s", file, err, schemaOfGolden(file))
			continue
		}
		noticed++
		eachObject(body, file, func(object map[string]any, at string) { checkNotices(t, schema, body, object, at) })
	}
	if noticed < 20 {
		t.Errorf("got %d golden files, want some", noticed)
	}
}

// anID is how golden files write an id that is another in every run.
var anID = regexp.MustCompile(`<\w+>`)

// checkNotices changes one object within a body, and puts it back.
func checkNotices(t *testing.T, schema *jsonschema.Schema, body any, object map[string]any, at string) {
	t.Helper()
	if whateverIsSaid.MatchString(at) {
		return
	}
	object["unexpected"] = "x"
	if schema.Validate(body) == nil {
		t.Errorf("%s: the document does not mind a further member", at)
	}
	delete(object, "unexpected")
	if strings.Contains(at, "with-everything") {
		return // also what is mostly left out
	}
	for key, was := range object {
		delete(object, key)
		isReading := strings.Contains(at, "fullauto") && (path.Base(at) == "person" || path.Base(at) == "document")
		if schema.Validate(body) == nil && !slices.Contains(leftOut, key) && !isReading {
			t.Errorf("%s: the document does not miss %s", at, key)
		}
		object[key] = was
	}
}

// whateverIsSaid are the objects that the decider and the screener may give any members.
var whateverIsSaid = regexp.MustCompile(`/additionalVerifiedData|/biometricAuthentication/details|/matchTypesDetails`)

// TestDocumentHasTheMembers: the schemas have the members of the types that are written, and require those that
// are always written.
func TestDocumentHasTheMembers(t *testing.T) {
	t.Parallel()
	r, err := newReading([]byte(documentText(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range veriff.Bodies() {
		schema := r.get(node{value: r.root}, "components", "schemas", name)
		var want, wantAlways, always []string
		for i := range of.NumField() {
			tag, option, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if tag == "-" {
				continue
			}
			want = append(want, tag)
			if option == "" {
				wantAlways = append(wantAlways, tag)
			}
		}
		for _, member := range r.list(r.get(schema, "required")) {
			always = append(always, r.text(member))
		}
		slices.Sort(want)
		slices.Sort(wantAlways)
		slices.Sort(always)
		if got := r.keys(r.get(schema, "properties")); !slices.Equal(got, want) {
			t.Errorf("%s: the document has the members %s, and %s has %s", name, got, of, want)
		}
		if !slices.Equal(always, wantAlways) {
			t.Errorf("%s: the document requires %s, and %s always has %s", name, always, of, wantAlways)
		}
	}
}

// eachObject goes through all objects of a value; at says where one stands.
func eachObject(value any, at string, do func(object map[string]any, at string)) {
	switch v := value.(type) {
	case map[string]any:
		do(v, at)
		for key, member := range v {
			eachObject(member, at+"/"+escapeToken(key), do)
		}
	case []any:
		for i, element := range v {
			eachObject(element, fmt.Sprint(at, "/", i), do)
		}
	}
}
