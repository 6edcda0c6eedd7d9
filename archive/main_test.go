package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/devstack/objectstore"
	"posthorn/devstack/port"
)

// server is the one object store of this process, started for the first test
// that needs it: fuzzing needs none.
var server = sync.OnceValues(startServer)

// here is this directory: a running store moves the process elsewhere.
var here string

// scratch is where the store's objects lie.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if here, err = os.Getwd(); err == nil {
		scratch, err = os.MkdirTemp("", "archive")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

func startServer() (*objectstore.Server, error) {
	p, err := port.Free()
	if err != nil {
		return nil, err
	}
	return objectstore.Start(context.Background(), objectstore.Config{
		Dir: scratch, Addr: fmt.Sprintf("127.0.0.1:%d", p), AccessKey: "access", SecretKey: "secret-secret",
	})
}

// store is a bucket of the test's own.
type store struct {
	*archive.Archive
	raw    *minio.Client
	bucket string
}

func config(t testing.TB) archive.Config {
	t.Helper()
	s, err := server()
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(t.Name()))
	return archive.Config{
		Endpoint: "http://" + s.Endpoint(), AccessKey: s.AccessKey(), SecretKey: s.SecretKey(),
		Bucket: "test-" + hex.EncodeToString(sum[:8]), Region: s.Region(),
	}
}

func open(t testing.TB, c archive.Config) *archive.Archive {
	t.Helper()
	a, err := archive.Open(c)
	require.NoError(t, err)
	return a
}

func rawClient(t testing.TB, c archive.Config) *minio.Client {
	t.Helper()
	raw, err := minio.New(strings.TrimPrefix(c.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region, TrailingHeaders: true,
	})
	require.NoError(t, err)
	return raw
}

func setup(t testing.TB) store {
	t.Helper()
	c := config(t)
	s := store{Archive: open(t, c), raw: rawClient(t, c), bucket: c.Bucket}
	require.NoError(t, s.Setup(t.Context()))
	return s
}

// versions lists the versions below a prefix, delete markers apart.
func (s store) versions(t testing.TB, prefix string) (ids []string, markers int) {
	t.Helper()
	for o := range s.raw.ListObjects(t.Context(), s.bucket, minio.ListObjectsOptions{
		Prefix: prefix, WithVersions: true, Recursive: true,
	}) {
		require.NoError(t, o.Err)
		if o.IsDeleteMarker {
			markers++
		} else {
			ids = append(ids, o.VersionID)
		}
	}
	return ids, markers
}

// uploads counts the incomplete multipart uploads of the bucket.
func (s store) uploads(t testing.TB) int {
	t.Helper()
	n := 0
	for u := range s.raw.ListIncompleteUploads(t.Context(), s.bucket, "", true) {
		require.NoError(t, u.Err)
		n++
	}
	return n
}

// tomorrow is a date of retention in the precision that stores keep.
func tomorrow() time.Time { return time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second) }

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hexOfBase64(t testing.TB, s string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	require.NoError(t, err)
	return hex.EncodeToString(b)
}

// noise is n bytes that do not repeat within a part, equal in every run. They
// are shared: nobody may write to them.
func noise(n int) []byte { return allNoise()[:n] }

var allNoise = sync.OnceValue(func() []byte {
	b := make([]byte, 2*partSize+partSize/2)
	var block [32]byte
	for i := 0; i < len(b); i += copy(b[i:], block[:]) {
		block = sha256.Sum256(block[:])
	}
	return b
})

func readAll(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	_, err := b.ReadFrom(r)
	require.NoError(t, err)
	return b.Bytes()
}

func testdata(elements ...string) string {
	return filepath.Join(append([]string{here, "testdata"}, elements...)...)
}
