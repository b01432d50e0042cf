package storetest

import (
	"fmt"
	"reflect"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// clone copies a value with all that it points to. Empty slices become nil: to a store they are the same.
func clone[T any](v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	copyInto(out, reflect.ValueOf(&v).Elem())
	return out.Interface().(T)
}

func copyInto(to, from reflect.Value) {
	switch {
	case from.Type() == timeType:
		to.Set(from)
	case from.Kind() == reflect.Struct:
		for i := range from.NumField() {
			copyInto(to.Field(i), from.Field(i))
		}
	case from.Kind() == reflect.Slice:
		if from.Len() == 0 {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		if from.Type().Elem().Kind() == reflect.Uint8 {
			reflect.Copy(to, from)
			return
		}
		for i := range from.Len() {
			copyInto(to.Index(i), from.Index(i))
		}
	default:
		to.Set(from)
	}
}

// zeroFields names the fields of a struct, and of the structs in it, that are zero.
func zeroFields(v any) []string {
	var zero []string
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		if v.Kind() != reflect.Struct || v.Type() == timeType {
			if v.IsZero() {
				zero = append(zero, path)
			}
			return
		}
		for i := range v.NumField() {
			walk(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
	walk(reflect.TypeOf(v).Name(), reflect.ValueOf(v))
	return zero
}

// difference says where two values part, for a message that can be read.
func difference(got, want any) string { return diff("", reflect.ValueOf(got), reflect.ValueOf(want)) }

func diff(path string, got, want reflect.Value) string {
	switch {
	case got.Kind() == reflect.Struct && got.Type() != timeType:
		for i := range got.NumField() {
			if d := diff(path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case got.Kind() == reflect.Slice && got.Type().Elem().Kind() != reflect.Uint8:
		if got.Len() != want.Len() {
			return fmt.Sprintf("%s: got %d of them, want %d\n got %s\nwant %s", path, got.Len(), want.Len(), short(got), short(want))
		}
		for i := range got.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case got.Kind() == reflect.Slice && got.Len() == 0 && want.Len() == 0, reflect.DeepEqual(got.Interface(), want.Interface()):
		return ""
	}
	return fmt.Sprintf("%s: got %s, want %s", path, short(got), short(want))
}

// short keeps a megabyte out of a message.
func short(v reflect.Value) string {
	text := fmt.Sprintf("%+v", v.Interface())
	if v.Kind() == reflect.String || v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		text = fmt.Sprintf("%q", v.Interface())
	}
	if len(text) > 600 {
		text = fmt.Sprintf("%s… (%d bytes)", text[:600], len(text))
	}
	return text
}

// setText sets a field of a text type that is another package's.
func setText[T ~string](field *T, text string) { *field = T(text) }
