// Package veriff is Veriff's Public API v1 on a [session.Engine]: a client that was written for Veriff
// (https://devdocs.veriff.com/apidocs) can talk to it, and its webhooks are Veriff's.
//
//	POST   /v1/sessions                             creates a session; needs no signature, and browsers may call it
//	GET    /v1/sessions/{id}                        where it stands
//	PATCH  /v1/sessions/{id}                        submits it
//	DELETE /v1/sessions/{id}                        deletes it
//	POST   /v1/sessions/{id}/collected-data         takes what the host knows about the person's device
//	POST   /v1/sessions/{id}/media                  uploads a picture, a PDF or chip data
//	GET    /v1/sessions/{id}/media                  lists what the newest attempt has
//	POST   /v1/validate-registry                    has a registry asked about a person; needs no signature
//	GET    /v1/sessions/{id}/decision               what was concluded; null as long as nothing is
//	GET    /v1/sessions/{id}/decision/fullauto      the same, with how sure the decider is of each field
//	GET    /v1/sessions/{id}/person                 who the person is, by the documents or by the host's word
//	GET    /v1/sessions/{id}/watchlist-screening    on which lists the person was found
//	GET    /v1/sessions/{id}/attempts               lists the attempts
//	GET    /v1/sessions/{id}/timestamps             when each medium came, with its hash
//	GET    /v1/attempts/{id}/media                  lists what any attempt has
//	GET    /v1/media/{id}                           downloads a picture, a PDF, a film or chip data
//	GET    /v1/openapi.json                         describes the API, in OpenAPI 3.1; needs no key
//	GET    /v/{token}                               the page behind a session's link, for the person
//	POST   /v/{token}                               its button, which starts the session
//
// # Who calls
//
// X-AUTH-CLIENT has the API key, X-HMAC-SIGNATURE the HMAC-SHA256 of the body as it came, or of the id in the
// path where there is no body to sign. Any live secret of the key will do. A request is looked at in this order,
// and the first fault is the one that is answered: key, signature, whether the thing is there, whether its status
// allows it, the body, the rate limit; but a body that is too large is refused before its signature can be known.
// What another tenant has is not there.
//
// Every answer to a known key, refusals and media included, is signed over the bytes that are sent: with the
// secret that verified the request, or with the integration's signing secret when the request was not signed. Only
// the OpenAPI document, which needs no key, is never signed. An answer that is sent back as a request is refused.
// JSON goes out as JavaScript's JSON.stringify writes it, so that a receiver that parses it and writes it again
// still has the signed bytes.
//
// # What is refused, and how
//
// A refusal is {"status":"fail","code":"...","message":"..."}, also for paths and methods that do not exist.
// All of them stand in one table, codes.go, and for people in docs/codes.md. The engine's errors never reach a
// client: what is not foreseen is one sentence to the client and its cause to [Config].Log.
//
// The names of members are taken exactly as the vendor writes them; others are ignored. JSON is taken without
// indulgence: no key twice, no NUL, at most 64 deep, at most 1 MiB.
//
// # What can be chosen
//
// Codes: where the vendor's pages of its endpoints and its tables of codes differ, [Config].Codes selects; the
// default is the pages.
//
// Strictness: where the integration's policy is strict ([session.Policy]), also refused are members that no page
// of the vendor's names, an id in the body that the integration has used before, timestamps of more than an hour
// ago, features other than selfid, and document numbers, types and countries that the vendor does not take
// ([session.Facts.ValidateStrictly]).
//
// The legacy signature: with [Config].LegacySignature the older X-SIGNATURE is taken where X-HMAC-SIGNATURE is
// not sent, and the answer is signed with both. [auth.Secret.LegacySign] says why it is the weaker one.
//
// Flexible keys: a key that stands for several integrations ([auth.Credential]) acts for the one that
// vrf-integration-id names, and for its own when the request names none.
//
// # Uploads and downloads
//
// The base64 of a medium is of the standard alphabet, with its padding, and may follow a data URI's head; line
// breaks in it are passed over. What it is, its bytes say. An upload is authenticated, hashed, decoded and stored
// as it arrives, and takes less than 1 MiB of memory whatever its size. What stands around the medium may be 64
// KiB. Only when all of it has come and is right does anything remain of it: with a wrong signature, a body that
// breaks off, or a session that is submitted meanwhile, there is no medium, and none of its bytes.
//
// [Config].MaxUploads bounds how many uploads of an integration there are at once, [Config].UploadWait how long the
// next one waits for room, and [Config].UploadPatience how slowly one may be sent, so that a server's ReadTimeout
// can be short. What is too large is refused as soon as that is known. So that the refusal is read by clients that
// look for it only when they have sent all, the connection is kept for UploadPatience more, and what comes is
// dropped.
//
// A download is read twice, to be signed and to be sent, and is held in memory by nobody. It is marked to be
// saved and not shown, because its bytes come from a stranger.
//
// # What the host is told
//
// [Renderer] writes Veriff's webhooks of events (7001, 7002), decisions (9001, 9102, 9103, 9104, 9121), screenings
// and statuses of the host's own, [FullAutoRenderer] that of full auto; [Webhooks] says which goes where. That of
// an expiry or abandonment by deletion outlives the data, and so holds nothing of them: its vendorData and
// endUserId are null.
//
// # The person's page
//
// The link holds a session token: a JWT under a key that only this session has, and which goes with the
// session. The page says where the session stands and has one button, which starts it. Opening the page starts
// nothing, as mail filters open links too. It is plain HTML without scripts, and does not show what the host
// has said about the person.
//
// # Where it is mounted
//
// The handler works under any prefix that [http.StripPrefix] strips. It finds the prefix by comparing the path
// as it came (Request.RequestURI) with the path as it is, and writes it behind [Config].PublicURL into the
// addresses it gives out.
package veriff
