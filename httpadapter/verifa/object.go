package verifa

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// object is a JSON object of a request, whose members are known by what they mean: every spelling of a name is that
// name, and so are its aliases. What is wrong with the members that are asked for is gathered, and told in one answer.
type object struct {
	at      string // before the names of its members, as "fields."
	root    jsontext.Value
	members map[string]member
	faults  *[]fieldFault
}

// member is a value, and the name under which it came.
type member struct {
	name  string
	value jsontext.Value
	again []string // further names that came and mean the same
}

// aliases are the names that a parameter has beside its own, by its own name. They are for clients of other
// platforms (https://docs.withverifa.com/integration-guides/migrating-from-persona).
type aliases map[string][]string

// object reads the request's body, which must be one JSON object; no body is an empty one.
func (x *exchange) object(also aliases) (*object, error) {
	body, err := x.body()
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return newObject("", nil, nil, new([]fieldFault)), nil
	}
	kind, parameters, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	charset := strings.ToLower(parameters["charset"])
	if err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json") || charset != "" && charset != "utf-8" {
		return nil, invalidRequest("Content-Type must be application/json, in UTF-8.")
	}
	root, err := jsontext.ParseObject(body)
	if err != nil {
		return nil, refusalOfJSON(err)
	}
	return newObject("", root, also, new([]fieldFault)), nil
}

// refusalOfJSON says what is wrong with a body without repeating it, but for a name that is there twice.
func refusalOfJSON(err error) error {
	var syntax *keycase.SyntaxError
	var collision *keycase.CollisionError
	switch {
	case errors.As(err, &syntax):
		return invalidRequest(fmt.Sprintf("The body is not valid JSON at byte %d: %s.", syntax.Offset, syntax.Reason))
	case errors.As(err, &collision):
		return invalidField(shorten(collision.Second), "is given twice")
	}
	return invalidRequest("The body must be a JSON object.")
}

// newObject finds the members of a value, which is an object or nothing.
func newObject(at string, value jsontext.Value, also aliases, faults *[]fieldFault) *object {
	o := &object{at: at, root: value, members: map[string]member{}, faults: faults}
	canonical := map[string]string{}
	for name, others := range also {
		for _, other := range others {
			canonical[fold(other)] = fold(name)
		}
	}
	value.Each(func(key, element jsontext.Value) bool {
		name := key.Text()
		means := fold(name)
		if to, ok := canonical[means]; ok {
			means = to
		}
		if first, twice := o.members[means]; twice {
			first.again = append(first.again, name)
			o.members[means] = first
			return true
		}
		if string(element) == "null" {
			element = nil
		}
		o.members[means] = member{name: name, value: element}
		return true
	})
	return o
}

// fold is what a name means: its letters and digits alone, whatever the case of those of ASCII.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= utf8.RuneSelf:
			return r
		}
		return -1
	}, name)
}

// shorten is a client's word as an answer may repeat it.
func shorten(name string) string {
	if r := []rune(name); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return name
}

// maxFaults is how many faults of a request are told.
const maxFaults = 50

// fault notes what is wrong with a member.
func (o *object) fault(name, message string) {
	if len(*o.faults) == maxFaults {
		return // who reads these has enough to mend
	}
	*o.faults = append(*o.faults, fieldFault{o.at + name, message})
}

// err refuses the request when anything was wrong with it.
func (o *object) err() error {
	if len(*o.faults) > 0 {
		return invalid(*o.faults...)
	}
	return nil
}

// member is the one of a name. That it came twice is noted once.
func (o *object) member(name string) (m member, ok bool) {
	m, ok = o.members[fold(name)]
	if len(m.again) > 0 {
		for _, again := range m.again {
			o.fault(shorten(again), fmt.Sprintf("means the same as %s: give one of them", shorten(m.name)))
		}
		m.again = nil
		o.members[fold(name)] = m
	}
	return m, ok
}

// has reports whether a member is there, if only as null.
func (o *object) has(name string) bool {
	_, ok := o.member(name)
	return ok
}

// value is a member of one kind; nil when it is null or not there.
func (o *object) value(name string, kind jsontext.Kind) jsontext.Value {
	m, _ := o.member(name)
	if len(m.value) > 0 && m.value.Kind() != kind {
		o.fault(name, "must be of type "+string(kind))
		return nil
	}
	return m.value
}

// text is a member that is a string; empty when it is null or not there.
func (o *object) text(name string) string { return o.value(name, jsontext.String).Text() }

// optional is a member that is a string; nil when it is null or not there.
func (o *object) optional(name string) *string {
	v := o.value(name, jsontext.String)
	if v == nil {
		return nil
	}
	return new(v.Text())
}

// bool is a member that is true; false when it is false, null or not there.
func (o *object) bool(name string) bool { return string(o.value(name, jsontext.Bool)) == "true" }

// optionalBool is a member that is a boolean; nil when it is null or not there.
func (o *object) optionalBool(name string) *bool {
	v := o.value(name, jsontext.Bool)
	if v == nil {
		return nil
	}
	return new(string(v) == "true")
}

// integer is a member that is a whole number; nil when it is null or not there.
func (o *object) integer(name string) *int {
	v := o.value(name, jsontext.Number)
	if v == nil {
		return nil
	}
	var n int
	if err := json.Unmarshal(v, &n); err != nil {
		o.fault(name, "must be a whole number")
		return nil
	}
	return &n
}

// texts is a member that is a list of strings; nil when it is null or not there.
func (o *object) texts(name string) []string {
	v := o.value(name, jsontext.Array)
	if v == nil {
		return nil
	}
	list := []string{}
	for _, element := range v.Elements() {
		if element.Kind() != jsontext.String {
			o.fault(name, "must be a list of strings")
			return nil
		}
		list = append(list, element.Text())
	}
	return list
}

// raw is a member that is an object, as it came but for its white space; nil when it is null or not there. A number in
// it that is too large to be held is a fault: many a client could not read any answer that it stands in.
func (o *object) raw(name string) json.RawMessage {
	v := o.value(name, jsontext.Object)
	if v == nil {
		return nil
	}
	if json.Unmarshal(v, new(any)) != nil {
		o.fault(name, "has a number that is too large")
		return nil
	}
	text, err := jsontext.Normal(v)
	if err != nil {
		o.fault(name, "must be an object")
		return nil
	}
	return text
}

// object is a member that is an object itself; an empty one when it is null or not there.
func (o *object) object(name string, also aliases) *object {
	return newObject(o.at+name+".", o.value(name, jsontext.Object), also, o.faults)
}

// refuseOthers notes every member whose name is not one of these.
func (o *object) refuseOthers(names ...string) {
	known := map[string]bool{}
	for _, name := range names {
		known[fold(name)] = true
	}
	for _, means := range slices.Sorted(maps.Keys(o.members)) {
		if !known[means] {
			o.fault(shorten(o.members[means].name), "is not a member here")
		}
	}
}
