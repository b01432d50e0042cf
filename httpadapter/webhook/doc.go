// Package webhook tells a customer's server what happened to a session: it is [session.Deliverer] over HTTP.
//
// The engine decides what is told, to whom and when, and tries again by the endpoint's [session.Retry]; the
// bytes of a delivery are fixed before it is first sent. A [Sender] does the rest: it posts those bytes once,
// signed, and reports the status or, in fixed words, why there is none. None of the receiver's words are kept.
//
//	sender, err := webhook.New(keyring, webhook.Config{})
//
// # What the receiver gets
//
// A POST with the body as it was rendered, byte for byte, and these headers:
//
//	content-type                              application/json
//
//	x-auth-client, vrf-auth-client            the API key of the integration
//	x-hmac-signature, vrf-hmac-signature      HMAC-SHA256 of the body, 64 lower-case hex digits
//	vrf-integration-id                        the integration, which may be a flexible one of the key's
//	x-signature                               SHA-256 of body and secret, if [Config].LegacySignature is on
//
//	webhook-id                                the delivery, the same on every try
//	webhook-timestamp                         this try, in seconds since 1970
//	webhook-signature                         "v1," and the base64 of an HMAC of id, timestamp and body;
//	                                          one for each live secret, separated by spaces
//
//	bonafide-sequence                         the number of the event within its session
//
// The second block is Veriff's (https://devdocs.veriff.com/docs/hmac-authentication-and-endpoint-security), the third
// that of https://www.standardwebhooks.com, which unlike the second lets a receiver refuse what is sent again later;
// see [auth.VerifyStandard]. In the second the signing secret signs, as there is room for one signature. In the
// third every live secret does, the signing one first, as that specification has it for the time when a secret is
// being changed: whoever knows the old one, or already the new one, can verify.
//
// An endpoint whose [session.Endpoint] has a Format of [Config].Schemes gets what that [Scheme] signs instead of the
// second and third block. With [Verifa] the endpoint has secrets of its own, and gets:
//
//	x-verifa-signature                        "t=", this try in seconds since 1970, ",v1=" and 64 hex digits,
//	                                          see [auth.VerifyTimestamped]
//	x-verifa-delivery-id                      the delivery, the same on every try
//	webhook-id, webhook-timestamp, webhook-signature
//
// Deliveries come at least once, the first tries of a session's in the order of its events, while retries may be
// overtaken. So a receiver remembers what it has taken: of Veriff's language webhook-id, of Verifa's idempotency_key in
// the body. What is retried or replayed on request is a delivery of its own, with a webhook-id of its own, and tells of
// the same event, with the same idempotency_key and bonafide-sequence. Whoever wants to know where a session stands
// now passes over a sequence that is lower than the newest it has seen of the session; whoever has asked for a replay
// wants all of it, and goes by idempotency_key alone. An integration that is not active is told all the same, because what is told has already
// happened.
//
// # How it ends
//
// The status counts from the moment the headers of the answer are complete, whatever becomes of its body;
// whether it is a success is for session.Retry to say. Everything together, look-up of the secret and of the
// name included, has [Config].Timeout, and a [session.Engine] ends a try after 15 seconds, so that one of Verifa's
// receivers has no more than that of the 30 that it may be used to; a receiver that should do something slow answers
// first. Redirects are
// not followed: a 3xx is a failure with its status. Of the answer no more than 64 KiB of headers and 64 KiB of
// body are taken, undecoded, and what was taken is thrown away; only what a receiver says unasked, on a
// connection that is idle, net/http writes to the standard log, quoted. Connections are kept for three seconds,
// which is enough for a burst of events and less than the five after which a server of Node.js hangs up, maybe
// while a try is on its way.
//
// # Where it may go
//
// Whoever may enter a URL for webhooks can otherwise make this server knock on doors that only it can reach. So
// there is one rule for addresses, asked twice. [CheckURL] is for the moment when a URL is configured, and says
// in a sentence what is wrong; every try asks it again. It does not look names up, because what a name means
// can change before the next moment: the second check is on the address itself, when the socket exists and is
// about to connect. A connection that is reused was checked when it was made; a new one is a new look-up and a
// new check. No proxy is used, whatever the environment says, for behind one there would be nothing to check.
//
// If a name has several addresses, they are tried in turn until one connects, and one that is not allowed ends
// the try; those that come after a connection was made are not looked at.
//
// [Config].AllowPrivate opens private networks (RFC 1918, fc00::/7) and this machine, and plain http to them
// alone; it is for tests, and for receivers that stand beside this server. It opens nothing else: link-local
// addresses and other homes of cloud metadata, carrier-grade NAT, multicast, documentation, and every range
// that is not the public internet stay closed, and so do the ports of services that are not for the web.
//
// What the rule cannot know is which public addresses are yours. Where something listens on a public address
// and trusts whoever comes from this server, let the sender leave by a network of its own.
package webhook
