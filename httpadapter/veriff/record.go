package veriff

import (
	"strconv"

	"github.com/bonafide-idv/bonafide/decision"
)

// What was read, as https://devdocs.veriff.com/apidocs/v1sessionsiddecision-1 has it: what every document has is
// null when it is not known, the rest is left out.
type (
	person struct {
		Gender           *string   `json:"gender"`
		IDNumber         *string   `json:"idNumber"`
		FirstName        *string   `json:"firstName"`
		LastName         *string   `json:"lastName"`
		FullName         string    `json:"fullName,omitempty"`
		Citizenship      *string   `json:"citizenship"` // given up by the vendor
		DateOfBirth      *string   `json:"dateOfBirth"`
		Nationality      *string   `json:"nationality"`
		YearOfBirth      *string   `json:"yearOfBirth"`
		PlaceOfBirth     *string   `json:"placeOfBirth"`
		PEPSanctionMatch *string   `json:"pepSanctionMatch"` // given up by the vendor
		Addresses        []address `json:"addresses,omitempty"`

		Title           string          `json:"title,omitempty"`
		ExtraNames      string          `json:"extraNames,omitempty"`
		NameComponents  *nameComponents `json:"nameComponents,omitempty"`
		Occupation      string          `json:"occupation,omitempty"`
		Employer        string          `json:"employer,omitempty"`
		ForeignerStatus string          `json:"foreignerStatus,omitempty"`
		EyeColor        string          `json:"eyeColor,omitempty"`
		HairColor       string          `json:"hairColor,omitempty"`
		Height          string          `json:"height,omitempty"`
		Weight          string          `json:"weight,omitempty"`
		IFEIdentifier   string          `json:"ifeIdentifier,omitempty"`
		INEIdentifier   string          `json:"ineIdentifier,omitempty"`
		ElectorNumber   string          `json:"electorNumber,omitempty"`
	}
	address struct {
		Full   *string        `json:"fullAddress"`
		Parsed *parsedAddress `json:"parsedAddress"`
	}
	parsedAddress struct {
		Street      *string `json:"street"`
		HouseNumber *string `json:"houseNumber"`
		City        *string `json:"city"`
		State       *string `json:"state"`
		Postcode    *string `json:"postcode"`
		Country     *string `json:"country"`
		Unit        *string `json:"unit"`
	}
	nameComponents struct {
		Title           *string `json:"title"`
		MiddleName      *string `json:"middleName"`
		FirstNameOnly   *string `json:"firstNameOnly"`
		FirstNameSuffix *string `json:"firstNameSuffix"`
	}
	document struct {
		Type                *string   `json:"type"`
		Number              *string   `json:"number"`
		Country             *string   `json:"country"`
		State               *string   `json:"state"`
		ValidFrom           *string   `json:"validFrom"`
		ValidUntil          *string   `json:"validUntil"`
		PlaceOfIssue        string    `json:"placeOfIssue,omitempty"`
		FirstIssue          string    `json:"firstIssue,omitempty"`
		IssuedBy            string    `json:"issuedBy,omitempty"`
		IssueNumber         string    `json:"issueNumber,omitempty"`
		Remarks             string    `json:"remarks,omitempty"`
		ResidencePermitType string    `json:"residencePermitType,omitempty"`
		INEIdentifier       string    `json:"ineIdentifier,omitempty"`
		NFCValidated        *bool     `json:"nfcValidated,omitempty"`
		PortraitIsVisible   *bool     `json:"portraitIsVisible,omitempty"`
		SignatureIsVisible  *bool     `json:"signatureIsVisible,omitempty"`
		Specimen            *specimen `json:"specimen,omitempty"`
	}
	specimen struct {
		ContainsContactlessChip    *bool  `json:"containsContactlessChip,omitempty"`
		FirstIssued                string `json:"firstIssuedDate,omitempty"`
		LastIssued                 string `json:"lastIssuedDate,omitempty"`
		NISTVersion                string `json:"nistVersion,omitempty"`
		DigitalDocument            *bool  `json:"digitalDocument,omitempty"`
		NonStandardDrivingLicense  *bool  `json:"nonStandardDrivingLicense,omitempty"`
		MilitaryDocument           *bool  `json:"militaryDocument,omitempty"`
		TemporaryEmergencyDocument *bool  `json:"temporaryEmergencyDocument,omitempty"`
		AsylumRefugeeDocument      *bool  `json:"asylumRefugeeDocument,omitempty"`
		ICAOStandardizedDocument   *bool  `json:"ICAOStandardizedDocument,omitempty"`
		NotNationalIDCard          *bool  `json:"notNationalIdCard,omitempty"`
		LegalStatus                string `json:"legalStatus,omitempty"`
		HasSecurityRisk            *bool  `json:"hasSecurityRisk,omitempty"`
	}
)

