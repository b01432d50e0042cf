package veriff

import "strings"

// Stringify and Normal are what every body is written by.
var (
	Stringify = stringify
	Normal    = normal
)

// EndpointPages is the table of refusals, one to a line.
func EndpointPages() string {
	var rows []string
	for _, a := range endpointPages {
		if a.label == "" {
			a.label = "fail"
		}
		row, err := stringify([]any{a.status, a.label, a.code, a.message})
		if err != nil {
			panic(err)
		}
		rows = append(rows, string(row))
	}
	return "[" + strings.Join(rows, ",\n") + "]\n"
}

// ReadUpload is how an upload's body is read. It overwrites the body.
var ReadUpload = readUpload
