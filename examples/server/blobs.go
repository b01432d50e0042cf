package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bonafide-idv/bonafide/media"
	"github.com/bonafide-idv/bonafide/session"
	"github.com/bonafide-idv/bonafide/storage/fileblobs"
	"github.com/bonafide-idv/bonafide/storage/s3blobs"
)

// bucket is where -blobs has the media in S3.
type bucket struct {
	s3blobs.Config
	endpoint string // empty: Amazon's
	region   string // empty: as AWS's own settings have it
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	regionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,62}$`)
)

// checkBlobs reads -blobs. What is not read of it is never repeated, as it may hold a secret that does not belong there.
func (c *config) checkBlobs() (err error) {
	switch scheme, _, given := strings.Cut(strings.ToLower(c.blobs), ":"); {
	case c.blobs == "" && c.postgres != nil:
		c.blobs = filepath.Join(c.data, "postgres.media")
	case c.blobs == "" && c.beside != "":
		c.blobs = filepath.Join(c.data, "media")
	case c.blobs == "":
	case c.beside == "":
		return errors.New("-blobs is for a database that is kept, and -db memory: has none")
	case given && scheme == "s3":
		c.bucket, err = parseBucket(c.blobs)
	case strings.Contains(c.blobs, "://"):
		return errors.New("-blobs is neither a folder nor s3://BUCKET/PREFIX")
	case given && strings.Contains(c.blobs, "@"):
		return errors.New("-blobs has both a : and an @, as credentials have, which belong into AWS_ACCESS_KEY_ID and " +
			"AWS_SECRET_ACCESS_KEY; it is a folder or s3://BUCKET/PREFIX")
	}
	return err
}

// parseBucket reads s3://BUCKET/PREFIX?endpoint=…&region=….
func parseBucket(text string) (*bucket, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !strings.HasPrefix(text, "s3://"):
		return nil, errors.New("-blobs cannot be read as s3://BUCKET/PREFIX?endpoint=ADDRESS&region=REGION")
	case u.User != nil:
		return nil, errors.New("-blobs holds credentials, which belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case !bucketName.MatchString(u.Host):
		return nil, errors.New("-blobs names no bucket: s3:// is followed by 3 to 63 small letters, digits, dots and hyphens")
	case u.Fragment != "" || u.RawFragment != "":
		return nil, errors.New("-blobs has a #, which neither a bucket nor a prefix can have")
	}
	b := &bucket{Config: s3blobs.Config{Bucket: u.Host, Prefix: strings.TrimPrefix(u.Path, "/")}}
	if _, err := s3blobs.New(s3.New(s3.Options{}), b.Config); err != nil {
		return nil, errors.New("-blobs has a prefix that is not names of letters, digits and ._- with single slashes between them")
	}
	return b, b.parseQuery(u.RawQuery)
}

func (b *bucket) parseQuery(text string) error {
	query, err := url.ParseQuery(text)
	if err != nil {
		return errors.New("-blobs has parameters that cannot be read: other characters than letters and digits need %XX")
	}
	for name, values := range query {
		switch to := map[string]*string{"endpoint": &b.endpoint, "region": &b.region}[name]; {
		case to == nil:
			return errors.New("-blobs has a parameter that is neither endpoint nor region")
		case len(values) > 1:
			return fmt.Errorf("-blobs has the parameter %s twice", name)
		default:
			*to = values[0]
		}
	}
	if query.Has("region") && !regionName.MatchString(b.region) {
		return errors.New("-blobs has a region that is not letters, digits and hyphens, as eu-central-1")
	}
	if strings.Contains(b.endpoint, "@") {
		return errors.New("-blobs has an endpoint that holds credentials, which belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	if query.Has("endpoint") && !isServer(b.endpoint) {
		return errors.New("-blobs has an endpoint that is not the http or https address of a server, as https://s3.example.com")
	}
	return nil
}

// isServer reports whether an address is that of a server, and of nothing on it.
func isServer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

// withBlobs opens a store, and the media beside it.
func withBlobs(ctx context.Context, cfg *config, open func(context.Context, *config) (*depot, error)) (*depot, error) {
	d, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if d.blobs, err = openBlobs(ctx, cfg); err != nil {
		d.close()
		return nil, fmt.Errorf("-blobs %s cannot be opened: %s", cfg.blobs, strings.Join(strings.Fields(err.Error()), " "))
	}
	return d, nil
}

func openBlobs(ctx context.Context, cfg *config) (media.Blobs, error) {
	if cfg.bucket == nil {
		return fileblobs.Open(cfg.blobs)
	}
	return cfg.bucket.open(ctx)
}

// openTime bounds what is asked of S3 before the server starts.
const openTime = 30 * time.Second

// open asks for credentials, and whether they are good for the bucket.
func (b *bucket) open(ctx context.Context) (media.Blobs, error) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	slow := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.ResponseHeaderTimeout = time.Minute })
	settings, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithHTTPClient(slow))
	if err != nil {
		return nil, err
	}
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("there are no credentials, as in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: %w", err)
	}
	settings.Region = cmp.Or(b.region, settings.Region)
	if settings.Region == "" && b.endpoint != "" {
		settings.Region = "us-east-1" // which servers that have no regions take for theirs
	}
	if settings.Region == "" {
		return nil, errors.New("there is no region: add ?region=REGION, or set AWS_REGION")
	}
	blobs, err := s3blobs.New(s3.NewFromConfig(settings, func(o *s3.Options) {
		if b.endpoint != "" {
			o.BaseEndpoint, o.UsePathStyle = aws.String(strings.TrimSuffix(b.endpoint, "/")), true
		}
	}), b.Config)
	if err != nil {
		return nil, err
	}
	if _, err := blobs.List(ctx, media.Hour(time.Now()), "", 1); err != nil {
		return nil, err
	}
	return blobs, nil
}

// checkOwnBlobs refuses media that are another database's, before anything is added to them.
func (s *server) checkOwnBlobs(ctx context.Context, cfg *config) error {
	if cfg.blobs == "" {
		return nil // in memory
	}
	err := s.engine.CheckBlobs(ctx)
	if errors.Is(err, session.ErrSharedBlobs) {
		return fmt.Errorf("-blobs %s has the media of another database: name a folder or a prefix that no other database has; or, "+
			"where that database is gone for good, remove its marker: %w", cfg.blobs, err)
	}
	return err
}
