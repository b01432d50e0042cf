package decision_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
)

// fill sets everything within a value that can be set, so that a field that is forgotten somewhere is seen.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case decision.Date:
		v.Set(reflect.ValueOf(decision.Date{Year: 1900 + *n%100, Month: 1, Day: 1}))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(fmt.Sprintf(`{"raw":%d}`, *n))))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(element, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("canary", *n)), element)
	case reflect.String:
		v.SetString(fmt.Sprint("canary", *n))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 4)
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("fill does not know " + v.Type().String())
	}
}

func fullRecord() (r decision.Record) {
	n := 0
	fill(reflect.ValueOf(&r).Elem(), &n)
	return r
}

// TestRecordsComeBack whole from JSON: the full one and the empty one.
func TestRecordsComeBack(t *testing.T) {
	t.Parallel()
	for _, want := range []decision.Record{{}, fullRecord(), {Additional: &decision.Additional{}}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got decision.Record
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s came back as another record (%v)", text, err)
		}
	}
	if text, err := json.Marshal(decision.Record{}); string(text) != "{}" || err != nil {
		t.Errorf("the empty record is %s, %v; want {}", text, err)
	}
}

// TestKeptRecordsAreReadable: what the first release kept.
func TestKeptRecordsAreReadable(t *testing.T) {
	t.Parallel()
	kept := `{"reason":"r","person":{"first_name":"Ada","last_name":"Specimen","full_name":"Ada Specimen","id_number":"0","gender":"F",` +
		`"date_of_birth":"1990-02-28","year_of_birth":"1990","place_of_birth":"Exampleville","nationality":"EE"},"document":{"type":"PASSPORT",` +
		`"number":"X0","country":"EE","state":"N","valid_from":"2020-01-01","valid_until":"2030-12-31","first_issue":"2015-03-21",` +
		`"place_of_issue":"Exampleville","issued_by":"Office"},"additional":{"estimatedAge":32,"mine":[1,2]},"ip":"203.0.113.7"}`
	var r decision.Record
	if err := json.Unmarshal([]byte(kept), &r); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(r)
	if err != nil || string(again) != kept {
		t.Errorf("got %s, %v; want %s", again, err, kept)
	}
	if a := r.Additional; a.EstimatedAge == nil || *a.EstimatedAge != 32 || string(a.Other) != `{"mine":[1,2]}` {
		t.Errorf("got the age %v and others %s", a.EstimatedAge, a.Other)
	}
}

