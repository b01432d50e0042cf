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
	text := strings.NewReplacer(
		"{URL}", strings.TrimSuffix(cfg.publicURL, "/"), "{KEY}", first.apiKey.String(), "{SECRET}", secret,
	).Replace(commands)
	if !first.Sandbox {
		text = strings.Replace(text, "# 6. Read the decision (the sandbox decides within a second)", "# 6. Read the decision (null until a human being has decided)", 1)
	}
	_, _ = io.WriteString(out, text)
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

const commands = `
# bonafide is listening at {URL}. Paste these lines into a shell at the root of the repository.

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

# 6. Read the decision (the sandbox decides within a second)
curl -sS "$URL/v1/sessions/$ID/decision" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$ID" | sign)"; echo

# 7. Delete the session
curl -sS -X DELETE "$URL/v1/sessions/$ID" -H "X-AUTH-CLIENT: $KEY" -H "X-HMAC-SIGNATURE: $(printf %s "$ID" | sign)"; echo

# 8. In the sandbox the first name decides: Approve, Decline, Resubmit or Review. With any other the session waits.

# 9. The API is described at {URL}/v1/openapi.json, for which no key is needed.
`
