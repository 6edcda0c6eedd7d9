package test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// segmented makes an endpoint whose messages may share objects.
func (g *gate) segmented(t *testing.T) (client.Endpoint, *client.Sender) {
	t.Helper()
	endpoint, sender := g.endpoint(t)
	changed, err := g.client.UpdateEndpoint(t.Context(), endpoint.ID, client.EndpointSettings{ArchiveSegments: new(true)})
	require.NoError(t, err)
	require.True(t, changed.ArchiveSegments)
	return endpoint, sender
}

// requireFound reads each message of a batch by where it lies, with nothing of
// ours, and through the API. It returns how many lie in each object.
func (g *gate) requireFound(t *testing.T, list []client.Message) map[string]int {
	t.Helper()
	in, seen := map[string]int{}, map[string]int64{}
	objects := map[string][]byte{}
	numbers := map[int64]bool{}
	for _, m := range list {
		at := m.Archive
		if objects[at.ObjectKey] == nil {
			content := g.object(t, at.ObjectKey, at.VersionID)
			objects[at.ObjectKey] = content
			info, err := g.objects.StatObject(t.Context(), g.config.S3Bucket, at.ObjectKey, minio.StatObjectOptions{VersionID: at.VersionID})
			require.NoError(t, err)
			require.Equal(t, sum(unzip(t, content)), info.Metadata.Get("X-Amz-Meta-Posthorn-Content-Sha256"))
		}
		in[at.ObjectKey]++
		seen[at.ObjectKey] += at.Length
		record := unzip(t, objects[at.ObjectKey][at.Offset:at.Offset+at.Length])
		require.True(t, bytes.HasPrefix(record, []byte("WARC/1.1\r\nWARC-Type: metadata\r\n")))
		require.Equal(t, 1, bytes.Count(record, []byte("WARC/1.1\r\n")))
		var metadata struct {
			MessageID string `json:"message_id"`
			Batch     struct {
				ID        string `json:"id"`
				Offset    int    `json:"offset"`
				Length    int    `json:"length"`
				ObjectKey string `json:"object_key"`
				VersionID string `json:"version_id"`
			} `json:"batch"`
		}
		header, block, _ := bytes.Cut(record, []byte("\r\n\r\n"))
		require.NoError(t, json.Unmarshal(bytes.TrimSpace(block), &metadata))
		of := metadata.Batch
		require.Equal(t, m.ID, metadata.MessageID)
		require.Contains(t, string(header), "WARC-Refers-To: <urn:uuid:"+of.ID+">")
		if objects[of.ObjectKey] == nil {
			objects[of.ObjectKey] = g.object(t, of.ObjectKey, of.VersionID)
		}
		batch := unzip(t, objects[of.ObjectKey])
		require.True(t, bytes.HasPrefix(batch, []byte("WARC/1.1\r\nWARC-Type: request\r\nWARC-Record-ID: <urn:uuid:"+of.ID+">\r\n")))
		_, batch, _ = bytes.Cut(batch, []byte("\r\n\r\n"))
		_, body, _ := bytes.Cut(batch, []byte("\r\n\r\n"))
		file, err := g.client.MessageRaw(t.Context(), m.ID)
		require.NoError(t, err)
		raw, err := io.ReadAll(file.Body)
		require.NoError(t, err)
		require.NoError(t, file.Body.Close())
		require.Equal(t, m.SHA256, sum(raw))
		require.Equal(t, string(raw), string(body[of.Offset:of.Offset+of.Length]))
		numbers[m.Number] = true
	}
	for key, content := range objects {
		if strings.HasPrefix(key, "batches/") {
			continue
		}
		require.EqualValues(t, len(content), seen[key], "the messages are all of it")
	}
	require.Len(t, numbers, len(list))
	require.True(t, numbers[1] && numbers[int64(len(list))], "the numbers have no holes")
	versions := map[string]int{}
	for o := range g.objects.ListObjectsIter(t.Context(), g.config.S3Bucket, minio.ListObjectsOptions{Recursive: true, WithVersions: true}) {
		require.NoError(t, o.Err)
		if strings.HasPrefix(o.Key, "attachments/") {
			continue
		}
		require.Contains(t, objects, o.Key, "an object of which nobody knows")
		versions[o.Key]++
		require.Equal(t, 1, versions[o.Key])
	}
	return in
}

func unzip(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	return content
}

// Many messages of an endpoint with segments share objects; those with attachments,
// and what is large, have objects of their own.
func TestMessagesOfAnEndpointShareSegments(t *testing.T) {
	t.Parallel()
	g := start(t)
	file := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a file")) }))
	t.Cleanup(file.Close)
	webhook := g.webhook(t, receive(t), subscribedTo("message.received"))
	endpoint, sender := g.segmented(t)
	const messages = 400
	own := func(i int) bool { return i%100 < 3 }
	sendMany(t, sender, messages, func(i int, m *client.NewMessage) {
		switch i % 100 {
		case 0:
			m.Attachments = []client.NewAttachment{{Filename: "a.txt", ContentType: "text/plain", URL: file.URL}}
		case 1:
			m.Attachments = []client.NewAttachment{{Filename: "a.txt", ContentType: "text/plain", Content: []byte("a file")}}
		case 2:
			m.Body = strings.Repeat("large ", 6000)
		}
	})
	list := g.awaitArchived(t, endpoint.ID, messages)
	in := g.requireFound(t, list)
	most := 0
	for _, m := range list {
		if n := in[m.Archive.ObjectKey]; strings.HasPrefix(m.Archive.ObjectKey, "segments/") {
			most = max(most, n)
		}
		if i := indexOf(t, m); own(i) {
			require.True(t, strings.HasPrefix(m.Archive.ObjectKey, "records/"), m.Archive.ObjectKey)
		}
		if len(m.Attachments) > 0 {
			require.Empty(t, m.Attachments[0].Failed)
			require.Equal(t, sum([]byte("a file")), m.Attachments[0].SHA256)
		}
	}
	require.Greater(t, most, 10)
	require.LessOrEqual(t, most, 256)
	require.Less(t, len(in), messages/4)
	g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, messages)
	found := collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: endpoint.ID}))
	require.Len(t, found, messages)
}

// TestAWorkerThatDiesLosesNoSegment kills the worker between any two steps of
// archiving many together.
func TestAWorkerThatDiesLosesNoSegment(t *testing.T) {
	t.Parallel()
	for _, point := range segmentPoints {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			g := prepare(t, freeAddress(t))
			g.run(t, "api", "")
			g.enter(t)
			webhook := g.webhook(t, receive(t))
			endpoint, sender := g.segmented(t)
			const messages = 200
			sendMany(t, sender, messages) // before there is a worker, so that they are archived together
			g.run(t, "worker", point).awaitCrash(t)
			g.run(t, "worker", "")
			in := g.requireFound(t, g.awaitArchived(t, endpoint.ID, messages))
			shared := 0
			for key, n := range in {
				if strings.HasPrefix(key, "segments/") {
					shared += n
				}
			}
			require.Positive(t, shared)
			g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, messages)
			require.Len(t, collect(t, g.client.Events(t.Context(), client.EventFilter{})), messages)
		})
	}
}
