//go:build unix

package postgrestest_test

import (
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bonafide-idv/bonafide/storage/storetest/postgrestest"
)

// A server that is named and refuses who asks is no reason to skip: the test fails at once, and says why.
func TestServerThatRefuses(t *testing.T) {
	const child = "BONAFIDE_TEST_CHILD"
	if os.Getenv(child) != "" {
		t.Log("got a server at", postgrestest.URL(t))
		return
	}
	t.Parallel()
	at, err := url.Parse(postgrestest.New(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/nobody_has_made_this"
	test := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerThatRefuses$")
	test.Env = append(os.Environ(), child+"=1", postgrestest.EnvServer+"="+at.String())
	out, err := test.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "names does not answer") || !strings.Contains(string(out), "3D000") {
		t.Errorf("got %v and\n%s\nwant it to fail, and to say that there is no such database", err, out)
	}
}
