package keycase_test

import (
	"bytes"
	"fmt"
)

// document is some 2 KiB of JSON as a session's wire form has it, with keys of
// several words, values of every kind, and a value that is kept.
var document = func() []byte {
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
    "reasonCode": null,
    "acceptanceTime": "2026-01-05T10:11:12.123456Z",
    "decisionTime": "2026-01-05T10:15:42.000001Z",
    "metadata": {"cartId": 17, "cart_id": [1, 2, 3]},
    "person": {
      "firstName": "Imaginá", "lastName": "Fictícia", "idNumber": "00000000", "dateOfBirth": "1970-01-01",
      "placeOfBirth": "Nowhere \"upon\" Sea", "yearOfBirth": "1970", "pepSanctionMatch": false,
      "addresses": [{"fullAddress": "1 Example Street, 00000 Nowhere", "addressLine_1": "1 Example Street", "postalCode": "00000"}]
    },
    "document": {"documentType": "ID_CARD", "issuingCountry": "EE", "validUntil": "2031-12-31", "isNFCValidated": true},
    "additionalVerifiedData": {"estimatedAge": 41.5, "driversLicenseCategory": {"B": true, "C": false}},
    "riskLabels": [`)
	for i := range 7 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"labelName": "label_%d", "labelCategory": "client_data_mismatch", "sessionIds": ["0190a1b2-c3d4-4e5f-8a6b-00000000000%d"]}`, i, i)
	}
	b.WriteString("]\n  }\n}\n")
	return b.Bytes()
}()
