package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/auth"
)

const tokenPayload = `{"iat":1790785145,"session_id":"b27afb60-1455-4927-b155-0260ffe0947a",` +
	`"iid":"2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b","vid":"fa820aba-019f-455a-ae81-cfca8075bc3f","cid":"saas-3","exp":1791389945}`

var vectorToken = auth.Token{
	Session:     uuid.MustParse("b27afb60-1455-4927-b155-0260ffe0947a"),
	Integration: uuid.MustParse("2bf528f7-4b9c-44f0-b928-fdc7afc5ca1b"),
	Vendor:      uuid.MustParse("fa820aba-019f-455a-ae81-cfca8075bc3f"),
	Cluster:     "saas-3",
	IssuedAt:    time.Unix(1790785145, 0).UTC(),
	ExpiresAt:   time.Unix(1791389945, 0).UTC(),
}

// keyOf is the key of a session: as in a server, each has its own.
func keyOf(session uuid.UUID) ([32]byte, error) {
	return sha256.Sum256([]byte("key of " + session.String())), nil
}

func signToken(t auth.Token) string {
	key, _ := keyOf(t.Session)
	return t.Sign(key)
}

// jwtOf signs any header and payload with the key of the session of vectorToken.
func jwtOf(header, payload string) string {
	key, _ := keyOf(vectorToken.Session)
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac, err := jwt.SigningMethodHS256.Sign(unsigned, key[:])
	if err != nil {
		panic(err)
	}
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(mac)
}

func TestTokenIsTheNewestOfVeriffs(t *testing.T) {
	t.Parallel()
	got := signToken(vectorToken)
	if want := jwtOf(`{"alg":"HS256","typ":"JWT"}`, tokenPayload); got != want {
		t.Errorf("Sign: got %q, want %q", got, want)
	}
	if again := signToken(vectorToken); again != got {
		t.Errorf("Sign again: got %q, want %q", again, got)
	}
	token, err := auth.VerifyToken(got, keyOf)
	if err != nil || token != vectorToken {
		t.Errorf("VerifyToken(%q): got %+v and %v, want %+v", got, token, err, vectorToken)
	}
}

func TestTokenIsReadByAnotherLibrary(t *testing.T) {
	t.Parallel()
	key, _ := keyOf(vectorToken.Session)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(func() time.Time { return vectorToken.IssuedAt }))
	token, err := parser.Parse(signToken(vectorToken), func(*jwt.Token) (any, error) { return key[:], nil })
	if err != nil {
		t.Fatalf("golang-jwt: got %v, want no error", err)
	}
	if got := fmt.Sprint(token.Claims); !strings.Contains(got, "session_id:b27afb60-1455-4927-b155-0260ffe0947a") {
		t.Errorf("golang-jwt: got claims %s, want the session's id in them", got)
	}
}

func TestATokenRoundTrips(t *testing.T) {
	t.Parallel()
	id := rapid.Custom(func(t *rapid.T) uuid.UUID {
		return uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
	})
	seconds := rapid.Int64Range(-62135596800, 253402300799)
	rapid.Check(t, func(t *rapid.T) {
		want := auth.Token{
			Session: id.Draw(t, "session"), Integration: id.Draw(t, "integration"), Vendor: id.Draw(t, "vendor"),
			Cluster:   rapid.StringN(0, -1, 256).Draw(t, "cluster"),
			IssuedAt:  time.Unix(seconds.Draw(t, "iat"), 0).UTC(),
			ExpiresAt: time.Unix(seconds.Draw(t, "exp"), 0).UTC(),
		}
		inexact := want
		inexact.IssuedAt = want.IssuedAt.Add(999 * time.Millisecond).In(time.FixedZone("", 3600))
		text := signToken(want)
		if got := signToken(inexact); got != text {
			t.Fatalf("Sign with milliseconds and a zone: got %q, want %q", got, text)
		}
		got, err := auth.VerifyToken(text, keyOf)
		if err != nil || got != want {
			t.Fatalf("VerifyToken(%q): got %+v and %v, want %+v", text, got, err, want)
		}
		bit := rapid.IntRange(0, 8*len(text)-1).Draw(t, "bit")
		changed := []byte(text)
		changed[bit/8] ^= 1 << (bit % 8)
		if got, err := auth.VerifyToken(string(changed), keyOf); !errors.Is(err, auth.ErrToken) {
			t.Fatalf("VerifyToken(%q) with bit %d changed: got %+v and %v, want ErrToken", changed, bit, got, err)
		}
	})
}

