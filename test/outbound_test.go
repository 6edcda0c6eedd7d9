package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	netmail "net/mail"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"posthorn/client"
	devmail "posthorn/devstack/mail"
	"posthorn/gateway"
	"posthorn/hook"
	"posthorn/workflows"
)

// mailbox is an SMTP server of one test's own.
type mailbox struct{ dir string }

func openMailbox(t *testing.T) (*mailbox, func(*gateway.Config)) {
	t.Helper()
	dir := t.TempDir()
	server, err := devmail.Start(devmail.Config{Dir: dir, Addr: "127.0.0.1:0"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return &mailbox{dir: dir}, func(c *gateway.Config) {
		c.SMTPURL, c.MailFrom = server.URL(), "Posthorn <posthorn@example.com>"
	}
}

func (m *mailbox) mails(t *testing.T) (list [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(m.dir, "*.eml"))
	require.NoError(t, err)
	for _, f := range files {
		content, err := os.ReadFile(f)
		require.NoError(t, err)
		list = append(list, content)
	}
	return list
}

// publishMany publishes n events of a type and returns their ids.
func (g *gate) publishMany(t *testing.T, eventType string, n int) (ids []string) {
	t.Helper()
	for i := range n {
		e, err := g.client.Publish(t.Context(), client.NewEvent{Type: eventType, Data: map[string]int{"n": i}})
		require.NoError(t, err)
		ids = append(ids, e.ID)
	}
	return ids
}

func (g *gate) awaitStatus(t *testing.T, webhook, status string, n int) []client.Delivery {
	t.Helper()
	return await(t, func() (list []client.Delivery, err error) {
		for d, err := range g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: webhook, Status: status}) {
			if err != nil {
				return nil, err
			}
			list = append(list, d)
		}
		return list, nil
	}, func(list []client.Delivery) bool { return len(list) == n }, fmt.Sprint(n, " deliveries are ", status))
}

func (g *gate) operation(t *testing.T, id string) client.Operation {
	t.Helper()
	return await(t, func() (client.Operation, error) { return g.client.Operation(t.Context(), id) },
		func(o client.Operation) bool { return o.Status != client.OperationRunning }, "the operation has ended")
}

// TestAWebhookThatFailsIsDisabledToldOfAndResumed is the story of an outage.
func TestAWebhookThatFailsIsDisabledToldOfAndResumed(t *testing.T) {
	t.Parallel()
	box, mail := openMailbox(t)
	g := start(t, mail)
	_, err := g.client.UpdateTenant(t.Context(), client.TenantSettings{NotifyEmails: &[]string{"ops@example.com"}})
	require.NoError(t, err)
	receiver := receive(t, 500, 500, 500, 500)
	url := receiver.url + "?token=" + fileToken
	webhook, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{
		Name: new("orders"), URL: &url, Events: &[]string{"order"}, DisableAfter: new(4), RetryPolicy: &[]int{1, 1, 1, 1, 1, 1},
	})
	require.NoError(t, err)
	first := g.publishMany(t, "order.made", 1)
	await(t, func() (client.Webhook, error) { return g.client.Webhook(t.Context(), webhook.ID) },
		func(w client.Webhook) bool { return !w.Active }, "it is disabled")
	require.Equal(t, first[0], g.awaitStatus(t, webhook.ID, client.DeliveryHeld, 1)[0].EventID)
	missed := g.publishMany(t, "order.missed", 2)

	for eventType, mails := range map[string]string{hook.EventWebhookFailing: "Webhook is failing: orders", hook.EventWebhookDisabled: "Webhook disabled: orders"} {
		events := collect(t, g.client.Events(t.Context(), client.EventFilter{Type: eventType}))
		require.Len(t, events, 1, "one of each")
		var data hook.FailureData
		require.NoError(t, json.Unmarshal(events[0].Data, &data))
		require.Equal(t, webhook.ID, data.WebhookID.String())
		require.Equal(t, receiver.url, data.URL)
		require.Equal(t, 500, *data.LastAttempt.StatusCode)
		content := await(t, func() ([]byte, error) {
			for _, m := range box.mails(t) {
				if bytes.Contains(m, []byte(mails)) {
					return m, nil
				}
			}
			return nil, os.ErrNotExist
		}, func([]byte) bool { return true }, mails)
		require.NotContains(t, string(content), fileToken)
		require.NotContains(t, string(content), webhook.Secret)
		parsed, err := netmail.ReadMessage(bytes.NewReader(content))
		require.NoError(t, err)
		require.Equal(t, "<ops@example.com>", parsed.Header.Get("To"))
		generation := map[bool]string{true: "1", false: "0"}[eventType == hook.EventWebhookDisabled]
		require.Equal(t, "<notify/"+webhook.ID+"/"+generation+"@example.com>", parsed.Header.Get("Message-Id"))
		g.requireStatus(t, "notify/"+webhook.ID+"/"+generation, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	}
	require.Len(t, box.mails(t), 2, "one mail of each")
	for _, n := range collect(t, g.client.Notices(t.Context(), webhook.ID)) {
		await(t, func() (client.Notice, error) {
			return collect(t, g.client.Notices(t.Context(), n.WebhookID))[0], nil
		}, func(n client.Notice) bool { return n.Mail == "sent" }, "the notice says so")
	}

	enabled, err := g.client.EnableWebhook(t.Context(), webhook.ID)
	require.NoError(t, err)
	require.Zero(t, enabled.ConsecutiveFailures)
	g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, 1)
	require.Equal(t, first[0], collect(t, g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: webhook.ID}))[0].EventID)
	g.requireStatus(t, "resume/"+webhook.ID+"/2", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)

	since := client.Recovery{Since: webhook.CreatedAt}
	n, err := g.client.CountRecoverable(t.Context(), webhook.ID, since)
	require.NoError(t, err)
	require.Equal(t, client.Recoverable{Count: 2, Missed: 2}, n)
	started, err := g.client.Recover(t.Context(), webhook.ID, since)
	require.NoError(t, err)
	require.Equal(t, 2, g.operation(t, started.ID).Done)
	g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, 3)
	require.Equal(t, 1, receiver.events()[missed[0]])
	await(t, func() ([]client.Event, error) {
		return collect(t, g.client.Events(t.Context(), client.EventFilter{Type: hook.EventRecoveryCompleted})), nil
	}, func(list []client.Event) bool { return len(list) == 1 }, "the recovery is published")
	require.NotContains(t, g.log.String(), fileToken)
}

