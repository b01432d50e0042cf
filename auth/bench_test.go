package auth_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// BenchmarkVerify compares Verify with the least that crypto/hmac needs for the same question: a state that is
// ready and a signature that is decoded. The two take turns, so that both meet the same machine; "ratio" is
// Verify's time divided by the peer's.
func BenchmarkVerify(b *testing.B) {
	msg := bytes.Repeat([]byte("bonafide"), 128)
	secret := mustSecret(b, vectorKey)
	signature := sign(secret, string(msg))
	decoded, err := hex.DecodeString(signature)
	if err != nil {
		b.Fatal(err)
	}
	peer := hmac.New(sha256.New, []byte(vectorKey))
	sum := make([]byte, 0, sha256.Size)

	const turn = 100
	var ours, theirs time.Duration
	rounds := 0
	b.ReportAllocs()
	b.SetBytes(int64(2 * turn * len(msg)))
	for b.Loop() {
		start := time.Now()
		for range turn {
			if !secret.Verify(signature, msg) {
				b.Fatal("Verify: got false, want true")
			}
		}
		between := time.Now()
		for range turn {
			peer.Reset()
			peer.Write(msg)
			if !hmac.Equal(peer.Sum(sum), decoded) {
				b.Fatal("crypto/hmac: got false, want true")
			}
		}
		ours += between.Sub(start)
		theirs += time.Since(between)
		rounds++
	}
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours.Nanoseconds())/float64(rounds*turn), "ns/verify")
}

// BenchmarkVerifyAmongFive is the price of five live secrets.
func BenchmarkVerifyAmongFive(b *testing.B) {
	msg := bytes.Repeat([]byte("bonafide"), 128)
	credential := someCredential(someSecrets(auth.MaxSecrets)...)
	signature := sign(credential.Signer(), string(msg))
	b.ReportAllocs()
	for b.Loop() {
		if credential.Verify(signature, msg) == nil {
			b.Fatal("Verify: got none, want a secret")
		}
	}
}

// BenchmarkVerifyLegacyAmongFive is the price of the legacy signature for five live secrets.
func BenchmarkVerifyLegacyAmongFive(b *testing.B) {
	msg := bytes.Repeat([]byte("bonafide"), 128)
	credential := someCredential(someSecrets(auth.MaxSecrets)...)
	signature := legacySign(credential.Signer(), string(msg))
	b.ReportAllocs()
	for b.Loop() {
		if credential.VerifyLegacy(signature, msg) == nil {
			b.Fatal("VerifyLegacy: got none, want a secret")
		}
	}
}

func BenchmarkRingByKey(b *testing.B) {
	credential := someCredential(someSecrets(2)...)
	ring := mustRing(b, credential)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.ByKey(b.Context(), credential.APIKey); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTokenSign compares Sign with golang-jwt on the same claims.
func BenchmarkTokenSign(b *testing.B) {
	key, _ := keyOf(vectorToken.Session)
	claims := jwt.MapClaims{
		"iat": vectorToken.IssuedAt.Unix(), "session_id": vectorToken.Session.String(), "iid": vectorToken.Integration.String(),
		"vid": vectorToken.Vendor.String(), "cid": vectorToken.Cluster, "exp": vectorToken.ExpiresAt.Unix(),
	}
	const turn = 20
	var ours, theirs time.Duration
	rounds := 0
	for b.Loop() {
		start := time.Now()
		for range turn {
			vectorToken.Sign(key)
		}
		between := time.Now()
		for range turn {
			if _, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key[:]); err != nil {
				b.Fatal(err)
			}
		}
		ours += between.Sub(start)
		theirs += time.Since(between)
		rounds++
	}
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(ours.Nanoseconds())/float64(rounds*turn), "ns/sign")
}

func BenchmarkVerifyToken(b *testing.B) {
	text := signToken(vectorToken)
	key, _ := keyOf(vectorToken.Session)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := auth.VerifyToken(text, func(uuid.UUID) ([32]byte, error) { return key, nil }); err != nil {
			b.Fatal(err)
		}
	}
}
