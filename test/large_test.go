package test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"
)

// largest is what an attachment may have by default, in bytes.
const largest = 100 << 20

// noise is what a large file holds: it cannot be compressed away.
func noise() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), largest) }

func TestMemoryDoesNotGrowWithAnAttachment(t *testing.T) {
	t.Parallel()
	g := prepare(t, freeAddress(t))
	process := g.run(t, "serve", "")
	g.enter(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(largest))
		_, _ = io.Copy(w, noise()) // who reads less has another SHA-256
	}))
	defer server.Close()
	_, sender := g.endpoint(t)
	small, err := sender.Send(t.Context(), message("small", files(t, fetched)))
	require.NoError(t, err)
	g.archived(t, small.ID)
	before := process.peak(t)

	large, err := sender.Send(t.Context(), message("large", server.URL))
	require.NoError(t, err)
	kept := g.archived(t, large.ID).Attachments[1]
	grown := process.peak(t) - before
	t.Logf("peak before %d MB, grown by %d MB", before>>20, grown>>20)
	require.Less(t, grown, largest/2)

	require.Empty(t, kept.Failed)
	require.Equal(t, int64(largest), kept.Size)
	want := sumOf(t, noise())
	require.Equal(t, want, kept.SHA256)
	object, err := g.objects.GetObject(t.Context(), g.config.S3Bucket, kept.ObjectKey, minio.GetObjectOptions{VersionID: kept.VersionID})
	require.NoError(t, err)
	defer object.Close()
	require.Equal(t, want, sumOf(t, object))
	process.stop(t)
}

func sumOf(t *testing.T, content io.Reader) string {
	t.Helper()
	hash := sha256.New()
	_, err := io.Copy(hash, content)
	require.NoError(t, err)
	return hex.EncodeToString(hash.Sum(nil))
}
