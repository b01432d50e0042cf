package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// ErrAdditional refuses an [Additional] whose Other is not a JSON object, or has a member that a field is for.
var ErrAdditional = errors.New("decision: additional data are not acceptable")

// Validate answers [ErrAdditional] with what is wrong with Other.
func (a Additional) Validate() error {
	if len(a.Other) == 0 {
		return nil
	}
	members, err := membersOf(a.Other)
	if err != nil {
		return err
	}
	fields := reflect.TypeFor[Additional]()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		if slices.ContainsFunc(members, func(m member) bool { return m.name == name && string(m.value) != "null" }) {
			return fmt.Errorf("%w: Other has a member %s, for which there is a field", ErrAdditional, name)
		}
	}
	return nil
}

// additionalFields is an Additional without its methods.
type additionalFields Additional

// MarshalJSON gives one object with the fields first, then the members of Other. A member that is in both is
// refused.
func (a Additional) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(additionalFields(a))
	if err != nil || len(a.Other) == 0 {
		return text, err
	}
	members, err := membersOf(text)
	if err != nil {
		return nil, err
	}
	others, err := membersOf(a.Other)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if slices.ContainsFunc(members, func(m member) bool { return m.name == other.name }) {
			return nil, fmt.Errorf("%w: Other has a member that a field has too", ErrAdditional)
		}
		members = append(members, other)
	}
	return objectOf(members)
}

// MarshalJSON gives an array of indicators also when they are nil.
func (f ProofOfAddressFraud) MarshalJSON() ([]byte, error) {
	type fields ProofOfAddressFraud
	if f.Indicators == nil {
		f.Indicators = []string{}
	}
	return json.Marshal(fields(f))
}

// UnmarshalJSON takes any object: what a field would not write again as it is goes to Other, so that
// nothing is lost.
func (a *Additional) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	members, err := membersOf(text)
	if err != nil {
		return err
	}
	var fields additionalFields
	var others []member
	for _, m := range members {
		if !m.fits() {
			others = append(others, m)
			continue
		}
		one, err := objectOf([]member{m})
		if err == nil {
			err = json.Unmarshal(one, &fields)
		}
		if err != nil {
			return err
		}
	}
	if len(others) > 0 {
		if fields.Other, err = objectOf(others); err != nil {
			return err
		}
	}
	*a = Additional(fields)
	return nil
}

// member is one of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// fits reports whether a field has the member's name and says all that its value says.
func (m member) fits() bool {
	one, err := objectOf([]member{m})
	if err != nil {
		return false
	}
	var fields additionalFields
	if err := json.Unmarshal(one, &fields); err != nil {
		return false
	}
	again, err := json.Marshal(fields)
	return err == nil && sameJSON(one, again)
}

// sameJSON reports whether two documents differ in white space, escapes and the order of members at most.
func sameJSON(a, b []byte) bool {
	read := func(text []byte) (v any, err error) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		err = d.Decode(&v)
		return v, err
	}
	one, err1 := read(a)
	two, err2 := read(b)
	return err1 == nil && err2 == nil && reflect.DeepEqual(one, two)
}

// membersOf takes an object apart, in order. Of a name that comes again the last value counts.
func membersOf(object []byte) ([]member, error) {
	var members []member
	at := map[string]int{}
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') || !json.Valid(object) {
		return nil, fmt.Errorf("%w: they are not a JSON object", ErrAdditional)
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: they are not a JSON object", ErrAdditional)
		}
		key := name.(string) // encoding/json sees to it
		if i, again := at[key]; again {
			members[i].value = value
			continue
		}
		at[key] = len(members)
		members = append(members, member{key, value})
	}
	return members, nil
}

func objectOf(members []member) ([]byte, error) {
	text := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		text = append(append(append(text, name...), ':'), m.value...)
	}
	return append(text, '}'), nil
}
