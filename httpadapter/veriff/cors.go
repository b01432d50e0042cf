package veriff

import "net/http"

// allowOrigins lets pages of any origin create sessions, as Veriff's own script for browsers does, which has
// nothing but the public API key: see https://github.com/Veriff/veriff-js-sdk.
func (x *exchange) allowOrigins() {
	h := x.w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Retry-After, X-Auth-Client, X-Hmac-Signature, Vrf-Auth-Client, Vrf-Hmac-Signature")
}

// preflight answers a browser that asks what a page may send.
func preflight(x *exchange) error {
	h := x.w.Header()
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "Content-Type, X-Auth-Client, X-Origin, Vrf-Integration-Id, X-Hmac-Signature")
	h.Set("Access-Control-Max-Age", "86400")
	x.sent = true
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}
