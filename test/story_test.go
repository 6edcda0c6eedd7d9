package test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"posthorn/client"
	"posthorn/workflows"
)

const (
	bodyText   = "The body of the message, which is nobody's but its receiver's."
	inlineText = "inline\x00\xff"
	fetched    = "fetched from a URL"
)

// message has one attachment of each kind.
func message(externalID, url string) client.NewMessage {
	return client.NewMessage{
		ExternalID: externalID, OccurredAt: time.Now(), Body: bodyText,
		From: client.Party{Identifier: "alice@example.com", DisplayName: "Alice"}, To: []client.Party{{Identifier: "bob@example.com"}},
		Attachments: []client.NewAttachment{
			{Filename: "inline.bin", ContentType: "application/octet-stream", Content: []byte(inlineText)},
			{Filename: "file.txt", URL: url},
		},
		Fields: map[string]any{"priority": 3},
	}
}

func plain(externalID string) client.NewMessage {
	m := message(externalID, "")
	m.Attachments = nil
	return m
}

// endpoint makes an endpoint and returns a sender to it.
func (g *gate) endpoint(t *testing.T) (client.Endpoint, *client.Sender) {
	t.Helper()
	e, err := g.client.CreateEndpoint(t.Context(), client.EndpointSettings{Name: new("producer")})
	require.NoError(t, err)
	return e, e.Sender(e.Secret, client.HTTPClient(connection(t)))
}

// webhook subscribes a receiver to what messages become.
func (g *gate) webhook(t *testing.T, r *receiver, change ...func(*client.WebhookSettings)) client.Webhook {
	t.Helper()
	s := client.WebhookSettings{URL: &r.url, Events: &[]string{"message.received"}}
	for _, c := range change {
		c(&s)
	}
	w, err := g.client.CreateWebhook(t.Context(), s)
	require.NoError(t, err)
	return w
}

func retries(seconds ...int) func(*client.WebhookSettings) {
	policy := append([]int{}, seconds...)
	return func(s *client.WebhookSettings) { s.RetryPolicy = &policy }
}

func TestAMessageIsKeptAndDelivered(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t, http.StatusInternalServerError, http.StatusInternalServerError)
	webhook := g.webhook(t, receiver)
	endpoint, sender := g.endpoint(t)

	sent, err := json.Marshal(message("story-1", files(t, fetched)))
	require.NoError(t, err)
	accepted, err := sender.SendRaw(t.Context(), sent)
	require.NoError(t, err)
	require.False(t, accepted.Duplicate)
	require.Equal(t, sum(sent), accepted.SHA256)
	again, err := sender.SendRaw(t.Context(), sent)
	require.NoError(t, err)
	require.True(t, again.Duplicate)
	require.Equal(t, accepted.ID, again.ID)

	kept := g.archived(t, accepted.ID)
	g.requireLocked(t, kept, sent)

	first, second := receiver.next(t), receiver.next(t)
	await(t, func() (client.Webhook, error) { return g.client.Webhook(t.Context(), webhook.ID) },
		func(w client.Webhook) bool { return w.ConsecutiveFailures == 2 }, "two failures are counted")
	third := receiver.next(t)
	requireBetween(t, second.at.Sub(first.at), 800*time.Millisecond, 20*time.Second)
	requireBetween(t, third.at.Sub(second.at), 4500*time.Millisecond, 30*time.Second)
	requireStandard(t, webhook.Secret, first, second, third)

	delivery := g.delivery(t, webhook.ID, hasStatus(client.DeliveryDelivered), "it is delivered")
	require.Equal(t, []int{500, 500, 200}, statuses(delivery))
	require.Equal(t, []string{"http_status", "http_status", ""}, []string{
		delivery.Attempts[0].Error, delivery.Attempts[1].Error, delivery.Attempts[2].Error,
	})
	require.Equal(t, "got it", delivery.Attempts[2].ResponseBody)
	require.Equal(t, first.delivery(), delivery.ID)
	require.Equal(t, first.event(), delivery.EventID)
	after, err := g.client.Webhook(t.Context(), webhook.ID)
	require.NoError(t, err)
	require.Zero(t, after.ConsecutiveFailures)

	g.requireVisible(t, "message/"+kept.ID, map[string]string{
		workflows.TenantAttribute.GetName(): g.tenant.ID, workflows.EndpointAttribute.GetName(): endpoint.ID,
	})
	g.requireVisible(t, "delivery/"+delivery.ID, map[string]string{
		workflows.TenantAttribute.GetName(): g.tenant.ID, workflows.WebhookAttribute.GetName(): webhook.ID,
		workflows.EventTypeAttribute.GetName(): "message.received",
	})
	for _, secret := range []string{endpoint.Secret, webhook.Secret, g.tenant.Key, g.config.RootKey, bodyText} {
		require.NotContains(t, g.log.String(), secret)
	}
}

