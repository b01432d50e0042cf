package veriff_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bonafide-idv/bonafide/decision"
	"github.com/bonafide-idv/bonafide/httpadapter/veriff"
	"github.com/bonafide-idv/bonafide/session"
)

// wholeRecord has everything that a decider can say.
var wholeRecord = decision.Record{
	Reason: "Suspected document tampering", IP: "203.0.113.7",
	Person: &decision.Person{
		FirstName: "Ada", LastName: "Specimen", FullName: "Ada Specimen", IDNumber: "00000000000", Gender: "F",
		DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 28}, YearOfBirth: "1990", PlaceOfBirth: "Exampleville", Nationality: "EE",
		Addresses: []decision.Address{
			{Full: "1 Nowhere Road", Parsed: &decision.ParsedAddress{
				Street: "Nowhere Road", HouseNumber: "1", Unit: "B", City: "Exampleville", State: "Nowhere", Postcode: "00000", Country: "EE",
			}},
			{Full: "2 Nowhere Road", Parsed: &decision.ParsedAddress{Street: "Nowhere Road"}}, {Full: "3 Nowhere Road"}, {},
		},
		Title: "DR", ExtraNames: "Ada Maria",
		NameComponents: &decision.NameComponents{Title: "DR", FirstNameOnly: "Ada", MiddleName: "Maria", FirstNameSuffix: "II"},
		Occupation:     "Mathematician", Employer: "Examples Ltd", ForeignerStatus: "Resident", EyeColor: "BROWN", HairColor: "BLACK",
		Height: "175 cm", Weight: "70 kg", IFEIdentifier: "0000000000001", INEIdentifier: "0000000000002", ElectorNumber: "SPCMAD",
	},
	Document: &decision.Document{
		Type: "DRIVERS_LICENSE", Number: "X000000", Country: "EE", State: "Nowhere", ValidFrom: decision.Date{Year: 2020, Month: 1, Day: 1},
		ValidUntil: decision.Date{Year: 2030, Month: 12, Day: 31}, FirstIssue: decision.Date{Year: 2015, Month: 3, Day: 21},
		PlaceOfIssue: "Exampleville", IssuedBy: "Office of Examples", IssueNumber: "01", Remarks: "none",
		ResidencePermitType: "PERMANENT", INEIdentifier: "0000000000003",
		NFCValidated: new(true), PortraitIsVisible: new(false), SignatureIsVisible: new(true),
		Specimen: &decision.Specimen{
			FirstIssued: decision.Date{Year: 2010, Month: 1, Day: 1}, LastIssued: decision.Date{Year: 2020, Month: 12, Day: 31},
			NISTVersion: "2.0", LegalStatus: "primary", ContainsContactlessChip: new(true), DigitalDocument: new(false),
			NonStandardDrivingLicense: new(false), MilitaryDocument: new(false), TemporaryEmergencyDocument: new(false),
			AsylumRefugeeDocument: new(false), ICAOStandardizedDocument: new(true), NotNationalIDCard: new(true), HasSecurityRisk: new(false),
		},
	},
	Additional: &decision.Additional{
		DriversLicenseNumber: "D0000", DriversLicenseCategory: map[string]*bool{"B": new(true), "C": nil},
		DriversLicenseCategoryFrom:  map[string]decision.Date{"B": {Year: 2019, Month: 10, Day: 6}, "C": {}},
		DriversLicenseCategoryUntil: map[string]decision.Date{"B": {Year: 2025, Month: 10, Day: 5}},
		DriversLicenseCategories:    []string{"B", "C"}, EstimatedAge: new(32.0), EstimatedGender: new(0.613), ProcessNumber: "0001",
		UKTFCheckResult: []decision.UKTFCheckResult{{CIFAS: "PASS", ElectoralRoll: "PASS", PEP: "PASS"}},
		CPFValidation: &decision.CPFValidation{
			Status: new("CPF is validated"), CPFNumber: new("00000000000"), Name: new("Ada da Silva Specimen"),
			DateOfBirth: decision.Date{Year: 1990, Month: 2, Day: 27}, YearOfDeath: new("2030"),
		},
		INEBiometricRegistryValidation: &decision.INEBiometricRegistryValidation{
			FaceMatch: new(true), FaceMatchPercentage: new(92.0), ResponseStatus: new("success"),
		},
		RegistryValidation: &decision.RegistryValidation{
			CountryRegistry: new("Colombia"), RegistryName: new("Registry of Examples"), FullNameSimilarity: new(0.97),
			DocumentValid: new(true), PersonIsAlive: new(false),
		},
		ProofOfAddress: &decision.ProofOfAddress{
			NameMatch: new(true), NameMatchPercentage: new(95.5), DocumentType: new("UTILITY_BILL"),
			Fraud: &decision.ProofOfAddressFraud{
				RiskLevel: new("HIGH_RISK"), Reason: new("tampering"), ReasonDescription: new("The text was changed"),
				Indicators: []string{"font", "layout"},
			},
		},
		ValidationResults: []decision.ValidationResult{{
			RegistryName: "Register of Examples", FirstName: "full_match", LastName: "no_match", DateOfBirth: "full_match", Address: "no_data",
			City: "no_data", State: "no_data", Zip: "no_data", IDNumber: "full_match",
		}},
		Other: json.RawMessage(`{ "10":1, "9":2.0, "mine":{"big": 12345678901234567890} }`),
	},
	HighRisk: new(false), RiskScore: new(0.0), Score: new(0.98),
	RiskLabels: []decision.RiskLabel{
		{Label: "document_crosslinked", Category: "document", SessionIDs: []string{"5a2358e7-fd31-4fcb-a23f-4d76651ba68a"}},
		{Label: "device_new", Category: "device"},
	},
	Biometric: &decision.BiometricMatch{
		SessionID: "d40edb60-0000-4000-8000-000000000000", ExternalRef: new("User001"), EndUserID: "c1de400b-0000-4000-8000-000000000000",
		Details: json.RawMessage(`{ "similarity": 0.90 }`),
	},
	Insights: []decision.Insight{{Label: "allowed_ip_location", Result: "yes", Category: "fraud"}},
	Automation: &decision.Automation{Fields: map[string]decision.Confidence{
		"person.first_name": {Category: "high", Sources: []string{"VIZ", "MRZ"}}, "person.id_number": {Category: "low"},
		"document.valid_until": {Category: "medium", Sources: []string{"MRZ"}},
	}},
}

