package decision

// Person is what was read about the person. Empty fields were not read.
type Person struct {
	FirstName    string    `json:"first_name,omitempty"`
	LastName     string    `json:"last_name,omitempty"`
	FullName     string    `json:"full_name,omitempty"`
	IDNumber     string    `json:"id_number,omitempty"`
	Gender       string    `json:"gender,omitempty"` // "M" or "F"
	DateOfBirth  Date      `json:"date_of_birth,omitzero"`
	YearOfBirth  string    `json:"year_of_birth,omitempty"` // Default: of DateOfBirth
	PlaceOfBirth string    `json:"place_of_birth,omitempty"`
	Nationality  string    `json:"nationality,omitempty"` // ISO 3166-1 alpha-2
	Addresses    []Address `json:"addresses,omitempty"`

	// What follows few documents have.

	Title           string          `json:"title,omitempty"`
	ExtraNames      string          `json:"extra_names,omitempty"`
	NameComponents  *NameComponents `json:"name_components,omitempty"`
	Occupation      string          `json:"occupation,omitempty"`
	Employer        string          `json:"employer,omitempty"`
	ForeignerStatus string          `json:"foreigner_status,omitempty"`
	EyeColor        string          `json:"eye_color,omitempty"`
	HairColor       string          `json:"hair_color,omitempty"`
	Height          string          `json:"height,omitempty"` // as it is written, with its unit
	Weight          string          `json:"weight,omitempty"` // as it is written, with its unit
	// Those of Mexico's voter cards.
	IFEIdentifier string `json:"ife_identifier,omitempty"`
	INEIdentifier string `json:"ine_identifier,omitempty"`
	ElectorNumber string `json:"elector_number,omitempty"`
}

// Address is where the person lives.
type Address struct {
	Full   string         `json:"full,omitempty"` // as it is written
	Parsed *ParsedAddress `json:"parsed,omitempty"`
}

// ParsedAddress is an address in its parts. Empty parts are not known.
type ParsedAddress struct {
	Street      string `json:"street,omitempty"`
	HouseNumber string `json:"house_number,omitempty"`
	Unit        string `json:"unit,omitempty"` // a flat, office or lot
	City        string `json:"city,omitempty"`
	State       string `json:"state,omitempty"`
	Postcode    string `json:"postcode,omitempty"`
	Country     string `json:"country,omitempty"`
}

// NameComponents are the parts of a first name, where a document keeps them apart.
type NameComponents struct {
	Title           string `json:"title,omitempty"`
	FirstNameOnly   string `json:"first_name_only,omitempty"` // without the other parts
	MiddleName      string `json:"middle_name,omitempty"`
	FirstNameSuffix string `json:"first_name_suffix,omitempty"`
}
