package test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"golang.org/x/sync/errgroup"

	"posthorn/client"
	"posthorn/gateway"
	"posthorn/workflows"
)

// burst publishes n events of a type, many at a time.
func (g *gate) burst(ctx context.Context, eventType string, n int) error {
	var group errgroup.Group
	group.SetLimit(16)
	for i := range n {
		group.Go(func() error {
			_, err := g.client.Publish(ctx, client.NewEvent{Type: eventType, Data: map[string]int{"n": i}})
			return err
		})
	}
	return group.Wait()
}

func subscribedTo(list ...string) func(*client.WebhookSettings) {
	return func(s *client.WebhookSettings) { s.Events = &list }
}

// TestABurstIsStreamedAndItsFailuresBecomeWorkflows has many deliveries at a
// time: their first attempts are made by few dispatch runs, and what fails goes
// on by its schedule in a workflow of its own.
func TestABurstIsStreamedAndItsFailuresBecomeWorkflows(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gateway.Config) { c.TemporalUIURL = "http://127.0.0.1" })
	const events, failing = 400, 8
	good := receive(t)
	bad := receive(t, repeated(http.StatusServiceUnavailable, failing)...)
	goodHook := g.webhook(t, good, subscribedTo("good"))
	badHook, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{
		URL: &bad.url, Events: &[]string{"bad"}, DisableAfter: new(1000), RetryPolicy: &[]int{2, 60},
	})
	require.NoError(t, err)
	var both errgroup.Group
	both.Go(func() error { return g.burst(t.Context(), "good.one", events) })
	both.Go(func() error { return g.burst(t.Context(), "bad.one", failing*4) })
	require.NoError(t, both.Wait())

	runs := map[string]int{}
	delivered := 0
	for _, d := range append(g.awaitStatus(t, goodHook.ID, client.DeliveryDelivered, events),
		g.awaitStatus(t, badHook.ID, client.DeliveryDelivered, failing*4)...) {
		require.NotEmpty(t, d.WorkflowURL)
		_, path, _ := strings.Cut(d.WorkflowURL, "/workflows/")
		kind, id, _ := strings.Cut(path, "%2F")
		switch kind {
		case "dispatch":
			require.Len(t, d.Attempts, 1)
			runs["dispatch/"+id]++
			delivered++
		default:
			require.Equal(t, "delivery", kind)
			if len(d.Attempts) == 2 {
				wait := d.Attempts[1].StartedAt.Sub(d.Attempts[0].StartedAt)
				require.GreaterOrEqual(t, wait, 1700*time.Millisecond, "it keeps the schedule")
				g.requireStatus(t, "delivery/"+d.ID, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
			}
		}
	}
	require.Greater(t, delivered, events/2, "most of a burst is streamed")
	require.Less(t, len(runs), 20)
	total := 0
	for id := range runs {
		var result workflows.DispatchResult
		require.NoError(t, g.temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), &result))
		require.Empty(t, result.Reason)
		require.Equal(t, result.Deliveries, result.Delivered+result.Retry+result.Failed)
		require.Positive(t, result.Webhooks)
		total += result.Delivered
	}
	require.Equal(t, delivered, total, "each run says what it did")
	for event, n := range good.events() {
		require.Equal(t, 1, n, event)
	}
	require.Len(t, bad.events(), failing*4)
}

func TestASettingHasAWorkflowForEachDelivery(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gateway.Config) { c.Dispatch = "workflow" })
	good := receive(t)
	webhook := g.webhook(t, good, subscribedTo("good"))
	const events = 60
	require.NoError(t, g.burst(t.Context(), "good.one", events))
	for _, d := range g.awaitStatus(t, webhook.ID, client.DeliveryDelivered, events) {
		g.requireStatus(t, "delivery/"+d.ID, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	}
}

// TestAWorkerThatDiesUnderLoadLosesNothing kills workers while they stream:
// what was not recorded is attempted by the next one.
func TestAWorkerThatDiesUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	g := prepare(t, freeAddress(t))
	g.run(t, "api", "")
	g.enter(t)
	const events, kills = 1200, 3
	counted := &counter{arrived: map[string]int{}, bodies: map[string]string{}}
	server := httptest.NewServer(counted)
	t.Cleanup(server.Close)
	webhook, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{URL: &server.URL, Events: &[]string{"load"}, DisableAfter: new(1000)})
	require.NoError(t, err)
	worker := g.run(t, "worker", "")
	published := make(chan error, 1)
	go func() { published <- g.burst(t.Context(), "load.one", events) }()
	for n := range kills {
		require.Eventually(t, func() bool { return counted.events() >= (n+1)*events/(kills+2) }, 2*time.Minute, 5*time.Millisecond)
		worker.kill()
		worker = g.run(t, "worker", "")
	}
	require.NoError(t, <-published)
	delivered := await(t, func() (n int, err error) {
		for _, err := range g.client.Deliveries(t.Context(), client.DeliveryFilter{WebhookID: webhook.ID, Status: client.DeliveryDelivered}) {
			if err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	}, func(n int) bool { return n == events }, "all are delivered")
	require.Equal(t, events, delivered)
	require.Equal(t, events, counted.events(), "each came")
	counted.mu.Lock()
	defer counted.mu.Unlock()
	again := -events
	for _, n := range counted.arrived {
		again += n
	}
	require.Empty(t, counted.changed, "always with the same body")
	t.Logf("%d of %d deliveries came again after %d kills", again, events, kills)
	require.Less(t, again, events/2, "what was recorded is not sent again")
}

// counter counts arrivals by event.
type counter struct {
	mu      sync.Mutex
	arrived map[string]int
	bodies  map[string]string
	changed []string
}

func (c *counter) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off
	}
	id := r.Header.Get("Webhook-Id")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.arrived[id]++; c.arrived[id] == 1 {
		c.bodies[id] = string(body)
	} else if c.bodies[id] != string(body) {
		c.changed = append(c.changed, id)
	}
}

func (c *counter) events() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.arrived)
}
