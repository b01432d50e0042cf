package webhook_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestThreeImplementationsVerify has what a Sender sends verified by three that share no code with it or with each
// other: Go's crypto/hmac, Node.js and Python. Where BONAFIDE_REQUIRE_NODE or BONAFIDE_REQUIRE_PYTHON is set, that
// one must be there to be asked.
func TestThreeImplementationsVerify(t *testing.T) {
	t.Parallel()
	vectors := newVectors(t)
	if len(vectors) < 20 {
		t.Fatalf("got %d vectors, want 20 or more", len(vectors))
	}
	verifiers := []struct {
		name, command, variable string
		script                  []string
	}{
		{name: "Go"},
		{"Node.js", "node", "BONAFIDE_REQUIRE_NODE", []string{"-e", inJavaScript}},
		{"Python", "python3", "BONAFIDE_REQUIRE_PYTHON", []string{"-c", inPython}},
	}
	for _, verifier := range verifiers {
		t.Run(verifier.name, func(t *testing.T) {
			t.Parallel()
			var got []verdicts
			if verifier.command == "" {
				for _, vector := range vectors {
					got = append(got, inGo(vector))
				}
			} else {
				got = ask(t, verifier.command, verifier.variable, verifier.script, vectors)
			}
			if len(got) != len(vectors) {
				t.Fatalf("got %d verdicts, want %d", len(got), len(vectors))
			}
			for i, vector := range vectors {
				if got[i] != vector.want {
					t.Errorf("%s: got %+v, want %+v", vector.Name, got[i], vector.want)
				}
			}
		})
	}
}

// ask runs a script that reads a vector from each line and writes its verdicts to one.
func ask(t *testing.T, command, variable string, script []string, vectors []signed) (got []verdicts) {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil && os.Getenv(variable) != "" {
		t.Fatalf("%s is not installed, and %s is set", command, variable)
	}
	if err != nil {
		t.Skipf("SKIPPED: %s is not installed, so it was not asked to verify what is sent", command)
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, vector := range vectors {
		if err := encoder.Encode(vector); err != nil {
			t.Fatal(err)
		}
	}
	asked := exec.Command(path, script...)
	asked.Stdin = &lines
	var complaints bytes.Buffer
	asked.Stderr = &complaints
	out, err := asked.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, &complaints)
	}
	for line := range strings.Lines(string(out)) {
		var v verdicts
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%s wrote %q: %v", command, line, err)
		}
		got = append(got, v)
	}
	return got
}

func inGo(s signed) (v verdicts) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Standard, "whsec_"))
	if err != nil {
		return v
	}
	sum := sha256.Sum256([]byte(string(s.Body) + s.Secret))
	want := "v1," + base64.StdEncoding.EncodeToString(mac(string(key), s.ID, ".", s.Timestamp, ".", string(s.Body)))
	for given := range strings.FieldsSeq(s.Signatures) {
		v.Standard = v.Standard || given == want
	}
	v.HMAC = s.HMAC == hex.EncodeToString(mac(s.Secret, string(s.Body)))
	v.Legacy = s.Legacy == hex.EncodeToString(sum[:])
	at, stamped, _ := strings.Cut(strings.TrimPrefix(s.Stamped, "t="), ",v1=")
	v.Stamped = stamped == hex.EncodeToString(mac(s.Secret, at, ".", string(s.Body)))
	return v
}

const inJavaScript = `
const crypto = require("crypto");
for (const line of require("fs").readFileSync(0, "utf8").split("\n")) {
	if (line === "") continue;
	const d = JSON.parse(line), body = Buffer.from(d.Body || "", "base64");
	const key = Buffer.from(d.Standard.replace(/^whsec_/, ""), "base64");
	const signed = Buffer.concat([Buffer.from(d.ID + "." + d.Timestamp + "."), body]);
	const [, at, stamped] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(d.Stamped) || [];
	const v1 = "v1," + crypto.createHmac("sha256", key).update(signed).digest("base64");
	console.log(JSON.stringify({
		HMAC: d.HMAC === crypto.createHmac("sha256", d.Secret).update(body).digest("hex"),
		Standard: d.Signatures.split(" ").includes(v1),
		Legacy: d.Legacy === crypto.createHash("sha256").update(body).update(d.Secret, "utf8").digest("hex"),
		Stamped: stamped === crypto.createHmac("sha256", d.Secret).update(at + ".").update(body).digest("hex"),
	}));
}`

const inPython = `
import base64, hashlib, hmac, json, sys
for line in sys.stdin.buffer:
    d = json.loads(line)
    body, secret, standard = base64.b64decode(d["Body"] or ""), d["Secret"].encode(), d["Standard"]
    if standard.startswith("whsec_"):
        standard = standard[len("whsec_"):]
    signed = (d["ID"] + "." + d["Timestamp"] + ".").encode() + body
    at, _, stamped = d["Stamped"].removeprefix("t=").partition(",v1=")
    v1 = "v1," + base64.b64encode(hmac.new(base64.b64decode(standard), signed, hashlib.sha256).digest()).decode()
    print(json.dumps({
        "HMAC": d["HMAC"] == hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "Standard": v1 in d["Signatures"].split(" "),
        "Legacy": d["Legacy"] == hashlib.sha256(body + secret).hexdigest(),
        "Stamped": stamped == hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest(),
    }))
`