func TestAdditionalIsWritten(t *testing.T) {
	t.Parallel()
	age, text, yes := 32.5, "s", true
	for _, c := range []struct {
		name string
		a    decision.Additional
		want string
	}{
		{"nothing", decision.Additional{}, `{}`},
		{"only others", decision.Additional{Other: []byte(` { "b" : 1, "a":[ ] } `)}, `{"b":1,"a":[]}`},
		{"fields before others", decision.Additional{EstimatedAge: &age, Other: []byte(`{"a":1e400}`)}, `{"estimatedAge":32.5,"a":1e400}`},
		{"a null", decision.Additional{Other: []byte(`{"cpfValidation":null}`)}, `{"cpfValidation":null}`},
		{"nulls within", decision.Additional{CPFValidation: &decision.CPFValidation{Status: &text}},
			`{"cpfValidation":{"status":"s","cpfNumber":null,"name":null,"dateOfBirth":null,"yearOfDeath":null}}`},
		{"categories", decision.Additional{
			DriversLicenseCategory:     map[string]*bool{"B": &yes, "C": nil},
			DriversLicenseCategoryFrom: map[string]decision.Date{"B": {Year: 2019, Month: 10, Day: 6}, "C": {}},
		}, `{"driversLicenseCategory":{"B":true,"C":null},"driversLicenseCategoryFrom":{"B":"2019-10-06","C":null}}`},
		{"a register by its own name", decision.Additional{UKTFCheckResult: []decision.UKTFCheckResult{{CIFAS: "a", ElectoralRoll: "b", PEP: "c"}}},
			`{"UKTFCheckResult":[{"CIFAS":"a","Electoral roll and Credit History UK":"b","PEP":"c"}]}`},
		{"no indicators", decision.Additional{ProofOfAddress: &decision.ProofOfAddress{Fraud: &decision.ProofOfAddressFraud{}}},
			`{"proofOfAddress":{"nameMatch":null,"nameMatchPercentage":null,"documentType":null,` +
				`"fraud":{"riskLevel":null,"reason":null,"reasonDescription":null,"indicators":[]}}}`},
		{"an empty list", decision.Additional{ValidationResults: []decision.ValidationResult{}}, `{"validationResults":[]}`},
	} {
		if err := c.a.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, err := json.Marshal(c.a); string(got) != c.want || err != nil {
			t.Errorf("%s: got %s, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestAdditionalRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, other, fault string }{
		{"a list", `["canary"]`, "decision: additional data are not acceptable: they are not a JSON object"},
		{"null", `null`, "decision: additional data are not acceptable: they are not a JSON object"},
		{"a broken object", `{"canary"`, "decision: additional data are not acceptable: they are not a JSON object"},
		{"two objects", `{}{}`, "decision: additional data are not acceptable: they are not a JSON object"},
		{"endless depth", `{"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`, "decision: additional data are not acceptable: they are not a JSON object"},
		{"a member with a field", `{"a":1,"estimatedAge":"canary"}`, "decision: additional data are not acceptable: Other has a member estimatedAge, for which there is a field"},
	} {
		err := decision.Additional{Other: json.RawMessage(c.other)}.Validate()
		if !errors.Is(err, decision.ErrAdditional) || err.Error() != c.fault {
			t.Errorf("%s: got %v, want %s", c.name, err, c.fault)
		}
	}
	age := 32.0
	if text, err := json.Marshal(decision.Additional{EstimatedAge: &age, Other: []byte(`{"estimatedAge":33}`)}); !errors.Is(err, decision.ErrAdditional) {
		t.Errorf("a member that is there twice was written: %s", text)
	}
	for _, text := range []string{`[]`, `1`, `"canary"`} {
		if err := json.Unmarshal([]byte(text), new(decision.Additional)); !errors.Is(err, decision.ErrAdditional) {
			t.Errorf("%s was read: %v", text, err)
		}
	}
}

// TestAdditionalTakesAnyObject: what a field cannot say as it is, is kept beside the fields.
func TestAdditionalTakesAnyObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `{"estimatedAge":32}`, `{"estimatedAge":32.0}`, `{"estimatedAge":"about 30"}`, `{"estimatedAge":null}`, `{"EstimatedAge":32}`,
		`{"estimatedAge":12345678901234567890}`, `{"driversLicenseNumber":""}`, `{"validationResults":[]}`, `{"validationResults":[{"more":1}]}`,
		`{"registryValidation":{"countryRegistry":"Colombia"}}`, `{"driversLicenseCategoryFrom":{"B":"2023-02-29"}}`, `{"driversLicenseCategory":{}}`,
		`{"Other":{"a":1},"z":{"b":[1,{"c":null}]},"<&>":"\u2028"}`,
	} {
		comesBack(t, text)
	}
}

func FuzzAdditional(f *testing.F) {
	for _, seed := range []string{`{"estimatedAge":32,"a":[1e9,-0.0]}`, `{"cpfValidation":null,"cpfValidation":{"status":"x"}}`, `{"\ud800":1,"proofOfAddress":{"fraud":{}}}`, `{"UKTFCheckResult":[{"PEP":"x"}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if json.Valid([]byte(text)) && strings.HasPrefix(strings.TrimSpace(text), "{") {
			comesBack(t, text)
		}
	})
}

func comesBack(t testing.TB, text string) {
	t.Helper()
	var a decision.Additional
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%s was not read: %v", text, err)
	}
	again, err := json.Marshal(a)
	if err != nil {
		t.Fatalf("%s was read and not written: %v", text, err)
	}
	if got, want := numbers(t, string(again)), numbers(t, text); !reflect.DeepEqual(got, want) {
		t.Errorf("%s came back as %s", text, again)
	}
}

func numbers(t testing.TB, text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestNoArrayIsNull: texts of which there are none are left out or an empty array.
func TestNoArrayIsNull(t *testing.T) {
	t.Parallel()
	r := fullRecord()
	if n := forgetSlices(reflect.ValueOf(&r).Elem()); n < 3 {
		t.Fatalf("only %d slices were made nil", n)
	}
	text, err := json.Marshal(r)
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("got %s, %v; want no null", text, err)
	}
}

// forgetSlices makes every slice of texts within a value nil, and says how many there were.
func forgetSlices(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.Pointer:
		return forgetSlices(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			n += forgetSlices(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += forgetSlices(v.Index(i))
		}
		if v.Type() == reflect.TypeFor[[]string]() {
			v.SetZero()
			n++
		}
	}
	return n
}

// TestAnyAdditionalComesBack, with any of the fields and others.
func TestAnyAdditionalComesBack(t *testing.T) {
	t.Parallel()
	full := fullRecord().Additional
	rapid.Check(t, func(t *rapid.T) {
		var want decision.Additional
		for i := range reflect.TypeFor[decision.Additional]().NumField() {
			if rapid.Bool().Draw(t, "given") {
				reflect.ValueOf(&want).Elem().Field(i).Set(reflect.ValueOf(full).Elem().Field(i))
			}
		}
		if err := want.Validate(); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got decision.Additional
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s came back as another (%v)", text, err)
		}
	})
}