func personOf(p decision.Person) person {
	told := person{
		Gender: orNull(p.Gender), IDNumber: orNull(p.IDNumber), FirstName: orNull(p.FirstName), LastName: orNull(p.LastName),
		FullName: p.FullName, DateOfBirth: orNull(p.DateOfBirth.String()), Nationality: orNull(p.Nationality),
		YearOfBirth: orNull(yearOfBirth(p)), PlaceOfBirth: orNull(p.PlaceOfBirth),
		Title: p.Title, ExtraNames: p.ExtraNames, Occupation: p.Occupation, Employer: p.Employer,
		ForeignerStatus: p.ForeignerStatus, EyeColor: p.EyeColor, HairColor: p.HairColor, Height: p.Height, Weight: p.Weight,
		IFEIdentifier: p.IFEIdentifier, INEIdentifier: p.INEIdentifier, ElectorNumber: p.ElectorNumber,
	}
	for _, a := range p.Addresses {
		told.Addresses = append(told.Addresses, address{orNull(a.Full), parsedOf(a.Parsed)})
	}
	if n := p.NameComponents; n != nil {
		told.NameComponents = &nameComponents{
			Title: orNull(n.Title), MiddleName: orNull(n.MiddleName),
			FirstNameOnly: orNull(n.FirstNameOnly), FirstNameSuffix: orNull(n.FirstNameSuffix),
		}
	}
	return told
}

// yearOfBirth is the year as it was read, else that of the day.
func yearOfBirth(p decision.Person) string {
	if p.YearOfBirth == "" && !p.DateOfBirth.IsZero() {
		return strconv.Itoa(p.DateOfBirth.Year)
	}
	return p.YearOfBirth
}

func parsedOf(a *decision.ParsedAddress) *parsedAddress {
	if a == nil {
		return nil
	}
	return &parsedAddress{
		Street: orNull(a.Street), HouseNumber: orNull(a.HouseNumber), City: orNull(a.City), State: orNull(a.State),
		Postcode: orNull(a.Postcode), Country: orNull(a.Country), Unit: orNull(a.Unit),
	}
}

func documentOf(d decision.Document) document {
	return document{
		Type: orNull(d.Type), Number: orNull(d.Number), Country: orNull(d.Country), State: orNull(d.State),
		ValidFrom: orNull(d.ValidFrom.String()), ValidUntil: orNull(d.ValidUntil.String()),
		PlaceOfIssue: d.PlaceOfIssue, FirstIssue: d.FirstIssue.String(), IssuedBy: d.IssuedBy, IssueNumber: d.IssueNumber,
		Remarks: d.Remarks, ResidencePermitType: d.ResidencePermitType, INEIdentifier: d.INEIdentifier,
		NFCValidated: d.NFCValidated, PortraitIsVisible: d.PortraitIsVisible, SignatureIsVisible: d.SignatureIsVisible,
		Specimen: specimenOf(d.Specimen),
	}
}

func specimenOf(s *decision.Specimen) *specimen {
	if s == nil {
		return nil
	}
	return &specimen{
		ContainsContactlessChip: s.ContainsContactlessChip,
		FirstIssued:             s.FirstIssued.String(), LastIssued: s.LastIssued.String(),
		NISTVersion: s.NISTVersion, DigitalDocument: s.DigitalDocument,
		NonStandardDrivingLicense: s.NonStandardDrivingLicense, MilitaryDocument: s.MilitaryDocument,
		TemporaryEmergencyDocument: s.TemporaryEmergencyDocument, AsylumRefugeeDocument: s.AsylumRefugeeDocument,
		ICAOStandardizedDocument: s.ICAOStandardizedDocument, NotNationalIDCard: s.NotNationalIDCard,
		LegalStatus: s.LegalStatus, HasSecurityRisk: s.HasSecurityRisk,
	}
}
