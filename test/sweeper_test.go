package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"posthorn/client"
	"posthorn/gateway"
)

// sweepSoon lets the sweeper look after what is overdue for a second.
func sweepSoon(c *gateway.Config) { c.SweepAfter = time.Second }

func TestADeliveryWhoseWorkflowIsTerminatedIsFinished(t *testing.T) {
	t.Parallel()
	g := start(t, sweepSoon)
	receiver := receive(t, http.StatusBadGateway)
	webhook := g.webhook(t, receiver, retries(2))
	_, sender := g.endpoint(t)
	_, err := sender.Send(t.Context(), plain("1"))
	require.NoError(t, err)
	first := receiver.next(t)
	id := g.delivery(t, webhook.ID, hasAttempts(1), "its first attempt is recorded").ID
	require.NoError(t, g.temporal.TerminateWorkflow(t.Context(), "delivery/"+id, "", "a test"))

	second := receiver.next(t)
	require.Equal(t, first.delivery(), second.delivery())
	require.Equal(t, first.event(), second.event())
	done := g.delivery(t, webhook.ID, hasStatus(client.DeliveryDelivered), "it is delivered")
	require.Equal(t, []int{502, 200}, statuses(done))
	g.requireStatus(t, "delivery/"+id, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	g.requireStatus(t, "delivery/"+id+"/1", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}

func TestAMessageWhoseWorkflowIsTerminatedIsArchived(t *testing.T) {
	t.Parallel()
	g := start(t, sweepSoon)
	receiver := receive(t)
	g.webhook(t, receiver)
	_, sender := g.endpoint(t)
	// The workflow waits after each failed fetch.
	unavailable := http.StatusServiceUnavailable
	accepted, err := sender.Send(t.Context(), message("1", files(t, fetched, unavailable, unavailable)))
	require.NoError(t, err)
	id := "message/" + accepted.ID
	await(t, func() (string, error) {
		described, err := g.temporal.DescribeWorkflowExecution(t.Context(), id, "")
		return described.GetWorkflowExecutionInfo().GetStatus().String(), err
	}, func(status string) bool { return status == "Running" }, "its workflow runs")
	require.NoError(t, g.temporal.TerminateWorkflow(t.Context(), id, "", "a test"))

	kept := g.archived(t, accepted.ID)
	require.Equal(t, sum([]byte(fetched)), kept.Attachments[1].SHA256)
	require.Equal(t, int64(1), kept.Number)
	receiver.next(t)
	g.requireStatus(t, id, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	g.requireStatus(t, id+"/1", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
}

// requireStatus waits for a workflow to stand as is wanted.
func (g *gate) requireStatus(t *testing.T, id string, status enums.WorkflowExecutionStatus) {
	t.Helper()
	await(t, func() (enums.WorkflowExecutionStatus, error) {
		described, err := g.temporal.DescribeWorkflowExecution(t.Context(), id, "")
		return described.GetWorkflowExecutionInfo().GetStatus(), err
	}, func(s enums.WorkflowExecutionStatus) bool { return s == status }, id+" is "+status.String())
}
