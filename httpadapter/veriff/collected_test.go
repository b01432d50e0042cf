package veriff_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/decision"
)

const deviceData = `{"providerName":"example","person":{"email":"ada@example.org","phoneNumber":"+1 888 8888888"},
"network":{"mobileCarrier":"carrier","ssid":"home","hostname":"h.example","location":{"city":"Nowhere"},
"ip":{"addressV4":"203.0.113.9","addressV6":"2001:db8::1"},"asn":{"number":64496}},
"device":{"fingerprint":"f-1","model":"m"},"browser":{"userAgent":"Example/1.0","language":"es-419"}}`

const leastDeviceData = `{"providerName":"p","network":{"ip":{"addressV4":"203.0.113.9"}},"device":{"fingerprint":"f"}}`

// TestCollectedData: every fault has its code, and what is taken shows in the decision.
func TestCollectedData(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) string { return strings.Replace(deviceData, old, with, 1) }
	long := strings.Repeat("x", 256)
	rows := []struct{ name, body, code string }{
		{"everything", deviceData, ""},
		{"the least", leastDeviceData, ""},
		{"IPv6 alone", strings.Replace(leastDeviceData, `"addressV4":"203.0.113.9"`, `"addressV6":"2001:db8::1"`, 1), ""},
		{"no provider", replace(`"providerName":"example",`, ""), "1102"},
		{"empty provider", replace(`"example"`, `""`), "1102"},
		{"null provider", replace(`"example"`, `null`), "1102"},
		{"provider too long", replace(`"example"`, fmt.Sprintf("%q", long)), "1104"},
		{"provider of the longest", replace(`"example"`, fmt.Sprintf("%q", long[1:])), ""},
		{"provider is a number", replace(`"example"`, `7`), "1104"},
		{"no network", `{"providerName":"p","device":{"fingerprint":"f"}}`, "1102"},
		{"network is text", `{"providerName":"p","network":"n","device":{"fingerprint":"f"}}`, "1104"},
		{"no ip", `{"providerName":"p","network":{},"device":{"fingerprint":"f"}}`, "1102"},
		{"no address", `{"providerName":"p","network":{"ip":{}},"device":{"fingerprint":"f"}}`, "1102"},
		{"an address that is none", replace("203.0.113.9", "203.0.113.999"), "1104"},
		{"an address of the other kind", replace("203.0.113.9", "2001:db8::1"), "1104"},
		{"no device", `{"providerName":"p","network":{"ip":{"addressV4":"203.0.113.9"}}}`, "1102"},
		{"no fingerprint", `{"providerName":"p","network":{"ip":{"addressV4":"203.0.113.9"}},"device":{}}`, "1102"},
		{"fingerprint too long", replace(`"f-1"`, fmt.Sprintf("%q", long)), "1104"},
		{"user agent too long", replace(`"Example/1.0"`, fmt.Sprintf("%q", long)), "1104"},
		{"phone number of letters", replace("+1 888 8888888", "call me"), "1104"},
		{"phone number with the plus behind", replace("+1 888 8888888", "888+"), "1104"},
		{"email is a list", replace(`"ada@example.org"`, `[]`), "1104"},
		{"location is text", replace(`{"city":"Nowhere"}`, `"Nowhere"`), "1104"},
		{"no JSON", "{", "1101"},
		{"a list", "[]", "1101"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id := h.create(minimal).ID
			got := h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: row.body})
			if row.code != "" {
				h.want(got, http.StatusBadRequest, row.code)
			} else {
				h.want(got, http.StatusOK, "")
			}
			if kept := len(h.snapshot(id).Findings); (kept == 1) != (row.code == "") {
				t.Errorf("%d findings are kept", kept)
			}
		})
	}
	onEach(t, setup{}, func(t *testing.T, h *house) {
		id := h.create(minimal).ID
		h.golden("collected-data", h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: deviceData}).body)
		h.submit(id)
		h.want(h.do(call{method: "POST", path: "/v1/sessions/" + id + "/collected-data", body: deviceData}), http.StatusBadRequest, "1101")
		h.decide(id, decision.Verdict{Outcome: decision.Approved})
		if got := h.get(id, "/decision").body; !strings.Contains(got, `"technicalData":{"ip":"203.0.113.9"}`) {
			t.Errorf("the decision is %s", got)
		}
	})
}