func TestWhatWasHeldIsDeliveredInOrder(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t)
	webhook, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{URL: &receiver.url, Events: &[]string{"order"}, DisableAfter: new(1000), RetryPolicy: &[]int{600}})
	require.NoError(t, err)
	const events = 120
	down := receive(t, repeated(http.StatusServiceUnavailable, events)...)
	_, err = g.client.UpdateWebhook(t.Context(), webhook.ID, client.WebhookSettings{URL: &down.url})
	require.NoError(t, err)
	ids := g.publishMany(t, "order.made", events)
	await(t, func() (client.Webhook, error) { return g.client.Webhook(t.Context(), webhook.ID) },
		func(w client.Webhook) bool { return w.ConsecutiveFailures == events }, "each has failed once")
	_, err = g.client.UpdateWebhook(t.Context(), webhook.ID, client.WebhookSettings{URL: &receiver.url, Active: new(false)})
	require.NoError(t, err)
	g.awaitStatus(t, webhook.ID, client.DeliveryHeld, events)

	_, err = g.client.EnableWebhook(t.Context(), webhook.ID)
	require.NoError(t, err)
	g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, events)
	place := map[string]int{}
	for n, id := range ids {
		place[id] = n
	}
	for n := range events {
		got := place[receiver.next(t).event()]
		require.Less(t, max(got-n, n-got), 2*hook.MaxInFlight, "they overtake one another only within what is under way at once")
	}
	resumed := g.operation(t, collect(t, g.client.Operations(t.Context(), webhook.ID))[0].ID)
	require.Equal(t, events, resumed.Done)
	answer, err := g.temporal.QueryWorkflow(t.Context(), "resume/"+webhook.ID+"/2", "", workflows.ProgressQuery)
	require.NoError(t, err)
	var p workflows.Progress
	require.NoError(t, answer.Get(&p))
	require.Equal(t, workflows.Progress{Status: hook.OperationDone, Done: events, Total: events}, p)
}

func repeated(status, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = status
	}
	return list
}

