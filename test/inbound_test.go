package test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// TestABatchIsArchivedWhileItsProducerWaits replays history: each line becomes
// a message and an event of its own.
func TestABatchIsArchivedWhileItsProducerWaits(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	g.webhook(t, receiver)
	endpoint, sender := g.endpoint(t)
	var messages []client.NewMessage
	for i := range 25 {
		messages = append(messages, plain("replay-"+strconv.Itoa(i%20)))
	}
	messages = append(messages, client.NewMessage{})
	results, err := sender.SendBatch(t.Context(), messages, client.Wait(30*time.Second))
	require.NoError(t, err)
	require.Len(t, results, 26)
	for i, r := range results[:25] {
		require.NoError(t, r.Err())
		require.Equal(t, i >= 20, r.Accepted.Duplicate)
		require.Equal(t, client.MessageArchived, r.Accepted.Status)
		require.Equal(t, r.Accepted.SHA256, r.Accepted.Receipt.SHA256)
		line, err := json.Marshal(messages[i%20])
		require.NoError(t, err)
		if i < 20 {
			require.Equal(t, sum(line), r.Accepted.SHA256)
			kept := g.archived(t, r.Accepted.ID)
			require.Equal(t, *kept.Archive, r.Accepted.Receipt.Location)
			require.Contains(t, g.recordText(t, kept), "WARC-Refers-To: ", "the batch is a record of its own")
			raw, err := g.client.MessageRaw(t.Context(), r.Accepted.ID)
			require.NoError(t, err)
			body, err := io.ReadAll(raw.Body)
			require.NoError(t, errors.Join(err, raw.Body.Close()))
			require.Equal(t, string(line), string(body))
		}
	}
	require.Error(t, results[25].Err())
	for range 20 {
		receiver.next(t)
	}
	await(t, func() (client.Refused, error) { return g.client.Refused(t.Context(), endpoint.ID) },
		func(r client.Refused) bool {
			return len(r.Last) == 1 && r.Counts[0].StatusCode == http.StatusUnprocessableEntity
		}, "the refused line is listed")
}

// TestACompressedMessageIsKeptAsItCameAndDeliveredInPlain covers what reads a
// raw body later: the workflow, the index, the management API.
func TestACompressedMessageIsKeptAsItCameAndDeliveredInPlain(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	g.webhook(t, receiver)
	endpoint, _ := g.endpoint(t)
	body, err := json.Marshal(message("zipped", files(t, fetched)))
	require.NoError(t, err)
	var wire bytes.Buffer
	w := gzip.NewWriter(&wire)
	_, err = w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint.URL, bytes.NewReader(wire.Bytes()))
	require.NoError(t, err)
	request.Header = http.Header{"Authorization": {"Bearer " + endpoint.Secret}, "Content-Encoding": {"gzip"}}
	response, err := connection(t).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	var accepted struct{ Data client.Accepted }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&accepted))
	require.Equal(t, sum(wire.Bytes()), accepted.Data.SHA256)

	kept := g.archived(t, accepted.Data.ID)
	require.Equal(t, bodyText, kept.Body)
	require.Len(t, kept.Attachments, 2)
	g.requireLocked(t, kept, wire.Bytes())
	require.Contains(t, string(receiver.next(t).body), bodyText)
	await(t, func() (found []client.Message, err error) {
		for m, failed := range g.client.Messages(t.Context(), client.MessageFilter{Query: "nobody's"}) {
			found, err = append(found, m), failed
		}
		return found, err
	}, func(found []client.Message) bool { return len(found) == 1 && found[0].ID == kept.ID }, "it is found by its words")
	raw, err := g.client.MessageRaw(t.Context(), kept.ID)
	require.NoError(t, err)
	defer raw.Body.Close()
	content, err := io.ReadAll(raw.Body)
	require.NoError(t, err)
	require.Equal(t, wire.Bytes(), content)
}

func TestAGatewayStopsAlthoughAClientWouldWait(t *testing.T) {
	t.Parallel()
	g := start(t)
	_, sender := g.endpoint(t)
	m := plain("waits")
	m.Attachments = []client.NewAttachment{{URL: "https://" + strings.Repeat("x", 20) + ".example/"}} // is tried for minutes
	time.AfterFunc(time.Second, g.stop)
	began := time.Now()
	accepted, err := sender.Send(t.Context(), m, client.Wait(30*time.Second))
	require.NoError(t, err)
	require.Equal(t, client.MessageAccepted, accepted.Status)
	require.Nil(t, accepted.Receipt)
	require.Less(t, time.Since(began), 20*time.Second)
}

// recordText is a message's record, unpacked.
func (g *gate) recordText(t *testing.T, m client.Message) string {
	t.Helper()
	record := g.object(t, m.Archive.ObjectKey, m.Archive.VersionID)
	unpacked, err := gzip.NewReader(bytes.NewReader(record[m.Archive.Offset:][:m.Archive.Length]))
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	return string(text)
}

func TestKeysAgainstDuplicatesArePrunedAfterTheirWindow(t *testing.T) {
	t.Parallel()
	g := start(t)
	endpoint, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{Name: new("short"), DedupWindow: new(client.Duration(time.Second))})
	require.NoError(t, err)
	sender := endpoint.Sender(endpoint.Secret, client.HTTPClient(connection(t)))
	first, err := sender.Send(t.Context(), plain("again"))
	require.NoError(t, err)
	database, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	require.NoError(t, err)
	defer database.Close(t.Context())
	await(t, func() (n int, err error) {
		err = database.QueryRow(t.Context(), "SELECT count(*) FROM message_dedup").Scan(&n)
		return n, err
	}, func(n int) bool { return n == 0 }, "the key is pruned")
	second, err := sender.Send(t.Context(), plain("again"))
	require.NoError(t, err)
	require.False(t, second.Duplicate)
	require.NotEqual(t, first.ID, second.ID)
}
