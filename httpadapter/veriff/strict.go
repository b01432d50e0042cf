package veriff

import (
	"regexp"
	"time"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
)

// strict reports whether the policy of the integration has more refused than is usual.
func (x *exchange) strict() (bool, error) {
	in, err := x.engine.Integration(x.r.Context())
	return in.Policy.Strict, x.orNoIntegration(err)
}

// members are the names that an object may have, each with those of the objects in it, also in a list.
type members map[string]members

// The members that the vendor's pages name: https://devdocs.veriff.com/apidocs/v1sessions and, for the address in
// parts, https://devdocs.veriff.com/apidocs/v1validate-registry; https://devdocs.veriff.com/apidocs/v1sessionsid-2;
// https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3. The timestamp and frontState are what
// https://github.com/Veriff/js-integration-demo sends.
var (
	creationMembers = members{"verification": {
		"id": nil, "callback": nil, "vendorData": nil, "endUserId": nil, "timestamp": nil, "lang": nil, "features": nil,
		"frontState": nil,
		"person": {
			"firstName": nil, "lastName": nil, "fullName": nil, "idNumber": nil, "phoneNumber": nil, "email": nil,
			"gender": nil, "dateOfBirth": nil, "maritalStatus": nil, "isDeceased": nil,
		},
		"document":       {"number": nil, "country": nil, "type": nil, "idCardType": nil, "firstIssue": nil},
		"address":        {"fullAddress": nil, "street": nil, "houseNumber": nil, "postcode": nil},
		"proofOfAddress": {"acceptableTypes": {"name": nil}},
		"consents":       {"type": nil, "approved": nil},
	}}
	updateMembers = members{"verification": {"status": nil, "frontState": nil, "timestamp": nil}}
	uploadMembers = members{"image": {"context": nil, "content": nil, "timestamp": nil}}
)

// named are members of the given names, without objects in them.
func named(names []string) members {
	m := members{}
	for _, name := range names {
		m[name] = nil
	}
	return m
}

// have reports whether the members are all that v has.
func (m members) have(v jsontext.Value) bool {
	known := true
	v.Each(func(key, element jsontext.Value) bool {
		inside := m
		if key != nil { // v is no list
			inside, known = m[key.Text()], m.name(key.Text())
		}
		if known && inside != nil {
			known = inside.have(element)
		}
		return known
	})
	return known
}

func (m members) name(key string) bool {
	_, ok := m[key]
	return ok
}

// onlyKnown refuses, where the policy is strict, a body that is otherwise right and has further members.
func (x *exchange) onlyKnown(known members, body []byte) error {
	strict, err := x.strict()
	if err != nil || !strict {
		return err
	}
	root, err := parseObject(body)
	if err == nil && !known.have(root) {
		return memberUnknown
	}
	return err
}

// readStrictly finds what only a strict integration minds in the body of a creation that is otherwise right, and
// gives the id that the host gave the creation.
func readStrictly(body []byte, now time.Time) (queryID string, fault error) {
	root, err := parseObject(body)
	if err != nil {
		return "", err
	}
	if !creationMembers.have(root) {
		return "", memberUnknown
	}
	var r reader
	v := root.Member("verification")
	if sent := r.optional(v.Member("timestamp"), timestampMalformed); sent != nil {
		switch at, ok := parseTimestamp(*sent); {
		case !ok:
			r.fail(timestampMalformed)
		case now.Sub(at) > time.Hour:
			r.fail(timestampOld)
		}
	}
	for _, feature := range r.list(v.Member("features")) {
		if feature.Text() != "selfid" {
			r.fail(featuresUnsupported)
		}
	}
	id := r.optional(v.Member("id"), memberInvalid)
	if id == nil {
		return "", r.fault
	}
	if _, err := parseQueryID(*id, queryLength, queryForm); r.fault == nil {
		r.fault = err
	}
	return *id, r.fault
}

// timestampForm is the form of a timestamp. time.Parse alone would take further ones.
var timestampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?)\d\d)$`)

// parseTimestamp takes YYYY-MM-DDTHH:MM:SS, with a fraction or without, and Z or an offset, whose colon may be
// left out.
func parseTimestamp(text string) (at time.Time, ok bool) {
	parts := timestampForm.FindStringSubmatch(text)
	if parts == nil {
		return at, false
	}
	layout := time.RFC3339
	if parts[2] != "Z" && parts[3] == "" {
		layout = "2006-01-02T15:04:05Z0700"
	}
	at, err := time.Parse(layout, text)
	return at, err == nil
}