func TestAnOperatorRetriesAndCancels(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t, 500, 404)
	webhook := g.webhook(t, receiver, retries(600), func(s *client.WebhookSettings) { s.Events = &[]string{"order"} })
	g.publishMany(t, "order.made", 1)
	d := g.delivery(t, webhook.ID, hasAttempts(1), "its first attempt is recorded")
	_, err := g.client.RetryDelivery(t.Context(), d.ID)
	require.NoError(t, err)
	g.delivery(t, webhook.ID, hasStatus(client.DeliveryFailed), "its schedule is exhausted")
	failed := await(t, func() ([]client.Event, error) {
		return collect(t, g.client.Events(t.Context(), client.EventFilter{Type: hook.EventDeliveryFailed})), nil
	}, func(list []client.Event) bool { return len(list) == 1 }, "it is published")
	require.Contains(t, string(failed[0].Data), d.ID)
	for want := 3; want <= 4; want++ { // failed, then delivered already
		_, err = g.client.RetryDelivery(t.Context(), d.ID)
		require.NoError(t, err)
		g.delivery(t, webhook.ID, hasAttempts(want), "a further attempt is made")
		d = g.delivery(t, webhook.ID, hasStatus(client.DeliveryDelivered), "it is delivered")
	}
	require.Equal(t, []int{500, 404, 200, 200}, statuses(d))

	down := receive(t, 500)
	other := g.webhook(t, down, retries(600), func(s *client.WebhookSettings) { s.Events = &[]string{"bill"} })
	g.publishMany(t, "bill.made", 1)
	waiting := g.delivery(t, other.ID, hasAttempts(1), "its first attempt is recorded")
	cancelled, err := g.client.CancelDelivery(t.Context(), waiting.ID)
	require.NoError(t, err)
	require.Equal(t, client.DeliveryCancelled, cancelled.Status)
	_, err = g.client.CancelDelivery(t.Context(), d.ID)
	require.ErrorContains(t, err, "has ended")
}

func TestATestGoesTheWayOfARealOne(t *testing.T) {
	t.Parallel()
	g := start(t)
	receiver := receive(t, 200, 500)
	webhook := g.webhook(t, receiver, func(s *client.WebhookSettings) { s.Active = new(false) })
	d, err := g.client.TestWebhook(t.Context(), webhook.ID, "", 20*time.Second)
	require.NoError(t, err)
	require.True(t, d.Test)
	require.Equal(t, client.DeliveryDelivered, d.Status)
	require.Equal(t, "got it", d.Attempts[0].ResponseBody)
	phases := d.Attempts[0].Phases
	require.NotNil(t, phases)
	require.Positive(t, phases.FirstByte)
	require.Positive(t, phases.Connect)
	require.False(t, phases.Reused)
	require.Empty(t, phases.CutOff)
	got := receiver.next(t)
	requireStandard(t, webhook.Secret, got)
	require.Equal(t, d.ID, got.delivery())
	require.Equal(t, "message.received", got.header.Get("X-Webhook-Event"))
	d, err = g.client.TestWebhook(t.Context(), webhook.ID, "my.own", 20*time.Second)
	require.NoError(t, err)
	require.Equal(t, client.DeliveryFailed, d.Status, "it is not tried again")
	after, err := g.client.Webhook(t.Context(), webhook.ID)
	require.NoError(t, err)
	require.Zero(t, after.ConsecutiveFailures)
	require.Empty(t, collect(t, g.client.Events(t.Context(), client.EventFilter{})))
}

func TestARecoveryReplaysWhatWasDelivered(t *testing.T) {
	t.Parallel()
	g := start(t)
	older := g.publishMany(t, "order.made", 2)
	receiver := receive(t)
	webhook := g.webhook(t, receiver, func(s *client.WebhookSettings) { s.Events = &[]string{"order"} })
	delivered := g.publishMany(t, "order.made", 2)
	g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, 2)
	started, err := g.client.Recover(t.Context(), webhook.ID, client.Recovery{Since: time.Now().Add(-time.Hour), Include: client.IncludeAll})
	require.NoError(t, err)
	require.Equal(t, 4, g.operation(t, started.ID).Done)
	list := g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, 4)
	await(t, func() (map[string]int, error) { return receiver.events(), nil }, func(events map[string]int) bool {
		return events[older[0]] == 1 && events[older[1]] == 1 && events[delivered[0]] == 2 && events[delivered[1]] == 2
	}, "each once more")
	require.Len(t, list, 4, "one delivery of each event")
	g.requireStatus(t, "recover/"+started.ID, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}
