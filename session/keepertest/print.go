package keepertest

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/session"
)

func printsNoKey(t *testing.T, k session.Keeper) {
	m, gone := makeKey(t, k), makeKey(t, k)
	mustDestroy(t, k, gone)
	_, unknown := k.Open(t.Context(), uuid.New(), m.ref)
	_, erased := k.Open(t.Context(), gone.id, gone.ref)
	refused := k.Destroy(t.Context(), uuid.New(), m.ref)
	var logged strings.Builder
	log := slog.New(slog.NewTextHandler(&logged, nil))
	log.Info("opened", "keeper", k, "unknown", unknown, "erased", erased, "refused", refused)
	texts := map[string]string{"a log": logged.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%X"} {
		texts[verb] = fmt.Sprintf(verb, k)
	}
	for name, text := range texts {
		if shows(text, m.key) || shows(text, gone.key) {
			t.Errorf("%s shows a part of a key", name)
		}
	}
}

// shows says whether 8 bytes of a key are in a text, in one of the ways in which fmt writes bytes.
func shows(text string, key session.Key) bool {
	text = strings.ToLower(text)
	for n := 8; n <= len(key); n += 8 {
		part := key[n-8 : n]
		for _, written := range []string{
			string(part), fmt.Sprintf("%x", part), fmt.Sprintf("% x", part), strings.Trim(fmt.Sprint(part), "[]"),
			strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", part), "[]byte{"), "}"),
		} {
			if strings.Contains(text, strings.ToLower(written)) {
				return true
			}
		}
	}
	return false
}
