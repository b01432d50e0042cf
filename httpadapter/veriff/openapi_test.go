package veriff_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/openapi/openapitest"
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
		for _, header := range []http.Header{{}, {"X-Auth-Client": {ours.APIKey.String()}}, {"X-Auth-Client": {"nonsense"}}} {
			got := h.askForDocument("GET", header)
			must(theContract()).IsServed(t, server, got.answer())
			for _, name := range []string{"X-Hmac-Signature", "X-Auth-Client"} {
				if v := got.header.Get(name); v != "" {
					t.Errorf("%s: got %s %q, want none", server, name, v)
				}
			}
		}
	}
}

func TestDocumentIsSentOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	tag := openapitest.IsSentOnce(t, func(method, ifNoneMatch string) openapitest.Answer {
		return h.askForDocument(method, http.Header{"If-None-Match": {ifNoneMatch}}).answer()
	})
	if other := newHouse(t, setup{}).askForDocument("GET", http.Header{}).header.Get("ETag"); other == tag {
		t.Errorf("got tag %s for another server too, whose document is another", tag)
	}
}

func TestDocumentOfAHostileHost(t *testing.T) {
	t.Parallel()
	must(theContract()).IsSafeFromHosts(t, newHouse(t, setup{}).handler, "/v1/openapi.json")
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
	schemas := must(theContract()).Schemas
	noticed := 0
	for _, name := range files {
		file := strings.TrimSuffix(filepath.Base(name), ".json")
		if strings.HasSuffix(file, ".schema") {
			continue
		}
		schema := schemas[schemaOfGolden(file)]
		if schema == nil {
			t.Errorf("%s: the table goldens does not say which schema it is of", file)
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
		openapitest.EachObject(body, file, func(object map[string]any, at string) { checkNotices(t, schema, body, object, at) })
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
