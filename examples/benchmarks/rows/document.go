package rows

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/iancoleman/strcase"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/session/keycase"
)

func documents() []measure.Row {
	src := document()
	row := func(against string, aim measure.Aim, note string, theirs func() error) measure.Row {
		return measure.Row{
			Name: "keys of a document of 2 KiB", Against: against, Aim: aim, Note: note,
			Run: func(ctx context.Context, s measure.Setting) (r measure.Result, err error) {
				dst := make([]byte, 0, 2*len(src))
				ours := func() error {
					_, err := keycase.Append(dst, src, keycase.Snake)
					return err
				}
				if r.Rounds, err = s.Hold(ctx, measure.Contest{
					Ours: measure.Repeat(ours), Theirs: []measure.Side{measure.Repeat(theirs)}, Brief: true,
				}); err == nil {
					r.Cost, err = measure.CostOf(1000, ours)
				}
				return r, err
			},
		}
	}
	return []measure.Row{
		row("jsontext.Value.IsValid", measure.Aim{AtMost: 1.8, NoAllocs: true},
			"jsontext of github.com/go-json-experiment/json, which looks for duplicate keys, too, and writes nothing.",
			func() error {
				if !jsontext.Value(src).IsValid() {
					return errors.New("the document is not valid")
				}
				return nil
			}),
		row("encoding/json: decode, rename, encode", measure.Aim{AtLeast: 10, NoAllocs: true},
			"Into any and back, with numbers kept as they are; keys are renamed by iancoleman/strcase.",
			func() error { return throughAny(src) }),
	}
}

// throughAny renames the keys of a document with the standard library.
func throughAny(src []byte) error {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(src))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	_, err := json.Marshal(renamed(value))
	return err
}

func renamed(value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for key, inner := range value {
			members[strcase.ToSnake(key)] = renamed(inner)
		}
		return members
	case []any:
		for i, inner := range value {
			value[i] = renamed(inner)
		}
	}
	return value
}

// document is some 2 KiB of JSON as a decision is told, about nobody.
func document() []byte {
	var b bytes.Buffer
	b.WriteString(`{
  "status": "success",
  "technicalReport": {"userAgent": "Example/1.0 (Test)", "ipAddress": "192.0.2.7", "riskScore": 0.125},
  "verification": {
    "id": "0190a1b2-c3d4-4e5f-8a6b-7c8d9e0f1a2b",
    "attemptId": "0190a1b2-c3d4-4e5f-9a6b-000000000001",
    "vendorData": "customer-4711",
    "endUserId": null,
    "statusCode": 9001,
    "acceptanceTime": "2026-01-05T10:11:12.123456Z",
    "decisionTime": "2026-01-05T10:15:42.000001Z",
    "metadata": {"cartId": 17, "itemIds": [1, 2, 3]},
    "person": {
      "firstName": "Imaginá", "lastName": "Fictícia", "idNumber": "00000000", "dateOfBirth": "1970-01-01",
      "placeOfBirth": "Nowhere \"upon\" Sea", "yearOfBirth": "1970", "pepSanctionMatch": false,
      "addresses": [{"fullAddress": "1 Example Street, 00000 Nowhere", "postalCode": "00000"}]
    },
    "document": {"documentType": "ID_CARD", "issuingCountry": "EE", "validUntil": "2031-12-31", "isNFCValidated": true},
    "additionalVerifiedData": {"estimatedAge": 41.5, "driversLicenseCategory": {"B": true, "C": false}},
    "riskLabels": [`)
	for i := range 7 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"labelName": "label_%d", "labelCategory": "client_data_mismatch", `+
			`"sessionIds": ["0190a1b2-c3d4-4e5f-8a6b-00000000000%d"]}`, i, i)
	}
	b.WriteString("]\n  }\n}\n")
	return b.Bytes()
}
