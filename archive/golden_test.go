package archive_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/hook"
)

// golden are messages whose records are kept in testdata/records. They are
// what lies in archives for good: a record there is never written anew. Where
// the format changes, its version and the names here do, and the old records
// stay, to be read.
func golden() map[string]*hook.Message {
	return map[string]*hook.Message{
		"1-plain": message(1), "1-attachments": withAttachments(), "1-hostile": hostile(), "1-empty": empty(),
	}
}

func withAttachments() *hook.Message {
	m := message(2)
	m.Payload.Attachments = []hook.Attachment{
		{
			Filename: "a.txt", ContentType: "text/plain", Size: 5, SHA256: hexSum([]byte("small")),
			Object: hook.Object{Key: attachmentKey(0), VersionID: "v0"},
		},
		{
			Filename: "ünïcode \"<&>.png", ContentType: "image/png; x=\x01", URL: "https://example.com/a?b=c&d", Size: 0, SHA256: hexSum(nil),
			Object: hook.Object{Key: attachmentKey(1), VersionID: "v1"},
		},
		{URL: "https://example.com/gone", Failed: "the server answered 404"},
	}
	return m
}

// hostile is what no HTTP server hands on, and what some do.
func hostile() *hook.Message {
	m := message(9007199254740993) // no JavaScript number
	m.Request = hook.Request{
		Method: "PO ST", Target: "http://evil.example/a b?<\r\nX: y>\xff%zz", Proto: "HTTP/1.0", Host: "a b\r\nX-Evil: 1", Remote: "2001:db8::1",
		Header: [][2]string{
			{"", "no name"}, {"X:Y Z", "a\r\nWARC-Type: response\r\n\r\n"}, {"Content-Length", "-1"}, {"host", "other"},
			{"X-Latin-1", "caf\xe9"}, {"X-Empty", ""}, {"Connection", "close"}, {"trailer", "X"},
		},
	}
	m.Payload.Body, m.Payload.From = "</script>\u2028\x00\x7f\ufffd", hook.Party{}
	m.Payload.To, m.Payload.Fields = nil, nil
	m.Verdict = hook.Verdict{}
	setBody(m, []byte("\r\n\r\nWARC/1.1\r\nWARC-Type: request\r\n\r\n\x00\xff"))
	return m
}

func empty() *hook.Message {
	m := &hook.Message{
		ID: uuid.MustParse("019e6f02-7bbb-7000-8000-000000000004"), Number: 1, ReceivedAt: time.Unix(0, 0),
		Payload: hook.Payload{OccurredAt: time.Unix(0, 0), Fields: json.RawMessage("{}")},
	}
	setBody(m, nil)
	return m
}

func goldenFile(name string) string { return testdata("records", name+".warc.gz") }

func TestGoldenRecords(t *testing.T) {
	t.Parallel()
	for name, m := range golden() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := seal(t, m)
			kept, err := os.ReadFile(goldenFile(name))
			if errors.Is(err, fs.ErrNotExist) && os.Getenv("POSTHORN_RECORD_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(goldenFile(name), record.Bytes, 0o600))
				kept, err = record.Bytes, nil
			}
			require.NoError(t, err, "POSTHORN_RECORD_GOLDEN=1 writes records that are missing")
			// Compressed bytes may differ between compressors; these must not.
			require.Equal(t, string(unpack(t, kept)), string(unpack(t, record.Bytes)))
			contents, err := archive.ParseRecord(bytes.NewReader(kept))
			require.NoError(t, err)
			requireSame(t, m, contents)
			require.Equal(t, record.ContentSHA256, contents.ContentSHA256)
			require.Equal(t, hexSum(unpack(t, kept)), contents.ContentSHA256)
		})
	}
}

func TestGoldenRecordsAreAllKnown(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(testdata("records"))
	require.NoError(t, err)
	require.Len(t, files, len(golden()))
}

func TestReadGoldenRecordFromStore(t *testing.T) {
	t.Parallel()
	s, m := setup(t), withAttachments()
	kept, err := os.ReadFile(goldenFile("1-attachments"))
	require.NoError(t, err)
	// As in an object that holds several records.
	put, err := s.PutAttachment(t.Context(), "records/several", bytes.NewReader(append(append(seal(t, message(1)).Bytes, kept...), kept...)), "", tomorrow())
	require.NoError(t, err)
	first := int64(len(seal(t, message(1)).Bytes))
	contents, err := s.ReadRecord(t.Context(), hook.Location{Object: put.Object, Offset: first, Length: int64(len(kept))})
	require.NoError(t, err)
	requireSame(t, m, contents)

	for name, l := range map[string]hook.Location{
		"nothing":         {Object: put.Object},
		"negative offset": {Object: put.Object, Offset: -1, Length: 10},
		"negative length": {Object: put.Object, Offset: 10, Length: -10},
		"too much":        {Object: put.Object, Length: 1 << 40},
		"past the end":    {Object: put.Object, Offset: put.Size + 1, Length: 10},
	} {
		_, err := s.ReadRecord(t.Context(), l)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, archive.ErrDamaged, name)
	}
	for name, l := range map[string]hook.Location{
		"one byte late":     {Object: put.Object, Offset: first + 1, Length: int64(len(kept))},
		"one byte less":     {Object: put.Object, Offset: first, Length: int64(len(kept)) - 1},
		"one byte more":     {Object: put.Object, Offset: first, Length: int64(len(kept)) + 1},
		"two records":       {Object: put.Object, Offset: first, Length: 2 * int64(len(kept))},
		"more than is left": {Object: put.Object, Offset: first + int64(len(kept)), Length: int64(len(kept)) + 1},
	} {
		_, err := s.ReadRecord(t.Context(), l)
		require.ErrorIs(t, err, archive.ErrDamaged, name)
	}
}

func unpack(t testing.TB, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	return readAll(t, r)
}
