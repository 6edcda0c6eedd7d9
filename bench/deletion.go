package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"
)

// closedWorkflows are those that Temporal keeps until their retention ends.
const closedWorkflows = "ExecutionStatus != 'Running'"

// deletion is what it costs Temporal and PostgreSQL to delete the workflows of
// an event, in milliseconds of CPU. Temporal does that when their retention
// ends, a day after this run; so some are deleted now. That takes the same
// steps, with a request for each before, so it is rather too much than too little.
func (p *product) deletion(ctx context.Context, most int, events int64) (float64, error) {
	p.bench.note("%s %s deletion of closed workflows", p.bench.scenario, p.config.Dispatch)
	t, err := client.DialContext(ctx, client.Options{
		HostPort: p.config.TemporalAddress, Namespace: p.config.TemporalNamespace, Logger: log.NewStructuredLogger(quiet()),
	})
	if err != nil {
		return 0, err
	}
	defer t.Close()
	total, err := settledCount(ctx, t)
	if err != nil {
		return 0, err
	}
	list, err := t.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: closedWorkflows, PageSize: int32(most)})
	if err != nil {
		return 0, err
	}
	const idle = 2 * time.Second
	before := p.use()
	time.Sleep(idle)
	atRest := temporalCost(since(before, p.use())).Seconds() / idle.Seconds()

	before, began := p.use(), time.Now()
	if err := p.deleteAll(ctx, t, list, total); err != nil {
		return 0, err
	}
	cost := temporalCost(since(before, p.use())) - time.Duration(atRest*float64(time.Since(began)))
	perEvent := float64(total) / float64(max(events, 1))
	return max(0, float64(cost.Microseconds())/1000/float64(max(len(list.GetExecutions()), 1))*perEvent), nil
}

// temporalCost is that of Temporal and its database.
func temporalCost(list []usage) (sum time.Duration) {
	for _, u := range list {
		if u.name == "temporal" || u.name == "postgres" {
			sum += u.took
		}
	}
	return sum
}

// deleteAll deletes workflows, and waits until Temporal, which does so in the
// background, has.
func (p *product) deleteAll(ctx context.Context, t client.Client, list *workflowservice.ListWorkflowExecutionsResponse, total int64) error {
	var all errgroup.Group
	all.SetLimit(16)
	for _, e := range list.GetExecutions() {
		all.Go(func() error {
			_, err := t.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
				Namespace:         p.config.TemporalNamespace,
				WorkflowExecution: &common.WorkflowExecution{WorkflowId: e.GetExecution().GetWorkflowId(), RunId: e.GetExecution().GetRunId()},
			})
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		n, err := countClosed(ctx, t)
		if err != nil {
			return err
		}
		if n <= total-int64(len(list.GetExecutions())) {
			time.Sleep(2 * time.Second) // histories go after what is seen of them
			return nil
		}
	}
	return fmt.Errorf("%d closed workflows were not deleted within a minute", len(list.GetExecutions()))
}

func countClosed(ctx context.Context, t client.Client) (int64, error) {
	count, err := t.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: closedWorkflows})
	return count.GetCount(), err
}

// settledCount counts closed workflows when their number has stopped growing.
func settledCount(ctx context.Context, t client.Client) (int64, error) {
	for last := int64(-1); ; time.Sleep(2 * time.Second) {
		n, err := countClosed(ctx, t)
		if err != nil || n == last {
			return n, err
		}
		last = n
	}
}
