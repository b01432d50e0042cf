package auth_test

import (
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

// The last row is the one in the specification's own libraries, whose key is no text; the others were computed
// by two other HMAC implementations.
func TestStandardVectors(t *testing.T) {
	t.Parallel()
	const vectorText = "whsec_YWJjZGVmMTItYWJjZC1hYmNkLWFiY2QtYWJjZGVmMDEyMzQ1"
	if got := mustSecret(t, vectorKey).StandardText(); got != vectorText {
		t.Errorf("StandardText of %q: got %q, want %q", vectorKey, got, vectorText)
	}
	tests := []struct {
		name, key, text, id string
		at                  int64
		body, want          string
	}{
		{
			"a submission", vectorKey, vectorText, "aea9ba6d-1b47-47fc-a4fc-f72b6d3584a7", 1790785145,
			`{"verification":{"status":"submitted"}}`, "v1,8YvjR2vNQEo9/saQ/Nj7P35whalFTggyh7Gb+bmbHnA=",
		},
		{"an empty body in 1970", vectorKey, vectorText, "msg_1", 0, "", "v1,B55UpiTafV2qtqkGd1myTiY9IVHSGiaJ3ixnfQDkHFQ="},
		{
			"letters beyond ASCII", vectorKey, vectorText, "évt_2", 1790785145,
			`{"name":"Żaneta – 王"}`, "v1,IFnZbpt2S2/hLa1jxk+A9WuGxClU/jmdvjt6tLa/efs=",
		},
		{
			"the specification's", "", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
			`{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at := time.Unix(test.at, 0)
			if test.key != "" {
				got := mustSecret(t, test.key).StandardSign(test.id, at.Add(999*time.Millisecond), []byte(test.body))
				if got != test.want {
					t.Errorf("StandardSign(%q, %d, %q): got %q, want %q", test.id, test.at, test.body, got, test.want)
				}
			}
			timestamp := strconv.FormatInt(test.at, 10)
			err := auth.VerifyStandard(test.text, test.id, timestamp, test.want, []byte(test.body), at, 0)
			if err != nil {
				t.Errorf("VerifyStandard(%q, %s, %q, %q): got %v, want no error", test.id, timestamp, test.want, test.body, err)
			}
		})
	}
}

func TestVerifyStandard(t *testing.T) {
	t.Parallel()
	secret, old := auth.GenerateSecret(), auth.GenerateSecret()
	const id, body = "3b2f7c7e-0f0e-4b5e-9a53-0d6f3f8f1f11", `{"status":"approved"}`
	at := time.Date(2026, 9, 30, 16, 19, 5, 0, time.UTC)
	stamp := strconv.FormatInt(at.Unix(), 10)
	good := secret.StandardSign(id, at, []byte(body))
	other := old.StandardSign(id, at, []byte(body))
	signed := func(id, timestamp, body string) string { return standardPeer(secret, id, timestamp, body) }
	text := secret.StandardText()
	tests := []struct {
		name, secret, id, timestamp, signatures, body string
		now                                           time.Time
		tolerance                                     time.Duration
		want                                          error
	}{
		{"good", text, id, stamp, good, body, at, 0, nil},
		{"second of two", text, id, stamp, other + " " + good, body, at, 0, nil},
		{"first of two", text, id, stamp, good + " " + other, body, at, 0, nil},
		{"beside another version", text, id, stamp, "v1a,AAAA " + good, body, at, 0, nil},
		{"spaces around", text, id, stamp, "  " + good + " ", body, at, 0, nil},
		{"as old as can be", text, id, stamp, good, body, at.Add(5 * time.Minute), 0, nil},
		{"as early as can be", text, id, stamp, good, body, at.Add(-5 * time.Minute), 0, nil},
		{"as old as can be, by the caller", text, id, stamp, good, body, at.Add(time.Hour), time.Hour, nil},
		{"a negative tolerance is the default", text, id, stamp, good, body, at.Add(5 * time.Minute), -time.Hour, nil},
		{"too old", text, id, stamp, good, body, at.Add(5*time.Minute + 1), 0, auth.ErrTimestamp},
		{"too early", text, id, stamp, good, body, at.Add(-5*time.Minute - 1), 0, auth.ErrTimestamp},
		{"too old, by the caller", text, id, stamp, good, body, at.Add(time.Second + 1), time.Second, auth.ErrTimestamp},
		{"genuine, and no number", text, id, "now", signed(id, "now", body), body, at, 0, auth.ErrTimestamp},
		{"genuine, and no time", text, id, "", signed(id, "", body), body, at, 0, auth.ErrTimestamp},
		{"genuine, and a fraction", text, id, stamp + "e0", signed(id, stamp+"e0", body), body, at, 0, auth.ErrTimestamp},
		{"genuine, in milliseconds", text, id, stamp + "000", signed(id, stamp+"000", body), body, at, 0, auth.ErrTimestamp},
		{"genuine, in the farthest future", text, id, "9223372036854775807", signed(id, "9223372036854775807", body), body, at, 0, auth.ErrTimestamp},
		{"genuine, in the farthest past", text, id, "-9223372036854775808", signed(id, "-9223372036854775808", body), body, at, 0, auth.ErrTimestamp},
		{"genuine, beyond 64 bits", text, id, "9223372036854775808", signed(id, "9223372036854775808", body), body, at, 0, auth.ErrTimestamp},
		{"no signature", text, id, stamp, "", body, at, 0, auth.ErrSignature},
		{"another secret's", text, id, stamp, other, body, at, 0, auth.ErrSignature},
		{"without a version", text, id, stamp, strings.TrimPrefix(good, "v1,"), body, at, 0, auth.ErrSignature},
		{"as another version", text, id, stamp, strings.Replace(good, "v1,", "v2,", 1), body, at, 0, auth.ErrSignature},
		{"cut short", text, id, stamp, good[:len(good)-1], body, at, 0, auth.ErrSignature},
		{"only the version", text, id, stamp, "v1,", body, at, 0, auth.ErrSignature},
		{"joined by a comma", text, id, stamp, good + "," + good, body, at, 0, auth.ErrSignature},
		{"in hex", text, id, stamp, sign(secret, id+"."+stamp+"."+body), body, at, 0, auth.ErrSignature},
		{"another body", text, id, stamp, good, body + "\n", at, 0, auth.ErrSignature},
		{"another id", text, "another", stamp, good, body, at, 0, auth.ErrSignature},
		{"another time", text, id, strconv.FormatInt(at.Unix()+1, 10), good, body, at, 0, auth.ErrSignature},
		{"the same time, spelled otherwise", text, id, "+" + stamp, good, body, at, 0, auth.ErrSignature},
		{"too old and forged", text, id, stamp, other, body, at.Add(time.Hour), 0, auth.ErrSignature},
		{"no id", text, "", stamp, signed("", stamp, body), body, at, 0, auth.ErrSignature},
		{"part of the body moved into the id", text, id + "." + stamp, stamp, signed(id, stamp, stamp+"."+body), body, at, 0, auth.ErrSignature},
		{"no secret", "", id, stamp, good, body, at, 0, auth.ErrSecret},
		{"an empty secret", "whsec_", id, stamp, good, body, at, 0, auth.ErrSecret},
		{"a secret without its prefix", strings.TrimPrefix(text, "whsec_"), id, stamp, good, body, at, 0, auth.ErrSecret},
		{"a secret as Veriff shows it", secret.Reveal(), id, stamp, good, body, at, 0, auth.ErrSecret},
		{"a secret that is no base64", "whsec_" + secret.Reveal(), id, stamp, good, body, at, 0, auth.ErrSecret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := auth.VerifyStandard(test.secret, test.id, test.timestamp, test.signatures, []byte(test.body), test.now, test.tolerance)
			if !errors.Is(got, test.want) {
				t.Errorf("VerifyStandard(%q, %q, %q, %q, %v): got %v, want %v",
					test.id, test.timestamp, test.signatures, test.body, test.now, got, test.want)
			}
			if got != nil && strings.Contains(got.Error(), secret.Reveal()) {
				t.Errorf("the error %q shows the secret", got)
			}
		})
	}
}

// standardPeer signs any timestamp, not only those that are times.
func standardPeer(secret *auth.Secret, id, timestamp, body string) string {
	mac := secret.MAC()
	defer mac.Close()
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestStandardSigningIsVerifying(t *testing.T) {
	t.Parallel()
	secret := auth.GenerateSecret()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[A-Za-z0-9_-]{1,40}`).Draw(t, "id")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		stamp := strconv.FormatInt(at.Unix(), 10)
		signature := secret.StandardSign(id, at, body)
		if err := auth.VerifyStandard(secret.StandardText(), id, stamp, signature, body, at, time.Second); err != nil {
			t.Fatalf("VerifyStandard of its own signature: got %v, want no error", err)
		}
		changed := append([]byte(nil), body...)
		changed = append(changed, 0)
		bit := rapid.IntRange(0, 8*len(changed)-1).Draw(t, "bit")
		changed[bit/8] ^= 1 << (bit % 8)
		err := auth.VerifyStandard(secret.StandardText(), id, stamp, signature, changed, at, time.Second)
		if !errors.Is(err, auth.ErrSignature) {
			t.Fatalf("VerifyStandard of a changed body: got %v, want ErrSignature", err)
		}
	})
}
