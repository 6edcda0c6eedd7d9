package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/gateway"
	"posthorn/workflows"
)

// sendMany sends messages in a batch.
func sendMany(t *testing.T, sender *client.Sender, n int, change ...func(i int, m *client.NewMessage)) {
	t.Helper()
	var list []client.NewMessage
	for i := range n {
		m := plain("m-" + strconv.Itoa(i))
		m.Body = bodyText
		for _, c := range change {
			c(i, &m)
		}
		list = append(list, m)
	}
	results, err := sender.SendBatch(t.Context(), list)
	require.NoError(t, err)
	require.Len(t, results, n)
}

// indexOf is the place of a message in what sendMany sent.
func indexOf(t *testing.T, m client.Message) int {
	t.Helper()
	i, err := strconv.Atoi(strings.TrimPrefix(m.ExternalID, "m-"))
	require.NoError(t, err)
	return i
}

func (g *gate) awaitArchived(t *testing.T, endpoint string, n int) []client.Message {
	t.Helper()
	return await(t, func() ([]client.Message, error) {
		return collect(t, g.client.Messages(t.Context(), client.MessageFilter{EndpointID: endpoint, Status: "archived"})), nil
	}, func(list []client.Message) bool { return len(list) == n }, fmt.Sprint(n, " messages are archived"))
}

// Many messages at a time are archived by few runs, each in an object of its own
// with a number of its own; those whose attachments must be fetched have
// workflows of their own meanwhile.
func TestManyMessagesAreArchivedTogether(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gateway.Config) { c.TemporalUIURL = "http://127.0.0.1" })
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a file")) }))
	t.Cleanup(files.Close)
	receiver := receive(t)
	webhook := g.webhook(t, receiver, subscribedTo("message.received"))
	const messages = 300
	with := func(i int) bool { return i%100 == 7 }
	endpoint, sender := g.endpoint(t)
	sendMany(t, sender, messages, func(i int, m *client.NewMessage) {
		if with(i) {
			m.Attachments = []client.NewAttachment{{Filename: "a.txt", ContentType: "text/plain", URL: files.URL}}
		}
	})
	runs, keys, numbers := map[string]int{}, map[string]bool{}, map[int64]bool{}
	for _, m := range g.awaitArchived(t, endpoint.ID, messages) {
		keys[m.Archive.ObjectKey], numbers[m.Number] = true, true
		_, path, _ := strings.Cut(m.WorkflowURL, "/workflows/")
		kind, id, _ := strings.Cut(path, "%2F")
		if with(indexOf(t, m)) {
			require.Equal(t, "message", kind)
			require.Len(t, m.Attachments, 1)
			require.Empty(t, m.Attachments[0].Failed)
		}
		if kind == "archive" {
			runs["archive/"+id]++
		}
	}
	require.Len(t, keys, messages)
	require.Len(t, numbers, messages)
	require.True(t, numbers[1] && numbers[messages], "numbers have no holes")
	require.NotEmpty(t, runs)
	require.Less(t, len(runs), 20)
	total := 0
	for id, n := range runs {
		var result workflows.ArchiveManyResult
		require.NoError(t, g.temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), &result))
		require.Empty(t, result.Reason)
		require.Equal(t, n, result.Messages)
		total += n
	}
	require.Greater(t, total, messages/2, "most are archived together")
	g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, messages)
}
