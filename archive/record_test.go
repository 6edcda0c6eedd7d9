package archive_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/archive"
	"posthorn/hook"
)

// requireSame holds what was read against the message it was made of.
func requireSame(t require.TestingT, m *hook.Message, c *archive.Contents) {
	require.Equal(t, string(m.Raw), string(c.Body))
	p, got := &m.Payload, c.Metadata
	require.Equal(t, "posthorn-message/1", got.Format)
	require.Equal(t, []hook.ID{m.TenantID, m.EndpointID, m.ID}, []hook.ID{got.TenantID, got.EndpointID, got.MessageID})
	require.Equal(t, m.Number, got.Number)
	require.Equal(t, []any{p.ExternalID, p.Body, p.From, m.Request.Proto, m.Request.Remote, m.Verdict},
		[]any{got.ExternalID, got.Body, got.From, got.Protocol, got.Remote, got.Verdict})
	require.Equal(t, []string{hook.FormatTime(m.ReceivedAt), hook.FormatTime(p.OccurredAt)}, []string{got.ReceivedAt, got.OccurredAt})
	require.Equal(t, append([]hook.Party{}, p.To...), got.To)
	require.Equal(t, cmp.Or(string(p.Fields), "{}"), string(got.Fields))
	require.Equal(t, hex.EncodeToString(m.SHA256[:]), got.SHA256)
	require.Len(t, got.Attachments, len(p.Attachments))
	for i, a := range p.Attachments {
		require.Equal(t, archive.AttachmentMetadata{
			Filename: a.Filename, ContentType: a.ContentType, URL: a.URL, Size: a.Size, SHA256: a.SHA256,
			ObjectKey: a.Object.Key, VersionID: a.Object.VersionID, Failed: a.Failed,
		}, got.Attachments[i])
	}
	requireHead(t, m, c)
}

// requireHead reads the recorded request as any HTTP server would.
func requireHead(t require.TestingT, m *hook.Message, c *archive.Contents) {
	lines := strings.Split(string(c.Request), "\r\n")
	require.Equal(t, 2, strings.Count(lines[0], " "))
	require.True(t, strings.HasSuffix(lines[0], " HTTP/1.1"))
	length := 0
	var fields [][2]string
	for _, line := range lines[1:] {
		require.NotContains(t, line, "\n")
		name, value, ok := strings.Cut(line, ": ")
		require.True(t, ok)
		require.NotContains(t, name, ":")
		require.False(t, strings.EqualFold(name, "Transfer-Encoding"))
		if strings.EqualFold(name, "Content-Length") {
			length++
		}
		fields = append(fields, [2]string{name, value})
	}
	require.Equal(t, 1, length)
	require.Equal(t, "Host", fields[0][0])
	// The other headers are there, in order, and nothing beside them.
	fields = fields[1 : len(fields)-1]
	for _, h := range m.Request.Header {
		switch http.CanonicalHeaderKey(h[0]) {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			continue
		}
		require.NotEmpty(t, fields)
		require.Len(t, fields[0][0], max(len(h[0]), 1))
		require.Equal(t, strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(h[1]), fields[0][1])
		fields = fields[1:]
	}
	require.Empty(t, fields)
}

func TestRecordedRequestIsHTTP(t *testing.T) {
	t.Parallel()
	for name, m := range golden() {
		c, err := archive.ParseRecord(bytes.NewReader(seal(t, m).Bytes))
		require.NoError(t, err)
		block := append(append(append([]byte{}, c.Request...), "\r\n\r\n"...), c.Body...)
		if name == "1-hostile" { // its host and target are none
			continue
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(block)))
		require.NoError(t, err, name)
		require.EqualValues(t, len(m.Raw), r.ContentLength)
		require.Equal(t, m.Request.Host, r.Host)
		require.Equal(t, string(m.Raw), string(readAll(t, r.Body)))
	}
}

func TestRecordIsPureFunction(t *testing.T) {
	t.Parallel()
	first, m := seal(t, message(1)), message(1)
	m.ReceivedAt = m.ReceivedAt.In(time.FixedZone("elsewhere", 3600))
	// What is set later, or can be extended, is no part of it.
	m.Retention, m.RetainUntil, m.Run, m.Status, m.ArchivedAt = time.Hour, time.Now(), 3, hook.MessageArchived, time.Now()
	require.Equal(t, first, seal(t, m))
}

// A member each, of which any reader of gzip can begin with the second.
func TestRecordHasTwoMembers(t *testing.T) {
	t.Parallel()
	in := bytes.NewReader(seal(t, message(1)).Bytes)
	for _, kind := range []string{"request", "metadata"} {
		member, err := gzip.NewReader(in)
		require.NoError(t, err)
		require.True(t, member.ModTime.IsZero())
		member.Multistream(false)
		require.Contains(t, string(readAll(t, member)), "WARC-Type: "+kind+"\r\n")
	}
	_, err := in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}

// Angle brackets are not escaped: ten megabytes of them would become sixty.
func TestMetadataHasNoHTMLEscapes(t *testing.T) {
	t.Parallel()
	m := message(1)
	m.Payload.Body = strings.Repeat("<", 1<<20)
	c, err := archive.ParseRecord(bytes.NewReader(seal(t, m).Bytes))
	require.NoError(t, err)
	require.Equal(t, m.Payload.Body, c.Metadata.Body)
	require.NotContains(t, string(unpack(t, seal(t, message(1)).Bytes)), `\u003c`)
}