func TestTheZeroTokenRoundTrips(t *testing.T) {
	t.Parallel()
	got, err := auth.VerifyToken(signToken(auth.Token{}), keyOf)
	if err != nil || got != (auth.Token{}) || !got.IssuedAt.IsZero() {
		t.Errorf("VerifyToken of the zero token: got %+v and %v, want it back", got, err)
	}
}

func TestVerifyTokenRefuses(t *testing.T) {
	t.Parallel()
	good := signToken(vectorToken)
	parts := strings.Split(good, ".")
	const header = `{"alg":"HS256","typ":"JWT"}`
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	last := good[len(good)-1]
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"one part", parts[0]},
		{"two parts", parts[0] + "." + parts[1]},
		{"an empty signature", parts[0] + "." + parts[1] + "."},
		{"an empty payload", parts[0] + ".." + parts[2]},
		{"an empty header", "." + parts[1] + "." + parts[2]},
		{"a fourth part", good + "." + parts[2]},
		{"only full stops", ".."},
		{"padding", good + "="},
		{"a newline after it", good + "\n"},
		{"a newline in it", parts[0] + "." + parts[1] + ".\n" + parts[2]},
		{"a newline in the payload", parts[0] + "." + parts[1][:8] + "\r\n" + parts[1][8:] + "." + parts[2]},
		{"a space before it", " " + good},
		{"Bearer before it", "Bearer " + good},
		{"another last letter for the same bytes", good[:len(good)-1] + string(last+1)},
		{"upper case", strings.ToUpper(good)},
		{"half a signature", good[:len(good)-22]},
		{"the signature of another", parts[0] + "." + parts[1] + "." + strings.Split(jwtOf(header, "{}"), ".")[2]},
		{"too long", jwtOf(header, strings.Replace(tokenPayload, "saas-3", strings.Repeat("s", 3000), 1))},
		{"alg none, unsigned", none + "." + parts[1] + "."},
		{"alg none, signed", jwtOf(`{"alg":"none","typ":"JWT"}`, tokenPayload)},
		{"alg None", jwtOf(`{"alg":"None","typ":"JWT"}`, tokenPayload)},
		{"alg HS512", jwtOf(`{"alg":"HS512","typ":"JWT"}`, tokenPayload)},
		{"alg RS256, signed as HS256", jwtOf(`{"alg":"RS256","typ":"JWT"}`, tokenPayload)},
		{"alg hs256", jwtOf(`{"alg":"hs256","typ":"JWT"}`, tokenPayload)},
		{"no alg", jwtOf(`{"typ":"JWT"}`, tokenPayload)},
		{"two algs", jwtOf(`{"alg":"HS256","typ":"JWT","alg":"none"}`, tokenPayload)},
		{"typ JWE", jwtOf(`{"alg":"HS256","typ":"JWE"}`, tokenPayload)},
		{"no typ", jwtOf(`{"alg":"HS256"}`, tokenPayload)},
		{"typ first", jwtOf(`{"typ":"JWT","alg":"HS256"}`, tokenPayload)},
		{"a key in the header", jwtOf(`{"alg":"HS256","typ":"JWT","jwk":{"kty":"oct","k":"AAAA"}}`, tokenPayload)},
		{"a kid", jwtOf(`{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}`, tokenPayload)},
		{"spaces in the header", jwtOf(`{"alg": "HS256", "typ": "JWT"}`, tokenPayload)},
		{"spaces in the payload", jwtOf(header, strings.Replace(tokenPayload, ",", ", ", 1))},
		{"the payload of 2018", jwtOf(header, `{"session_id":"b27afb60-1455-4927-b155-0260ffe0947a","iat":1528962157,"exp":1529566957}`)},
		{"another member", jwtOf(header, strings.Replace(tokenPayload, `"exp"`, `"adm":true,"exp"`, 1))},
		{"a member missing", jwtOf(header, strings.Replace(tokenPayload, `"cid":"saas-3",`, "", 1))},
		{"a member twice", jwtOf(header, strings.Replace(tokenPayload, `"iat":1790785145`, `"iat":1790785145,"iat":1790785145`, 1))},
		{"a member in upper case", jwtOf(header, strings.Replace(tokenPayload, `"exp"`, `"EXP"`, 1))},
		{"an id in upper case", jwtOf(header, strings.Replace(tokenPayload, "b27afb60-1455-4927-b155-0260ffe0947a", "B27AFB60-1455-4927-B155-0260FFE0947A", 1))},
		{"an id in braces", jwtOf(header, strings.Replace(tokenPayload, "fa820aba-019f-455a-ae81-cfca8075bc3f", "{fa820aba-019f-455a-ae81-cfca8075bc3f}", 1))},
		{"no id", jwtOf(header, strings.Replace(tokenPayload, "b27afb60-1455-4927-b155-0260ffe0947a", "", 1))},
		{"a time as text", jwtOf(header, strings.Replace(tokenPayload, "1790785145", `"1790785145"`, 1))},
		{"a time with a fraction", jwtOf(header, strings.Replace(tokenPayload, "1790785145", "1790785145.0", 1))},
		{"a time beyond 64 bits", jwtOf(header, strings.Replace(tokenPayload, "1790785145", "92233720368547758080", 1))},
		{"a cluster that is not UTF-8", jwtOf(header, strings.Replace(tokenPayload, "saas-3", "saas\xff", 1))},
		{"an escaped letter", jwtOf(header, strings.Replace(tokenPayload, "saas-3", `\u0073aas-3`, 1))},
		{"a payload that is null", jwtOf(header, "null")},
		{"a payload that is a list", jwtOf(header, "["+tokenPayload+"]")},
		{"a payload that is no JSON", jwtOf(header, tokenPayload[1:])},
		{"text after the payload", jwtOf(header, tokenPayload+"{}")},
		{"a deep payload", jwtOf(header, strings.Repeat("[", 2000))},
		{"another session's key", func() string { k, _ := keyOf(vectorToken.Vendor); return vectorToken.Sign(k) }()},
		{"a zero key", vectorToken.Sign([32]byte{})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.text == good {
				t.Fatal("the row is no bad token: it is the good one")
			}
			got, err := auth.VerifyToken(test.text, keyOf)
			if !errors.Is(err, auth.ErrToken) || got != (auth.Token{}) {
				t.Errorf("VerifyToken(%q): got %+v and %v, want the zero token and ErrToken", test.text, got, err)
			}
		})
	}
}

