package main

import (
	"errors"
	"flag"
	"regexp"
	"strconv"

	"github.com/bonafide-idv/bonafide/media"
)

// size is a number of bytes that can be written with a unit, such as 24MiB.
type size int64

// defaultUpload is what the vendor takes (https://devdocs.veriff.com/apidocs/v1sessionsidmedia-3). No more than
// maxSize can be asked for, which is a choice of this example's: uploads stream, and memory does not bound them.
const (
	defaultUpload size = 24 << 20
	maxSize       size = 1 << 30
)

var _ flag.Value = (*size)(nil)

var sizes = regexp.MustCompile(`^([0-9]{1,10})(B|KB|MB|GB|KiB|MiB|GiB)?$`)

// Set implements [flag.Value].
func (s *size) Set(text string) error {
	m := sizes.FindStringSubmatch(text)
	if m == nil {
		return errors.New("not a number of bytes")
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return err
	}
	factor := map[string]int64{
		"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	}[m[2]]
	*s = size(n * factor) // ten digits of gibibytes are less than the 63 bits
	return nil
}

// String implements [flag.Value].
func (s *size) String() string {
	if mib := *s >> 20; mib<<20 == *s {
		return strconv.FormatInt(int64(mib), 10) + "MiB"
	}
	return strconv.FormatInt(int64(*s), 10)
}

// limits are what may be uploaded when s is the longest base64 text of a picture. A PDF may have a ninth more,
// as with the vendor.
func (s size) limits() media.Limits {
	image := int64(s) / 4 * 3
	return media.Limits{Image: image, PDF: image + image/9}
}
