package decision

import "encoding/json"

// Additional is what was verified beyond the document itself, under the names that Veriff gives it
// (https://devdocs.veriff.com/docs/decision-webhook). All of it is optional, and what is nil or empty is left
// out; within a part, what has no omitempty is null when it is not known.
type Additional struct {
	DriversLicenseNumber string `json:"driversLicenseNumber,omitempty"`
	// By category, such as "B". A nil bool and a zero Date are null.
	DriversLicenseCategory      map[string]*bool `json:"driversLicenseCategory,omitzero"`
	DriversLicenseCategoryFrom  map[string]Date  `json:"driversLicenseCategoryFrom,omitzero"`
	DriversLicenseCategoryUntil map[string]Date  `json:"driversLicenseCategoryUntil,omitzero"`
	DriversLicenseCategories    []string         `json:"driversLicenseCategories,omitzero"`

	EstimatedAge    *float64 `json:"estimatedAge,omitempty"`    // in years
	EstimatedGender *float64 `json:"estimatedGender,omitempty"` // from 0, male, to 1, female
	ProcessNumber   string   `json:"processNumber,omitempty"`

	UKTFCheckResult                []UKTFCheckResult               `json:"UKTFCheckResult,omitzero"`
	CPFValidation                  *CPFValidation                  `json:"cpfValidation,omitempty"`
	INEBiometricRegistryValidation *INEBiometricRegistryValidation `json:"ineBiometricRegistryValidation,omitempty"`
	RegistryValidation             *RegistryValidation             `json:"registryValidation,omitempty"`
	ProofOfAddress                 *ProofOfAddress                 `json:"proofOfAddress,omitempty"`
	ValidationResults              []ValidationResult              `json:"validationResults,omitzero"`

	// Other is a JSON object of further members, told as they are. The name of a field above is refused
	// there, unless its value is null: so a null is told. Default: none.
	Other json.RawMessage `json:"-"`
}

// UKTFCheckResult is what the registers of the United Kingdom's trust framework say.
type UKTFCheckResult struct {
	CIFAS         string `json:"CIFAS,omitempty"`
	ElectoralRoll string `json:"Electoral roll and Credit History UK,omitempty"`
	PEP           string `json:"PEP,omitempty"`
}

// CPFValidation is what Brazil's register of taxpayers says.
type CPFValidation struct {
	Status      *string `json:"status"`
	CPFNumber   *string `json:"cpfNumber"`
	Name        *string `json:"name"`
	DateOfBirth Date    `json:"dateOfBirth"`
	YearOfDeath *string `json:"yearOfDeath"`
}

// INEBiometricRegistryValidation is what Mexico's register of voters says about the face. What is nil could
// not be found out.
type INEBiometricRegistryValidation struct {
	FaceMatch           *bool    `json:"faceMatch"`
	FaceMatchPercentage *float64 `json:"faceMatchPercentage"` // from 0 to 100; from 85 on it is a match
	ResponseStatus      *string  `json:"responseStatus"`      // "success" or "failure"
}

// RegistryValidation is what a national register says about the person, as Colombia's does.
type RegistryValidation struct {
	CountryRegistry    *string  `json:"countryRegistry"`
	RegistryName       *string  `json:"registryName"`
	FullNameSimilarity *float64 `json:"fullNameSimilarity"`
	DocumentValid      *bool    `json:"documentValid"`
	PersonIsAlive      *bool    `json:"personIsAlive"`
}

// ProofOfAddress is what a bill or a bank statement shows about where the person lives. What is nil could not
// be found out.
type ProofOfAddress struct {
	NameMatch           *bool                `json:"nameMatch"`
	NameMatchPercentage *float64             `json:"nameMatchPercentage"` // from 0 to 100
	DocumentType        *string              `json:"documentType"`
	Fraud               *ProofOfAddressFraud `json:"fraud,omitempty"` // nil: it was not looked for
}

// ProofOfAddressFraud is whether a proof of address was tampered with. What is nil could not be found out.
type ProofOfAddressFraud struct {
	RiskLevel         *string  `json:"riskLevel"` // LOW_RISK, MEDIUM_RISK or HIGH_RISK
	Reason            *string  `json:"reason"`
	ReasonDescription *string  `json:"reasonDescription"`
	Indicators        []string `json:"indicators"` // an array also when there are none
}

// ValidationResult is how well the person's data agree with one register of the United States: a level of
// agreement for each field that was compared.
type ValidationResult struct {
	RegistryName string `json:"registryName,omitempty"`
	FirstName    string `json:"firstName,omitempty"`
	LastName     string `json:"lastName,omitempty"`
	DateOfBirth  string `json:"dateOfBirth,omitempty"`
	Address      string `json:"address,omitempty"`
	City         string `json:"city,omitempty"`
	State        string `json:"state,omitempty"`
	Zip          string `json:"zip,omitempty"`
	IDNumber     string `json:"idNumber,omitempty"`
}
