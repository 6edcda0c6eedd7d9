package objectstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"

	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
)

// The tests that start a store run one after the other, because a process can
// run only one store.

const bucket = "archive"

func configure(t testing.TB) objectstore.Config {
	t.Helper()
	p, err := port.Free()
	require.NoError(t, err)
	return objectstore.Config{
		Dir:       t.TempDir(),
		Addr:      fmt.Sprintf("127.0.0.1:%d", p),
		AccessKey: "access",
		SecretKey: "secret-secret",
	}
}

// start runs a store with one bucket for the time of the test.
func start(t testing.TB, cfg objectstore.Config) (*objectstore.Server, *minio.Client) {
	t.Helper()
	s, err := objectstore.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
	})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := minio.New(s.Endpoint(), &minio.Options{
		Creds:           credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Region:          s.Region(),
		TrailingHeaders: true,
		Transport:       transport,
	})
	require.NoError(t, err)
	exists, err := client.BucketExists(t.Context(), bucket)
	require.NoError(t, err)
	if !exists {
		require.NoError(t, client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{ObjectLocking: true}))
	}
	return s, client
}

func put(t testing.TB, c *minio.Client, key, text string, opts minio.PutObjectOptions) (minio.UploadInfo, error) {
	t.Helper()
	return c.PutObject(t.Context(), bucket, key, bytes.NewReader([]byte(text)), int64(len(text)), opts)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func read(t *testing.T, c *minio.Client, key string, opts minio.GetObjectOptions) string {
	t.Helper()
	o, err := c.GetObject(t.Context(), bucket, key, opts)
	require.NoError(t, err)
	text, err := io.ReadAll(o)
	require.NoError(t, err)
	return string(text)
}

func ifAbsent() minio.PutObjectOptions {
	var opts minio.PutObjectOptions
	opts.SetMatchETagExcept("*")
	return opts
}

func TestLockedVersionCannotBeDeleted(t *testing.T) {
	_, c := start(t, configure(t))
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	info, err := put(t, c, "a/b.warc.gz", "sealed", minio.PutObjectOptions{
		Mode: minio.Compliance, RetainUntilDate: until,
		UserMetadata: map[string]string{"x-amz-checksum-sha256": digest("sealed")},
	})
	require.NoError(t, err)
	require.NotEmpty(t, info.VersionID)

	stat, err := c.StatObject(t.Context(), bucket, "a/b.warc.gz", minio.StatObjectOptions{Checksum: true})
	require.NoError(t, err)
	require.Equal(t, digest("sealed"), stat.ChecksumSHA256)
	require.Equal(t, "COMPLIANCE", stat.Metadata.Get("x-amz-object-lock-mode"))
	kept, err := time.Parse(time.RFC3339, stat.Metadata.Get("x-amz-object-lock-retain-until-date"))
	require.NoError(t, err)
	require.Equal(t, until, kept.UTC())

	version := minio.RemoveObjectOptions{VersionID: info.VersionID}
	require.Error(t, c.RemoveObject(t.Context(), bucket, "a/b.warc.gz", version))
	version.GovernanceBypass = true
	require.Error(t, c.RemoveObject(t.Context(), bucket, "a/b.warc.gz", version))

	shorter := until.Add(-time.Minute)
	mode := minio.Compliance
	require.Error(t, c.PutObjectRetention(t.Context(), bucket, "a/b.warc.gz", minio.PutObjectRetentionOptions{
		Mode: &mode, RetainUntilDate: &shorter, VersionID: info.VersionID,
	}))
	require.Equal(t, "sealed", read(t, c, "a/b.warc.gz", minio.GetObjectOptions{VersionID: info.VersionID}))
}

func TestPlainDeleteOnlyHidesLockedObject(t *testing.T) {
	_, c := start(t, configure(t))
	info, err := put(t, c, "k", "sealed", minio.PutObjectOptions{
		Mode: minio.Compliance, RetainUntilDate: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	require.NoError(t, c.RemoveObject(t.Context(), bucket, "k", minio.RemoveObjectOptions{}))

	_, err = c.StatObject(t.Context(), bucket, "k", minio.StatObjectOptions{})
	require.Equal(t, http.StatusNotFound, minio.ToErrorResponse(err).StatusCode)
	require.Equal(t, "sealed", read(t, c, "k", minio.GetObjectOptions{VersionID: info.VersionID}))

	var marker string
	for o := range c.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{WithVersions: true, Recursive: true}) {
		require.NoError(t, o.Err)
		if o.IsDeleteMarker {
			marker = o.VersionID
		}
	}
	require.NotEmpty(t, marker)
	require.NoError(t, c.RemoveObject(t.Context(), bucket, "k", minio.RemoveObjectOptions{VersionID: marker}))
	require.Equal(t, "sealed", read(t, c, "k", minio.GetObjectOptions{}))
}

func TestLegalHoldProtectsExpiredObject(t *testing.T) {
	_, c := start(t, configure(t))
	info, err := put(t, c, "k", "evidence", minio.PutObjectOptions{LegalHold: minio.LegalHoldEnabled})
	require.NoError(t, err)
	version := minio.RemoveObjectOptions{VersionID: info.VersionID}
	require.Error(t, c.RemoveObject(t.Context(), bucket, "k", version))

	off := minio.LegalHoldDisabled
	require.NoError(t, c.PutObjectLegalHold(t.Context(), bucket, "k", minio.PutObjectLegalHoldOptions{
		VersionID: info.VersionID, Status: &off,
	}))
	require.NoError(t, c.RemoveObject(t.Context(), bucket, "k", version))
}

func TestPutIfAbsentHasOneWinner(t *testing.T) {
	_, c := start(t, configure(t))
	var winners atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := put(t, c, "once", "body", ifAbsent())
			if err == nil {
				winners.Add(1)
			} else if code := minio.ToErrorResponse(err).StatusCode; code != http.StatusPreconditionFailed && code != http.StatusConflict {
				t.Errorf("status %d: %v", code, err)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, winners.Load())
}

func TestMultipartUploadIsLockedToo(t *testing.T) {
	_, c := start(t, configure(t))
	const part = 5 << 20 // S3's smallest
	body := bytes.Repeat([]byte("0123456789abcdef"), (part+part/2)/16)
	info, err := c.PutObject(t.Context(), bucket, "large", bytes.NewReader(body), -1, minio.PutObjectOptions{
		PartSize: part, Mode: minio.Compliance, RetainUntilDate: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	require.Error(t, c.RemoveObject(t.Context(), bucket, "large", minio.RemoveObjectOptions{VersionID: info.VersionID}))
	require.Equal(t, string(body), read(t, c, "large", minio.GetObjectOptions{}))
}

// The condition counts where an upload is completed, and the client's
// PutObject does not send it there: only its Core does.
func TestMultipartUploadIfAbsent(t *testing.T) {
	_, c := start(t, configure(t))
	core := minio.Core{Client: c}
	upload := func() error {
		id, err := core.NewMultipartUpload(t.Context(), bucket, "once", minio.PutObjectOptions{})
		require.NoError(t, err)
		part, err := core.PutObjectPart(t.Context(), bucket, "once", id, 1, bytes.NewReader([]byte("body")), 4, minio.PutObjectPartOptions{})
		require.NoError(t, err)
		_, err = core.CompleteMultipartUpload(t.Context(), bucket, "once", id,
			[]minio.CompletePart{{PartNumber: 1, ETag: part.ETag}}, ifAbsent())
		return err
	}
	require.NoError(t, upload())
	require.Equal(t, http.StatusPreconditionFailed, minio.ToErrorResponse(upload()).StatusCode)
}

func TestObjectsOutliveRestart(t *testing.T) {
	cfg := configure(t)
	before, err := os.Getwd()
	require.NoError(t, err)
	s, c := start(t, cfg)
	_, err = put(t, c, "k", "still here", minio.PutObjectOptions{})
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()))
	after, err := os.Getwd()
	require.NoError(t, err)
	require.Equal(t, before, after)

	_, c = start(t, cfg)
	require.Equal(t, "still here", read(t, c, "k", minio.GetObjectOptions{}))
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	for name, c := range map[string]struct {
		change func(*objectstore.Config)
		says   string
	}{
		"relative directory": {func(c *objectstore.Config) { c.Dir = "data" }, "must be an absolute path"},
		"file in the way":    {func(c *objectstore.Config) { c.Dir = file }, "cannot be made"},
		"no credentials":     {func(c *objectstore.Config) { c.SecretKey = "" }, "secret key"},
		"taken port":         {func(c *objectstore.Config) { c.Addr = l.Addr().String() }, "is used by another program"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := configure(t)
			c.change(&cfg)
			_, err := objectstore.Start(t.Context(), cfg)
			require.ErrorContains(t, err, c.says)
		})
	}

	t.Run("second store", func(t *testing.T) {
		start(t, configure(t))
		_, err := objectstore.Start(t.Context(), configure(t))
		require.ErrorContains(t, err, "only one")
	})
}

// BenchmarkPut is what archiving costs: small locked objects, many at a time.
func BenchmarkPut(b *testing.B) {
	_, c := start(b, configure(b))
	body := string(bytes.Repeat([]byte("x"), 2048))
	until := time.Now().Add(time.Hour)
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			opts := ifAbsent()
			opts.Mode, opts.RetainUntilDate = minio.Compliance, until
			if _, err := put(b, c, fmt.Sprintf("k/%d", n.Add(1)), body, opts); err != nil {
				b.Error(err)
			}
		}
	})
}
