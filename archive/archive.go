// Package archive keeps messages for good: records and attachments in one
// bucket of an S3 object store under Object Lock, where nothing, Posthorn
// included, can overwrite or delete them before their time. It knows the
// record's format (FORMAT.md) and the keys; what is archived, and when, is
// decided elsewhere.
package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Config says where the bucket is.
type Config struct {
	Endpoint  string // a URL: http(s)://host:port
	AccessKey string
	SecretKey string
	Bucket    string
	Region    string
}

// Archive is one WORM bucket.
type Archive struct {
	client *minio.Client
	bucket string
	region string
	idle   func() // closes connections that wait
}

// Open returns the archive without touching the network.
func Open(c Config) (*Archive, error) {
	host, secure, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	switch {
	case c.AccessKey == "" || c.SecretKey == "":
		// Without them requests go unsigned, and are refused one by one.
		return nil, errors.New("archive: the object store's access key and secret key must be given")
	case c.Bucket == "":
		return nil, errors.New("archive: the bucket's name must be given")
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	client, err := minio.New(host, &minio.Options{
		Creds:      credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""),
		Secure:     secure,
		Transport:  transport,
		Region:     c.Region,
		MaxRetries: 2, // who calls has a schedule of its own
	})
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return &Archive{client: client, bucket: c.Bucket, region: c.Region, idle: transport.CloseIdleConnections}, nil
}

// Close closes the connections that nobody uses: a store that stops may wait
// for them.
func (a *Archive) Close() { a.idle() }

// parseEndpoint takes an S3 endpoint apart. What it cannot keep it refuses: a
// path that is dropped in silence leads to another store. Its errors do not
// repeat the URL, as there may be a password in it.
func parseEndpoint(endpoint string) (host string, secure bool, err error) {
	u, err := url.Parse(endpoint)
	if err == nil && u.User != nil {
		return "", false, errors.New("archive: the S3 endpoint's credentials do not belong into its URL")
	}
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") ||
		(u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return "", false, errors.New("archive: the S3 endpoint must be a URL without a path, such as https://s3.example.com")
	}
	return u.Host, u.Scheme == "https", nil
}

// Ping reports whether the bucket can be reached.
func (a *Archive) Ping(ctx context.Context) error {
	exists, err := a.client.BucketExists(ctx, a.bucket)
	if err == nil && !exists {
		err = errors.New("it does not exist")
	}
	if err != nil {
		return a.wrap("reach the bucket", err)
	}
	return nil
}

func (a *Archive) wrap(do string, err error) error {
	return fmt.Errorf("archive: cannot %s %s: %w", do, a.bucket, err)
}

// isMissing reports whether a store said that there is no such object or
// version. A bucket that is missing is a fault of the set-up.
func isMissing(err error) bool {
	response := minio.ToErrorResponse(err)
	return response.StatusCode == http.StatusNotFound && response.Code != "NoSuchBucket"
}

// pause waits before the nth look at something that is about to settle, from
// 0: 20 ms, twice as long each time.
func pause(ctx context.Context, n int) error {
	timer := time.NewTimer(20 * time.Millisecond << n)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// looks is how often something that is about to settle is looked at, over a
// second and a quarter altogether.
const looks = 7
