package archive_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"posthorn/archive"
)

// warc packs WARC records, each of a header without its end and a block.
func warc(t testing.TB, records ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, record := range records {
		pack(t, &b, strings.NewReader(record[0]+"\r\n\r\n"+record[1]+"\r\n\r\n"))
	}
	return b.Bytes()
}

func pack(t testing.TB, to io.Writer, text io.Reader) {
	t.Helper()
	w := gzip.NewWriter(to)
	_, err := io.Copy(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

// take takes the records of message(1) apart.
func take(t testing.TB) (request, metadata [2]string) {
	t.Helper()
	texts := strings.Split(string(unpack(t, seal(t, message(1)).Bytes)), "\r\n\r\nWARC/1.1\r\n")
	require.Len(t, texts, 2)
	request[0], request[1], _ = strings.Cut(texts[0], "\r\n\r\n")
	metadata[0], metadata[1], _ = strings.Cut("WARC/1.1\r\n"+strings.TrimSuffix(texts[1], "\r\n\r\n"), "\r\n\r\n")
	_, err := archive.ParseRecord(bytes.NewReader(warc(t, request, metadata)))
	require.NoError(t, err)
	return request, metadata
}

// Whoever changes a byte cannot be trusted to keep gzip's checksum wrong.
func TestChangedByteIsDetected(t *testing.T) {
	t.Parallel()
	sealed := seal(t, message(1))
	plain := unpack(t, sealed.Bytes)
	second := bytes.Index(plain, []byte("WARC/1.1\r\nWARC-Type: metadata"))
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for i := range plain {
		changed := bytes.Clone(plain)
		changed[i] ^= 1
		b.Reset()
		for _, text := range [][]byte{changed[:second], changed[second:]} {
			w.Reset(&b)
			_, err := w.Write(text)
			require.NoError(t, err)
			require.NoError(t, w.Close())
		}
		c, err := archive.ParseRecord(bytes.NewReader(b.Bytes()))
		if err == nil {
			// Only in a header, which no digest covers but that of all.
			require.NotEqual(t, sealed.ContentSHA256, c.ContentSHA256, i)
			require.Equal(t, string(message(1).Raw), string(c.Body))
			require.NotContains(t, string(plain[bytes.LastIndex(plain[:i], []byte("\r\n"))+2:i]), "Digest: ")
		}
	}
}

// In the bytes that lie in the store: what gzip itself holds.
func TestChangedPackedByteChangesNothing(t *testing.T) {
	t.Parallel()
	sealed := seal(t, message(1))
	for i := range sealed.Bytes {
		for _, bits := range []byte{1, 0x80} {
			changed := bytes.Clone(sealed.Bytes)
			changed[i] ^= bits
			if c, err := archive.ParseRecord(bytes.NewReader(changed)); err == nil {
				require.Equal(t, sealed.ContentSHA256, c.ContentSHA256, i)
			}
		}
	}
	for n := range sealed.Bytes {
		_, err := archive.ParseRecord(bytes.NewReader(sealed.Bytes[:n]))
		require.Error(t, err)
	}
}

func TestForgedRecords(t *testing.T) {
	t.Parallel()
	request, metadata := take(t)
	other := message(1)
	other.ID[15]++
	otherText := unpack(t, seal(t, other).Bytes)
	reseal := func(r [2]string, replace ...string) [2]string {
		r[1] = strings.NewReplacer(replace...).Replace(r[1])
		lines := strings.Split(r[0], "\r\n")
		for i, line := range lines {
			switch name, _, _ := strings.Cut(line, ": "); name {
			case "WARC-Block-Digest":
				lines[i] = name + ": sha256:" + hexSum([]byte(r[1]))
			case "Content-Length":
				lines[i] = fmt.Sprintf("%s: %d", name, len(r[1]))
			}
		}
		r[0] = strings.Join(lines, "\r\n")
		return r
	}
	head := func(r [2]string, replace ...string) [2]string {
		r[0] = strings.NewReplacer(replace...).Replace(r[0])
		return r
	}
	sum := hexSum(message(1).Raw)
	for name, c := range map[string]struct {
		records [][2]string
		says    string
	}{
		"metadata first":    {[][2]string{metadata, request}, "its request is not where it says"},
		"request alone":     {[][2]string{request}, "EOF"},
		"request twice":     {[][2]string{request, request}, "the metadata record: it is of another type"},
		"something follows": {[][2]string{request, metadata, metadata}, "something follows"},
		"other version":     {[][2]string{head(request, "WARC/1.1", "WARC/1.0"), metadata}, "not WARC/1.1"},
		"other format":      {[][2]string{request, reseal(metadata, "posthorn-message/1", "posthorn-message/2")}, "posthorn-message/2"},
		"other message":     {[][2]string{request, reseal(metadata, `"message_id":"019e6f02`, `"message_id":"019e6f03`)}, "another message"},
		"other reference":   {[][2]string{request, head(metadata, "WARC-Refers-To: <urn:uuid:0", "WARC-Refers-To: <urn:uuid:1")}, "another message"},
		"other record id":   {[][2]string{head(request, "WARC-Record-ID: <urn:uuid:0", "WARC-Record-ID: <urn:uuid:1"), metadata}, "another message"},
		"other time":        {[][2]string{request, reseal(metadata, `"received_at":"2026`, `"received_at":"2025`)}, "another time"},
		"other date":        {[][2]string{head(request, "WARC-Date: 2026", "WARC-Date: 2025"), metadata}, "another time"},
		"other sha256":      {[][2]string{request, reseal(metadata, sum, strings.Repeat("0", 64))}, "another request"},
		"other header":      {[][2]string{reseal(request, "X-Two: one", "X-Two: ten"), metadata}, "another request"},
		"other body":        {[][2]string{reseal(request, "Grüße", "Küsse"), metadata}, "does not have its digest"},
		"digest of nothing": {[][2]string{head(request, "WARC-Block-Digest", "X"), metadata}, "does not have its digest"},
		"length":            {[][2]string{head(request, "Content-Length: ", "Content-Length: 0"), metadata}, "does not have its length"},
		"no length":         {[][2]string{head(request, "Content-Length: ", "X: "), metadata}, "does not have its length"},
		"field twice":       {[][2]string{head(request, "WARC-Type: request", "WARC-Type: request\r\nwarc-type: metadata"), metadata}, "a line that is none"},
		"folded field":      {[][2]string{head(request, "WARC-Type: request", "WARC-Type: request\r\n x"), metadata}, "a line that is none"},
		"bare LF":           {[][2]string{head(request, "WARC-Type: request", "WARC-Type: request\nX: y"), metadata}, "a line that is none"},
		"many fields":       {[][2]string{head(request, "WARC-Type: request", "WARC-Type: request"+lines(40)), metadata}, "a line that is none"},
		"no array":          {[][2]string{request, reseal(metadata, `"to":[{"identifier":"b@example.com"}]`, `"to":{}`)}, "to: not an array"},
		"null array":        {[][2]string{request, reseal(metadata, `"attachments":[]`, `"attachments":null`)}, "attachments: not an array"},
		"no JSON":           {[][2]string{request, reseal(metadata, `{"format"`, `"format"`)}, "the metadata"},
		"no end of headers": {[][2]string{reseal(request, "\r\n\r\n", "\r\n"), metadata}, "no end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := archive.ParseRecord(bytes.NewReader(warc(t, c.records...)))
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := archive.ParseRecord(bytes.NewReader(otherText))
	require.Error(t, err) // not compressed
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\r\nX-%d: y", i)
	}
	return b.String()
}

func TestParseTellsReadErrors(t *testing.T) {
	t.Parallel()
	sealed := seal(t, message(1)).Bytes
	for _, n := range []int{0, 5, 300, len(sealed) - 1, len(sealed)} {
		_, err := archive.ParseRecord(io.MultiReader(bytes.NewReader(sealed[:n]), iotest.ErrReader(errLost)))
		require.ErrorIs(t, err, errLost)
	}
}

// Little that would become as much as one likes. They run alone, as they
// measure what the process allocates.
func TestBombsAreBounded(t *testing.T) {
	request, metadata := take(t)
	begin := "WARC/1.1\r\nWARC-Type: request\r\nContent-Length: "

	// 4 GiB of zeros, by one piece that is repeated.
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	flush := func(text []byte) []byte {
		start := b.Len()
		_, err := w.Write(text)
		require.NoError(t, err)
		require.NoError(t, w.Flush())
		return bytes.Clone(b.Bytes()[start:])
	}
	flush([]byte(begin + "1073741824\r\n\r\n"))
	flush(make([]byte, 1<<20))
	b.Write(bytes.Repeat(flush(make([]byte, 1<<20)), 4<<10))
	var err error
	requireAllocates(t, "block", 512<<20, func() { _, err = archive.ParseRecord(&b) })
	require.ErrorContains(t, err, "too large")

	fields := warc(t, [2]string{begin + "0" + strings.Repeat("\r\na: b", 1<<20)})
	requireAllocates(t, "fields", 64<<20, func() { _, err = archive.ParseRecord(bytes.NewReader(fields)) })
	require.ErrorContains(t, err, "its header has no end")

	for _, list := range []string{`"to":[`, `"attachments":[`} {
		forged := metadata
		before, after, _ := strings.Cut(metadata[1], list)
		forged[1] = before + list + strings.Repeat("{},", 1<<20) + "{}],\"x\":[" + after
		forged[0] = strings.Replace(metadata[0], hexSum([]byte(metadata[1])), hexSum([]byte(forged[1])), 1)
		forged[0] = strings.Replace(forged[0], fmt.Sprintf("Length: %d", len(metadata[1])), fmt.Sprintf("Length: %d", len(forged[1])), 1)
		packed := warc(t, request, forged)
		requireAllocates(t, list, 64<<20, func() { _, err = archive.ParseRecord(bytes.NewReader(packed)) })
		require.ErrorContains(t, err, "more than 10000 items")
	}
}

func requireAllocates(t *testing.T, name string, bound uint64, run func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	t.Logf("%s: %d MiB", name, (after.TotalAlloc-before.TotalAlloc)>>20)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, bound, name)
	runtime.GC()
}

func FuzzParseRecord(f *testing.F) {
	for name := range golden() {
		packed, err := os.ReadFile(goldenFile(name))
		require.NoError(f, err)
		f.Add(packed)
	}
	request, metadata := take(f)
	f.Add(warc(f, request))
	f.Add(warc(f, metadata, request))
	f.Add([]byte("WARC/1.1\r\n"))
	f.Fuzz(func(t *testing.T, packed []byte) { requireSound(t, packed) })
}

// What is past gzip's own checksum.
func FuzzParseMembers(f *testing.F) {
	request, metadata := take(f)
	f.Add(request[0], request[1], metadata[0], metadata[1])
	f.Add(request[0], "", metadata[0], "{}")
	f.Add("WARC/1.1", "\r\n\r\n", "WARC/1.1\r\nContent-Length: 4", "null")
	w := gzip.NewWriter(nil)
	f.Fuzz(func(t *testing.T, requestHeader, requestBlock, metadataHeader, metadataBlock string) {
		var packed bytes.Buffer
		for _, text := range []string{requestHeader + "\r\n\r\n" + requestBlock, metadataHeader + "\r\n\r\n" + metadataBlock} {
			w.Reset(&packed)
			_, err := io.WriteString(w, text+"\r\n\r\n")
			require.NoError(t, err)
			require.NoError(t, w.Close())
		}
		requireSound(t, packed.Bytes())
	})
}

// requireSound holds what is read of any bytes against itself.
func requireSound(t *testing.T, packed []byte) {
	t.Helper()
	c, err := archive.ParseRecord(bytes.NewReader(packed))
	if err != nil {
		require.Nil(t, c)
		return
	}
	require.Equal(t, archive.FormatVersion, c.Metadata.Format)
	require.Equal(t, c.Metadata.SHA256, hexSum(c.Body))
	require.Equal(t, c.Metadata.RequestSHA256, hexSum([]byte(string(c.Request)+"\r\n\r\n"+string(c.Body))))
	require.Equal(t, c.ContentSHA256, hexSum(unpack(t, packed)))
}
