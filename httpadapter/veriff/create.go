package veriff

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/bonafide-idv/bonafide/session"
)

// createSession is https://devdocs.veriff.com/apidocs/v1sessions. It needs no signature, because browsers call
// it too; one that is sent must be right.
func createSession(x *exchange) error {
	body, err := x.bodyOfCreation()
	if err != nil {
		return err
	}
	facts, err := x.readCreation(body)
	if err != nil {
		return err
	}
	s, err := x.engine.Create(x.r.Context(), facts)
	if err != nil {
		return x.orNoIntegration(err)
	}
	return x.answer(http.StatusCreated, success(x.verification(s)))
}

// orNoIntegration tells a fault of ours from a request for what is not there.
func (x *exchange) orNoIntegration(err error) error {
	if errors.Is(err, session.ErrNotFound) {
		return fmt.Errorf("veriff: the keyring has integration %s and the engine has not", x.integration)
	}
	return err
}

func (x *exchange) bodyOfCreation() ([]byte, error) {
	if x.isSigned() {
		return x.signedBody()
	}
	if err := x.identify(); err != nil {
		return nil, err
	}
	return x.body(maxBody)
}

// readCreation takes what the host says, as the integration's policy has it.
func (x *exchange) readCreation(body []byte) (session.Facts, error) {
	strict, err := x.strict()
	if err != nil {
		return session.Facts{}, err
	}
	facts, fault := readFacts(body)
	if fault == nil && strict {
		facts.QueryID, fault = readStrictly(body, x.engine.Now())
	}
	return facts, fault
}

// readFacts takes what the host says. What is of no use here, such as features, lang and timestamp, is not
// looked at.
func readFacts(body []byte) (session.Facts, error) {
	root, err := parseObject(body)
	if err != nil {
		return session.Facts{}, err
	}
	var r reader
	v := r.object(r.required(root.member("verification"), memberMissing))
	address := r.object(v.member("address"))
	facts := session.Facts{
		ExternalRef: r.optional(v.member("vendorData"), vendorDataNotText),
		EndUserID:   r.optional(v.member("endUserId"), memberInvalid),
		Callback:    r.text(v.member("callback")),
		Person:      r.person(r.object(v.member("person"))),
		Document:    r.document(r.object(v.member("document"))),
		Address:     r.text(address.member("fullAddress")),
		Street:      r.text(address.member("street")),
		HouseNumber: r.text(address.member("houseNumber")),
		Postcode:    r.text(address.member("postcode")),
	}
	for _, element := range r.list(v.member("consents")) {
		facts.Consents = append(facts.Consents, r.consent(element))
	}
	for _, element := range r.list(r.object(v.member("proofOfAddress")).member("acceptableTypes")) {
		r.text(r.object(r.required(element, memberInvalid)).member("name"))
	}
	return facts, r.fault
}

func (r *reader) person(v value) session.Person {
	return session.Person{
		FirstName:   r.text(v.member("firstName")),
		LastName:    r.text(v.member("lastName")),
		FullName:    r.text(v.member("fullName")),
		IDNumber:    r.text(v.member("idNumber")),
		PhoneNumber: r.text(v.member("phoneNumber")),
		Email:       r.text(v.member("email")),
		Gender:      r.oneOf(v.member("gender"), "M", "MALE", "F", "FEMALE"),
		MaritalStatus: r.oneOf(v.member("maritalStatus"),
			"single", "married", "divorced", "widowed", "SINGLE", "MARRIED", "DIVORCED", "WIDOWED"),
		DateOfBirth: r.date(v.member("dateOfBirth"), dateOfBirthImpossible),
		IsDeceased:  r.flag(v.member("isDeceased")),
	}
}

func (r *reader) document(v value) session.Document {
	return session.Document{
		Type:       r.text(v.member("type")),
		Number:     r.text(v.member("number")),
		Country:    r.text(v.member("country")),
		IDCardType: r.text(v.member("idCardType")),
		FirstIssue: r.date(v.member("firstIssue"), dateMalformed),
	}
}

// consent takes one consent; one that says nothing about approval is not approved.
func (r *reader) consent(v value) session.Consent {
	v = r.object(r.required(v, memberInvalid))
	approved := r.flag(v.member("approved"))
	return session.Consent{
		Type:     r.text(r.required(v.member("type"), memberMissing)),
		Approved: approved != nil && *approved,
	}
}
