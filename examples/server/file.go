package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"
)

// maxFile is the size, in bytes, of the largest file of settings.
const maxFile = 1 << 20

// fromFile sets the flags that were given neither as flags nor by the environment, and gives the file's
// integrations as they stand there. No fault repeats a value, which may be a secret.
func (c *config) fromFile(flags *flag.FlagSet) (integrations value, err error) {
	otherwise := givenIn(flags)
	text, err := readFile(c.file, maxFile)
	if err == nil {
		integrations, err = parseFile(text, flags)
	}
	for _, secret := range []string{"shared-secret", "live-key", "sandbox-key"} {
		c.holdsSecrets = c.holdsSecrets || !otherwise[secret] && givenIn(flags)[secret]
	}
	c.holdsSecrets = c.holdsSecrets || !otherwise["db"] && hasPassword(c.db) || !otherwise["keys"] && hasPassword(c.keys)
	return integrations, err
}

// readFile reads a file of settings, which nobody but its owner may write to. Why it cannot be read is said
// without its path. A pipe is refused and not waited for, as a reload cannot be ended.
func readFile(path string, limit int64) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, withoutPath(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no ordinary file")
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("it can be written to by others (mode %04o): run chmod go-w on it", info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return text, withoutPath(err)
}

func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("it cannot be read: %w", at.Err)
	}
	return err
}

// parseFile reads JSON in which a line that begins with // is a comment.
func parseFile(text []byte, flags *flag.FlagSet) (integrations value, err error) {
	root, err := parseJSON(text)
	if err != nil {
		return value{}, err
	}
	given := givenIn(flags)
	known := members{"integrations": keep(&integrations)}
	flags.VisitAll(func(f *flag.Flag) {
		if f.Name != "config" {
			known[strings.ReplaceAll(f.Name, "-", "_")] = setting(flags, f, given[f.Name])
		}
	})
	return integrations, root.object(known)
}

// setting sets a flag, unless it was given otherwise; its value is read all the same.
func setting(flags *flag.FlagSet, f *flag.Flag, given bool) func(value) error {
	return func(v value) error {
		text, err := v.plain()
		if err == nil && text == "" && f.DefValue != "" {
			err = v.fault("must not be empty")
		}
		if err != nil || given {
			return err
		}
		if flags.Set(f.Name, text) != nil {
			kind, usage := kindOf(f)
			return v.fault("cannot be read as %s: %s", kind, usage)
		}
		return nil
	}
}

// value is a value of the file, and where it stands.
type value struct {
	path string // such as integrations[1].policy; empty: the whole file
	raw  json.RawMessage
}

// members are those that an object may have, and who reads them.
type members map[string]func(value) error

func parseJSON(text []byte) (value, error) {
	if !utf8.Valid(text) {
		return value{}, errors.New("it is not UTF-8 text")
	}
	lines := bytes.Split(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n"))
	for i, line := range lines {
		if bytes.HasPrefix(bytes.TrimSpace(line), []byte("//")) { // no string goes over a line's end
			lines[i] = nil
		}
	}
	text = bytes.Join(lines, []byte("\n"))
	var raw json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(text, &raw); {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(text[:min(max(int(syntax.Offset)-1, 0), len(text))], []byte("\n"))
		return value{}, fmt.Errorf("line %d is not JSON, or something is missing before it", line)
	case err != nil:
		return value{}, errors.New("it is not JSON")
	}
	return value{raw: raw}, nil
}

// readPosted reads a body that is one JSON object, with no member that is not known and none twice.
func readPosted(body io.Reader, known members) error {
	posted, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	v := value{raw: posted}
	if !utf8.Valid(posted) || !json.Valid(posted) || v.kind() != '{' {
		return refuse(http.StatusBadRequest, "the body must be one JSON object in UTF-8")
	}
	if err := v.object(known); err != nil {
		return refuse(http.StatusBadRequest, "%s", err)
	}
	return nil
}

// fault says what is wrong with the value, and where.
func (v value) fault(format string, args ...any) error {
	where := v.path
	if where == "" {
		where = "the file"
	}
	return fmt.Errorf("%s: it %s", where, fmt.Sprintf(format, args...))
}

// note keeps the last of some members that is there, too.
func (known members) note(last *value, names ...string) {
	for _, name := range names {
		read := known[name]
		known[name] = func(v value) error { *last = v; return read(v) }
	}
}

// object has each member read by whoever knows it.
func (v value) object(known members) error {
	d := json.NewDecoder(bytes.NewReader(v.raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return v.fault("must be an object")
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return v.fault("must be an object")
		}
		read := known[fmt.Sprint(name)]
		member := value{raw: nil, path: strings.TrimPrefix(v.path+"."+printable(name, read != nil), ".")}
		switch err := d.Decode(&member.raw); {
		case err != nil:
			return v.fault("must be an object")
		case read == nil:
			return fmt.Errorf("%s: there is no such member; known are %s", member.path,
				strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case seen[member.path]:
			return member.fault("is given twice")
		}
		seen[member.path] = true
		if err := read(member); err != nil {
			return err
		}
	}
	return nil
}

var memberName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// printable is a member's name, unless it is one that nobody meant as such.
func printable(name json.Token, known bool) string {
	if text, ok := name.(string); ok && (known || memberName.MatchString(text)) {
		return text
	}
	return "(a name of other characters)"
}

// list gives the elements.
func (v value) list() (elements []value, err error) {
	var raw []json.RawMessage
	if v.kind() != '[' || json.Unmarshal(v.raw, &raw) != nil {
		return nil, v.fault("must be a list")
	}
	for i, element := range raw {
		elements = append(elements, value{fmt.Sprintf("%s[%d]", v.path, i), element})
	}
	return elements, nil
}

// kind is the first character of the value.
func (v value) kind() byte {
	raw := bytes.TrimSpace(v.raw)
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// text is a string.
func (v value) text() (text string, err error) {
	if v.kind() != '"' || json.Unmarshal(v.raw, &text) != nil {
		return "", v.fault("must be a text in quotation marks")
	}
	return text, nil
}

// plain is a string, a number or a truth value, as a flag has it.
func (v value) plain() (string, error) {
	switch v.kind() {
	case '"':
		return v.text()
	case '{', '[', 'n', 0:
		return "", v.fault("must be a text, a number, true or false")
	}
	return string(bytes.TrimSpace(v.raw)), nil
}
