package decision

// Document is what was read from the document. Empty fields were not read.
type Document struct {
	Type         string `json:"type,omitempty"` // PASSPORT, ID_CARD, RESIDENCE_PERMIT, DRIVERS_LICENSE, VISA or OTHER
	Number       string `json:"number,omitempty"`
	Country      string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	State        string `json:"state,omitempty"`
	ValidFrom    Date   `json:"valid_from,omitzero"`
	ValidUntil   Date   `json:"valid_until,omitzero"`
	FirstIssue   Date   `json:"first_issue,omitzero"`
	PlaceOfIssue string `json:"place_of_issue,omitempty"`
	IssuedBy     string `json:"issued_by,omitempty"`
	IssueNumber  string `json:"issue_number,omitempty"`
	Remarks      string `json:"remarks,omitempty"`

	ResidencePermitType string `json:"residence_permit_type,omitempty"`
	INEIdentifier       string `json:"ine_identifier,omitempty"` // of Mexico's voter cards
	// What was looked at; nil: it was not.
	NFCValidated       *bool `json:"nfc_validated,omitempty"`
	PortraitIsVisible  *bool `json:"portrait_is_visible,omitempty"`
	SignatureIsVisible *bool `json:"signature_is_visible,omitempty"`

	Specimen *Specimen `json:"specimen,omitempty"`
}

// Specimen is what is known about documents of this kind, and not about this one. What is nil or empty is
// not known.
type Specimen struct {
	FirstIssued Date   `json:"first_issued,omitzero"` // the day from which such documents were issued
	LastIssued  Date   `json:"last_issued,omitzero"`  // the day until which they were
	NISTVersion string `json:"nist_version,omitempty"`
	LegalStatus string `json:"legal_status,omitempty"` // primary, secondary or tertiary proof of identity

	ContainsContactlessChip    *bool `json:"contains_contactless_chip,omitempty"`
	DigitalDocument            *bool `json:"digital_document,omitempty"`
	NonStandardDrivingLicense  *bool `json:"non_standard_driving_license,omitempty"`
	MilitaryDocument           *bool `json:"military_document,omitempty"`
	TemporaryEmergencyDocument *bool `json:"temporary_emergency_document,omitempty"`
	AsylumRefugeeDocument      *bool `json:"asylum_refugee_document,omitempty"`
	ICAOStandardizedDocument   *bool `json:"icao_standardized_document,omitempty"`
	NotNationalIDCard          *bool `json:"not_national_id_card,omitempty"`
	HasSecurityRisk            *bool `json:"has_security_risk,omitempty"`
}
