package workflows

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/hook"
)

func TestArchiveSealsAfterEveryAttachmentIsSettled(t *testing.T) {
	t.Parallel()
	id := hook.NewID()
	list := make([]activities.Fetch, 10)
	for n := range list {
		list[n] = activities.Fetch{N: n, From: "files.example.com"}
	}
	var mu sync.Mutex
	settled, tries := map[int]bool{}, map[int]int{}
	sealed := 0
	env := environment(t, &script{
		plan: func(got hook.ID, run int) (activities.ArchivePlan, error) {
			require.Equal(t, id, got)
			require.Zero(t, run)
			return activities.ArchivePlan{Fetch: list}, nil
		},
		fetch: func(f activities.Fetch) (activities.Fetched, error) {
			mu.Lock()
			defer mu.Unlock()
			if tries[f.N]++; f.N == 3 && tries[3] < 3 {
				return activities.Fetched{Reason: "the answer is 503"}, nil
			}
			settled[f.N] = true
			return activities.Fetched{Done: true}, nil
		},
		seal: func(got hook.ID) (activities.Sealed, error) {
			sealed++
			require.Equal(t, id, got)
			require.Len(t, settled, len(list), "sealed before every attachment was settled")
			return activities.Sealed{Number: 7, Key: "records/x", Events: 1}, nil
		},
	})
	env.ExecuteWorkflow(Archive, ArchiveInput{MessageID: id})

	require.NoError(t, env.GetWorkflowError())
	var result ArchiveResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, ArchiveResult{Status: "archived", Number: 7, Key: "records/x", Events: 1}, result)
	require.Equal(t, 3, tries[3])
	require.Equal(t, 1, sealed)
}

func TestArchiveGivesUpAnAttachmentAfterTheSchedule(t *testing.T) {
	t.Parallel()
	var at []time.Duration
	s := &script{
		plan: func(_ hook.ID, run int) (activities.ArchivePlan, error) {
			require.Equal(t, 2, run)
			return activities.ArchivePlan{Fetch: []activities.Fetch{{N: 0}}}, nil
		},
		seal: func(hook.ID) (activities.Sealed, error) { return activities.Sealed{}, nil },
	}
	env := environment(t, s)
	started := env.Now()
	s.fetch = func(f activities.Fetch) (activities.Fetched, error) {
		at = append(at, env.Now().Sub(started).Round(time.Second))
		require.Equal(t, len(at) == 6, f.Last, "only the last try may fail for good")
		return activities.Fetched{Done: f.Last, Reason: "the answer is 503"}, nil
	}
	env.ExecuteWorkflow(Archive, ArchiveInput{MessageID: hook.NewID(), Run: 2})
	require.NoError(t, env.GetWorkflowError())
	second := time.Second
	require.Equal(t, []time.Duration{0, second, 6 * second, 36 * second, 156 * second, 756 * second}, at)
}

func TestArchiveEndsWhereTheRowSaysSo(t *testing.T) {
	t.Parallel()
	env := environment(t, &script{plan: func(hook.ID, int) (activities.ArchivePlan, error) {
		return activities.ArchivePlan{Done: true, Status: "superseded"}, nil
	}})
	env.ExecuteWorkflow(Archive, ArchiveInput{MessageID: hook.NewID()})
	require.NoError(t, env.GetWorkflowError())
	var result ArchiveResult
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, "superseded", result.Status)
}

func TestArchiveConfirmsASubscriptionWithinTheScheduleAndSealsInAnyCase(t *testing.T) {
	t.Parallel()
	for name, succeeds := range map[string]int{"at once": 1, "at the third try": 3, "never": 100} {
		tries, sealed := 0, 0
		env := environment(t, &script{
			plan: func(hook.ID, int) (activities.ArchivePlan, error) {
				return activities.ArchivePlan{Confirm: "sns.eu-west-1.amazonaws.com"}, nil
			},
			confirm: func(last bool) (activities.Fetched, error) {
				tries++
				require.Equal(t, tries == 6, last, name)
				return activities.Fetched{Done: tries == succeeds || last, Reason: "the answer is 503"}, nil
			},
			seal: func(hook.ID) (activities.Sealed, error) {
				sealed++
				return activities.Sealed{Number: 1}, nil
			},
		})
		env.ExecuteWorkflow(Archive, ArchiveInput{MessageID: hook.NewID()})
		require.NoError(t, env.GetWorkflowError())
		require.Equal(t, min(succeeds, 6), tries, name)
		require.Equal(t, 1, sealed, name)
	}
}
