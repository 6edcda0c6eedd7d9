package archive_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"posthorn/archive"
	"posthorn/hook"
)

// batch is a request with two messages, and those, once it is sealed as version v.
func batch(version string) (*hook.Batch, []*hook.Message) {
	first, second := message(1), message(2)
	second.ID = uuid.MustParse("019e6f02-7bbb-7000-8000-000000000005")
	setBody(second, []byte(`{"external_id":"m-2"}`))
	raw := append(append(bytes.Clone(first.Raw), "\r\n\n"...), second.Raw...)
	b := &hook.Batch{
		ID: uuid.MustParse("019e6f02-7bba-7000-8000-000000000009"), TenantID: first.TenantID, EndpointID: first.EndpointID,
		Request: first.Request, Raw: raw, SHA256: sha256.Sum256(raw),
	}
	b.Request.Target += "/batch"
	_, sum, err := archive.NewBatch(b)
	if err != nil {
		panic(err)
	}
	for i, m := range []*hook.Message{first, second} {
		m.Request.Target = b.Request.Target
		m.Batch = hook.BatchLine{ID: b.ID, Length: int64(len(m.Raw)), Record: hook.BatchRecord{VersionID: version, RequestSHA256: sum}}
		m.Batch.Offset = int64(i * (len(first.Raw) + 3))
	}
	return b, []*hook.Message{first, second}
}

func batchRecord(t testing.TB, b *hook.Batch) archive.Record {
	t.Helper()
	r, _, err := archive.NewBatch(b)
	require.NoError(t, err)
	return r
}

func TestAGoldenBatchStaysAsItIs(t *testing.T) {
	t.Parallel()
	b, list := batch("v")
	for name, made := range map[string]archive.Record{"1-batch": batchRecord(t, b), "1-message": seal(t, list[1]), "1-segment": segment(t, list...).Record} {
		file := testdata("batches", name+".warc.gz")
		kept, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) && os.Getenv("POSTHORN_RECORD_GOLDEN") != "" {
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, made.Bytes, 0o600))
			kept, err = made.Bytes, nil
		}
		require.NoError(t, err, "POSTHORN_RECORD_GOLDEN=1 writes what is missing")
		require.Equal(t, string(unpack(t, kept)), string(unpack(t, made.Bytes)))
		require.Equal(t, hexSum(unpack(t, kept)), made.ContentSHA256)
	}
}

// A message of a batch is read with its own bytes, from wherever its records lie.
func TestAMessageOfABatchHasItsOwnBytes(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	for _, coding := range []string{"", "gzip"} {
		b, list := batch("")
		b.ID = hook.NewID()
		if coding != "" {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, err := w.Write(b.Raw)
			require.NoError(t, errors.Join(err, w.Close()))
			b.Raw, b.SHA256 = packed.Bytes(), sha256.Sum256(packed.Bytes())
			b.Request.Header = append([][2]string{{"Content-Encoding", "gzip"}}, b.Request.Header...)
		}
		var sealed hook.BatchRecord
		for _, put := range atOnce(t, func() (hook.BatchRecord, error) { return s.PutBatch(t.Context(), b, until) }) {
			require.True(t, sealed == hook.BatchRecord{} || sealed == put)
			sealed = put
		}
		at := hook.Object{Key: archive.BatchKey(b.TenantID, b.EndpointID, b.ID), VersionID: sealed.VersionID}
		versions, _ := s.versions(t, at.Key)
		require.Equal(t, []string{sealed.VersionID}, versions)
		require.NoError(t, s.Extend(t.Context(), at, until.Add(time.Hour)))
		info, err := s.Stat(t.Context(), at)
		require.NoError(t, err)
		require.WithinDuration(t, until.Add(time.Hour), info.RetainUntil, 0)

		for _, m := range list {
			m.ID, m.Batch.ID, m.Batch.Record = hook.NewID(), b.ID, sealed
			l, err := s.PutRecord(t.Context(), key(m), seal(t, m), until)
			require.NoError(t, err)
			again, err := s.PutRecord(t.Context(), key(m), seal(t, m), until)
			require.NoError(t, err)
			require.Equal(t, l, again)
			c, err := s.ReadRecord(t.Context(), l)
			require.NoError(t, err)
			require.Equal(t, string(m.Raw), string(c.Body))
			require.Contains(t, string(c.Request), "/batch HTTP/1.1\r\n")
			require.Equal(t, m.ID, c.Metadata.MessageID)
			require.Equal(t, &archive.BatchMetadata{ID: b.ID, Offset: m.Batch.Offset, Length: m.Batch.Length, ObjectKey: at.Key, VersionID: at.VersionID}, c.Metadata.Batch)

			for name, change := range map[string]func(*hook.BatchLine){
				"offset":  func(l *hook.BatchLine) { l.Offset++ },
				"length":  func(l *hook.BatchLine) { l.Length = 1 << 40 },
				"request": func(l *hook.BatchLine) { l.Record.RequestSHA256 = hexSum(nil) },
				"part":    func(l *hook.BatchLine) { l.Offset = -1 },
			} {
				wrong := *m
				change(&wrong.Batch)
				_, err := s.PutRecord(t.Context(), key(m), seal(t, &wrong), until)
				require.ErrorIs(t, err, archive.ErrConflict, name)
				wrong.ID = hook.NewID()
				l, err := s.PutRecord(t.Context(), key(&wrong), seal(t, &wrong), until)
				require.NoError(t, err)
				_, err = s.ReadRecord(t.Context(), l)
				require.ErrorIs(t, err, archive.ErrDamaged, name)
			}
		}
		b.Raw = []byte("another")
		b.SHA256 = sha256.Sum256(b.Raw)
		_, err = s.PutBatch(t.Context(), b, until)
		require.ErrorIs(t, err, archive.ErrConflict)
	}
}

func TestWhatIsWrongWithABatchIsFound(t *testing.T) {
	t.Parallel()
	b, list := batch("")
	_, err := archive.NewRecord(list[0])
	require.ErrorContains(t, err, "batch is not sealed")
	good := batchRecord(t, b).Bytes
	r, err := archive.ParseBatch(good)
	require.NoError(t, err)
	require.Equal(t, string(b.Raw), string(r.Body))
	require.True(t, strings.HasPrefix(string(r.Head), "POST /webhooks/incoming/in/token?a=1/batch HTTP/1.1\r\n"))
	for name, wrong := range map[string][]byte{
		"nothing": nil, "two": append(bytes.Clone(good), good...), "cut off": good[:len(good)-1], "a message": seal(t, message(1)).Bytes,
	} {
		_, err := archive.ParseBatch(wrong)
		require.Error(t, err, name)
	}
	b.SHA256 = sha256.Sum256(nil)
	_, _, err = archive.NewBatch(b)
	require.Error(t, err)
}

func FuzzParseBatch(f *testing.F) {
	b, _ := batch("")
	f.Add(batchRecord(f, b).Bytes)
	f.Add(seal(f, message(1)).Bytes)
	f.Fuzz(func(t *testing.T, packed []byte) {
		if r, err := archive.ParseBatch(packed); err == nil {
			require.NotEmpty(t, r.SHA256)
		}
	})
}
