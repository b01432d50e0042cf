package verifa

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

// attribute is the path of a member of a payload, as "result.extracted_data.first_name": its names in snake_case with
// full stops between them, whatever the spelling that was given, and from the flat form, wherever it was looked for.
func attribute(path string) string {
	snake := string(keycase.AppendKey(nil, path, keycase.Snake))
	return strings.TrimPrefix(snake, "data.")
}

// payloadPaths are the paths of all members that a payload may have, beside those that are fixed.
var payloadPaths = []string{
	"session_id", "external_ref", "status", "is_sandbox", "identity_id", "case_id", "created_at", "has_match", "hit_count", "test",
	"result", "result.face_match_passed", "result.age_check_passed", "result.extracted_data",
	"result.extracted_data.first_name", "result.extracted_data.last_name", "result.extracted_data.full_name",
	"result.extracted_data.nationality", "result.extracted_data.gender", "result.extracted_data.ssn",
	"result.extracted_data.date_of_birth", "result.extracted_data.address", "result.extracted_data.address.full",
	"result.extracted_data.address.line1", "result.extracted_data.address.line2", "result.extracted_data.address.city",
	"result.extracted_data.address.state", "result.extracted_data.address.zip", "result.extracted_data.address.country",
	"result.extracted_data.document_type", "result.extracted_data.document_number",
	"result.extracted_data.document_issuing_state", "result.extracted_data.document_country",
	"result.extracted_data.document_expiration_date",
}

// canLeaveOut reports whether an endpoint may have the member at the path left out. A path at which there never is
// anything is misspelt, and what it was meant for would be told.
func canLeaveOut(path string) bool { return slices.Contains(payloadPaths, attribute(path)) }

// fixed are members that every payload has: without them a receiver could not tell what it was sent.
var fixed = []string{"event", "idempotency_key"}

// without is a payload without the members at the paths.
func without(text jsontext.Value, paths []string) []byte {
	blocked := map[string]bool{}
	for _, path := range paths {
		blocked[attribute(path)] = true
	}
	for _, name := range fixed {
		delete(blocked, name)
	}
	if len(blocked) == 0 {
		return text
	}
	return appendWithout(nil, text, "", blocked)
}

// appendWithout copies a value that has no white space, but for members that are blocked. The elements of an array have
// the array's own path.
func appendWithout(dst []byte, v jsontext.Value, at string, blocked map[string]bool) []byte {
	kind := v.Kind()
	if kind != jsontext.Object && kind != jsontext.Array {
		return append(dst, v...)
	}
	dst = append(dst, v[0])
	start := len(dst)
	v.Each(func(key, element jsontext.Value) bool {
		path := at
		if kind == jsontext.Object {
			if path += key.Text(); blocked[path] {
				return true
			}
			path += "."
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		if kind == jsontext.Object {
			dst = append(append(dst, key...), ':')
		}
		dst = appendWithout(dst, element, path, blocked)
		return true
	})
	return append(dst, v[len(v)-1])
}

// nestedIn is a payload with all its members once more in the member data, but for those that are fixed.
func nestedIn(text jsontext.Value) []byte {
	data := []byte("{")
	text.Each(func(key, element jsontext.Value) bool {
		if !slices.Contains(fixed, key.Text()) {
			if len(data) > 1 {
				data = append(data, ',')
			}
			data = append(append(append(data, key...), ':'), element...)
		}
		return true
	})
	return slices.Concat(text[:len(text)-1], []byte(`,"data":`), data, []byte("}}"))
}

// meets reports whether a payload meets all conditions: at each path is the value, or one of the values, that stand
// there. No conditions are met by all; a member that is not there is as if it were null.
func meets(payload jsontext.Value, conditions []byte) (bool, error) {
	if len(conditions) == 0 {
		return true, nil
	}
	_, err := jsontext.ParseObject(conditions)
	normal, wrong := jsontext.Normal(conditions)
	if err = cmp.Or(err, wrong); err != nil {
		return false, fmt.Errorf("verifa: the conditions of an endpoint: %w", err)
	}
	met := true
	jsontext.Value(normal).Each(func(key, wanted jsontext.Value) bool {
		is := payload
		for name := range strings.SplitSeq(attribute(key.Text()), ".") {
			is = is.Member(name)
		}
		values := []jsontext.Value{wanted}
		if wanted.Kind() == jsontext.Array {
			values = wanted.Elements()
		}
		met = slices.ContainsFunc(values, func(v jsontext.Value) bool { return bytes.Equal(orAbsent(v), is) })
		return met
	})
	return met, nil
}

// orAbsent is a value; of null nothing.
func orAbsent(v jsontext.Value) jsontext.Value {
	if v.Kind() == jsontext.Null {
		return nil
	}
	return v
}
