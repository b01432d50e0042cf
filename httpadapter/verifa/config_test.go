package verifa_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/verifa"
)

// TestLinkLife: a link to a document is good for as long as the configuration says, and says so.
func TestLinkLife(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ config, want time.Duration }{{0, 5 * time.Minute}, {time.Second, time.Second}, {time.Hour, time.Hour}} {
		h := newHouse(t, setup{config: verifa.Config{LinkLife: row.config}})
		id := h.create(liveKey, nil)
		h.upload(liveKey, id, "id_front").want(201)
		got := h.do("GET", "/api/v1/sessions/"+id+"/documents", liveKey, nil).want(200)
		link := strings.TrimPrefix(got.text("data.0.url"), "https://api.example")
		end := fmt.Sprintf("expires=%d&", h.clock.Now().Add(row.want).Unix())
		if got.text("data.0.expires_in") != fmt.Sprint(row.want.Seconds()) || !strings.Contains(link, end) {
			t.Errorf("%s: got %s, want it good for %s", row.config, got.body, row.want)
		}
		h.clock.Add(row.want - time.Microsecond)
		h.do("GET", link, noKey, nil).want(200)
		h.clock.Add(time.Microsecond)
		h.do("GET", link, noKey, nil).refused(403, "forbidden")
	}
}
