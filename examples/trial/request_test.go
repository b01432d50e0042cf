package trial_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/auth"
)

// step is what a client does to a session of its. Asked for again, it is the same request, with the same key.
type step struct {
	name   string
	method string
	path   string
	kind   string // Content-Type; empty: JSON
	body   []byte
	key    string // Idempotency-Key; empty: none
	signed string // what the signature is of; empty: none is asked for
}

// sign is the signature of a message by the one client of Veriff's language.
func sign(message string) string {
	secret, err := auth.NewSecret(clientSecret)
	if err != nil {
		panic(err)
	}
	return string(secret.Sign(nil, []byte(message)))
}

// send sends it, and gives the answer; an error says that there was none.
func (s *step) send(ctx context.Context, client *http.Client, url string) (status int, answer []byte, replayed bool, err error) {
	r, err := http.NewRequestWithContext(ctx, s.method, url+s.path, bytes.NewReader(s.body))
	if err != nil {
		return 0, nil, false, err
	}
	if s.kind == "" {
		s.kind = "application/json"
	}
	r.Header.Set("Content-Type", s.kind)
	if strings.HasPrefix(s.path, "/api/") {
		r.Header.Set("X-API-Key", clientKey)
	} else {
		r.Header.Set("X-AUTH-CLIENT", clientID.String())
	}
	if s.signed != "" {
		r.Header.Set("X-HMAC-SIGNATURE", sign(s.signed))
	}
	if s.key != "" {
		r.Header.Set("Idempotency-Key", s.key)
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, false, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, res.Header.Get("Idempotency-Replayed") == "true", err
}

// picture is one of no pixels that nobody else has.
func picture() []byte {
	return append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x03\x00\x00\x00\x02\x08\x00\x00\x00\x00"), uuid.NewString()...)
}

// ofVeriff are the steps of a session in Veriff's language.
func (k *known) ofVeriff(name string) *step {
	path := "/v1/sessions/" + k.id.String()
	switch name {
	case "create":
		body := fmt.Sprintf(`{"verification":{"person":{"firstName":"Approve"},"vendorData":%q}}`, uuid.NewString())
		return &step{name: name, method: "POST", path: "/v1/sessions", body: []byte(body)}
	case "upload":
		body := fmt.Appendf(nil, `{"image":{"context":"document-front","content":%q}}`, base64.StdEncoding.EncodeToString(k.shows()))
		return &step{name: name, method: "POST", path: path + "/media", body: body, signed: string(body)}
	case "submit":
		const body = `{"verification":{"status":"submitted"}}`
		return &step{name: name, method: "PATCH", path: path, body: []byte(body), signed: body}
	case "decided":
		return &step{name: name, method: "GET", path: path + "/decision", signed: k.id.String()}
	default:
		return &step{name: name, method: "DELETE", path: path, signed: k.id.String()}
	}
}

// ofVerifa are those of one in Verifa's.
func (k *known) ofVerifa(name string) *step {
	path, key := "/api/v1/sessions/ses_"+strings.ReplaceAll(k.id.String(), "-", ""), uuid.NewString()
	if k.text != "" {
		path = "/api/v1/sessions/" + k.text
	}
	switch name {
	case "create":
		return &step{name: name, method: "POST", path: "/api/v1/sessions", body: fmt.Appendf(nil, `{"external_ref":%q}`, key), key: key}
	case "upload":
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("document_type", []string{"id_front", "selfie"}[len(k.uploads)%2])
		part, _ := w.CreateFormFile("file", "any.png")
		_, _ = part.Write(k.shows())
		_ = w.Close()
		return &step{name: name, method: "POST", path: path + "/documents", kind: w.FormDataContentType(), body: b.Bytes(), key: key}
	case "approve", "reject":
		path = "/api/v1/cases/case_" + strings.TrimPrefix(k.text, "ses_") + "/" + name
		return &step{name: name, method: "POST", path: path, body: []byte(`{"reviewer_id":"rev_1"}`), key: key}
	case "redact": // makes several changes, and a key would be taken by who was killed in the middle
		return &step{name: name, method: "DELETE", path: path + "/data"}
	default: // submit, expire, resume
		return &step{name: name, method: "POST", path: path + "/" + name, key: key}
	}
}

// idIn is the session's id in the answer to its creation, as it is and as the language writes it.
func idIn(answer []byte) (id uuid.UUID, text string, err error) {
	var a struct {
		ID           string
		Verification struct{ ID string }
	}
	if err = json.Unmarshal(answer, &a); err != nil {
		return id, "", err
	}
	text = a.ID + a.Verification.ID
	id, err = uuid.Parse(strings.TrimPrefix(text, "ses_"))
	return id, text, err
}
