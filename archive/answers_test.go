package archive_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/hook"
)

// between is a store that is reached through a handler, which may answer
// itself, or drop what the store answered.
func between(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, store http.Handler)) store {
	t.Helper()
	s, c := setup(t), config(t)
	target, err := url.Parse(c.Endpoint)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, proxy) }))
	t.Cleanup(front.Close)
	c.Endpoint = front.URL
	s.Archive = open(t, c)
	return s
}

// lose lets the store do what it is asked and drops its answer.
func lose(r *http.Request, store http.Handler) {
	store.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

func isPut(r *http.Request) bool {
	return r.Method == http.MethodPut && !strings.Contains(r.URL.RawQuery, "uploadId")
}

func isComplete(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.Contains(r.URL.RawQuery, "uploadId")
}

// puts are the two ways into the store, with the request that decides each.
var puts = map[string]struct {
	size    int
	decides func(*http.Request) bool
}{
	"single":    {100, isPut},
	"multipart": {partSize + 1, isComplete},
}

func putOf(t *testing.T, s store, size int) (archive.Put, error) {
	t.Helper()
	return s.PutAttachment(t.Context(), attachmentKey(0), bytes.NewReader(noise(size)), "", tomorrow())
}

func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for name, p := range puts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lost atomic.Bool
			s := between(t, func(w http.ResponseWriter, r *http.Request, store http.Handler) {
				if p.decides(r) && lost.CompareAndSwap(false, true) {
					lose(r, store)
				}
				store.ServeHTTP(w, r)
			})
			put, err := putOf(t, s, p.size)
			require.NoError(t, err)
			require.True(t, lost.Load())
			versions, _ := s.versions(t, "")
			require.Equal(t, []string{put.VersionID}, versions)
			require.EqualValues(t, p.size, put.Size)
			require.Equal(t, hexSum(noise(p.size)), put.SHA256)
			require.Zero(t, s.uploads(t))
		})
	}
}

// Every answer is lost: then the put itself has none, and what it did is found.
func TestOnlyLostAnswers(t *testing.T) {
	t.Parallel()
	for name, p := range puts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := between(t, func(w http.ResponseWriter, r *http.Request, store http.Handler) {
				if p.decides(r) {
					lose(r, store)
				}
				store.ServeHTTP(w, r)
			})
			put, err := putOf(t, s, p.size)
			require.NoError(t, err)
			versions, _ := s.versions(t, "")
			require.Equal(t, []string{put.VersionID}, versions)
		})
	}
}

func conflict(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusConflict)
	_, _ = w.Write([]byte(`<Error><Code>ConditionalRequestConflict</Code><Message>Try again.</Message></Error>`))
}

// S3 answers 409 while another conditional put of the key is in flight. That
// one may fail: then nothing is there, and ours must go again.
func TestConflictThatComesToNothing(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := between(t, func(w http.ResponseWriter, r *http.Request, store http.Handler) {
		if isPut(r) && n.Add(1) <= 3 {
			conflict(w)
			return
		}
		store.ServeHTTP(w, r)
	})
	_, err := putOf(t, s, 100)
	require.NoError(t, err)
	require.EqualValues(t, 4, n.Load())
}

// Or it succeeds a moment later, and is found.
func TestConflictThatSettles(t *testing.T) {
	t.Parallel()
	for name, p := range puts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var looked atomic.Int32
			var other minio.UploadInfo
			var s store
			s = between(t, func(w http.ResponseWriter, r *http.Request, store http.Handler) {
				switch {
				case p.decides(r):
					conflict(w)
					return
				case r.Method == http.MethodHead && looked.Add(1) == 3:
					var err error
					other, err = s.raw.PutObject(t.Context(), s.bucket, attachmentKey(0), strings.NewReader("other"), 5,
						minio.PutObjectOptions{Mode: minio.Compliance, RetainUntilDate: tomorrow()})
					if err != nil {
						t.Error(err)
					}
				}
				store.ServeHTTP(w, r)
			})
			put, err := putOf(t, s, p.size)
			require.NoError(t, err)
			require.Equal(t, hook.Object{Key: attachmentKey(0), VersionID: other.VersionID}, put.Object)
			require.Equal(t, hexSum([]byte("other")), put.SHA256)
			require.Zero(t, s.uploads(t))
		})
	}
}

// A conflict that never ends is an error in the end, for the caller's schedule.
func TestConflictThatStays(t *testing.T) {
	t.Parallel()
	for name, p := range puts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := between(t, func(w http.ResponseWriter, r *http.Request, store http.Handler) {
				if p.decides(r) {
					conflict(w)
					return
				}
				store.ServeHTTP(w, r)
			})
			_, err := putOf(t, s, p.size)
			require.ErrorContains(t, err, "Try again.")
			require.Zero(t, s.uploads(t))
			versions, _ := s.versions(t, "")
			require.Empty(t, versions)
		})
	}
}

// The store, not the client, finds that bytes were changed on their way.
func TestStoreChecksWhatItReceives(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		size   int
		change func(*http.Request) bool
	}{
		"single": {100, isPut},
		"part":   {partSize + 1, func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "partNumber=2") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := between(t, func(w http.ResponseWriter, r *http.Request, store http.Handler) {
				if c.change(r) {
					changed := readAll(t, r.Body)
					changed[0]++
					r.Body = io.NopCloser(bytes.NewReader(changed))
				}
				store.ServeHTTP(w, r)
			})
			_, err := putOf(t, s, c.size)
			require.Error(t, err)
			versions, _ := s.versions(t, "")
			require.Empty(t, versions)
			require.Zero(t, s.uploads(t))
		})
	}
}

func TestWrongChecksumIsRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, sum := range []string{
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "none",
	} {
		_, err := s.raw.PutObject(t.Context(), s.bucket, "wrong", strings.NewReader("x"), 1, minio.PutObjectOptions{
			UserMetadata: map[string]string{"x-amz-checksum-sha256": sum}, Mode: minio.Compliance, RetainUntilDate: tomorrow(),
		})
		require.Error(t, err)
	}
	versions, _ := s.versions(t, "")
	require.Empty(t, versions)
}

// The digest that the store checked is kept with the object.
func TestStoreKeepsChecksum(t *testing.T) {
	t.Parallel()
	s := setup(t)
	put, err := putOf(t, s, 100)
	require.NoError(t, err)
	stat, err := s.raw.StatObject(t.Context(), s.bucket, put.Key, minio.StatObjectOptions{Checksum: true})
	require.NoError(t, err)
	require.Equal(t, put.SHA256, hexOfBase64(t, stat.ChecksumSHA256))
	// Nothing that the client does on the way stays with the object.
	require.Empty(t, stat.Metadata.Get("Content-Encoding"))
	require.Empty(t, stat.UserMetadata)
}
