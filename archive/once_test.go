package archive_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/hook"
)

// callers is how many put the same at once.
const callers = 16

func atOnce[T any](t *testing.T, do func() (T, error)) []T {
	t.Helper()
	results, errs := make([]T, callers), make([]error, callers)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range callers {
		wg.Go(func() {
			<-begin
			results[i], errs[i] = do()
		})
	}
	close(begin)
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return results
}

func TestPutRecordAtOnce(t *testing.T) {
	t.Parallel()
	s, m, until := setup(t), message(1), tomorrow()
	record := seal(t, m)
	put := func() (hook.Location, error) { return s.PutRecord(t.Context(), key(m), record, until) }
	results := atOnce(t, put)
	for _, l := range results {
		require.Equal(t, results[0], l)
	}
	versions, _ := s.versions(t, "")
	require.Equal(t, []string{results[0].VersionID}, versions)
	require.Equal(t, hook.Location{
		Object: hook.Object{Key: key(m), VersionID: versions[0]}, Offset: 0, Length: int64(len(record.Bytes)),
	}, results[0])

	again, err := put()
	require.NoError(t, err)
	require.Equal(t, results[0], again)
}

func TestPutAttachmentAtOnce(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{"single": noise(1000), "multipart": noise(partSize + 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, until := setup(t), tomorrow()
			put := func() (archive.Put, error) {
				return s.PutAttachment(t.Context(), attachmentKey(0), bytes.NewReader(content), "image/png", until)
			}
			results := atOnce(t, put)
			versions, _ := s.versions(t, "")
			require.Len(t, versions, 1)
			want := archive.Put{
				Object: hook.Object{Key: attachmentKey(0), VersionID: versions[0]},
				SHA256: hexSum(content), Size: int64(len(content)), ContentType: "image/png",
			}
			for _, result := range results {
				require.Equal(t, want, result)
			}
			require.Zero(t, s.uploads(t))

			again, err := put()
			require.NoError(t, err)
			require.Equal(t, want, again)
		})
	}
}

// What came first stays, and is told as it is.
func TestPutAttachmentWithOtherContent(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	first, err := s.PutAttachment(t.Context(), attachmentKey(0), strings.NewReader("first"), "text/plain", until)
	require.NoError(t, err)
	for _, size := range []int{0, 5, partSize + 1} {
		then, err := s.PutAttachment(t.Context(), attachmentKey(0), bytes.NewReader(noise(size)), "image/png", until)
		require.NoError(t, err)
		require.Equal(t, first, then)
	}
	require.Zero(t, s.uploads(t))
}

func TestPutRecordWithOtherContent(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	m := message(1)
	first, err := s.PutRecord(t.Context(), key(m), seal(t, m), until)
	require.NoError(t, err)
	for name, change := range map[string]func(*hook.Message){
		"body":       func(m *hook.Message) { setBody(m, []byte("{}")) },
		"number":     func(m *hook.Message) { m.Number++ },
		"header":     func(m *hook.Message) { m.Request.Header[4][1] = "three" },
		"verdict":    func(m *hook.Message) { m.Verdict.Key = 0 },
		"remote":     func(m *hook.Message) { m.Request.Remote = "192.0.2.8" },
		"endpoint":   func(m *hook.Message) { m.EndpointID = m.TenantID },
		"attachment": func(m *hook.Message) { m.Payload.Attachments = []hook.Attachment{{Failed: "404"}} },
	} {
		other := message(1)
		change(other)
		_, err := s.PutRecord(t.Context(), key(m), seal(t, other), until.Add(time.Hour))
		require.ErrorIs(t, err, archive.ErrConflict, name)
	}
	versions, _ := s.versions(t, "")
	require.Equal(t, []string{first.VersionID}, versions)
	info, err := s.Stat(t.Context(), first.Object)
	require.NoError(t, err)
	require.WithinDuration(t, until, info.RetainUntil, 0) // a conflict extends nothing
}

// A retry by a later version of Posthorn may write the same in other words.
func TestPutRecordInOtherWords(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	m := message(1)
	first, err := s.PutRecord(t.Context(), key(m), seal(t, m), until)
	require.NoError(t, err)
	m.Payload.Body = "read in another way"
	other := seal(t, m)
	then, err := s.PutRecord(t.Context(), key(m), other, until)
	require.NoError(t, err)
	require.Equal(t, first, then)
}

func TestPutRecordWhereSomethingElseLies(t *testing.T) {
	t.Parallel()
	s, until, m := setup(t), tomorrow(), message(1)
	_, err := s.PutAttachment(t.Context(), key(m), strings.NewReader("no record"), "", until)
	require.NoError(t, err)
	_, err = s.PutRecord(t.Context(), key(m), seal(t, m), until)
	require.ErrorIs(t, err, archive.ErrConflict)
}

// Records above the client's own limit for one request (16 MiB) are still put
// in one: in parts the condition would be lost.
func TestLargeRecordIsPutOnce(t *testing.T) {
	t.Parallel()
	s, until, m := setup(t), tomorrow(), message(1)
	content := noise(17 << 20)
	record := archive.Record{Bytes: content, ContentSHA256: hexSum(content)}
	first, err := s.PutRecord(t.Context(), key(m), record, until)
	require.NoError(t, err)
	require.EqualValues(t, len(content), first.Length)
	then, err := s.PutRecord(t.Context(), key(m), record, until)
	require.NoError(t, err)
	require.Equal(t, first, then)
	versions, _ := s.versions(t, "")
	require.Equal(t, []string{first.VersionID}, versions)
}

func TestPutWithEndedContext(t *testing.T) {
	t.Parallel()
	s, until, m := setup(t), tomorrow(), message(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.PutRecord(ctx, key(m), seal(t, m), until)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.PutAttachment(ctx, attachmentKey(0), strings.NewReader("x"), "", until)
	require.ErrorIs(t, err, context.Canceled)
	versions, _ := s.versions(t, "")
	require.Empty(t, versions)
}
