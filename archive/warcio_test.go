package archive_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// foreign is a WARC record as another implementation reads it.
type foreign struct {
	Version       string      `json:"version"`
	Headers       [][2]string `json:"headers"`
	BlockDigest   bool        `json:"blockDigest"`
	PayloadDigest *bool       `json:"payloadDigest"`
	RequestLine   string      `json:"requestLine"`
	HTTPHeaders   [][2]string `json:"httpHeaders"`
	Content       []byte      `json:"content"`
}

func (f *foreign) header(name string) string {
	for _, h := range f.Headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

// warcio installs the npm package of that name, by its lock file, and returns
// what reads a file with it.
func warcio(t *testing.T) func(t *testing.T, packed []byte) []foreign {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "read.mjs"} {
		text, err := os.ReadFile(testdata("warcio", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if out, err := run(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		unavailable(t, "reading records with warcio needs Node.js 20 with npm (https://nodejs.org) and its registry: "+err.Error()+" "+out)
	}
	return func(t *testing.T, packed []byte) (records []foreign) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "record.warc.gz")
		require.NoError(t, os.WriteFile(file, packed, 0o600))
		out, err := run(t.Context(), dir, "node", "read.mjs", file)
		require.NoError(t, err, out)
		require.NoError(t, json.Unmarshal([]byte(out), &records), out)
		return records
	}
}

func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	var out, failed strings.Builder
	c.Stdout, c.Stderr = &out, &failed
	if err := c.Run(); err != nil {
		return strings.Join(strings.Fields(failed.String()), " "), err
	}
	return out.String(), nil
}

// unavailable ends a test that needs what is not here. In CI all is here.
func unavailable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("POSTHORN_CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func TestAnotherImplementationReadsRecords(t *testing.T) {
	t.Parallel()
	read := warcio(t)
	for name, m := range golden() {
		t.Run("golden "+name, func(t *testing.T) {
			t.Parallel()
			kept, err := os.ReadFile(goldenFile(name))
			require.NoError(t, err)
			requireForeign(t, m, read(t, kept))
		})
	}
	t.Run("fresh", func(t *testing.T) {
		t.Parallel()
		m := withAttachments()
		m.Number = 12
		setBody(m, noise(300_000))
		requireForeign(t, m, read(t, seal(t, m).Bytes))
	})
	t.Run("segment", func(t *testing.T) {
		t.Parallel()
		kept, err := os.ReadFile(goldenSegmentFile())
		require.NoError(t, err)
		for _, packed := range [][]byte{kept, segment(t, goldenSegment()...).Bytes} {
			records := read(t, packed)
			for i, m := range goldenSegment() {
				requireForeign(t, m, records[2*i:2*i+2])
			}
			require.Len(t, records, 2*len(goldenSegment()))
		}
	})
}

func requireForeign(t *testing.T, m *hook.Message, records []foreign) {
	t.Helper()
	require.Len(t, records, 2)
	for _, record := range records {
		require.Equal(t, "WARC/1.1", record.Version)
		require.True(t, record.BlockDigest)
		require.Equal(t, hook.FormatTime(m.ReceivedAt), record.header("WARC-Date"))
	}
	request, metadata := &records[0], &records[1]
	require.Equal(t, "request", request.header("WARC-Type"))
	require.Equal(t, "application/http;msgtype=request", request.header("Content-Type"))
	require.Equal(t, "<urn:uuid:"+m.ID.String()+">", request.header("WARC-Record-ID"))
	require.NotNil(t, request.PayloadDigest)
	require.True(t, *request.PayloadDigest)
	require.True(t, strings.HasSuffix(request.RequestLine, " HTTP/1.1"))
	require.Equal(t, string(m.Raw), string(request.Content))
	for _, h := range m.Request.Header {
		switch http.CanonicalHeaderKey(h[0]) {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer", "", "X:Y Z", "X-Latin-1", "X-Empty":
			continue // restated, left out or cleaned; warcio reads UTF-8 and drops what is empty
		}
		require.Contains(t, request.HTTPHeaders, h)
	}

	require.Equal(t, "metadata", metadata.header("WARC-Type"))
	require.Equal(t, "application/json", metadata.header("Content-Type"))
	require.Equal(t, request.header("WARC-Record-ID"), metadata.header("WARC-Refers-To"))
	require.Equal(t, request.header("WARC-Target-URI"), metadata.header("WARC-Target-URI"))
	require.NotEqual(t, request.header("WARC-Record-ID"), metadata.header("WARC-Record-ID"))
	var content map[string]any
	require.NoError(t, json.Unmarshal(metadata.Content, &content))
	require.Equal(t, "posthorn-message/1", content["format"])
	require.Equal(t, m.ID.String(), content["message_id"])
	require.Equal(t, m.Payload.Body, content["body"])
	require.Equal(t, hexSum(m.Raw), content["sha256"])
	require.Len(t, content["attachments"], len(m.Payload.Attachments))
}