// concludedSession is a session whose newest attempt was judged.
func concludedSession(status session.Status, r decision.Record) *session.Snapshot {
	attempt := uuid.MustParse("00000002-0000-4000-8000-000000000000")
	s := &session.Snapshot{Session: session.Session{
		ID: uuid.MustParse("00000001-0000-4000-8000-000000000000"), AttemptID: attempt, Status: status,
		CreatedAt: morning, SubmittedAt: morning.Add(time.Minute), EndedAt: morning.Add(time.Hour),
	}}
	s.Decisions = []session.Concluded{{Decision: session.Decision{Attempt: attempt, At: morning.Add(2 * time.Minute)}, Record: r}}
	return s
}

func bodyOf(t testing.TB, s *session.Snapshot) string {
	t.Helper()
	body, _, ok, err := veriff.Renderer{}.Render(session.Event{Kind: session.EventKind(s.Status)}, s, session.Endpoint{})
	if err != nil || !ok {
		t.Fatalf("got ok %v, %v; want a body", ok, err)
	}
	return string(body)
}

// TestGoldenRecords: a record with everything that a decider can say, and one with nothing.
func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	noFieldIsEmpty(t, "Record", reflect.ValueOf(wholeRecord))
	h := newHouse(t, setup{})
	for name, record := range map[string]decision.Record{"everything": wholeRecord, "nothing": {}} {
		s := concludedSession(session.StatusDeclined, record)
		h.golden("decision-with-"+name, bodyOf(t, s))
		text, err := veriff.FullAutoOf(s)
		if err != nil {
			t.Fatal(err)
		}
		h.golden("decision-fullauto-with-"+name, string(text))
	}
}