func TestWhatMustNotBeSealed(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*hook.Message){
		"has no number":                func(m *hook.Message) { m.Number = 0 },
		"does not have its SHA-256":    func(m *hook.Message) { m.Raw = append(m.Raw, ' ') },
		"is neither stored nor failed": func(m *hook.Message) { m.Payload.Attachments = []hook.Attachment{{Filename: "x"}} },
		"the metadata of message":      func(m *hook.Message) { m.Payload.Fields = []byte("{") },
		"is too large":                 func(m *hook.Message) { setBody(m, make([]byte, 96<<20)) },
	} {
		m := message(1)
		change(m)
		_, err := archive.NewRecord(m)
		require.ErrorContains(t, err, name)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	m := message(1)
	require.Equal(t, "records/019e6f02-7bbb-7000-8000-000000000001/019e6f02-7bbb-7000-8000-000000000002/2026/05/28/"+
		"019e6f02-7bbb-7000-8000-000000000003.warc.gz", key(m))
	require.Equal(t, "attachments/019e6f02-7bbb-7000-8000-000000000001/019e6f02-7bbb-7000-8000-000000000002/2026/05/28/"+
		"019e6f02-7bbb-7000-8000-000000000003/12", attachmentKey(12))
	require.False(t, strings.HasPrefix(attachmentKey(0), key(m)+"/"))
}

func ids() *rapid.Generator[hook.ID] {
	return rapid.Custom(func(t *rapid.T) (id uuid.UUID) {
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		return id
	})
}

// wire is text as hostile as HTTP may carry it, and worse: any bytes.
func wire() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "Host", "content-length", "Transfer-Encoding", "a: b", "\r\n", "\r\n\r\n", "\x00", "\xff\xfe", "/", "*", "http://h/p", "WARC/1.1"}),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) }),
	)
}

func parties() *rapid.Generator[hook.Party] {
	return rapid.Custom(func(t *rapid.T) hook.Party {
		return hook.Party{Identifier: rapid.String().Draw(t, "identifier"), DisplayName: rapid.String().Draw(t, "name")}
	})
}

func attachments() *rapid.Generator[hook.Attachment] {
	return rapid.Custom(func(t *rapid.T) hook.Attachment {
		a := hook.Attachment{
			Filename: rapid.String().Draw(t, "filename"), ContentType: rapid.String().Draw(t, "type"), URL: rapid.String().Draw(t, "url"),
			Size: rapid.Int64().Draw(t, "size"), SHA256: rapid.String().Draw(t, "sum"), Failed: rapid.String().Draw(t, "failed"),
		}
		a.Object.Key = rapid.StringN(1, -1, -1).Draw(t, "key")
		return a
	})
}

func messages() *rapid.Generator[*hook.Message] {
	return rapid.Custom(func(t *rapid.T) *hook.Message {
		m := &hook.Message{
			ID: ids().Draw(t, "message"), TenantID: ids().Draw(t, "tenant"), EndpointID: ids().Draw(t, "endpoint"),
			Number:     rapid.Int64Min(1).Draw(t, "number"),
			ReceivedAt: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "received")),
			Payload: hook.Payload{
				ExternalID: rapid.String().Draw(t, "external id"), OccurredAt: time.UnixMilli(rapid.Int64Range(-6e13, 2e14).Draw(t, "occurred")),
				From: parties().Draw(t, "from"), To: rapid.SliceOfN(parties(), 0, 4).Draw(t, "to"), Body: rapid.String().Draw(t, "body"),
				Attachments: rapid.SliceOfN(attachments(), 0, 3).Draw(t, "attachments"),
				Fields:      hook.EncodeJSON(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "fields")),
			},
			Request: hook.Request{
				Method: wire().Draw(t, "method"), Target: wire().Draw(t, "target"), Proto: rapid.String().Draw(t, "proto"),
				Host: wire().Draw(t, "host"), Remote: rapid.String().Draw(t, "remote"),
			},
			Verdict: hook.Verdict{Scheme: rapid.String().Draw(t, "scheme"), Key: rapid.Int().Draw(t, "key")},
		}
		for range rapid.IntRange(0, 5).Draw(t, "headers") {
			m.Request.Header = append(m.Request.Header, [2]string{wire().Draw(t, "header"), wire().Draw(t, "value")})
		}
		setBody(m, []byte(wire().Draw(t, "raw")))
		return m
	})
}

func TestAnyMessageRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := messages().Draw(t, "message")
		r, err := archive.NewRecord(m)
		require.NoError(t, err)
		c, err := archive.ParseRecord(bytes.NewReader(r.Bytes))
		require.NoError(t, err)
		require.Equal(t, r.ContentSHA256, c.ContentSHA256)
		requireSame(t, m, c)
	})
}

func TestLongTargetRoundTrips(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/" + strings.Repeat("ä", 1<<20), strings.Repeat("/a", 1<<20)} {
		m := message(1)
		m.Request.Target = target
		c, err := archive.ParseRecord(bytes.NewReader(seal(t, m).Bytes))
		require.NoError(t, err)
		require.Contains(t, string(c.Request), target)
	}
}
