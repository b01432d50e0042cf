package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

var linkKey = [32]byte([]byte("thirty-two bytes for the tests.."))

func TestLinkVector(t *testing.T) {
	t.Parallel()
	at := time.Unix(1738368000, 999)
	message := "bonafide link 1" + "\x00\x00\x00\x00\x67\x9d\x64\x00" +
		"\x00\x00\x00\x00\x00\x00\x00\x08document" + "\x00\x00\x00\x00\x00\x00\x00\x03ses" + "\x00\x00\x00\x00\x00\x00\x00\x00"
	mac := hmac.New(sha256.New, linkKey[:])
	mac.Write([]byte(message))
	want := hex.EncodeToString(mac.Sum(nil))
	if got := auth.NewLinkSigner(linkKey).Sign("document", []string{"ses", ""}, at); got != want {
		t.Errorf("Sign: got %s, want %s", got, want)
	}
}

func TestVerifyLink(t *testing.T) {
	t.Parallel()
	links, others := auth.NewLinkSigner(linkKey), auth.NewLinkSigner([32]byte{})
	end := time.Unix(1738368000, 0)
	parts := []string{"ses_1", "front"}
	good := links.Sign("document", parts, end)
	tests := []struct {
		name      string
		signature string
		purpose   string
		parts     []string
		end, now  time.Time
		want      error
	}{
		{"good", good, "document", parts, end, end.Add(-time.Hour), nil},
		{"at the last nanosecond", good, "document", parts, end, end.Add(-1), nil},
		{"an end within the second", good, "document", parts, end.Add(999 * time.Millisecond), end.Add(-1), nil},
		{"at the end", good, "document", parts, end, end, auth.ErrLinkExpired},
		{"at the end, by an end within the second", good, "document", parts, end.Add(999 * time.Millisecond), end, auth.ErrLinkExpired},
		{"long after", good, "document", parts, end, end.AddDate(100, 0, 0), auth.ErrLinkExpired},
		{"a later end", good, "document", parts, end.Add(time.Second), end.Add(-1), auth.ErrLink},
		{"an earlier end", good, "document", parts, end.Add(-time.Second), end.Add(-time.Hour), auth.ErrLink},
		{"forged and expired", good, "document", parts, end.Add(-time.Second), end, auth.ErrLink},
		{"another purpose", good, "export", parts, end, end.Add(-1), auth.ErrLink},
		{"another session", good, "document", []string{"ses_2", "front"}, end, end.Add(-1), auth.ErrLink},
		{"another document", good, "document", []string{"ses_1", "back"}, end, end.Add(-1), auth.ErrLink},
		{"parts in another order", good, "document", []string{"front", "ses_1"}, end, end.Add(-1), auth.ErrLink},
		{"a part less", good, "document", parts[:1], end, end.Add(-1), auth.ErrLink},
		{"an empty part more", good, "document", []string{"ses_1", "front", ""}, end, end.Add(-1), auth.ErrLink},
		{"parts joined", good, "document", []string{"ses_1front"}, end, end.Add(-1), auth.ErrLink},
		{"a letter moved", good, "document", []string{"ses_1f", "ront"}, end, end.Add(-1), auth.ErrLink},
		{"the purpose moved", good, "", []string{"document", "ses_1", "front"}, end, end.Add(-1), auth.ErrLink},
		{"of another key", others.Sign("document", parts, end), "document", parts, end, end.Add(-1), auth.ErrLink},
		{"in upper case", strings.ToUpper(good), "document", parts, end, end.Add(-1), auth.ErrLink},
		{"cut short", good[:63], "document", parts, end, end.Add(-1), auth.ErrLink},
		{"longer", good + "0", "document", parts, end, end.Add(-1), auth.ErrLink},
		{"a line", good + "\n", "document", parts, end, end.Add(-1), auth.ErrLink},
		{"none", "", "document", parts, end, end.Add(-1), auth.ErrLink},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := links.Verify(test.signature, test.purpose, test.parts, test.end, test.now); !errors.Is(got, test.want) {
				t.Errorf("Verify(%q, %q, %q, %v) at %v: got %v, want %v",
					test.signature, test.purpose, test.parts, test.end, test.now, got, test.want)
			}
		})
	}
}

// Whatever of two links differs, also by where one text ends and the next begins, the signatures differ.
func TestNoOtherLinkVerifies(t *testing.T) {
	t.Parallel()
	links := auth.NewLinkSigner(linkKey)
	// Few letters, so that links often differ in nothing but where their texts begin; and lengths as text.
	text := rapid.StringMatching(`[ab\x00\x01]{0,3}`)
	type link struct {
		purpose string
		parts   []string
		end     int64
	}
	draw := rapid.Custom(func(t *rapid.T) link {
		return link{text.Draw(t, "purpose"), rapid.SliceOfN(text, 0, 4).Draw(t, "parts"), rapid.Int64Range(1, 3).Draw(t, "end")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw.Draw(t, "a"), draw.Draw(t, "b")
		same := a.purpose == b.purpose && a.end == b.end && slices.Equal(a.parts, b.parts)
		err := links.Verify(links.Sign(a.purpose, a.parts, time.Unix(a.end, 0)), b.purpose, b.parts, time.Unix(b.end, 0), time.Time{})
		if (err == nil) != same || !same && !errors.Is(err, auth.ErrLink) {
			t.Fatalf("the signature of %+v for %+v: got %v", a, b, err)
		}
	})
}

func TestNoChangedBitOfALinkVerifies(t *testing.T) {
	t.Parallel()
	links, end := auth.NewLinkSigner(linkKey), time.Unix(1738368000, 0)
	good := links.Sign("document", []string{"ses_1"}, end)
	for bit := range 8 * len(good) {
		changed := []byte(good)
		changed[bit/8] ^= 1 << (bit % 8)
		if err := links.Verify(string(changed), "document", []string{"ses_1"}, end, end.Add(-1)); !errors.Is(err, auth.ErrLink) {
			t.Errorf("Verify with bit %d changed: got %v, want ErrLink", bit, err)
		}
	}
}

func TestALinkSignerIsNeverPrinted(t *testing.T) {
	t.Parallel()
	links := auth.NewLinkSigner(linkKey)
	type holder struct {
		Links  *auth.LinkSigner
		hidden auth.LinkSigner
	}
	key := string(linkKey[:])
	for _, value := range []any{links, *links, holder{links, *links}, []*auth.LinkSigner{links}} {
		encoded, err := json.Marshal(value)
		outputs := []string{string(encoded), fmt.Sprint(err)}
		for verb := '!'; verb <= '~'; verb++ {
			outputs = append(outputs, fmt.Sprintf("%"+string(verb), value), fmt.Sprintf("%+#"+string(verb), value))
		}
		for _, output := range outputs {
			if strings.Contains(output, key) || strings.Contains(strings.ToLower(output), hex.EncodeToString(linkKey[:])) {
				t.Errorf("%T shows its key: %.500s", value, output)
			}
		}
	}
	if got := fmt.Sprintf("%v %+v", links, *links); got != "[link signer] [link signer]" {
		t.Errorf("got %q, want [link signer] twice", got)
	}
}
