package test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"posthorn/client"
	"posthorn/gateway"
	"posthorn/workflows"
)

// TestSignalsOfTheTemporalUIAreHeardByAWaitingDelivery does what an operator
// does there: finds the workflow by what it is about, reads what it waits for,
// and sends it a signal without input.
func TestSignalsOfTheTemporalUIAreHeardByAWaitingDelivery(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gateway.Config) { c.TemporalUIURL = "http://temporal.example:8233" })
	for signal, want := range map[string]struct {
		status   string
		attempts int
	}{
		workflows.RetryNow: {client.DeliveryDelivered, 2}, workflows.Cancel: {client.DeliveryCancelled, 1},
	} {
		receiver := receive(t, 503)
		w := g.webhook(t, receiver, retries(3600), func(s *client.WebhookSettings) { s.Events = &[]string{"order." + signal} })
		g.publishMany(t, "order."+signal, 1)
		d := g.delivery(t, w.ID, hasAttempts(1), "its first attempt is recorded")
		id := "delivery/" + d.ID
		require.Equal(t, "http://temporal.example:8233/namespaces/"+g.config.TemporalNamespace+"/workflows/delivery%2F"+d.ID, d.WorkflowURL)
		g.requireVisible(t, id, map[string]string{
			workflows.WebhookAttribute.GetName(): w.ID, workflows.EventTypeAttribute.GetName(): "order." + signal,
			workflows.StateAttribute.GetName(): "retrying",
		})
		described, err := g.temporal.DescribeWorkflow(t.Context(), id, "")
		require.NoError(t, err)
		summary, err := described.GetStaticSummary()
		require.NoError(t, err)
		require.Contains(t, summary, "Deliver order."+signal+" to 127.0.0.1")
		details, err := described.GetStaticDetails()
		require.NoError(t, err)
		require.Equal(t, "[Open in the dashboard]("+g.config.URL+"/portal/deliveries/"+d.ID+")", details)
		answer, err := g.temporal.QueryWorkflow(t.Context(), id, "", "__temporal_workflow_metadata")
		require.NoError(t, err)
		var shown sdk.WorkflowMetadata
		require.NoError(t, answer.Get(&shown))
		require.Contains(t, shown.GetCurrentDetails(), "POST "+receiver.url+" → 503, next try in 1h0m0s")
		require.Contains(t, g.history(t, id), "Attempt 1: 503. Wait 1h0m0s")

		require.NoError(t, g.temporal.SignalWorkflow(t.Context(), id, "", signal, nil))
		g.requireStatus(t, id, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		d = g.delivery(t, w.ID, hasStatus(want.status), "the signal is heard")
		require.Len(t, d.Attempts, want.attempts)
	}
}

// history is a workflow's, as text that can be searched.
func (g *gate) history(t *testing.T, id string) string {
	t.Helper()
	var text strings.Builder
	for events := g.temporal.GetWorkflowHistory(t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		event, err := events.Next()
		require.NoError(t, err)
		for _, payload := range []interface{ GetData() []byte }{event.GetUserMetadata().GetSummary(), event.GetUserMetadata().GetDetails()} {
			text.Write(payload.GetData())
		}
		raw, err := protojson.Marshal(event)
		require.NoError(t, err)
		text.Write(raw)
	}
	return text.String()
}

// TestARetryThatComesSoonStartsLate: the wait is Temporal's before the first
// task, and what is told to the workflow meanwhile is heard at its end.
func TestARetryThatComesSoonStartsLate(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.webhook(t, receive(t), func(s *client.WebhookSettings) { s.Events = &[]string{"late.others"} })
	for signal, want := range map[string]struct {
		status   string
		attempts int
	}{
		"": {client.DeliveryDelivered, 2}, workflows.Cancel: {client.DeliveryCancelled, 1},
	} {
		receiver := receive(t, 503)
		w := g.webhook(t, receiver, retries(5), func(s *client.WebhookSettings) { s.Events = &[]string{"late.x" + signal} })
		g.publishMany(t, "late.others", 100) // enough for first attempts to be streamed
		g.publishMany(t, "late.x"+signal, 1)
		d := g.delivery(t, w.ID, hasAttempts(1), "its first attempt is recorded")
		id := "delivery/" + d.ID
		if signal != "" {
			require.Eventually(t, func() bool { return g.temporal.SignalWorkflow(t.Context(), id, "", signal, nil) == nil }, patience, 10*time.Millisecond)
		}
		g.requireStatus(t, id, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		require.Contains(t, g.history(t, id), `"firstWorkflowTaskBackoff"`)
		described, err := g.temporal.DescribeWorkflow(t.Context(), id, "")
		require.NoError(t, err)
		details, err := described.GetStaticDetails()
		require.NoError(t, err)
		require.Contains(t, details, "Attempt 1: POST "+receiver.url+" → 503, next try in ")
		state, _ := described.TypedSearchAttributes.GetKeyword(workflows.StateAttribute)
		require.Equal(t, "retrying", state)
		again, err := g.client.Delivery(t.Context(), d.ID)
		require.NoError(t, err)
		require.Equal(t, want.status, again.Status)
		require.Len(t, again.Attempts, want.attempts)
	}
}

// TestOurSearchAttributesAreIndexed: only some of the indexes of Temporal's
// visibility store are kept, and those of our attributes are among them.
func TestOurSearchAttributesAreIndexed(t *testing.T) {
	t.Parallel()
	g := start(t)
	described, err := g.temporal.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: g.config.TemporalNamespace})
	require.NoError(t, err)
	fields := map[string]string{}
	for field, alias := range described.GetConfig().GetCustomSearchAttributeAliases() {
		fields[alias] = strings.ToLower(field)
	}
	u, err := url.Parse(g.config.DatabaseURL)
	require.NoError(t, err)
	u.Path = "/temporal_visibility"
	db, err := pgx.Connect(t.Context(), u.String())
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close(t.Context())) }()
	rows, err := db.Query(t.Context(), `SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'executions_visibility'::regclass`)
	require.NoError(t, err)
	definitions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Len(t, definitions, 17)
	for _, name := range workflows.SearchAttributes() {
		require.NotEmpty(t, fields[name], name)
		require.Condition(t, func() bool {
			return slices.ContainsFunc(definitions, func(d string) bool { return strings.Contains(d, "(namespace_id, "+fields[name]+",") })
		}, "%s, which is %s: %s", name, fields[name], definitions)
	}
}