// TestThePlatformFormatIsSigned looks at the other format by its own rules.
func TestThePlatformFormatIsSigned(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	const secret = "a secret that is no base64 at all"
	w, err := g.client.CreateWebhookWithSecret(t.Context(), client.WebhookSettings{
		URL: &receiver.url, Events: &[]string{"ticket"}, Format: new(client.FormatPlatform), Headers: &map[string]string{"X-Own": "yes"},
	}, secret)
	require.NoError(t, err)
	published, err := g.client.Publish(t.Context(), client.NewEvent{Type: "ticket.created", ID: "ticket-1", Data: map[string]int{"n": 1}})
	require.NoError(t, err)

	got := receiver.next(t)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(got.body)
	require.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), got.header.Get("X-Webhook-Signature"))
	require.Equal(t, "ticket.created", got.header.Get("X-Webhook-Event"))
	require.Equal(t, "yes", got.header.Get("X-Own"))
	require.JSONEq(t, `{"organizationId":"`+g.tenant.ID+`","eventType":"ticket.created","eventId":"ticket-1","timestamp":"`+
		published.OccurredAt.UTC().Format("2006-01-02T15:04:05.000Z")+`","data":{"n":1}}`, string(got.body))
	g.delivery(t, w.ID, hasStatus(client.DeliveryDelivered), "it is delivered")
}

// requireLocked reads back from the store itself what was kept of a message.
func (g *gate) requireLocked(t *testing.T, m client.Message, sent []byte) {
	t.Helper()
	require.Equal(t, int64(1), m.Number)
	require.Equal(t, sum(sent), m.SHA256)
	require.NotNil(t, m.Archive)
	record := g.object(t, m.Archive.ObjectKey, m.Archive.VersionID)
	unpacked, err := gzip.NewReader(bytes.NewReader(record[m.Archive.Offset:][:m.Archive.Length]))
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	require.Contains(t, string(text), string(sent), "the record has the body byte for byte")
	require.Contains(t, string(text), sum(sent), "and its SHA-256")

	require.Len(t, m.Attachments, 2)
	for n, content := range []string{inlineText, fetched} {
		a := m.Attachments[n]
		require.Empty(t, a.Failed)
		require.Equal(t, content, string(g.object(t, a.ObjectKey, a.VersionID)))
		require.Equal(t, sum([]byte(content)), a.SHA256)
	}
	for _, o := range []struct{ key, version string }{
		{m.Archive.ObjectKey, m.Archive.VersionID},
		{m.Attachments[0].ObjectKey, m.Attachments[0].VersionID},
		{m.Attachments[1].ObjectKey, m.Attachments[1].VersionID},
	} {
		info, err := g.objects.StatObject(t.Context(), g.config.S3Bucket, o.key, minio.StatObjectOptions{VersionID: o.version})
		require.NoError(t, err)
		require.Equal(t, "COMPLIANCE", info.Metadata.Get("X-Amz-Object-Lock-Mode"))
		until, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
		require.NoError(t, err)
		require.WithinDuration(t, m.ReceivedAt.Add(g.config.DefaultRetention), until, 2*time.Minute)
		require.Error(t, g.objects.RemoveObject(t.Context(), g.config.S3Bucket, o.key, minio.RemoveObjectOptions{VersionID: o.version, GovernanceBypass: true}))
		g.object(t, o.key, o.version)
	}
}

// object reads a version whole.
func (g *gate) object(t *testing.T, key, version string) []byte {
	t.Helper()
	o, err := g.objects.GetObject(t.Context(), g.config.S3Bucket, key, minio.GetObjectOptions{VersionID: version})
	require.NoError(t, err)
	defer o.Close()
	content, err := io.ReadAll(o)
	require.NoError(t, err)
	return content
}

// requireStandard checks attempts with the library that receivers use.
func requireStandard(t *testing.T, secret string, attempts ...arrival) {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	for _, a := range attempts {
		require.NoError(t, verifier.Verify(a.body, a.header))
		require.Equal(t, attempts[0].event(), a.event())
		require.Equal(t, attempts[0].delivery(), a.delivery())
		require.Equal(t, attempts[0].body, a.body, "every attempt sends the same bytes")
		require.Error(t, verifier.Verify(append([]byte{' '}, a.body...), a.header))
	}
}

// requireVisible finds a workflow by its id and by its search attributes.
func (g *gate) requireVisible(t *testing.T, id string, attributes map[string]string) {
	t.Helper()
	described, err := g.temporal.DescribeWorkflow(t.Context(), id, "")
	require.NoError(t, err)
	have := map[string]any{}
	for key, value := range described.TypedSearchAttributes.GetUntypedValues() {
		have[key.GetName()] = value
	}
	for name, value := range attributes {
		require.Equal(t, value, have[name], name)
		await(t, func() (*workflowservice.ListWorkflowExecutionsResponse, error) {
			return g.temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				Query: "WorkflowId = '" + id + "' AND " + name + " = '" + value + "'",
			})
		}, func(r *workflowservice.ListWorkflowExecutionsResponse) bool { return len(r.GetExecutions()) == 1 }, "it is found by "+name)
	}
}

func requireBetween(t *testing.T, d, least, most time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, d, least)
	require.LessOrEqual(t, d, most)
}

func statuses(d client.Delivery) []int {
	codes := make([]int, len(d.Attempts))
	for i, a := range d.Attempts {
		codes[i] = a.StatusCode
	}
	return codes
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}
