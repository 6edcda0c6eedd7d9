package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"posthorn/activities"
)

func TestMaintainMakesMonthsAndDropsWhatNothingKeeps(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	s.months = func() (activities.Partitions, error) {
		return activities.Partitions{Made: []activities.Month{"2027-02"}, Past: []activities.Month{"2026-08", "2026-09", "2026-10"}}, nil
	}
	tables := []string{"messages", "events"}
	var asked []activities.Month
	s.drop = func(m activities.Month) (activities.Dropped, error) {
		asked = append(asked, m)
		switch m {
		case "2026-08":
			return activities.Dropped{Tables: tables, Messages: 3, Deliveries: 5}, nil
		case "2026-09":
			return activities.Dropped{Kept: "a message is retained"}, nil
		default: // its attempts alone are waited for
			return activities.Dropped{}, nil
		}
	}
	env.ExecuteWorkflow(Maintain)
	require.NoError(t, env.GetWorkflowError())
	var result Maintained
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, []activities.Month{"2026-08", "2026-09", "2026-10"}, asked)
	require.Equal(t, Maintained{
		Made:    []activities.Month{"2027-02"},
		Dropped: []DroppedMonth{{Month: "2026-08", Tables: tables, Messages: 3, Deliveries: 5}},
		Kept:    []KeptMonth{{Month: "2026-09", Why: "a message is retained"}},
	}, result)
	require.Equal(t, "Made the partitions of [2027-02]. Dropped messages, events of 2026-08: 3 messages, 5 deliveries. "+
		"1 past months are kept; the oldest, 2026-09: a message is retained.", result.String())
}

func TestAMonthThatCannotBeDroppedKeepsNoOtherWaitingForGood(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	env.SetTestTimeout(time.Minute)
	s.months = func() (activities.Partitions, error) {
		return activities.Partitions{Past: []activities.Month{"2026-08", "2026-09"}, Strays: true}, nil
	}
	tries := 0
	s.drop = func(m activities.Month) (activities.Dropped, error) {
		if m == "2026-08" {
			tries++
			return activities.Dropped{}, temporal.NewApplicationError("somebody reads it", "")
		}
		return activities.Dropped{Tables: []string{"events"}}, nil
	}
	env.ExecuteWorkflow(Maintain)
	require.NoError(t, env.GetWorkflowError())
	var result Maintained
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, []KeptMonth{{Month: "2026-08", Why: "it could not be dropped"}}, result.Kept)
	require.Len(t, result.Dropped, 1)
	require.True(t, result.Strays)
	require.Contains(t, result.String(), "outside of every month")
	require.Greater(t, tries, 5, "it was tried for a while")
	require.Equal(t, "There was nothing to do.", Maintained{}.String())
}
