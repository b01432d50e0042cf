package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

const (
	stampedSecret = "whsec_test_secret"
	stampedBody   = `{"event":"session.approved","session_id":"ses_abc123"}`
	stampedHeader = "t=1738368000,v1=3bc7f663f7401f0b460c1e26ea2ff85058c72b52c7784fc40522dc9e1fbf46fc"
)

// The first row's signature was computed by other implementations.
func TestTimestampedVectors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, secret string
		at           int64
		body, want   string
	}{
		{"an approval", stampedSecret, 1738368000, stampedBody, stampedHeader},
		{"an empty body in 1970", stampedSecret, 0, "", stamp(stampedSecret, "0", "")},
		{"letters beyond ASCII", "klíč-王", 1738368000, `{"name":"Żaneta – 王"}`, stamp("klíč-王", "1738368000", `{"name":"Żaneta – 王"}`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at := time.Unix(test.at, 999_999_999)
			if got := mustSecret(t, test.secret).TimestampedSign(at, []byte(test.body)); got != test.want {
				t.Errorf("TimestampedSign(%d, %q): got %s, want %s", test.at, test.body, got, test.want)
			}
			if err := auth.VerifyTimestamped(test.secret, test.want, []byte(test.body), at, 0); err != nil {
				t.Errorf("VerifyTimestamped(%q, %q): got %v, want no error", test.want, test.body, err)
			}
		})
	}
}

// stamp is another implementation, which signs any time, not only those that are times.
func stamp(secret, seconds, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "." + body))
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestVerifyTimestamped(t *testing.T) {
	t.Parallel()
	at := time.Unix(1738368000, 0)
	signature := strings.TrimPrefix(stampedHeader, "t=1738368000,v1=")
	genuine := func(seconds string) string { return stamp(stampedSecret, seconds, stampedBody) }
	tests := []struct {
		name, secret, header, body string
		now                        time.Time
		tolerance                  time.Duration
		want                       error
	}{
		{"good", stampedSecret, stampedHeader, stampedBody, at, 0, nil},
		{"hex in upper case", stampedSecret, "t=1738368000,v1=" + strings.ToUpper(signature), stampedBody, at, 0, nil},
		{"as old as can be", stampedSecret, stampedHeader, stampedBody, at.Add(300 * time.Second), 0, nil},
		{"as early as can be", stampedSecret, stampedHeader, stampedBody, at.Add(-300 * time.Second), 0, nil},
		{"as old as can be, by the caller", stampedSecret, stampedHeader, stampedBody, at.Add(time.Hour), time.Hour, nil},
		{"a negative tolerance is the default", stampedSecret, stampedHeader, stampedBody, at.Add(300 * time.Second), -1, nil},

		{"too old", stampedSecret, stampedHeader, stampedBody, at.Add(300*time.Second + 1), 0, auth.ErrTimestamp},
		{"too early", stampedSecret, stampedHeader, stampedBody, at.Add(-300*time.Second - 1), 0, auth.ErrTimestamp},
		{"too old, by the caller", stampedSecret, stampedHeader, stampedBody, at.Add(time.Second + 1), time.Second, auth.ErrTimestamp},
		{"genuine, in milliseconds", stampedSecret, genuine("1738368000000"), stampedBody, at, 0, auth.ErrTimestamp},
		{"genuine, in the farthest future", stampedSecret, genuine("9223372036854775807"), stampedBody, at, 0, auth.ErrTimestamp},
		{"genuine, beyond 64 bits", stampedSecret, genuine("9223372036854775808"), stampedBody, at, 0, auth.ErrTimestamp},
		{"too old and forged", stampedSecret, stampedHeader, stampedBody + " ", at.Add(time.Hour), 0, auth.ErrSignature},

		{"genuine, with a leading zero", stampedSecret, genuine("01738368000"), stampedBody, at, 0, auth.ErrSignature},
		{"genuine, with a sign", stampedSecret, genuine("+1738368000"), stampedBody, at, 0, auth.ErrSignature},
		{"genuine, before 1970", stampedSecret, genuine("-1"), stampedBody, time.Unix(-1, 0), 0, auth.ErrSignature},
		{"genuine, with a fraction", stampedSecret, genuine("1738368000.5"), stampedBody, at, 0, auth.ErrSignature},
		{"genuine, with twenty digits", stampedSecret, genuine("17383680001738368000"), stampedBody, at, 0, auth.ErrSignature},
		{"genuine, and no time", stampedSecret, genuine(""), stampedBody, at, 0, auth.ErrSignature},
		{"genuine, and no number", stampedSecret, genuine("now"), stampedBody, at, 0, auth.ErrSignature},
		{"part of the body moved into the time", stampedSecret, stamp(stampedSecret, "1738368000.1", "{}"), "1.{}", at, 0, auth.ErrSignature},
		{"no header", stampedSecret, "", stampedBody, at, 0, auth.ErrSignature},
		{"the time alone", stampedSecret, "t=1738368000", stampedBody, at, 0, auth.ErrSignature},
		{"a time without its name", stampedSecret, strings.TrimPrefix(stampedHeader, "t="), stampedBody, at, 0, auth.ErrSignature},
		{"the signature alone", stampedSecret, "v1=" + signature, stampedBody, at, 0, auth.ErrSignature},
		{"bare hex, as it was once", stampedSecret, signature, stampedBody, at, 0, auth.ErrSignature},
		{"the other order", stampedSecret, "v1=" + signature + ",t=1738368000", stampedBody, at, 0, auth.ErrSignature},
		{"another version", stampedSecret, "t=1738368000,v0=" + signature, stampedBody, at, 0, auth.ErrSignature},
		{"two signatures", stampedSecret, stampedHeader + ",v1=" + signature, stampedBody, at, 0, auth.ErrSignature},
		{"two times", stampedSecret, "t=1738368001," + stampedHeader, stampedBody, at, 0, auth.ErrSignature},
		{"a space between", stampedSecret, "t=1738368000, v1=" + signature, stampedBody, at, 0, auth.ErrSignature},
		{"a space before", stampedSecret, " " + stampedHeader, stampedBody, at, 0, auth.ErrSignature},
		{"a line behind", stampedSecret, stampedHeader + "\n", stampedBody, at, 0, auth.ErrSignature},
		{"names in upper case", stampedSecret, "T=1738368000,V1=" + signature, stampedBody, at, 0, auth.ErrSignature},
		{"cut short", stampedSecret, stampedHeader[:len(stampedHeader)-1], stampedBody, at, 0, auth.ErrSignature},
		{"no hex", stampedSecret, stampedHeader[:len(stampedHeader)-1] + "g", stampedBody, at, 0, auth.ErrSignature},
		{"another time", stampedSecret, "t=1738368001,v1=" + signature, stampedBody, at, 0, auth.ErrSignature},
		{"another body", stampedSecret, stampedHeader, stampedBody + "\n", at, 0, auth.ErrSignature},
		{"another secret", "whsec_test_secret2", stampedHeader, stampedBody, at, 0, auth.ErrSignature},
		{"the secret without its prefix", "test_secret", stampedHeader, stampedBody, at, 0, auth.ErrSignature},
		{"no secret", "", stampedHeader, stampedBody, at, 0, auth.ErrSecret},
		{"a secret with NUL", stampedSecret + "\x00", stampedHeader, stampedBody, at, 0, auth.ErrSecret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := auth.VerifyTimestamped(test.secret, test.header, []byte(test.body), test.now, test.tolerance)
			if !errors.Is(got, test.want) {
				t.Errorf("VerifyTimestamped(%q, %q) at %v: got %v, want %v", test.header, test.body, test.now, got, test.want)
			}
			if got != nil && strings.Contains(got.Error(), "test_secret") {
				t.Errorf("the error %q shows the secret", got)
			}
		})
	}
}

