package veriff

import (
	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
)

// parseObject takes a body that is one JSON object without ambiguities: see [jsontext.ParseObject].
func parseObject(body []byte) (jsontext.Value, error) {
	root, err := jsontext.ParseObject(body)
	if err != nil {
		return nil, bodyMalformed
	}
	return root, nil
}

// reader takes values as what they should be, and keeps the first fault. Absent values are no fault.
type reader struct {
	fault error
}

func (r *reader) fail(fault refusal) {
	if r.fault == nil {
		r.fault = fault
	}
}

// required fails when there is no value.
func (r *reader) required(v jsontext.Value, otherwise refusal) jsontext.Value {
	if len(v) == 0 {
		r.fail(otherwise)
	}
	return v
}

// typed fails when there is a value of another type.
func (r *reader) typed(v jsontext.Value, is jsontext.Kind, otherwise refusal) jsontext.Value {
	if len(v) > 0 && v.Kind() != is {
		r.fail(otherwise)
		return nil
	}
	return v
}

func (r *reader) object(v jsontext.Value) jsontext.Value {
	return r.typed(v, jsontext.Object, memberInvalid)
}

func (r *reader) text(v jsontext.Value) string {
	return r.typed(v, jsontext.String, memberInvalid).Text()
}

// optional is a text; nil when it is absent.
func (r *reader) optional(v jsontext.Value, otherwise refusal) *string {
	if v = r.typed(v, jsontext.String, otherwise); len(v) == 0 {
		return nil
	}
	text := v.Text()
	return &text
}

func (r *reader) flag(v jsontext.Value) *bool {
	if v = r.typed(v, jsontext.Bool, memberInvalid); len(v) == 0 {
		return nil
	}
	is := v[0] == 't'
	return &is
}

// list gives the elements of an array, null among them as nothing.
func (r *reader) list(v jsontext.Value) []jsontext.Value {
	return r.typed(v, jsontext.Array, memberInvalid).Elements()
}

// oneOf is a text that must be one of a few words.
func (r *reader) oneOf(v jsontext.Value, words ...string) string {
	text := r.optional(v, memberInvalid)
	if text == nil {
		return ""
	}
	for _, w := range words {
		if *text == w {
			return w
		}
	}
	r.fail(memberInvalid)
	return ""
}

// date is a day of the calendar.
func (r *reader) date(v jsontext.Value, impossible refusal) decision.Date {
	text := r.optional(v, memberInvalid)
	if text == nil {
		return decision.Date{}
	}
	day, err := decision.ParseDate(*text)
	switch err {
	case nil:
	case decision.ErrNoSuchDay:
		r.fail(impossible)
	default:
		r.fail(dateMalformed)
	}
	return day
}
