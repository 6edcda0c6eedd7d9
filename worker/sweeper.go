package worker

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"posthorn/store"
)

// sweepRows is how many overdue messages, and deliveries, one sweep looks at.
const sweepRows = 500

// sweep looks for messages and deliveries that should have come further and
// whose workflow does not run: terminated in Temporal's UI, or lost in a
// restore. Each gets a new run. Several workers may sweep at once: a row moves
// on to its next run only once. It also frees
// what attempts kept that nobody ended.
func sweep(ctx context.Context, c Config) error {
	every := min(c.SweepAfter/4, 30*time.Second)
	for pause(ctx, every) {
		if err := c.Store.FreePlaces(ctx, sweepRows); err != nil {
			c.Log.Warn("the sweeper cannot free the places of lost attempts; it tries again", "error", err)
		}
		jobs, err := c.Store.Overdue(ctx, c.SweepAfter, sweepRows)
		if err != nil {
			c.Log.Warn("the sweeper cannot read what is overdue; it tries again", "error", err)
			continue
		}
		for _, job := range jobs {
			if err := mend(ctx, c, job); err != nil && ctx.Err() == nil {
				c.Log.Warn("the sweeper cannot mend; it tries again", "workflow", workflowID(job), "error", err)
			}
		}
	}
	return nil
}

// mend gives an overdue job a new run, unless its workflow runs.
func mend(ctx context.Context, c Config, job store.Job) error {
	running, err := runs(ctx, c.Client, workflowID(job))
	if err != nil {
		return err // Temporal is away: nothing is known of it
	}
	if running {
		return c.Store.Postpone(ctx, job)
	}
	mended, err := c.Store.Rerun(ctx, job)
	if mended {
		c.Log.Warn("a workflow was lost; its work is started again", "workflow", workflowID(job), "next_run", job.Run+1)
	}
	return err
}

func runs(ctx context.Context, c client.Client, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	description, err := c.DescribeWorkflowExecution(ctx, id, "")
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return description.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}
