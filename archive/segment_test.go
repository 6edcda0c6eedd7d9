package archive_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/archive"
	"posthorn/hook"
)

// goldenSegment lies in archives for good, as golden records do.
func goldenSegment() []*hook.Message {
	return []*hook.Message{message(1), withAttachments(), hostile(), empty()}
}

func goldenSegmentFile() string { return testdata("segments", "1-four.warc.gz") }

func segment(t testing.TB, list ...*hook.Message) archive.Segment {
	t.Helper()
	s, err := archive.NewSegment(list)
	require.NoError(t, err)
	return s
}

func segmentKey() string {
	m := message(1)
	return archive.SegmentKey(m.TenantID, m.EndpointID, uuid.MustParse("019e6f02-7bbb-7000-8000-0000000000ff"))
}

// requireSegment holds a segment against its messages: each is found by where it
// lies, and by that alone.
func requireSegment(t require.TestingT, packed []byte, lengths []int64, list []*hook.Message) {
	require.Len(t, lengths, len(list))
	for i, m := range list {
		c, err := archive.ParseRecord(bytes.NewReader(packed[:lengths[i]]))
		require.NoError(t, err)
		requireSame(t, m, c)
		packed = packed[lengths[i]:]
	}
	require.Empty(t, packed)
}

func TestAGoldenSegmentStaysAsItIs(t *testing.T) {
	t.Parallel()
	made := segment(t, goldenSegment()...)
	kept, err := os.ReadFile(goldenSegmentFile())
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("POSTHORN_RECORD_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(goldenSegmentFile()), 0o755))
		require.NoError(t, os.WriteFile(goldenSegmentFile(), made.Bytes, 0o600))
		kept, err = made.Bytes, nil
	}
	require.NoError(t, err, "POSTHORN_RECORD_GOLDEN=1 writes it where it is missing")
	require.Equal(t, string(unpack(t, kept)), string(unpack(t, made.Bytes)))
	require.Equal(t, hexSum(unpack(t, kept)), made.ContentSHA256)
	list, lengths, err := archive.ParseSegment(kept)
	require.NoError(t, err)
	require.Len(t, list, 4)
	requireSegment(t, kept, lengths, goldenSegment())
}

func TestASegmentIsTheRecordsOfItsMessages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []*hook.Message
		var joined []byte
		for i, body := range rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 200), 1, 8).Draw(t, "bodies") {
			m := message(int64(i + 1))
			m.ID = uuid.NewSHA1(m.ID, body)
			setBody(m, body)
			record, err := archive.NewRecord(m)
			require.NoError(t, err)
			list, joined = append(list, m), append(joined, record.Bytes...)
		}
		made, err := archive.NewSegment(list)
		require.NoError(t, err)
		require.Equal(t, joined, made.Bytes)
		requireSegment(t, made.Bytes, made.Lengths, list)
		_, lengths, err := archive.ParseSegment(made.Bytes)
		require.NoError(t, err)
		require.Equal(t, made.Lengths, lengths)
	})
}

func TestASegmentWithWhatCannotBeSealedIsRefused(t *testing.T) {
	t.Parallel()
	wrong := message(2)
	wrong.SHA256 = sha256.Sum256(nil)
	require.Error(t, archive.Sound(wrong))
	_, err := archive.NewSegment([]*hook.Message{message(1), wrong})
	require.Error(t, err)
	require.NoError(t, archive.Sound(message(0)), "its number comes last")
	_, err = archive.NewSegment([]*hook.Message{message(0)})
	require.Error(t, err)
}

func TestASegmentIsPutOnce(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	list := goldenSegment()
	made := segment(t, list...)
	type put struct {
		hook.Object
		lengths []int64
	}
	for _, p := range atOnce(t, func() (put, error) {
		object, lengths, err := s.PutSegment(t.Context(), segmentKey(), made, until)
		return put{object, lengths}, err
	}) {
		require.Equal(t, made.Lengths, p.lengths)
		at := hook.Location{Object: p.Object}
		for i, m := range list {
			at.Length = made.Lengths[i]
			c, err := s.ReadRecord(t.Context(), at)
			require.NoError(t, err)
			requireSame(t, m, c)
			at.Offset += at.Length
		}
	}
	versions, _ := s.versions(t, "")
	require.Len(t, versions, 1)
	_, _, err := s.PutSegment(t.Context(), segmentKey(), made, until.Add(time.Hour))
	require.NoError(t, err)
	info, err := s.Stat(t.Context(), hook.Object{Key: segmentKey()})
	require.NoError(t, err)
	require.WithinDuration(t, until.Add(time.Hour), info.RetainUntil, 0, "it is locked for as long as is asked for last")
}

// What lies there counts, also where another version, or another compressor,
// would write it with other lengths.
func TestASegmentInOtherWordsIsTakenAsItLies(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	list := []*hook.Message{message(1), withAttachments()}
	list[1].Payload.Body = "read in another way, and at greater length"
	there := segment(t, list...)
	first, _, err := s.PutSegment(t.Context(), segmentKey(), there, until)
	require.NoError(t, err)
	ours := segment(t, message(1), withAttachments())
	require.NotEqual(t, there.Lengths, ours.Lengths)
	object, lengths, err := s.PutSegment(t.Context(), segmentKey(), ours, until)
	require.NoError(t, err)
	require.Equal(t, first, object)
	require.Equal(t, there.Lengths, lengths)
}

func TestASegmentWithOtherMessagesIsAConflict(t *testing.T) {
	t.Parallel()
	s, until := setup(t), tomorrow()
	_, _, err := s.PutSegment(t.Context(), segmentKey(), segment(t, message(1), withAttachments()), until)
	require.NoError(t, err)
	for name, other := range map[string][]*hook.Message{
		"one less": {message(1)}, "one more": {message(1), withAttachments(), empty()},
		"another": {message(1), empty()}, "another order": {withAttachments(), message(1)},
	} {
		_, _, err := s.PutSegment(t.Context(), segmentKey(), segment(t, other...), until)
		require.ErrorIs(t, err, archive.ErrConflict, name)
	}
	versions, _ := s.versions(t, "")
	require.Len(t, versions, 1)
	_, err = s.raw.PutObject(t.Context(), s.bucket, "segments/none", bytes.NewReader([]byte("none")), 4, minio.PutObjectOptions{})
	require.NoError(t, err)
	_, _, err = s.PutSegment(t.Context(), "segments/none", segment(t, message(1)), until)
	require.ErrorIs(t, err, archive.ErrConflict)
}

func FuzzParseSegment(f *testing.F) {
	f.Add(segment(f, goldenSegment()...).Bytes)
	f.Add(append(seal(f, message(1)).Bytes, 0x1f, 0x8b))
	f.Fuzz(func(t *testing.T, packed []byte) {
		list, lengths, err := archive.ParseSegment(packed)
		if err != nil {
			return
		}
		require.Len(t, lengths, len(list))
		total := int64(0)
		for _, n := range lengths {
			require.Positive(t, n)
			total += n
		}
		require.EqualValues(t, len(packed), total)
	})
}
