package verifa

import (
	"encoding/json"
	"slices"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
)

// dataNames are the names, in what a person fills in, that conditions of workflows know. All others are the customer's
// own.
var dataNames = []string{
	"first_name", "middle_name", "last_name", "full_name", "date_of_birth", "email", "phone", "gender", "ssn", "address",
}

// dataAddressNames are those in the address.
var dataAddressNames = []string{"line1", "line2", "city", "state", "zip", "full"}

// data is what the person has filled in: the object, with the members of its fields beside its own. Names that are known
// are written in their one way, and all others are as they came.
func (o *object) data() (json.RawMessage, error) {
	if len(o.root) == 0 {
		return nil, o.err()
	}
	d := &dataText{faults: o.faults, as: map[string]string{}}
	o.root.Each(func(key, value jsontext.Value) bool {
		switch {
		case fold(key.Text()) != "fields":
			d.put(dataNames, key.Text(), value)
		case value.Kind() == jsontext.Object:
			d.putAll("fields.", dataNames, value)
		case string(value) != "null":
			o.fault(shorten(key.Text()), "must be of type object")
		}
		return true
	})
	if err := o.err(); err != nil {
		return nil, err
	}
	return jsontext.Normal(d.text())
}

// dataText is a JSON object while it is written.
type dataText struct {
	at      string // before the names in faults
	faults  *[]fieldFault
	as      map[string]string // under which name a member came, by the name that it has
	members []byte
}

func (d *dataText) text() []byte { return append(append([]byte{'{'}, d.members...), '}') }

// putAll adds the members of an object.
func (d *dataText) putAll(at string, known []string, object jsontext.Value) {
	before := d.at
	d.at += at
	object.Each(func(key, value jsontext.Value) bool {
		d.put(known, key.Text(), value)
		return true
	})
	d.at = before
}

// put adds a member, under the known name that it means, if it means one.
func (d *dataText) put(known []string, name string, value jsontext.Value) {
	means := name
	if i := slices.IndexFunc(known, func(k string) bool { return fold(k) == fold(name) }); i >= 0 {
		means = known[i]
	}
	if first, twice := d.as[means]; twice {
		fault := fieldFault{d.at + shorten(name), "means the same as " + shorten(first) + ": give one of them"}
		*d.faults = append(*d.faults, fault)
		return
	}
	d.as[means] = d.at + name
	if means == "address" && value.Kind() == jsontext.Object {
		address := &dataText{at: d.at, faults: d.faults, as: map[string]string{}}
		address.putAll(name+".", dataAddressNames, value)
		value = address.text()
	}
	text, _ := jsontext.Stringify(means) // texts can always be written
	if len(d.members) > 0 {
		d.members = append(d.members, ',')
	}
	d.members = append(append(append(d.members, text...), ':'), value...)
}
