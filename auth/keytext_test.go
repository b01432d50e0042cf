package auth_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

var keyKinds = []struct {
	prefix               string
	publishable, sandbox bool
}{
	{"vk_live_", false, false},
	{"vk_sandbox_", false, true},
	{"vk_pub_live_", true, false},
	{"vk_pub_sandbox_", true, true},
}

func TestGenerateAPIKey(t *testing.T) {
	t.Parallel()
	seen, letters := make(map[string]bool), make(map[rune]bool)
	for _, kind := range keyKinds {
		shape := regexp.MustCompile("^" + kind.prefix + "[A-Za-z0-9]{32}$")
		for range 250 {
			text, key := auth.GenerateAPIKey(kind.publishable, kind.sandbox)
			if !shape.MatchString(text.Reveal()) || seen[text.Reveal()] {
				t.Fatalf("GenerateAPIKey: got %q (again: %t), want %s and 32 letters or digits", text.Reveal(), seen[text.Reveal()], kind.prefix)
			}
			seen[text.Reveal()] = true
			for _, r := range text.Reveal()[len(kind.prefix):] {
				letters[r] = true
			}
			scopes := auth.DefaultScopes()
			if kind.publishable {
				scopes = []string{"sessions:create"}
			}
			if !key.Active || key.ID == uuid.Nil || fmt.Sprint(key.Scopes) != fmt.Sprint(scopes) {
				t.Errorf("GenerateAPIKey: got %+v, want an active key with an id and the scopes %q", key, scopes)
			}
			checkParsed(t, text.Reveal(), key)
			key.Integration = uuid.New()
			if err := key.Validate(); err != nil {
				t.Errorf("GenerateAPIKey: the key of an integration is not valid: %v", err)
			}
		}
	}
	if len(letters) != 62 {
		t.Errorf("GenerateAPIKey: got %d different characters in 32,000, want all 62", len(letters))
	}
}

// It is not parallel: the random source of package uuid is the whole process's.
func TestGenerateAPIKeyIgnoresTheRandomSourceOfPackageUUID(t *testing.T) {
	uuid.SetRand(zeros{})
	defer uuid.SetRand(nil)
	_, a := auth.GenerateAPIKey(false, false)
	_, b := auth.GenerateAPIKey(false, false)
	if a.ID == b.ID {
		t.Errorf("GenerateAPIKey: got the id %s twice, want random ones", a.ID)
	}
}

// checkParsed compares a key with what its text says.
func checkParsed(t *testing.T, text string, key auth.APIKey) {
	t.Helper()
	for _, kind := range keyKinds {
		if random, ok := strings.CutPrefix(text, kind.prefix); ok {
			if key.Publishable != kind.publishable || key.Sandbox != kind.sandbox ||
				key.Prefix != kind.prefix+random[:4] || key.Hash != sha256.Sum256([]byte(text)) {
				t.Errorf("of %q: got %+v, want a key of the kind %s", text, key, kind.prefix)
			}
			return
		}
	}
	t.Errorf("%q: is a key of no kind", text)
}

func TestParseAPIKey(t *testing.T) {
	t.Parallel()
	const least = "abcDEF0123456789"
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"live", "vk_live_" + least, true},
		{"sandbox", "vk_sandbox_" + least, true},
		{"publishable live", "vk_pub_live_" + least, true},
		{"publishable sandbox", "vk_pub_sandbox_" + least, true},
		{"longest", "vk_live_" + strings.Repeat("a", 255-8), true},
		{"too long", "vk_live_" + strings.Repeat("a", 256-8), false},
		{"ten kilobytes", "vk_live_" + strings.Repeat("a", 10<<10), false},
		{"one too short", "vk_live_" + least[1:], false},
		{"nothing behind the kind", "vk_live_", false},
		{"empty", "", false},
		{"no kind", least + least, false},
		{"another kind", "vk_test_" + least, false},
		{"publishable of no environment", "vk_pub_" + least, false},
		{"kind in upper case", "VK_LIVE_" + least, false},
		{"kind in the middle", "x vk_live_" + least, false},
		{"kind twice", "vk_live_vk_live_" + least, false},
		{"an underscore", "vk_live_" + least + "_", false},
		{"a hyphen", "vk_live_" + least + "-", false},
		{"base64", "vk_live_" + least + "+/==", false},
		{"space before", " vk_live_" + least, false},
		{"space behind", "vk_live_" + least + " ", false},
		{"tab", "vk_live_\t" + least, false},
		{"line", "vk_live_" + least + "\n", false},
		{"NUL", "vk_live_" + least + "\x00", false},
		{"full-width digits", "vk_live_" + least + "０１", false},
		{"letters beyond ASCII", "vk_live_" + least + "é", false},
		{"not UTF-8", "vk_live_" + least + "\xff", false},
		{"two, comma-joined", "vk_live_" + least + ",vk_live_" + least, false},
		{"bearer", "Bearer vk_live_" + least, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := checkKeyText(t, test.text); got != test.ok {
				t.Errorf("ParseAPIKey(%q): got a key: %t, want %t", test.text, got, test.ok)
			}
		})
	}
}