func TestVerifyTokenRefusesAnRSASignature(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{"session_id": vectorToken.Session.String(), "iat": 1790785145}
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.VerifyToken(text, keyOf); !errors.Is(err, auth.ErrToken) {
		t.Errorf("VerifyToken(%q): got %v, want ErrToken", text, err)
	}
}

func TestAForgottenKeyOpensNothing(t *testing.T) {
	t.Parallel()
	text := vectorToken.Sign([32]byte{})
	_, err := auth.VerifyToken(text, func(uuid.UUID) ([32]byte, error) { return [32]byte{}, nil })
	if !errors.Is(err, auth.ErrToken) {
		t.Errorf("VerifyToken under a zero key: got %v, want ErrToken", err)
	}
}

func TestVerifyTokenWrapsTheErrorOfKey(t *testing.T) {
	t.Parallel()
	destroyed := errors.New("key destroyed")
	asked := 0
	_, err := auth.VerifyToken(signToken(vectorToken), func(session uuid.UUID) ([32]byte, error) {
		asked++
		if session != vectorToken.Session {
			t.Errorf("key: got session %s, want %s", session, vectorToken.Session)
		}
		return [32]byte{}, destroyed
	})
	if !errors.Is(err, destroyed) || errors.Is(err, auth.ErrToken) {
		t.Errorf("VerifyToken: got %v, want it to wrap %v and not ErrToken", err, destroyed)
	}
	if asked != 1 {
		t.Errorf("key was asked %d times, want once", asked)
	}
}

func TestKeyIsNotAskedForWhatIsNoToken(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a.b.c", jwtOf(`{"alg":"none"}`, tokenPayload), jwtOf(`{"alg":"HS256","typ":"JWT"}`, "{}")} {
		_, err := auth.VerifyToken(text, func(session uuid.UUID) ([32]byte, error) {
			t.Errorf("VerifyToken(%q) asked for the key of %s, want no question", text, session)
			return keyOf(session)
		})
		if !errors.Is(err, auth.ErrToken) {
			t.Errorf("VerifyToken(%q): got %v, want ErrToken", text, err)
		}
	}
}

func TestAnExpiredTokenIsRead(t *testing.T) {
	t.Parallel()
	old := vectorToken
	old.IssuedAt, old.ExpiresAt = time.Unix(1528962157, 0).UTC(), time.Unix(1529566957, 0).UTC()
	got, err := auth.VerifyToken(signToken(old), keyOf)
	if err != nil || got != old {
		t.Errorf("VerifyToken of an expired token: got %+v and %v, want %+v", got, err, old)
	}
}
