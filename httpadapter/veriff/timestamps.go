package veriff

import (
	"net/http"

	"github.com/bonafide-idv/bonafide/media"
)

type dataHash struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

// timestamp is a medium in the list of timestamps.
type timestamp struct {
	ID        string        `json:"id"`
	Context   media.Context `json:"context"`
	Signature string        `json:"signature"`
	DataHash  dataHash      `json:"dataHash"`
}

// listTimestamps is a feature that the vendor has given up and old clients still ask for: the hash of every
// medium of the current attempt. What was signed then is not published; here it is the hash as it is written,
// with the secret that signs the answer.
func listTimestamps(x *exchange) error {
	s, err := x.signedSession()
	if err != nil {
		return err
	}
	list := []timestamp{}
	for _, m := range s.Media {
		if m.Attempt == s.AttemptID {
			list = append(list, timestamp{
				m.ID.String(), m.Context, string(x.secret.Sign(nil, []byte(m.SHA256))), dataHash{"SHA-256", m.SHA256},
			})
		}
	}
	return x.answer(http.StatusOK, struct {
		Timestamps []timestamp `json:"timestamps"`
	}{list})
}