var keyShape = regexp.MustCompile(`\Avk_(pub_)?(live|sandbox)_[A-Za-z0-9]{16,}\z`)

func checkKeyText(t *testing.T, text string) (accepted bool) {
	t.Helper()
	key, err := auth.ParseAPIKey(text)
	if want := len(text) <= 255 && keyShape.MatchString(text); want != (err == nil) {
		t.Errorf("ParseAPIKey(%q): got %v, want a key: %t", text, err, want)
	}
	if err != nil {
		if err.Error() != auth.ErrAPIKey.Error() || key.Hash != (auth.KeyHash{}) || key.Prefix != "" {
			t.Errorf("ParseAPIKey(%q): got %+v and %v, want ErrAPIKey alone", text, key, err)
		}
		return false
	}
	checkParsed(t, text, key)
	key.ID, key.Integration = uuid.New(), uuid.New()
	if err := key.Validate(); err != nil {
		t.Errorf("ParseAPIKey(%q): accepted, but of an integration it is not valid: %v", text, err)
	}
	return true
}

// FuzzParseAPIKey feeds what may stand in X-API-Key. It must be accepted exactly when it has the shape of a key.
func FuzzParseAPIKey(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) { checkKeyText(t, text) })
}

func TestAKeyTextIsNeverPrinted(t *testing.T) {
	t.Parallel()
	text, _ := auth.GenerateAPIKey(false, true)
	type nested struct {
		Text   auth.KeyText
		Any    any
		List   []*auth.KeyText
		hidden auth.KeyText
	}
	values := map[string]any{
		"value": text, "pointer": &text, "nested": nested{text, text, []*auth.KeyText{&text}, text},
		"map": map[string]auth.KeyText{"k": text},
	}
	canary := text.Reveal()[len("vk_sandbox_"):]
	for name, value := range values {
		var outputs []string
		for _, flags := range []string{"", "+", "#", "60", ".60"} {
			for verb := '!'; verb <= '~'; verb++ {
				outputs = append(outputs, fmt.Sprintf("%"+flags+string(verb), value))
			}
		}
		encoded, err := json.Marshal(value)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "value", value)
		outputs = append(outputs, string(encoded), fmt.Sprint(err), log.String(), fmt.Errorf("%v", value).Error())
		for _, output := range outputs {
			for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
				if strings.Contains(output, form) {
					t.Errorf("the %s shows the text: %.500s", name, output)
				}
			}
		}
	}
	member, _ := json.Marshal(text)
	for _, got := range []string{text.String(), text.GoString(), fmt.Sprintf("%x", text), text.LogValue().String(), strings.Trim(string(member), `"`)} {
		if got != "[api key]" {
			t.Errorf("got %q, want [api key]", got)
		}
	}
	var config struct{ Key auth.KeyText }
	if err := json.Unmarshal([]byte(`{"Key":"[api key]"}`), &config); err == nil {
		t.Errorf("json.Unmarshal of a printed text: got no error, want one")
	}
	if got := (auth.KeyText{}).Reveal(); got != "" {
		t.Errorf("Reveal of the zero KeyText: got %q, want none", got)
	}
}

func TestErrAPIKeyIsConstant(t *testing.T) {
	t.Parallel()
	if _, err := auth.ParseAPIKey("vk_live_canary"); !errors.Is(err, auth.ErrAPIKey) || strings.Contains(err.Error(), "canary") {
		t.Errorf("ParseAPIKey: got %v, want ErrAPIKey without the text", err)
	}
}
