package decision_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bonafide-idv/bonafide/decision"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       decision.Date
		err        error
	}{
		{"a day", "1990-01-31", decision.Date{Year: 1990, Month: time.January, Day: 31}, nil},
		{"leap day", "2024-02-29", decision.Date{Year: 2024, Month: time.February, Day: 29}, nil},
		{"leap day of 2000", "2000-02-29", decision.Date{Year: 2000, Month: time.February, Day: 29}, nil},
		{"last day", "9999-12-31", decision.Date{Year: 9999, Month: time.December, Day: 31}, nil},
		{"first day", "0001-01-01", decision.Date{Year: 1, Month: time.January, Day: 1}, nil},
		{"no leap day", "2023-02-29", decision.Date{}, decision.ErrNoSuchDay},
		{"no leap day in 1900", "1900-02-29", decision.Date{}, decision.ErrNoSuchDay},
		{"31 April", "2024-04-31", decision.Date{}, decision.ErrNoSuchDay},
		{"month 13", "2024-13-01", decision.Date{}, decision.ErrNoSuchDay},
		{"month 0", "2024-00-01", decision.Date{}, decision.ErrNoSuchDay},
		{"day 0", "2024-01-00", decision.Date{}, decision.ErrNoSuchDay},
		{"year 0", "0000-01-01", decision.Date{}, decision.ErrNoSuchDay},
		{"empty", "", decision.Date{}, decision.ErrDate},
		{"short", "2024-1-1", decision.Date{}, decision.ErrDate},
		{"slashes", "2024/01/01", decision.Date{}, decision.ErrDate},
		{"day first", "01-01-2024", decision.Date{}, decision.ErrDate},
		{"with a time", "2024-01-01T00:00:00Z", decision.Date{}, decision.ErrDate},
		{"sign", "+024-01-01", decision.Date{}, decision.ErrDate},
		{"space", "2024-01- 1", decision.Date{}, decision.ErrDate},
		{"other digits", "２024-01", decision.Date{}, decision.ErrDate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := decision.ParseDate(c.text); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("ParseDate(%q) = %v, %v; want %v, %v", c.text, got, err, c.want, c.err)
			}
		})
	}
}

// TestDateRoundTrip: every day comes back from its text and its JSON.
func TestDateRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 3_652_058).Draw(t, "day"))
		want := decision.Date{Year: at.Year(), Month: at.Month(), Day: at.Day()}
		if want.String() != at.Format(time.DateOnly) {
			t.Fatalf("%v is written %q, want %q", at, want, at.Format(time.DateOnly))
		}
		if got, err := decision.ParseDate(want.String()); got != want || err != nil {
			t.Fatalf("ParseDate(%q) = %v, %v", want, got, err)
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got decision.Date
		if err := json.Unmarshal(text, &got); got != want || err != nil {
			t.Fatalf("%s came back as %v, %v", text, got, err)
		}
	})
}

func TestDateAsJSON(t *testing.T) {
	t.Parallel()
	if text, err := json.Marshal(decision.Date{}); string(text) != "null" || err != nil {
		t.Errorf("a date that is not known is %s, %v; want null", text, err)
	}
	d := decision.Date{Year: 2024, Month: 1, Day: 1}
	if err := json.Unmarshal([]byte("null"), &d); !d.IsZero() || err != nil || d.String() != "" {
		t.Errorf("null is %v, %v; want the zero date", d, err)
	}
	for _, text := range []string{`""`, `"2024"`, `20240101`, `"2023-02-29"`, `{}`, `"`} {
		kept := decision.Date{Year: 2024, Month: 1, Day: 1}
		if err := kept.UnmarshalJSON([]byte(text)); err == nil || kept.IsZero() {
			t.Errorf("%s was read as %v, %v; want an error and nothing changed", text, kept, err)
		}
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, o := range []decision.Outcome{decision.Approved, decision.Declined, decision.Resubmission, decision.Review} {
		if !o.Valid() {
			t.Errorf("%q is not valid", o)
		}
	}
	for _, o := range []decision.Outcome{"", "Approved", "perhaps"} {
		if o.Valid() {
			t.Errorf("%q is valid", o)
		}
	}
}

func TestReasonText(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]string{
		102: "Suspected document tampering", 204: "Poor image quality", 539: "Resubmission limit exceeded", 0: "", 90210: "",
	} {
		if got := decision.ReasonText(code); got != want {
			t.Errorf("ReasonText(%d) = %q, want %q", code, got, want)
		}
	}
}

func ExampleParseDate() {
	d, err := decision.ParseDate("1990-01-31")
	fmt.Println(d, err)
	_, err = decision.ParseDate("1990-02-30")
	fmt.Println(err)
	// Output:
	// 1990-01-31 <nil>
	// decision: no such day
}

// TestRecordsAreNotPrinted by any verb or in a log, nor is any part of one.
func TestRecordsAreNotPrinted(t *testing.T) {
	t.Parallel()
	v := decision.Verdict{Outcome: decision.Approved, Code: 7, Record: fullRecord()}
	screening := decision.Screening{Provider: "canary", Subject: decision.Subject{Name: "canary"}, Hits: []decision.Hit{
		{Name: "canary", Listings: []decision.Listing{{SourceName: "canary"}}},
	}}
	values := []any{v, []decision.Verdict{v}, screening.Hits, screening.Hits[0].Listings}
	structs := append(partsOf(reflect.ValueOf(v.Record)), partsOf(reflect.ValueOf(screening))...)
	if len(structs) < 24 {
		t.Fatalf("there are %d parts only", len(structs))
	}
	var out bytes.Buffer
	for _, value := range append(values, structs...) {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x\n", value, value, value, value, value, value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("value", "value", value)
	}
	for _, value := range append(structs, v) {
		slog.New(slog.NewJSONHandler(&out, nil)).Info("value", "value", value)
	}
	if bytes.Contains(out.Bytes(), []byte("canary")) || bytes.Contains(out.Bytes(), []byte("63616e617279")) {
		t.Errorf("printed: %s", &out)
	}
	if !bytes.Contains(out.Bytes(), []byte(`"outcome":"approved"`)) {
		t.Errorf("a logged verdict does not say its outcome: %s", &out)
	}
}

// partsOf are all structs of the package within a value, itself included, and pointers to them; a Date says
// nothing about whose it is.
func partsOf(v reflect.Value) (parts []any) {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(decision.Date); ok {
			return nil
		}
		parts = append(parts, v.Interface())
		for i := range v.NumField() {
			parts = append(parts, partsOf(v.Field(i))...)
		}
	case reflect.Pointer:
		if v.Elem().Kind() == reflect.Struct {
			parts = append(partsOf(v.Elem()), v.Interface())
		}
	case reflect.Slice:
		for i := range v.Len() {
			parts = append(parts, partsOf(v.Index(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			parts = append(parts, partsOf(v.MapIndex(key))...)
		}
	}
	return parts
}
