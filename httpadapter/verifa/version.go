package verifa

import "time"

// currentVersion is the one that who names none speaks (https://docs.withverifa.com/api-details/versioning).
const currentVersion = "2026-01-01"

// versions are those that there are; true: it is retired. The vendor's samples show the second one.
var versions = map[string]bool{currentVersion: false, "2026-02-01": false, "2025-01-01": true}

// checkVersion refuses a version that is not spoken.
func checkVersion(name string) error {
	retired, known := versions[name]
	switch _, err := time.Parse(time.DateOnly, name); {
	case err != nil:
		return invalidRequest("Verifa-Version must be a date, as " + currentVersion + ".")
	case retired:
		return invalidRequest("This version is retired: upgrade to " + currentVersion + ".")
	case !known:
		return invalidRequest("There is no such version: the current one is " + currentVersion + ".")
	}
	return nil
}
