package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

var errLost = errors.New("the connection was lost")

func TestFailingReaderLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"error": errLost,
		// How net/http says that a body is shorter than was announced.
		"cut off": io.ErrUnexpectedEOF,
	} {
		for where, read := range map[string]int{
			"at once": 0, "in the first part": 1000, "after the first part": partSize, "in the second part": partSize + 1000,
			"after the second part": 2 * partSize,
		} {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel()
				s := setup(t)
				r := io.MultiReader(bytes.NewReader(noise(read)), iotest.ErrReader(failure))
				_, err := s.PutAttachment(t.Context(), attachmentKey(0), r, "", tomorrow())
				require.ErrorIs(t, err, failure)
				versions, _ := s.versions(t, "")
				require.Empty(t, versions)
				require.Zero(t, s.uploads(t))
			})
		}
	}
}

// Where the caller is gone its context cannot clean up.
func TestCancelledUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(noise(partSize+1)), readFunc(func([]byte) (int, error) {
		require.NotZero(t, s.uploads(t))
		cancel()
		return 0, io.EOF
	}))
	_, err := s.PutAttachment(ctx, attachmentKey(0), r, "", tomorrow())
	require.ErrorIs(t, err, context.Canceled)
	versions, _ := s.versions(t, "")
	require.Empty(t, versions)
	require.Zero(t, s.uploads(t))
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestAttachmentSizes(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for n, size := range []int{0, 1, 4096, 16 << 10, partSize - 1, partSize, partSize + 1, 2 * partSize, 2*partSize + 1} {
		content := noise(size)
		for _, r := range []io.Reader{bytes.NewReader(content), iotest.HalfReader(iotest.DataErrReader(bytes.NewReader(content)))} {
			put, err := s.PutAttachment(t.Context(), attachmentKey(n), r, "", tomorrow())
			require.NoError(t, err)
			require.EqualValues(t, size, put.Size)
			require.Equal(t, hexSum(content), put.SHA256)
			require.Equal(t, "application/octet-stream", put.ContentType)
			body, info, err := s.GetAttachment(t.Context(), put.Object)
			require.NoError(t, err)
			require.EqualValues(t, size, info.Size)
			require.True(t, bytes.Equal(content, readAll(t, body)))
			require.NoError(t, body.Close())
		}
	}
}

func TestAttachmentContentTypes(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const none = "application/octet-stream"
	for n, c := range []struct{ given, kept string }{
		{"", none},
		{`Multipart/Form-Data; boundary=x`, none}, // in parts too: it would be in a POST
		{"text/plain", "text/plain"},
		{`text/plain; charset="utf-8"; x=é`, none},
		{`multipart/mixed; boundary="a b=(c),/:?'+_"`, `multipart/mixed; boundary="a b=(c),/:?'+_"`},
		{"application/x-www-form-urlencoded", "application/x-www-form-urlencoded"},
		{"application/xml", "application/xml"},
		{"Text/HTML;Charset=UTF-8", "Text/HTML;Charset=UTF-8"},
		{"not a media type", "not a media type"},
		{"aws-chunked", "aws-chunked"},
		{"text/plain;  charset=utf-8", none}, // signatures fold spaces
		{" text/plain", none},
		{"text/plain ", none},
		{"text/\tplain", none},
		{"text/plain\r\nx-amz-acl: public-read", none},
		{"text/plain\x00", none},
		{"text/\x7fplain", none},
		{"text/\xff", none},
		{"текст/plain", none},
		{strings.Repeat("x", 255), strings.Repeat("x", 255)},
		{strings.Repeat("x", 256), none},
	} {
		for _, size := range []int{3, partSize + 1} {
			if size > 3 && n > 2 {
				continue // the rest goes the same way
			}
			key := attachmentKey(2*n + size/partSize)
			put, err := s.PutAttachment(t.Context(), key, bytes.NewReader(noise(size)), c.given, tomorrow())
			require.NoError(t, err, "%q", c.given)
			require.Equal(t, c.kept, put.ContentType)
			info, err := s.Stat(t.Context(), put.Object)
			require.NoError(t, err)
			require.Equal(t, c.kept, info.ContentType)
			body, _, err := s.GetAttachment(t.Context(), put.Object)
			require.NoError(t, err)
			require.True(t, bytes.Equal(noise(size), readAll(t, body)))
			require.NoError(t, body.Close())
		}
	}
}

func TestAttachmentRanges(t *testing.T) {
	t.Parallel()
	s := setup(t)
	content := noise(partSize + 1000)
	put, err := s.PutAttachment(t.Context(), attachmentKey(0), bytes.NewReader(content), "video/mp4", tomorrow())
	require.NoError(t, err)
	body, _, err := s.GetAttachment(t.Context(), put.Object)
	require.NoError(t, err)
	t.Cleanup(func() { body.Close() })
	for _, r := range [][2]int{{0, 1}, {100, 5000}, {partSize - 3, partSize + 3}, {partSize, len(content)}, {5, 6}} {
		_, err := body.Seek(int64(r[0]), io.SeekStart)
		require.NoError(t, err)
		part := make([]byte, r[1]-r[0])
		_, err = io.ReadFull(body, part)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content[r[0]:r[1]], part))
	}
}

func TestMissingObjects(t *testing.T) {
	t.Parallel()
	s := setup(t)
	put, err := s.PutAttachment(t.Context(), attachmentKey(0), strings.NewReader("x"), "", tomorrow())
	require.NoError(t, err)
	other := put.VersionID[:len(put.VersionID)-1] + "0"
	for name, o := range map[string]hook.Object{
		"key": {Key: attachmentKey(1)}, "version": {Key: attachmentKey(0), VersionID: other},
		"key with version": {Key: attachmentKey(1), VersionID: put.VersionID},
	} {
		_, err := s.Stat(t.Context(), o)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "%s: %v", name, err)
		_, _, err = s.GetAttachment(t.Context(), o)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "%s: %v", name, err)
		_, err = s.ReadRecord(t.Context(), hook.Location{Object: o, Length: 1})
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "%s: %v", name, err)
	}
	// A bucket that is missing is our fault, not the caller's.
	c := config(t)
	c.Bucket += "-missing"
	_, err = open(t, c).ReadRecord(t.Context(), hook.Location{Object: put.Object, Length: 1})
	require.Error(t, err)
	require.Empty(t, hook.CodeOf(err))
}
