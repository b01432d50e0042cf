package verifa

import (
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
)

// The prefixes of ids, by what they name (https://docs.withverifa.com/api-reference).
const (
	prefixSession  = "ses_"
	prefixWorkflow = "wfl_"
	prefixIdentity = "idn_"
	prefixDocument = "doc_"
	prefixCase     = "case_"
	prefixNote     = "note_"
	prefixCheck    = "schk_"
	prefixAudit    = "aud_"
	prefixEndpoint = "webhook_"
	prefixDelivery = "dlv_"
	prefixLink     = "link_"
	prefixKey      = "key_"
	prefixRun      = "run_"
	prefixToken    = "tok_"
	prefixOnce     = "idk_"
)

// idText is an id as this language writes it.
func idText(prefix string, id uuid.UUID) string { return prefix + hex.EncodeToString(id[:]) }

// parseID reads one; false: it is none.
func parseID(prefix, text string) (id uuid.UUID, ok bool) {
	digits, ok := strings.CutPrefix(text, prefix)
	if !ok || len(digits) != 32 || strings.ToLower(digits) != digits {
		return uuid.Nil, false
	}
	n, err := hex.Decode(id[:], []byte(digits))
	return id, err == nil && n == 16
}

// sessionID is the session that the path names.
func (x *exchange) sessionID() (uuid.UUID, error) {
	id, ok := parseID(prefixSession, x.r.PathValue("id"))
	if !ok {
		return id, notFound("Session not found.")
	}
	return id, nil
}
