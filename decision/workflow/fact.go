package workflow

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// find gives the fact at a path; nil: there is none.
func find(facts map[string]any, path string) any {
	var at any = facts
	for part := range strings.SplitSeq(path, ".") {
		switch within := at.(type) {
		case map[string]any:
			at = within[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(within) {
				return nil
			}
			at = within[i]
		default:
			return nil
		}
	}
	return at
}

// plain makes a fact comparable: every number is an int or a float64, every text a string, every list a []any
// of such. What else there is stays as it is, and compares with nothing.
func plain(fact any) any {
	switch f := fact.(type) {
	case nil, bool, string, int, float64:
		return f
	case json.Number:
		return number(f.String())
	case []any:
		list := make([]any, len(f))
		for i, element := range f {
			list[i] = plain(element)
		}
		return list
	}
	switch v := reflect.ValueOf(fact); v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return number(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return number(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i).Interface())
		}
		return list
	}
	return fact
}

// number reads what JSON writes as a number; nil for one that no float64 can hold. Whole numbers stay whole, so
// that those above 2^53 keep all their digits.
func number(text string) any {
	if whole, err := strconv.Atoi(text); err == nil {
		return whole
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return nil
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, float64:
		return true
	}
	return false
}