// TestEmptyParts: what a part does not say is null in it.
func TestEmptyParts(t *testing.T) {
	t.Parallel()
	body := bodyOf(t, concludedSession(session.StatusDeclined, decision.Record{
		Person: &decision.Person{NameComponents: &decision.NameComponents{}},
		Additional: &decision.Additional{
			CPFValidation: &decision.CPFValidation{}, INEBiometricRegistryValidation: &decision.INEBiometricRegistryValidation{},
			RegistryValidation: &decision.RegistryValidation{}, ProofOfAddress: &decision.ProofOfAddress{Fraud: &decision.ProofOfAddressFraud{}},
		},
	}))
	for _, want := range []string{
		`"nameComponents":{"title":null,"middleName":null,"firstNameOnly":null,"firstNameSuffix":null}`,
		`"cpfValidation":{"status":null,"cpfNumber":null,"name":null,"dateOfBirth":null,"yearOfDeath":null}`,
		`"ineBiometricRegistryValidation":{"faceMatch":null,"faceMatchPercentage":null,"responseStatus":null}`,
		`"registryValidation":{"countryRegistry":null,"registryName":null,"fullNameSimilarity":null,"documentValid":null,"personIsAlive":null}`,
		`"proofOfAddress":{"nameMatch":null,"nameMatchPercentage":null,"documentType":null,` +
			`"fraud":{"riskLevel":null,"reason":null,"reasonDescription":null,"indicators":[]}}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("got %s, want %s in it", body, want)
		}
	}
}

// noFieldIsEmpty sees to it that a field which is added later is added to the golden record too. What the first
// of a list has is enough, and 0 and false say something.
func noFieldIsEmpty(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	isList := v.Kind() == reflect.Slice || v.Kind() == reflect.Map
	if v.IsZero() && v.Kind() != reflect.Float64 && v.Kind() != reflect.Bool || isList && v.Len() == 0 {
		t.Errorf("%s of the record with everything is empty", path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			noFieldIsEmpty(t, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			noFieldIsEmpty(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		if v.Len() > 0 {
			noFieldIsEmpty(t, path, v.Index(0))
		}
	}
}

// TestFullAutoOnlyOfDecisions: before one, and after an end without one, there is nothing to tell.
func TestFullAutoOnlyOfDecisions(t *testing.T) {
	t.Parallel()
	told := map[session.Status]string{
		session.StatusApproved: "approved", session.StatusDeclined: "declined",
		session.StatusResubmissionRequested: "resubmission_requested", session.StatusReview: "review",
	}
	for _, status := range []session.Status{
		session.StatusCreated, session.StatusStarted, session.StatusSubmitted, session.StatusAwaitingExternal, session.StatusReview,
		session.StatusApproved, session.StatusDeclined, session.StatusResubmissionRequested, session.StatusExpired,
		session.StatusAbandoned, session.StatusFailed,
	} {
		s := concludedSession(status, wholeRecord)
		var got struct{ Decision string }
		text, err := veriff.FullAutoOf(s)
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil || got.Decision != told[status] || (told[status] == "") != (string(text) == "null") {
			t.Errorf("%s: got %q (%v), want %q", status, got.Decision, err, told[status])
		}
		s.DeletedAt = morning
		if text, err := veriff.FullAutoOf(s); string(text) != "null" || err != nil {
			t.Errorf("%s, deleted: got %s, %v; want null", status, text, err)
		}
	}
}

// TestAddressOfThePerson: the decider's word first, then what was collected about the device of the attempt.
func TestAddressOfThePerson(t *testing.T) {
	t.Parallel()
	const v4, v6 = "203.0.113.7", "2001:db8::7"
	both, only6 := &session.Device{IPv4: v4, IPv6: v6}, &session.Device{IPv6: v6}
	for _, c := range []struct {
		name    string
		status  session.Status
		record  string
		device  *session.Device
		other   bool // the device is of another attempt
		deleted bool
		want    string
	}{
		{"neither", session.StatusApproved, "", nil, false, false, `{"ip":null}`},
		{"the record's", session.StatusApproved, "198.51.100.1", both, false, false, `{"ip":"198.51.100.1"}`},
		{"the device's", session.StatusApproved, "", both, false, false, `{"ip":"203.0.113.7"}`},
		{"the device's longer one", session.StatusApproved, "", only6, false, false, `{"ip":"2001:db8::7"}`},
		{"another attempt's device", session.StatusApproved, "", both, true, false, `{"ip":null}`},
		{"of the attempt that was judged", session.StatusResubmissionRequested, "", both, false, false, `{"ip":"203.0.113.7"}`},
		{"expired, the newest attempt's", session.StatusExpired, "198.51.100.1", both, false, false, `{"ip":"203.0.113.7"}`},
		{"deleted", session.StatusExpired, "198.51.100.1", both, false, true, `{"ip":null}`},
	} {
		s := concludedSession(c.status, decision.Record{IP: c.record})
		found := session.Found{FindingFacts: session.FindingFacts{Device: c.device}}
		if found.Attempt = s.AttemptID; c.other {
			found.Attempt = uuid.Nil
		}
		if s.Findings = []session.Found{found}; c.deleted {
			s.DeletedAt = morning
		}
		if c.status == session.StatusResubmissionRequested {
			s.AttemptID = uuid.Max // the next one is open
		}
		if body := bodyOf(t, s); !strings.HasSuffix(body, `"technicalData":`+c.want+`}`) {
			t.Errorf("%s: got %s, want %s", c.name, body[strings.LastIndex(body, "technicalData"):], c.want)
		}
	}
}

// TestUnknownReasonCodes of a host's own decider are told as they are.
func TestUnknownReasonCodes(t *testing.T) {
	t.Parallel()
	for _, code := range []int{-1, 210, 540, 90210} {
		s := concludedSession(session.StatusDeclined, decision.Record{Reason: "our own"})
		s.Decisions[0].Code = code
		var got struct {
			Verification struct {
				ReasonCode int
				Reason     string
			}
		}
		if err := json.Unmarshal([]byte(bodyOf(t, s)), &got); err != nil || got.Verification.ReasonCode != code || got.Verification.Reason != "our own" {
			t.Errorf("code %d: got %+v, %v", code, got, err)
		}
	}
}
