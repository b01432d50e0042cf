package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// TestBlobsFlag is read as it is meant.
func TestBlobsFlag(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]bucket{
		"s3://example-media":                                                     {},
		"s3://example-media/":                                                    {},
		"s3://example-media/production":                                          {},
		"s3://example-media?region=eu-central-1":                                 {region: "eu-central-1"},
		"s3://example-media/a/b/?region=r":                                       {region: "r"},
		"s3://example-media?endpoint=http://[::1]:9":                             {endpoint: "http://[::1]:9"},
		"s3://example-media/a?endpoint=https%3A%2F%2Fs3.example.com%2F&region=x": {endpoint: "https://s3.example.com/", region: "x"},
	} {
		want.Bucket = "example-media"
		path, _, _ := strings.Cut(strings.TrimPrefix(given, "s3://example-media"), "?")
		want.Prefix = strings.TrimPrefix(path, "/")
		c, err := parseConfig([]string{"-blobs", given}, func(string) string { return "" }, io.Discard)
		if err != nil || *c.bucket != want {
			t.Errorf("-blobs %s: got %+v, %v, want %+v", given, c, err, want)
		}
	}
	for given, want := range map[string]string{"": filepath.Join("there", "media"), "elsewhere": "elsewhere", "s3": "s3", "./s3:x": "./s3:x", "ada@media": "ada@media"} {
		c, err := parseConfig([]string{"-data", "there", "-blobs", given}, func(string) string { return "" }, io.Discard)
		if err != nil || c.blobs != want || c.bucket != nil {
			t.Errorf("-blobs %q: got %+v, %v, want the folder %s", given, c, err, want)
		}
	}
	onPostgres := []string{"-data", "there", "-db", "postgres://ada@db.example.com/idv"}
	if c, err := parseConfig(onPostgres, func(string) string { return "" }, io.Discard); err != nil || c.blobs != filepath.Join("there", "postgres.media") {
		t.Errorf("on PostgreSQL: got %+v, %v, want a folder of its own", c, err)
	}
	if c, err := parseConfig([]string{"-db", "memory:"}, func(string) string { return "" }, io.Discard); err != nil || c.blobs != "" {
		t.Errorf("in memory: got %+v, %v, want none", c, err)
	}
}

// TestBlobsInAFolder are where the flag says, and nowhere else.
func TestBlobsInAFolder(t *testing.T) {
	t.Parallel()
	data, blobs := t.TempDir(), filepath.Join(t.TempDir(), "media")
	r := start(t, "-data", data, "-blobs", blobs)
	id, _ := r.create("Approve")
	if status, answer := r.call("POST", "/v1/sessions/"+id+"/media", imageOf(5000)); status != 200 {
		t.Fatalf("upload: %d %s", status, answer)
	}
	files, err := filepath.Glob(filepath.Join(blobs, "2?????????", "*")) // without the marker of whose they are
	if err != nil || len(files) != 1 {
		t.Errorf("in the folder there are %q, %v, want one file", files, err)
	}
	if _, err := os.Stat(filepath.Join(data, "media")); err == nil {
		t.Error("there is a folder of media in -data too")
	}
	if !strings.Contains(r.stderr.String(), "blobs="+blobs) {
		t.Errorf("the log does not say where media are: %s", r.stderr)
	}
}

// TestBlobsOfAnotherDatabase are refused before anything is added to them; with its marker gone they are taken.
func TestBlobsOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	blobs := t.TempDir()
	marker := filepath.Join(blobs, "0001010100", "0123456789abcdef0123456789abcdef")
	if err := os.MkdirAll(filepath.Dir(marker), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(marker, []byte("another's"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"-addr", "127.0.0.1:0", "-data", t.TempDir(), "-blobs", blobs}
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // should it be taken
	defer cancel()
	status := run(ctx, flags, func(string) string { return "" }, &stdout, &stderr)
	said := stderr.String()
	if status != 2 || !strings.Contains(said, "-blobs "+blobs+" has the media of another database") || !strings.Contains(said, filepath.Base(marker)) {
		t.Errorf("status %d, %q; want 2 and the marker", status, said)
	}
	if files, err := filepath.Glob(filepath.Join(blobs, "*", "*")); err != nil || len(files) != 1 {
		t.Errorf("in the folder there are %q, %v, want the marker alone", files, err)
	}
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	start(t, flags[2:]...)
}

// TestDatabaseThatIsNotNamed: where a PostgreSQL was in use, no SQLite is begun unasked.
func TestDatabaseThatIsNotNamed(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "postgres.master"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	if c, err := parseConfig([]string{"-data", data}, none, io.Discard); err == nil || !strings.Contains(err.Error(), "BONAFIDE_DB") {
		t.Errorf("got %+v, %v, want an error that names BONAFIDE_DB", c, err)
	}
	file := filepath.Join(data, "bonafide.db")
	if _, err := parseConfig([]string{"-data", data, "-db", "sqlite:" + file}, none, io.Discard); err != nil {
		t.Errorf("where it is asked for: %v", err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := parseConfig([]string{"-data", data}, none, io.Discard); err != nil {
		t.Errorf("where there is one: %v", err)
	}
}

// fakeS3 is an S3 in this process with a bucket, and lists its keys.
func fakeS3(t *testing.T) (address string, keys func() []string) {
	t.Helper()
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	client := s3.New(s3.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "example", SecretAccessKey: "hush"}, nil
		}),
	})
	name := aws.String("example-media")
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	return server.URL, func() (keys []string) {
		out, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out.Contents {
			if key := aws.ToString(o.Key); !strings.Contains(key, "/0001010100/") { // which says whose they are
				keys = append(keys, key)
			}
		}
		return keys
	}
}

