package verifa_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestUploadUnderAnotherName: a file under a name that nobody knows is named at once, however large it is.
func TestUploadUnderAnotherName(t *testing.T) {
	t.Parallel()
	const end = "\r\n--b--\r\n"
	part := func(name, content string) string {
		return fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=%q; filename=\"a.png\"\r\n\r\n%s\r\n", name, content)
	}
	kind := "\r\n--b\r\nContent-Disposition: form-data; name=\"document_type\"\r\n\r\nid_front"
	large := strings.Repeat("x", 3<<20)
	for _, row := range []struct{ name, body, want string }{
		{"small", part("wrong", picture) + kind[2:] + end, "wrong file"},
		{"large", part("wrong", large) + kind[2:] + end, "wrong file"},
		{"as large as a file may be", part("wrong", large+large+large) + kind[2:] + end, "wrong file"},
		{"with a name that is no UTF-8", "--b\r\nContent-Disposition: form-data; name=\"\xff\"; filename=x\r\n\r\n" + large + end, "\ufffd file"},
		{"beside the file", part("file", picture) + part("second", large) + kind[2:] + end, "second "},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, setup{})
			id, capture := h.capture(liveKey, nil)
			h.consent(capture)
			for _, path := range []string{capture + "/front", "/api/v1/sessions/" + id + "/documents"} {
				c := call{method: "POST", path: path, body: row.body, kind: "multipart/form-data; boundary=b"}
				if path[:4] == "/api" {
					c.key = liveKey
				}
				got := h.call(c).refused(422, "validation_error")
				if named := got.text("detail.0.field") + " " + got.text("detail.1.field"); named != row.want {
					t.Errorf("%.8s: got %s, want the fields %s named", path, got.body, row.want)
				}
			}
			h.noBlobs()
		})
	}
}
