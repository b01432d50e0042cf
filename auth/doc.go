// Package auth answers one question: who calls?
//
// A customer's server names itself by an API key, which is no secret, and proves itself by a signature, which
// only the holder of a shared secret can make. The same secret signs what goes the other way, answers and
// webhooks, so that the customer can ask the question too. The scheme is Veriff's, see
// https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security: the HMAC-SHA256 of a message under
// the secret's text, written as 64 hex digits. What the message is (a body, an id from the path) is the affair
// of whoever speaks the wire language; this package sees bytes.
//
//   - A [Secret] is such a secret. It signs and verifies, and it cannot be printed by accident: only [Secret.Reveal]
//     and [Secret.StandardText] show its text.
//   - A [Credential] is what an API key stands for: an integration and up to [MaxSecrets] live secrets, any of which
//     may sign a request. One of them, the signing secret, signs what no request has chosen a secret for.
//   - A [Keyring] finds credentials. The host implements it beside its own tables, or uses [Ring], which is in memory,
//     or that of package sqlstore, which is in a database.
//   - A [Vault] seals secrets for such a database.
//   - An [APIKey] is what a key of Verifa's dialect stands for, [APIKeys] find it, and [APIKeyRing] has them in memory.
//     A [KeyText] is the text of a new one, which cannot be printed by accident.
//   - A [LinkSigner] signs addresses that open one thing, for a while, to whoever has them.
//   - A [Token] is the text in the address that a person opens: a JWT under a key of that session alone.
//   - [Secret.StandardSign] and [VerifyStandard] sign and verify webhooks the way of https://www.standardwebhooks.com,
//     where the signature covers the time too, so that a receiver can refuse what is sent again later.
//     [Secret.TimestampedSign] and [VerifyTimestamped] do so the way of Verifa's webhooks, and a secret of
//     [GenerateWebhookSecret] is good for both.
//
// # A request
//
// Find the credential, verify, and keep the secret that verified, because it signs the answer:
//
//	credential, err := keyring.ByKey(ctx, apiKey)
//	// ErrUnknownKey, credential.Active and auth.WellFormed each have an answer of their own.
//	secret := credential.Verify(signature, body)
//	if secret == nil {
//		// refuse
//	}
//	answer.Header.Set("X-HMAC-SIGNATURE", string(secret.Sign(nil, answerBody)))
//
// A body too large for memory goes through [Credential.Begin] as it arrives.
//
// # A key for several integrations
//
// A key may act for further integrations of its tenant, its Flexible ones, when a request names one. Whoever reads
// the name asks [Credential.May] before believing it. An integration, own or flexible, has one key, so that what
// happens to it later, and has no request, finds the secret to sign with by [Keyring.ByIntegration].
//
// # Changing a secret without a gap
//
// Add the new secret: both verify, the oldest still signs webhooks. Let the customer move. Name the new one as
// the signing secret. Revoke the old one. At no moment is a request refused that was signed with a secret the
// customer was told to use, and at no moment does a webhook carry a signature that the customer cannot verify.
// [Credential.WithSecret], [Credential.SigningWith] and [Credential.WithoutSecret] are the rules of these steps, for
// a keyring to keep what comes out.
//
// # The legacy signature
//
// Clients from before 2023 sign by a plain hash: [Secret.LegacySign], [Credential.VerifyLegacy]. It is weaker, and
// says there how. Nothing takes or sends it unless the host says so.
//
// # Keys that are secrets
//
// A caller of Verifa's dialect signs nothing: its key is the secret, and a server keeps only the SHA-256 of it. Its
// text has so many random bits that nobody finds it from that. Read it, find the key, and ask it what it may do;
// each refusal has an answer of its own:
//
//	read, err := auth.ParseAPIKey(request.Header.Get("X-API-Key"))
//	key, err := keys.ByHash(ctx, read.Hash)
//	// ErrAPIKey and ErrUnknownAPIKey are one answer: who asks learns nothing about which keys there are.
//	err = key.Usable(now)
//	if !key.AllowsAddr(addr) || !key.May("sessions:read") {
//		// refuse
//	}
//
// # What this package does not do
//
// The signature has no time and no nonce in it: whoever can read a request can send it again. That is the
// vendor's scheme; TLS keeps readers out, and the session's own state makes most repetitions harmless. Secrets
// lie in memory in the clear, as every HMAC needs them, and are not wiped; a [Vault] is for where they rest.
package auth
