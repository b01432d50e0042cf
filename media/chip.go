package media

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// What [ParseChip] answers for an object that is not what was read from a chip. The text names the member, and
// nothing of what is in it.
var (
	ErrChipMissing  = errors.New("media: chip data lack a member")
	ErrChipEncoding = errors.New("media: chip data are not base64")
)

// chipMembers is the one list of what chip data hold, in the order in which [ParseChip] writes it: the files of
// the passport application of ICAO Doc 9303, part 10, of which the first chipRequired must be there.
var chipMembers = [...]string{
	"com", "sod", "dg1", "dg2",
	"dg3", "dg4", "dg5", "dg6", "dg7", "dg8", "dg9", "dg10", "dg11", "dg12", "dg13", "dg14", "dg15", "dg16",
}

const chipRequired = 4

// ChipMembers gives the names of all files that [ParseChip] takes, in the order in which it writes them. The slice
// is the caller's.
func ChipMembers() []string { return slices.Clone(chipMembers[:]) }

// ParseChip takes what was read from the chip of a document, as the JSON object of
// https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3, and gives it in its one form, which is the caller's
// and never longer than text.
//
// The members are files of ICAO Doc 9303, part 10: "com" (what the chip holds), "sod" (the issuer's signature
// over it), "dg1" (the machine-readable zone) and "dg2" (the face) must be there, "dg3" to "dg16" may be. A member
// that is null is not there. Each is a string of base64 of the standard alphabet, with padding, and is not empty;
// line breaks within are passed over. Other members are left out, whatever they hold. What the files
// say, and whether the signature over them is right, is not looked at.
//
// The canonical form has the members in the order above, no white space and no line breaks, and is what
// ParseChip makes of itself. Members that differ in nothing but spelling have the same one.
//
// Errors: [ErrFormat] for what is no JSON object in UTF-8, or has a member twice; [ErrChipMissing];
// [ErrChipEncoding]. How long text may be is for the caller to say, with [Limits.For] of [JSON].
func ParseChip(text []byte) (canonical []byte, err error) {
	members, err := chipObject(text)
	if err != nil {
		return nil, err
	}
	canonical = append(make([]byte, 0, len(text)), '{')
	for i, name := range chipMembers {
		value, there := members[name]
		if !there || string(value) == "null" {
			if i < chipRequired {
				return nil, fmt.Errorf("%w: %s", ErrChipMissing, name)
			}
			continue
		}
		file, err := chipFile(value)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, name)
		}
		if i > 0 {
			canonical = append(canonical, ',')
		}
		canonical = append(append(append(canonical, '"'), name...), `":"`...)
		canonical = append(base64.StdEncoding.AppendEncode(canonical, file), '"')
	}
	return append(canonical, '}'), nil
}

// chipObject reads the members by name. Go's own reading into a map or a struct would let the last of two of the
// same name win, and a struct also one that is spelt with other capitals.
func chipObject(text []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, fmt.Errorf("%w: chip data are not JSON", ErrFormat)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("%w: chip data are no object", ErrFormat)
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		name, isName := token.(string)
		var value json.RawMessage
		if err != nil || !isName || d.Decode(&value) != nil {
			return nil, fmt.Errorf("%w: chip data are not JSON", ErrFormat)
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%w: chip data have a member twice", ErrFormat)
		}
		members[name] = value
	}
	return members, nil
}

// chipFile decodes one member. That the last bits before the padding are zero is asked for, as two texts would
// otherwise be the same file.
func chipFile(value json.RawMessage) ([]byte, error) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return nil, ErrChipEncoding
	}
	file, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(file) == 0 {
		return nil, ErrChipEncoding
	}
	return file, nil
}
