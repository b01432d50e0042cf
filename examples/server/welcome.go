package main

import (
	"io"
	"strings"
)

// welcome prints the credentials, and commands that work when they are pasted into a shell at the root of the
// repository: for the first integration with a key, and for the first sandbox of Verifa's language. What stands in a
// file is not printed.
func welcome(out io.Writer, cfg *config, s *server) {
	var text strings.Builder
	roster, url := s.directory.Load(), strings.TrimSuffix(cfg.publicURL, "/")
	if first, ok := roster.first(); ok {
		secret := `"${SECRET:?set SECRET to a shared secret of integration ` + first.label() + `}"`
		if s.own != nil {
			secret = shellQuote(s.own.SharedSecret)
		}
		decided, atDesk := "the sandbox decides within a second", ""
		if !first.Sandbox {
			decided = "null until it is decided at the desk: see -desk-addr"
			if first.Policy.Review {
				decided = "review, 9121, within a second, until it is decided at the desk: see -desk-addr"
			}
		}
		if s.desk != nil {
			atDesk = strings.Replace(deskCommands, "{URL}", "http://"+s.desk.listener.Addr().String(), 1)
		}
		text.WriteString(strings.NewReplacer(
			"{URL}", url, "{KEY}", first.apiKey.String(), "{SECRET}", secret, "{INTEGRATION}", strings.TrimSpace(first.name+" "+first.ID.String()),
		).Replace(strings.NewReplacer("{DESK}", atDesk, "{DECIDED}", decided).Replace(commands)))
	}
	if sandbox, ok := roster.firstSandbox(); ok {
		keys := `SANDBOX_KEY="${SANDBOX_KEY:?set SANDBOX_KEY to an API key of integration ` + sandbox.label() + `}"`
		if s.own != nil {
			keys = "LIVE_KEY=" + s.own.Live + "\nSANDBOX_KEY=" + s.own.Sandbox
		}
		text.WriteString(strings.NewReplacer("{URL}", url, "{KEYS}", keys).Replace(verifaCommands))
	}
	_, _ = io.WriteString(out, text.String())
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

const commands = `
# bonafide is listening at {URL}. Paste these lines into a shell at the root of the repository.
# They are for the integration {INTEGRATION}.

# 0. The credentials, and how requests are signed
URL={URL}
KEY={KEY}
SECRET={SECRET}
sign() { openssl dgst -sha256 -hmac "$SECRET" | sed 's/^.* //'; }

# 1. Create a session
ANSWER=$(curl -sS "$URL/v1/sessions" -H "X-AUTH-CLIENT: $KEY" -H 'Content-Type: application/json' -d '{"verification":{"person":{"firstName":"Approve","lastName":"Specimen"},"vendorData":"customer-17"}}')
echo "$ANSWER"; ID=$(echo "$ANSWER" | sed 's/.*"verification":{"id":"\([^"]*\)".*/\1/')

# 2. Upload a photograph
BODY=$(printf '{"image":{"context":"document-front","content":"%s"}}' "$(base64 < examples/testdata/document-front.jpg | tr -d '\n')")
printf %s "$BODY" | curl -sS "$URL/v1/sessions/$ID/media" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$BODY" | sign)" -H 'Content-Type: application/json' --data-binary @-; echo

# 3. Submit
BODY='{"verification":{"status":"submitted"}}'
curl -sS -X PATCH "$URL/v1/sessions/$ID" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$BODY" | sign)" -H 'Content-Type: application/json' -d "$BODY"; echo

# 4. List the media
curl -sS "$URL/v1/sessions/$ID/media" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$ID" | sign)"; echo

# 5. Download the photograph, and count its bytes
MEDIA=$(curl -sS "$URL/v1/sessions/$ID/media" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$ID" | sign)" | sed 's/.*"images":\[{"id":"\([^"]*\)".*/\1/')
curl -sS "$URL/v1/media/$MEDIA" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$MEDIA" | sign)" | wc -c
{DESK}
# 6. Read the decision ({DECIDED})
curl -sS "$URL/v1/sessions/$ID/decision" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$ID" | sign)"; echo

# 7. Delete the session
curl -sS -X DELETE "$URL/v1/sessions/$ID" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$ID" | sign)"; echo

# 8. In the sandbox the first name decides: Approve, Decline, Resubmit or Review. With any other the session waits for the
# desk of -desk-addr.

# 9. The API is described at {URL}/v1/openapi.json, for which no key is needed.
`

// deskCommands come before the decision is read.
const deskCommands = `
# At the desk, which asks for no key: see what waits, decide it (a sandbox has decided already, if the first name is
# Approve), and give it a status of your own
DESK={URL}
curl -sS "$DESK/sessions?status=review&status=submitted"
curl -sS "$DESK/sessions/$ID/decision" -d '{"outcome":"declined","code":102}'
curl -sS "$DESK/sessions/$ID/user-status" -d '{"status":"Seen by hand","reason":"Second look"}'
`

// verifaCommands are a session of Verifa's sandbox from its creation to its erasure.
const verifaCommands = `
# Verifa's language, on the same server

# V0. The keys
URL={URL}
{KEYS}
` + verifaSession + `
# V. A live session, with $LIVE_KEY, is decided by its workflow, and where there is none of yours at the desk of
# -desk-addr. The API is described at {URL}/api/v1/openapi.json.
`

// verifaSession is in the README too.
const verifaSession = `
# V1. Create a session
ANSWER=$(curl -sS "$URL/api/v1/sessions" -H "X-API-Key: $SANDBOX_KEY" -H 'Content-Type: application/json' -d '{"external_ref":"customer-17","fields":{"first_name":"Jane","last_name":"Specimen"}}')
SESSION=$(echo "$ANSWER" | sed 's/.*"id":"\(ses_[^"]*\)".*/\1/'); CAPTURE=$(echo "$ANSWER" | sed 's/.*"capture_url":"\([^"]*\)".*/\1/')
echo "$SESSION is captured at $CAPTURE"

# V2. What the person does, in a page of yours; the address is the credential
curl -sS "$CAPTURE/consent" -H 'Content-Type: application/json' -d '{"consent_version":"2026-01"}'; echo
curl -sS "$CAPTURE/document-type" -H 'Content-Type: application/json' -d '{"document_type":"passport"}'; echo
curl -sS "$CAPTURE/front" -F file=@examples/testdata/document-front.jpg; echo
curl -sS "$CAPTURE/selfie" -F file=@examples/testdata/face.jpg; echo
curl -sS -X POST "$CAPTURE/complete"; echo

# V3. In the sandbox you say how it ends: approve, decline, require-review or expire
curl -sS "$URL/api/v1/sessions/$SESSION/simulate" -H "X-API-Key: $SANDBOX_KEY" -H 'Content-Type: application/json' -d '{"action":"approve"}'; echo

# V4. Read the result
curl -sS "$URL/api/v1/sessions/$SESSION/result" -H "X-API-Key: $SANDBOX_KEY"; echo

# V5. Erase everything about the person, for good; the answer has a signed receipt
curl -sS -X DELETE "$URL/api/v1/sessions/$SESSION/data" -H "X-API-Key: $SANDBOX_KEY"; echo
`
