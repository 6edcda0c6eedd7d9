package hook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
)

func TestWhatFollowsFromAnAttempt(t *testing.T) {
	t.Parallel()
	policy := []int{1, 5, 30}
	pending := func(wait time.Duration) hook.Outcome {
		return hook.Outcome{Status: hook.DeliveryPending, Wait: wait}
	}
	for name, test := range map[string]struct {
		attempt hook.Attempt
		number  int
		policy  []int
		want    hook.Outcome
	}{
		"success":                         {hook.Attempt{StatusCode: 200}, 1, policy, hook.Outcome{Status: hook.DeliveryDelivered}},
		"success after the schedule":      {hook.Attempt{StatusCode: 204}, 9, policy, hook.Outcome{Status: hook.DeliveryDelivered}},
		"first failure":                   {hook.Attempt{StatusCode: 500, Error: hook.ErrorStatus}, 1, policy, pending(time.Second)},
		"no answer":                       {hook.Attempt{Error: hook.ErrorTimeout}, 2, policy, pending(5 * time.Second)},
		"last wait":                       {hook.Attempt{Error: hook.ErrorDNS}, 3, policy, pending(30 * time.Second)},
		"schedule exhausted":              {hook.Attempt{Error: hook.ErrorTLS}, 4, policy, hook.Outcome{Status: hook.DeliveryFailed}},
		"beyond the schedule":             {hook.Attempt{Error: hook.ErrorTLS}, 40, policy, hook.Outcome{Status: hook.DeliveryFailed}},
		"no retries":                      {hook.Attempt{Error: hook.ErrorTLS}, 1, nil, hook.Outcome{Status: hook.DeliveryFailed}},
		"no wait":                         {hook.Attempt{Error: hook.ErrorTLS}, 1, []int{0}, pending(0)},
		"Retry-After lengthens":           {hook.Attempt{StatusCode: 429, Error: hook.ErrorStatus, RetryAfter: time.Minute}, 1, policy, pending(time.Minute)},
		"Retry-After never shortens":      {hook.Attempt{StatusCode: 503, Error: hook.ErrorStatus, RetryAfter: time.Second}, 3, policy, pending(30 * time.Second)},
		"Retry-After is bounded":          {hook.Attempt{StatusCode: 503, Error: hook.ErrorStatus, RetryAfter: 999 * time.Hour}, 1, policy, pending(hook.MaxRetryAfter)},
		"a bound is no shortening":        {hook.Attempt{StatusCode: 503, Error: hook.ErrorStatus, RetryAfter: 999 * time.Hour}, 1, []int{7 * 24 * 3600}, pending(7 * 24 * time.Hour)},
		"Retry-After adds no attempt":     {hook.Attempt{StatusCode: 503, Error: hook.ErrorStatus, RetryAfter: time.Second}, 4, policy, hook.Outcome{Status: hook.DeliveryFailed}},
		"gone is a failure like any":      {hook.Attempt{StatusCode: 410, Error: hook.ErrorStatus}, 1, policy, pending(time.Second)},
		"a redirect is a failure too":     {hook.Attempt{StatusCode: 302, Error: hook.ErrorRedirect}, 1, policy, pending(time.Second)},
		"an internal fault is retried":    {hook.Attempt{Error: hook.ErrorInternal}, 1, policy, pending(time.Second)},
		"a refused address is retried":    {hook.Attempt{Error: hook.ErrorRefused}, 1, policy, pending(time.Second)},
		"2xx with a broken body is no 2x": {hook.Attempt{StatusCode: 200, Error: hook.ErrorNetwork}, 1, policy, pending(time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, hook.After(&test.attempt, test.number, test.policy))
		})
	}
}

func TestOnlyA410SaysGone(t *testing.T) {
	t.Parallel()
	for status := range 600 {
		require.Equal(t, status == 410, (&hook.Attempt{StatusCode: status}).Gone())
	}
}

func TestADeliveryFollowsItsScheduleToTheEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policy := rapid.SliceOfN(rapid.IntRange(0, hook.MaxRetryWait), 0, hook.MaxRetries).Draw(t, "policy")
		success := rapid.IntRange(1, hook.MaxRetries+3).Draw(t, "attempt that succeeds")
		outcome, number := hook.Outcome{Status: hook.DeliveryPending}, 0
		for outcome.Status == hook.DeliveryPending {
			number++
			attempt := hook.Attempt{Number: number, Error: hook.ErrorStatus, StatusCode: 500}
			attempt.RetryAfter = time.Duration(rapid.IntRange(0, 48*3600).Draw(t, "retry after")) * time.Second
			if number == success {
				attempt.Error, attempt.StatusCode = hook.ErrorNone, 200
			}
			outcome = hook.After(&attempt, number, policy)
			if outcome.Status != hook.DeliveryPending {
				require.Zero(t, outcome.Wait)
				break
			}
			require.LessOrEqual(t, number, len(policy))
			planned := time.Duration(policy[number-1]) * time.Second
			require.Equal(t, max(planned, min(attempt.RetryAfter, hook.MaxRetryAfter)), outcome.Wait)
		}
		require.Equal(t, min(success, len(policy)+1), number, "attempts made")
		want := hook.DeliveryFailed
		if success <= len(policy)+1 {
			want = hook.DeliveryDelivered
		}
		require.Equal(t, want, outcome.Status)
	})
}
