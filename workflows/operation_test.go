package workflows

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"posthorn/activities"
	"posthorn/hook"
)

func running(done, total int) activities.Progress {
	return activities.Progress{Status: hook.OperationRunning, Done: done, Total: total}
}

func ended(status hook.OperationStatus, done, total int) activities.Progress {
	return activities.Progress{Status: status, Done: done, Total: total}
}

func progressOf(t *testing.T, env *testsuite.TestWorkflowEnvironment) (p Progress) {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.NoError(t, env.GetWorkflowResult(&p))
	return p
}

func TestAnOperationGoesOnUntilItHasEndedAndShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]any{"resume": Resume, "recover": Recover} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := OperationInput{OperationID: hook.NewID(), Run: 3}
			s := &script{}
			env := environment(t, s)
			steps := []activities.Progress{running(10, 30), running(20, 30), ended(hook.OperationDone, 30, 30)}
			n := 0
			s.slice = func(got activities.OperationInput) (activities.Progress, error) {
				require.Equal(t, in, got)
				if n == 1 {
					answer, err := env.QueryWorkflow(ProgressQuery)
					require.NoError(t, err)
					var p Progress
					require.NoError(t, answer.Get(&p))
					require.Equal(t, steps[0], p)
				}
				n++
				return steps[n-1], nil
			}
			env.ExecuteWorkflow(run, in)
			require.Equal(t, steps[2], progressOf(t, env))
			require.Equal(t, 3, n)
		})
	}
}

func TestAFaultOfOursDelaysAnOperation(t *testing.T) {
	t.Parallel()
	s := &script{}
	env := environment(t, s)
	tries := 0
	s.slice = func(activities.OperationInput) (activities.Progress, error) {
		if tries++; tries < 8 {
			return activities.Progress{}, errors.New("the database is away")
		}
		return ended(hook.OperationStopped, 1, 2), nil
	}
	env.ExecuteWorkflow(Resume, OperationInput{})
	require.Equal(t, hook.OperationStopped, progressOf(t, env).Status)
}

func TestANoticeToNobodyEnds(t *testing.T) {
	t.Parallel()
	s := &script{address: func() (activities.Progress, error) { return ended(hook.OperationDone, 0, 0), nil }}
	env := environment(t, s)
	env.ExecuteWorkflow(Notify, OperationInput{})
	require.Equal(t, ended(hook.OperationDone, 0, 0), progressOf(t, env))
}

// TestAMailThatIsNotTakenKeepsNoOtherBack: one recipient's
// server is away for good, one's for a while, one's is there.
func TestAMailThatIsNotTakenKeepsNoOtherBack(t *testing.T) {
	t.Parallel()
	s := &script{address: func() (activities.Progress, error) { return running(0, 3), nil }}
	env := environment(t, s)
	started := env.Now()
	var mu sync.Mutex
	done, tries := 0, map[int]int{}
	settled := map[int]time.Duration{}
	s.send = func(recipient int, giveUp bool) (activities.Progress, error) {
		mu.Lock()
		defer mu.Unlock()
		tries[recipient]++
		switch {
		case recipient == 1 && !giveUp, recipient == 2 && tries[2] < 5:
			return activities.Progress{}, errors.New("no connection")
		case !giveUp:
			done++
		}
		settled[recipient] = env.Now().Sub(started)
		if len(settled) == 3 {
			return ended(hook.OperationDone, done, 3), nil
		}
		return running(done, 3), nil
	}
	env.ExecuteWorkflow(Notify, OperationInput{})
	require.Equal(t, ended(hook.OperationDone, 2, 3), progressOf(t, env))
	require.Less(t, settled[0], time.Minute)
	require.Less(t, settled[2], 2*time.Hour)
	require.Greater(t, settled[1], settled[2])
	require.Equal(t, 11, tries[1], "the test environment ends tries after ten; then it is given up")
}
