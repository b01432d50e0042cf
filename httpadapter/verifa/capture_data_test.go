package verifa_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestDataAreMerged: later data are set over earlier ones, in fields or not, and only names that are known are changed.
func TestDataAreMerged(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name   string
		bodies []string
		want   string
	}{
		{"another member", []string{`{"first_name":"Jane"}`, `{"shoe":42}`}, `{"first_name":"Jane","shoe":42}`},
		{"the same in another casing", []string{`{"first_name":"Jane"}`, `{"firstName":"Ada"}`}, `{"first_name":"Ada"}`},
		{"taken away", []string{`{"email":"a@example.com","x":1}`, `{"Email":null}`}, `{"x":1}`},
		{"nothing", []string{`{"x":1}`, `{}`, `{"fields":null}`, `{"fields":{}}`}, `{"x":1}`},
		{"in fields", []string{`{"fields":{"firstName":"Jane","ADDRESS":{"Line-1":"a"}}}`}, `{"first_name":"Jane","address":{"line1":"a"}}`},
		{"flat", []string{`{"firstName":"Jane","ADDRESS":{"Line-1":"a"}}`}, `{"first_name":"Jane","address":{"line1":"a"}}`},
		{"in fields and flat", []string{`{"fields":{"lastName":"Doe"},"x":1}`, `{"last-name":"Roe"}`}, `{"last_name":"Roe","x":1}`},
		{"an address is set as a whole", []string{`{"address":{"city":"a"}}`, `{"address":{"zip":"1"}}`}, `{"address":{"zip":"1"}}`},
		{"an address that is a text", []string{`{"address":"a"}`}, `{"address":"a"}`},
		{"the customer's own", []string{`{"shoeSize":1,"shoe_size":2,"a-B":{"firstName":3}}`}, `{"shoeSize":1,"shoe_size":2,"a-B":{"firstName":3}}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id, capture := h.capture(liveKey, nil)
			h.consent(capture)
			for _, body := range row.bodies {
				h.do("POST", capture+"/data", noKey, body).want(http.StatusOK)
			}
			if got := string(must(h.engine.Get(t.Context(), sessionID(id))).Given()); got != row.want {
				t.Errorf("of %q: got %s, want %s", row.bodies, got, row.want)
			}
		})
	}
}

// TestDataKeepTheirNames: whatever casing is asked for, the names in the export are those under which they are kept.
func TestDataKeepTheirNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, setup{})
	id, capture := h.capture(liveKey, nil)
	h.consent(capture)
	h.do("POST", capture+"/data", noKey, `{"shoe_size":1,"hat-size":2,"first_name":"Jane"}`).want(http.StatusOK)
	got := h.call(call{method: "GET", path: "/api/v1/sessions/" + id + "/export", key: liveKey, header: map[string]string{"Key-Inflection": "camel"}}).want(200)
	if want := `"captureData":{"shoe_size":1,"hat-size":2,"first_name":"Jane"}`; !strings.Contains(got.body, want) {
		t.Errorf("got %s, want %s in it", got.body, want)
	}
}
