package main

import (
	"io"
	"strings"
)

// welcome prints the credentials, and commands that work when they are pasted into a shell at the root of the
// repository. They are for the first integration with a key; a secret that stands in a file is not printed.
func welcome(out io.Writer, cfg *config, s *server) {
	first := s.directory.Load().first()
	secret := shellQuote(s.credentials.SharedSecret)
	if cfg.roster != nil {
		secret = `"${SECRET:?set SECRET to a shared secret of integration ` + first.label() + `}"`
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
	text := strings.NewReplacer("{DESK}", atDesk, "{DECIDED}", decided).Replace(commands)
	text = strings.NewReplacer(
		"{URL}", strings.TrimSuffix(cfg.publicURL, "/"), "{KEY}", first.apiKey.String(), "{SECRET}", secret,
		"{INTEGRATION}", strings.TrimSpace(first.name+" "+first.ID.String()),
	).Replace(text)
	_, _ = io.WriteString(out, text)
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
