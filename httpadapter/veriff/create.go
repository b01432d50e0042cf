package veriff

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
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
	var all, ofPerson, ofDocument jsontext.Room
	v := r.object(r.required(root.Member("verification"), memberMissing)).Members(&all)
	address := r.object(v.Member("address"))
	facts := session.Facts{
		ExternalRef: r.optional(v.Member("vendorData"), vendorDataNotText),
		EndUserID:   r.optional(v.Member("endUserId"), memberInvalid),
		Callback:    r.text(v.Member("callback")),
		Person:      r.person(r.object(v.Member("person")).Members(&ofPerson)),
		Document:    r.document(r.object(v.Member("document")).Members(&ofDocument)),
		Address:     r.text(address.Member("fullAddress")),
		Street:      r.text(address.Member("street")),
		HouseNumber: r.text(address.Member("houseNumber")),
		Postcode:    r.text(address.Member("postcode")),
	}
	for _, element := range r.list(v.Member("consents")) {
		facts.Consents = append(facts.Consents, r.consent(element))
	}
	for _, element := range r.list(r.object(v.Member("proofOfAddress")).Member("acceptableTypes")) {
		r.text(r.object(r.required(element, memberInvalid)).Member("name"))
	}
	return facts, r.fault
}

func (r *reader) person(v jsontext.Members) session.Person {
	return session.Person{
		FirstName:   r.text(v.Member("firstName")),
		LastName:    r.text(v.Member("lastName")),
		FullName:    r.text(v.Member("fullName")),
		IDNumber:    r.text(v.Member("idNumber")),
		PhoneNumber: r.text(v.Member("phoneNumber")),
		Email:       r.text(v.Member("email")),
		Gender:      r.oneOf(v.Member("gender"), "M", "MALE", "F", "FEMALE"),
		MaritalStatus: r.oneOf(v.Member("maritalStatus"),
			"single", "married", "divorced", "widowed", "SINGLE", "MARRIED", "DIVORCED", "WIDOWED"),
		DateOfBirth: r.date(v.Member("dateOfBirth"), dateOfBirthImpossible),
		IsDeceased:  r.flag(v.Member("isDeceased")),
	}
}

func (r *reader) document(v jsontext.Members) session.Document {
	return session.Document{
		Type:       r.text(v.Member("type")),
		Number:     r.text(v.Member("number")),
		Country:    r.text(v.Member("country")),
		IDCardType: r.text(v.Member("idCardType")),
		FirstIssue: r.date(v.Member("firstIssue"), dateMalformed),
	}
}

// consent takes one consent; one that says nothing about approval is not approved.
func (r *reader) consent(v jsontext.Value) session.Consent {
	v = r.object(r.required(v, memberInvalid))
	approved := r.flag(v.Member("approved"))
	return session.Consent{
		Type:     r.text(r.required(v.Member("type"), memberMissing)),
		Approved: approved != nil && *approved,
	}
}
