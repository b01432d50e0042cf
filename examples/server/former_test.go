package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unpack puts what an archive holds into a folder of its own.
func unpack(t *testing.T, archive string) (folder string) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	for r := tar.NewReader(packed); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return folder
		}
		path := filepath.Join(folder, filepath.FromSlash(h.Name))
		if err == nil && h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else if err == nil {
			var content []byte
			if content, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestFormerFolder: a folder of a version that spoke Veriff's language alone opens, with its session, its media and its
// credentials, and gets keys for Verifa's.
func TestFormerFolder(t *testing.T) {
	t.Parallel()
	const id = "01a1fec5-6dba-42e0-818b-9877822a2e72"
	data := unpack(t, "testdata/folder-schema-3.tar.gz")
	s := start(t, "-data", data)
	if s.key != acmeKey || s.live == "" || s.sandbox == "" {
		t.Errorf("the keys are %q, %q and %q, want Veriff's as it was and two of Verifa's", s.key, s.live, s.sandbox)
	}
	if status, body := s.call("GET", "/v1/sessions/"+id+"/decision", ""); status != 200 || !strings.Contains(body, `"vendorData":"customer-17"`) ||
		!strings.Contains(body, `"status":"approved"`) {
		t.Errorf("the decision: %d %s", status, body)
	}
	_, body := s.call("GET", "/v1/sessions/"+id+"/media", "")
	_, rest, _ := strings.Cut(body, `"images":[{"id":"`)
	medium, _, _ := strings.Cut(rest, `"`)
	if status, photo := s.call("GET", "/v1/media/"+medium, ""); status != 200 || !strings.HasSuffix(photo, " a small picture") {
		t.Errorf("the photograph: %d %q", status, photo)
	}
	path, _ := s.captured(s.sandbox)
	s.stop()
	again := start(t, "-data", data)
	again.asks(200, s.sandbox, "GET", path, "")
	if status, body := again.call("DELETE", "/v1/sessions/"+id, ""); status != 200 {
		t.Errorf("a deletion: %d %s", status, body)
	}
}
