package verifa

import "github.com/bonafide-idv/bonafide/httpadapter/internal/jsontext"

// What the fuzz targets see of ids, of paths, and of JSON in one form.
var (
	ParseResource = parseResource
	ResourceID    = resourceID
	Attribute     = attribute
	Normal        = jsontext.Normal
)
