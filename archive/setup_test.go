package archive_test

import (
	"sync"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"posthorn/archive"
)

func TestSetupManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	c := config(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		a := open(t, c) // as many processes
		wg.Go(func() { errs[i] = a.Setup(t.Context()) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	a := open(t, c)
	require.NoError(t, a.Setup(t.Context()))
	require.NoError(t, a.Ping(t.Context()))
	lock, _, _, _, err := rawClient(t, c).GetObjectLockConfig(t.Context(), c.Bucket)
	require.NoError(t, err)
	require.Equal(t, "Enabled", lock)
}

func TestSetupRefusesBucketWithoutObjectLock(t *testing.T) {
	t.Parallel()
	c := config(t)
	require.NoError(t, rawClient(t, c).MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: c.Region}))
	err := open(t, c).Setup(t.Context())
	require.ErrorIs(t, err, archive.ErrNoObjectLock)
	require.ErrorContains(t, err, c.Bucket)
	require.ErrorContains(t, err, "POSTHORN_S3_BUCKET")
}

func TestSetupTellsWrongCredentialsFromMissingLock(t *testing.T) {
	t.Parallel()
	c := config(t)
	require.NoError(t, open(t, c).Setup(t.Context()))
	c.SecretKey = "wrong-secret"
	err := open(t, c).Setup(t.Context())
	require.Error(t, err)
	require.NotErrorIs(t, err, archive.ErrNoObjectLock)
}

func TestPingMissingBucket(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, open(t, config(t)).Ping(t.Context()), "it does not exist")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := archive.Config{Endpoint: "https://s3.example.com", AccessKey: "a", SecretKey: "s", Bucket: "posthorn"}
	_, err := archive.Open(good)
	require.NoError(t, err)
	for name, change := range map[string]func(*archive.Config){
		"no scheme":     func(c *archive.Config) { c.Endpoint = "s3.example.com:9000" },
		"other scheme":  func(c *archive.Config) { c.Endpoint = "ftp://s3.example.com" },
		"path":          func(c *archive.Config) { c.Endpoint = "https://s3.example.com/minio" },
		"query":         func(c *archive.Config) { c.Endpoint = "https://s3.example.com?x" },
		"user":          func(c *archive.Config) { c.Endpoint = "https://user:hunter2@s3.example.com" },
		"user, path":    func(c *archive.Config) { c.Endpoint = "https://user:hunter2@s3.example.com/minio" },
		"user, scheme":  func(c *archive.Config) { c.Endpoint = "user:hunter2@s3.example.com" },
		"user, port":    func(c *archive.Config) { c.Endpoint = "https://user:hunter2@s3.example.com:port" },
		"empty":         func(c *archive.Config) { c.Endpoint = "" },
		"no access key": func(c *archive.Config) { c.AccessKey = "" },
		"no secret key": func(c *archive.Config) { c.SecretKey = "" },
		"no bucket":     func(c *archive.Config) { c.Bucket = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			change(&c)
			_, err := archive.Open(c)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}