// withoutAWS has no settings of this machine's in the way.
func withoutAWS(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
}

// TestBlobsInS3: a photograph goes to the bucket, comes back from it, and is gone from it with the person's data.
func TestBlobsInS3(t *testing.T) {
	address, keys := fakeS3(t)
	withoutAWS(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "example")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush")
	r := start(t, "-data", t.TempDir(), "-blobs", "s3://example-media/production?endpoint="+address)
	if !strings.Contains(r.stderr.String(), `blobs="s3://example-media/production?endpoint=`+address) {
		t.Errorf("the log does not say where media are: %s", r.stderr)
	}

	id, _ := r.create("Approve")
	status, answer := r.call("POST", "/v1/sessions/"+id+"/media", imageOf(5000))
	var uploaded struct{ Image struct{ ID string } }
	if err := json.Unmarshal([]byte(answer), &uploaded); err != nil || status != 200 {
		t.Fatalf("upload: %d %s", status, answer)
	}
	if got := keys(); len(got) != 1 || !strings.HasPrefix(got[0], "production/") {
		t.Errorf("the bucket has %q, want one object under the prefix", got)
	}
	if status, got := r.call("GET", "/v1/media/"+uploaded.Image.ID, ""); status != 200 || len(got) != 5000 {
		t.Errorf("download: %d and %d bytes, want 5000", status, len(got))
	}

	path, capture := r.captured(r.sandbox)
	r.asks(200, "", "POST", capture+"/consent", `{"consent_version":"1"}`)
	r.asks(200, "", "POST", capture+"/document-type", `{"document_type":"passport"}`)
	r.shows(capture, "front", "../testdata/document-front.jpg")
	r.shows(capture, "selfie", "../testdata/face.jpg")
	if got := keys(); len(got) != 3 {
		t.Errorf("the bucket has %q, want three objects", got)
	}
	erased := r.asks(200, r.sandbox, "DELETE", path+"/data", "")
	if receipt, ok := erased["receipt"].(map[string]any); !ok || receipt["documents"] != 2.0 {
		t.Errorf("the receipt is %v, want one of two documents", erased["receipt"])
	}
	if got := keys(); len(got) != 1 {
		t.Errorf("after the redaction the bucket has %q, want one object", got)
	}
	if said := r.stdout.String() + r.stderr.String(); strings.Contains(said, "hush") {
		t.Errorf("the secret is in %s", said)
	}
}

// TestBlobsInS3ThatCannotBe is one sentence before anything is served.
func TestBlobsInS3ThatCannotBe(t *testing.T) {
	address, _ := fakeS3(t)
	withoutAWS(t)
	for _, row := range []struct{ name, key, blobs, want string }{
		{"no credentials", "", "s3://example-media?endpoint=" + address, "there are no credentials, as in AWS_ACCESS_KEY_ID"},
		{"no region", "example", "s3://example-media", "there is no region: add ?region=REGION, or set AWS_REGION"},
		{"no bucket", "example", "s3://another-bucket?endpoint=" + address, "NoSuchBucket"},
		{"nobody there", "example", "s3://example-media?endpoint=http://127.0.0.1:1", "connection refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", row.key)
			t.Setenv("AWS_SECRET_ACCESS_KEY", strings.ReplaceAll(row.key, "example", "hush"))
			var stdout, stderr bytes.Buffer
			args := []string{"-addr", "127.0.0.1:0", "-data", t.TempDir(), "-blobs", row.blobs}
			status := run(t.Context(), args, func(string) string { return "" }, &stdout, &stderr)
			said := stderr.String()
			if status != 2 || !strings.Contains(said, row.want) || !strings.Contains(said, "-blobs s3://") || strings.Count(said, "\n") != 1 {
				t.Errorf("status %d, %q; want 2 and one sentence of %s", status, said, row.want)
			}
			if strings.Contains(said, "hush") {
				t.Errorf("the secret is in %q", said)
			}
		})
	}
}
