package test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	temporal "go.temporal.io/sdk/client"

	"posthorn/workflows"
)

// maintain has the schedule run the maintenance now, of a database with an
// empty month of the past and one with a message that is retained. It returns
// the workflow.
func (g *gate) maintain(t *testing.T) (id string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), g.config.DatabaseURL)
	require.NoError(t, err)
	defer db.Close(t.Context())
	for _, sql := range []string{
		"SELECT make_month('2025-03-01'), make_month('2025-04-01')",
		`INSERT INTO messages (id, tenant_id, endpoint_id, external_id, occurred_at, size, sha256, status, due_at, retain_until)
			VALUES (first_id('2025-04-14Z'), gen_random_uuid(), gen_random_uuid(), '', now(), 0, '', 'archived', NULL, now() + interval '1 day')`,
	} {
		_, err := db.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	schedule := g.temporal.ScheduleClient().GetHandle(t.Context(), workflows.MaintainSchedule)
	require.NoError(t, schedule.Trigger(t.Context(), temporal.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		description, err := schedule.Describe(t.Context())
		if err != nil || len(description.Info.RecentActions) == 0 {
			return false
		}
		id = description.Info.RecentActions[0].StartWorkflowResult.WorkflowID
		return true
	}, patience, 50*time.Millisecond)
	return id
}

func TestTheScheduledMaintenanceDropsWhatNothingKeepsBesideTraffic(t *testing.T) {
	t.Parallel()
	g := start(t)
	id := g.maintain(t)
	endpoint, sender := g.endpoint(t)
	sendMany(t, sender, 20)
	var result workflows.Maintained
	require.NoError(t, g.temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), &result))
	require.Equal(t, []workflows.DroppedMonth{{Month: "2025-03", Tables: []string{"messages", "message_search", "events", "attempts"}}}, result.Dropped)
	require.Equal(t, []workflows.KeptMonth{{Month: "2025-04", Why: "a message is retained"}}, result.Kept)
	require.Len(t, g.awaitArchived(t, endpoint.ID, 20), 20)
	ledger, err := g.client.Ledger(t.Context(), false)
	require.NoError(t, err)
	require.True(t, ledger.Balanced)
}