func TestTimestampedSigningIsVerifying(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := auth.GenerateWebhookSecret()
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Unix(rapid.Int64Range(0, math.MaxInt32).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		header := secret.TimestampedSign(at, body)
		if want := stamp(secret.Reveal(), strconv.FormatInt(at.Unix(), 10), string(body)); header != want {
			t.Fatalf("TimestampedSign(%v, %q): got %s, want %s", at, body, header, want)
		}
		if err := auth.VerifyTimestamped(secret.Reveal(), header, body, at, time.Second); err != nil {
			t.Fatalf("VerifyTimestamped of its own signature: got %v, want no error", err)
		}
		changed := append(append([]byte(nil), body...), 0)
		bit := rapid.IntRange(0, 8*len(changed)-1).Draw(t, "bit")
		changed[bit/8] ^= 1 << (bit % 8)
		if err := auth.VerifyTimestamped(secret.Reveal(), header, changed, at, time.Second); !errors.Is(err, auth.ErrSignature) {
			t.Fatalf("VerifyTimestamped of a changed body: got %v, want ErrSignature", err)
		}
	})
}

var stampedShape = regexp.MustCompile(`\At=(0|[1-9][0-9]{0,18}),v1=[0-9a-fA-F]{64}\z`)

// FuzzVerifyTimestamped feeds what may stand in X-Verifa-Signature. It must be accepted exactly when it has the
// one shape, and the signature of its own time.
func FuzzVerifyTimestamped(f *testing.F) {
	f.Fuzz(func(t *testing.T, header string) { checkTimestamped(t, header) })
}

func checkTimestamped(t *testing.T, header string) (accepted bool) {
	t.Helper()
	seconds, _, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
	genuine := stampedShape.MatchString(header) &&
		strings.EqualFold(header, stamp(stampedSecret, seconds, stampedBody))
	at, _ := strconv.ParseInt(seconds, 10, 64)
	err := auth.VerifyTimestamped(stampedSecret, header, []byte(stampedBody), time.Unix(at, 0), 0)
	if genuine != (err == nil) || err != nil && !errors.Is(err, auth.ErrSignature) {
		t.Errorf("VerifyTimestamped(%q): got %v, want it accepted: %t", header, err, genuine)
	}
	return err == nil
}
