package veriff

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session"
)

// collectData is https://devdocs.veriff.com/apidocs/v1sessionsidcollected-data-1. How the answer is nested is
// not published: its members stand beside the status.
func collectData(x *exchange) error {
	body, err := x.signedBody()
	if err != nil {
		return err
	}
	id, err := x.id()
	if err != nil {
		return err
	}
	device, err := readDevice(body)
	if err != nil {
		return x.orRefused(id, session.ActionCollect, err)
	}
	s, err := x.engine.Collect(x.r.Context(), id, device)
	if err != nil {
		return err
	}
	return x.answer(http.StatusOK, struct {
		Status    string `json:"status"`
		SessionID string `json:"sessionId"`
		AttemptID string `json:"attemptId"`
	}{"success", s.ID.String(), s.AttemptID.String()})
}

// readDevice takes what is mandatory and looks at what is known of the rest, all of which is kept.
func readDevice(body []byte) (session.Device, error) {
	root, err := parseObject(body)
	if err != nil {
		return session.Device{}, err
	}
	var r reader
	network := r.object(r.required(root.Member("network"), memberMissing))
	ip := r.object(r.required(network.Member("ip"), memberMissing))
	device := r.object(r.required(root.Member("device"), memberMissing))
	d := session.Device{
		Provider:    r.text(r.required(root.Member("providerName"), memberMissing)),
		Fingerprint: r.text(r.required(device.Member("fingerprint"), memberMissing)),
		IPv4:        r.text(ip.Member("addressV4")),
		IPv6:        r.text(ip.Member("addressV6")),
		Details:     []byte(root),
	}
	person, browser := r.object(root.Member("person")), r.object(root.Member("browser"))
	r.text(person.Member("email"))
	if phone := r.text(person.Member("phoneNumber")); !isPhoneNumber(phone) {
		r.fail(memberInvalid)
	}
	for _, text := range []jsontext.Value{network.Member("mobileCarrier"), network.Member("ssid"), network.Member("hostname")} {
		r.text(text)
	}
	r.object(network.Member("location"))
	if utf8.RuneCountInString(r.text(browser.Member("userAgent"))) > maxUserAgent {
		r.fail(memberInvalid)
	}
	return d, r.fault
}

// maxUserAgent is how many characters the vendor's page allows.
const maxUserAgent = 255

// isPhoneNumber takes what the vendor's page allows: digits and white space, behind one plus sign at most; so
// also nothing.
func isPhoneNumber(text string) bool {
	return strings.Trim(strings.TrimPrefix(text, "+"), "0123456789 \t") == ""
}
