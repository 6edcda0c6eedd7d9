package gateway

import (
	"context"
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"posthorn/workflows"
)

// scheduleMaintenance has Temporal run the maintenance of the database each
// night, by UTC. A schedule that is there stays as somebody may have changed it.
func scheduleMaintenance(ctx context.Context, t client.Client) error {
	_, err := t.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      workflows.MaintainSchedule,
		Spec:    client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{{Hour: at(3), Minute: at(17), Comment: "daily, 03:17 UTC"}}},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action: &client.ScheduleWorkflowAction{
			ID: workflows.MaintainSchedule, Workflow: workflows.Maintain, TaskQueue: workflows.TaskQueue,
			WorkflowTaskTimeout: workflows.TaskTimeout, StaticSummary: "Make the coming months' partitions, drop what nothing keeps",
		},
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return err
}

func at(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n}} }
