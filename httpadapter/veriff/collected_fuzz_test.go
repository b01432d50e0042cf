package veriff_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// FuzzCollectedData: a body is taken or refused with a documented code, and what is taken has what is mandatory.
func FuzzCollectedData(f *testing.F) {
	for _, seed := range []string{
		deviceData, leastDeviceData, `{}`, `[]`, `null`, `{"providerName":"p"}`, `{"network":{"ip":{}},"device":{},"providerName":""}`,
		`{"providerName":"p","providerName":"q"}`, `{"providerName":"\u0000","network":{"ip":{"addressV6":"::1%x"}},"device":{"fingerprint":"f"}}`,
	} {
		f.Add([]byte(seed))
	}
	h := newHouse(f, setup{})
	id := h.create(minimal).ID
	f.Fuzz(func(t *testing.T, body []byte) {
		h := h.failing(t)
		header := http.Header{"X-Auth-Client": {ours.APIKey.String()}, "X-Hmac-Signature": {sign(string(body))}}
		got := h.direct("POST", "/v1/sessions/"+id+"/collected-data", string(body), header)
		expected(t, got, http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge)
		if got.status != http.StatusOK {
			return
		}
		var taken struct {
			ProviderName string
			Network      struct {
				IP struct{ AddressV4, AddressV6 string }
			}
			Device struct{ Fingerprint string }
		}
		if err := json.Unmarshal(body, &taken); err != nil || taken.ProviderName == "" || taken.Device.Fingerprint == "" ||
			taken.Network.IP.AddressV4 == "" && taken.Network.IP.AddressV6 == "" {
			t.Errorf("%q was taken: %v", body, err)
		}
	})
}
