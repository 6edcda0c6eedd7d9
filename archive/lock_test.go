package archive_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

const partSize = 8 << 20

// putAll puts one object of each kind.
func putAll(t *testing.T, s store, until time.Time) map[string]hook.Object {
	t.Helper()
	m := message(1)
	record, err := s.PutRecord(t.Context(), key(m), seal(t, m), until)
	require.NoError(t, err)
	single, err := s.PutAttachment(t.Context(), attachmentKey(0), bytes.NewReader([]byte("small")), "text/plain", until)
	require.NoError(t, err)
	multipart, err := s.PutAttachment(t.Context(), attachmentKey(1), bytes.NewReader(noise(partSize+1)), "video/mp4", until)
	require.NoError(t, err)
	return map[string]hook.Object{"record": record.Object, "attachment": single.Object, "multipart": multipart.Object}
}

func TestEveryObjectIsLocked(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	types := map[string]string{"record": "application/warc", "attachment": "text/plain", "multipart": "video/mp4"}
	for name, o := range putAll(t, s, until) {
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, o.VersionID)
			info, err := s.Stat(t.Context(), o)
			require.NoError(t, err)
			require.Equal(t, "COMPLIANCE", info.Mode)
			require.WithinDuration(t, until, info.RetainUntil, 0)
			require.Equal(t, o.VersionID, info.VersionID)
			require.Equal(t, types[name], info.ContentType)

			// What the store answers to each differs; that it refuses counts.
			version := minio.RemoveObjectOptions{VersionID: o.VersionID}
			require.Error(t, s.raw.RemoveObject(t.Context(), s.bucket, o.Key, version))
			version.GovernanceBypass = true
			require.Error(t, s.raw.RemoveObject(t.Context(), s.bucket, o.Key, version))
			mode, sooner := minio.Compliance, until.Add(-time.Hour)
			require.Error(t, s.raw.PutObjectRetention(t.Context(), s.bucket, o.Key, minio.PutObjectRetentionOptions{
				Mode: &mode, RetainUntilDate: &sooner, VersionID: o.VersionID, GovernanceBypass: true,
			}))

			// A delete without a version only hides.
			require.NoError(t, s.raw.RemoveObject(t.Context(), s.bucket, o.Key, minio.RemoveObjectOptions{}))
			_, err = s.Stat(t.Context(), hook.Object{Key: o.Key})
			require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
			require.Error(t, s.raw.RemoveObject(t.Context(), s.bucket, o.Key, version))
			after, err := s.Stat(t.Context(), o)
			require.NoError(t, err)
			require.Equal(t, info.Size, after.Size)
			versions, markers := s.versions(t, o.Key)
			require.Equal(t, []string{o.VersionID}, versions)
			require.Equal(t, 1, markers)
		})
	}
}

func TestLockIsNeverShorterThanAskedFor(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	for _, o := range putAll(t, s, until.Add(time.Millisecond)) {
		info, err := s.Stat(t.Context(), o)
		require.NoError(t, err)
		require.WithinDuration(t, until.Add(time.Second), info.RetainUntil, 0)
	}
}

// Who deletes what is locked hides it; a retry must not put it a second time.
func TestRetryFindsWhatADeleteHides(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	first := putAll(t, s, until)
	for _, o := range first {
		require.NoError(t, s.raw.RemoveObject(t.Context(), s.bucket, o.Key, minio.RemoveObjectOptions{}))
	}
	require.Equal(t, first, putAll(t, s, until))
	for _, o := range first {
		versions, _ := s.versions(t, o.Key)
		require.Equal(t, []string{o.VersionID}, versions)
	}
}

// A retry may ask for a later date: retention was extended in between.
func TestRetryExtendsLockAndNeverShortensIt(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	first := putAll(t, s, until)
	later := until.Add(48 * time.Hour)
	require.Equal(t, first, putAll(t, s, later))
	require.Equal(t, first, putAll(t, s, until))
	for _, o := range first {
		info, err := s.Stat(t.Context(), o)
		require.NoError(t, err)
		require.WithinDuration(t, later, info.RetainUntil, 0)
		require.Equal(t, "COMPLIANCE", info.Mode)
	}
}
