package veriff_test

import (
	"encoding/json"
	"testing"
)

// TestTimestamps: the hash is that of the bytes.
func TestTimestamps(t *testing.T) {
	t.Parallel()
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		h.golden("timestamps-none", h.get(id, "/timestamps").body)
		h.upload(id, "face", pngBytes)
		got := h.get(id, "/timestamps")
		h.golden("timestamps", got.body)
		var body struct {
			Timestamps []struct {
				Signature string
				DataHash  struct{ Algorithm, Value string }
			}
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatal(err)
		}
		if one := body.Timestamps[0]; !ours.Secrets[0].Verify(one.Signature, []byte(one.DataHash.Value)) || len(one.DataHash.Value) != 64 {
			t.Errorf("got %s", got.body)
		}
	})
}
