package hook_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
)

func TestWhatFailuresMeanForAWebhook(t *testing.T) {
	t.Parallel()
	failed := &hook.Attempt{StatusCode: 500, Error: hook.ErrorStatus}
	gone := &hook.Attempt{StatusCode: 410, Error: hook.ErrorStatus}
	warn, none := hook.Consequence{Warn: true}, hook.Consequence{}
	disable := hook.Consequence{Disable: hook.DisabledByFailures}
	for name, c := range map[string]struct {
		count, limit int
		active       bool
		attempt      *hook.Attempt
		want         hook.Consequence
	}{
		"the first":                 {1, 10, true, failed, none},
		"half":                      {5, 10, true, failed, warn},
		"past half":                 {6, 10, true, failed, none},
		"half of an odd number":     {3, 5, true, failed, warn},
		"all":                       {10, 10, true, failed, disable},
		"more, as it was lowered":   {12, 10, true, failed, disable},
		"half of two":               {1, 2, true, failed, warn},
		"one is all":                {1, 1, true, failed, disable},
		"gone":                      {1, 10, true, gone, hook.Consequence{Disable: hook.DisabledGone}},
		"disabled already":          {10, 10, false, failed, none},
		"gone, but disabled before": {1, 10, false, gone, none},
	} {
		w := hook.Webhook{Active: c.active, ConsecutiveFailures: c.count, DisableAfter: c.limit}
		require.Equal(t, c.want, w.AfterFailure(c.attempt), name)
	}
}

func TestRoomIsNeverMoreThanDisables(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := hook.Webhook{DisableAfter: rapid.IntRange(1, 10_000).Draw(t, "disable after")}
		w.ConsecutiveFailures = rapid.IntRange(0, w.DisableAfter).Draw(t, "failures")
		underWay, first := rapid.IntRange(0, 100).Draw(t, "under way"), rapid.Bool().Draw(t, "first")
		room := w.Room(underWay, first)
		if room < 0 || room > 0 && underWay+room > hook.MaxInFlight {
			t.Fatalf("room for %d beside %d", room, underWay)
		}
		if (first || w.ConsecutiveFailures > 0) && room > max(1, w.DisableAfter-w.ConsecutiveFailures) {
			t.Fatalf("%d at once may disable it", room)
		}
		if underWay == 0 && room == 0 {
			t.Fatal("it would wait for ever")
		}
	})
}

func TestHowADeliveryIsRetried(t *testing.T) {
	t.Parallel()
	on, off := &hook.Webhook{Active: true}, &hook.Webhook{}
	for name, c := range map[string]struct {
		d       hook.Delivery
		w       *hook.Webhook
		waiting bool
		want    hook.Retry
		refused bool
	}{
		"under way":             {hook.Delivery{Status: hook.DeliveryPending, Due: true}, on, false, hook.RetryNothing, false},
		"waiting":               {hook.Delivery{Status: hook.DeliveryPending, Due: true}, on, true, hook.RetryNow, false},
		"held":                  {hook.Delivery{Status: hook.DeliveryHeld}, on, false, hook.RetryNow, false},
		"failed":                {hook.Delivery{Status: hook.DeliveryFailed}, on, false, hook.RetryAnew, false},
		"cancelled":             {hook.Delivery{Status: hook.DeliveryCancelled}, on, false, hook.RetryAnew, false},
		"delivered":             {hook.Delivery{Status: hook.DeliveryDelivered}, on, false, hook.RetryAnew, false},
		"delivered, under way":  {hook.Delivery{Status: hook.DeliveryDelivered, Due: true}, on, false, hook.RetryNothing, false},
		"delivered, waiting":    {hook.Delivery{Status: hook.DeliveryDelivered, Due: true}, on, true, hook.RetryNow, false},
		"disabled":              {hook.Delivery{Status: hook.DeliveryFailed}, off, false, hook.RetryNothing, true},
		"a test while disabled": {hook.Delivery{Status: hook.DeliveryFailed, Test: true}, off, false, hook.RetryAnew, false},
	} {
		got, err := c.d.Retry(c.w, c.waiting)
		require.Equal(t, c.refused, hook.CodeOf(err) == hook.CodeConflict, name)
		require.Equal(t, c.want, got, name)
	}
}

func TestAScheduleThatBeginsAnewIsWholeAndATestHasNone(t *testing.T) {
	t.Parallel()
	failed := &hook.Attempt{Number: 8, Error: hook.ErrorTimeout}
	d := hook.Delivery{AttemptsBefore: 7}
	require.Equal(t, hook.Outcome{Status: hook.DeliveryPending, Wait: 5 * time.Second}, d.Outcome(failed, []int{5, 9}))
	d = hook.Delivery{Test: true}
	require.Equal(t, hook.DeliveryFailed, d.Outcome(&hook.Attempt{Number: 1, Error: hook.ErrorTimeout}, []int{5}).Status)
}

func TestASampleIsOfATypeThatIsSubscribedTo(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"*": "message.received", "ticket": "ticket.created", "ticket.*": "ticket.created", "email.bounced": "email.bounced",
		"my.own.type": "my.own.type", "my.own.*": "my.own.test", "own": "own.test", "webhook": hook.EventWebhookFailing,
	} {
		w := hook.Webhook{Events: []string{pattern}}
		got := w.SampleType()
		require.Equal(t, want, got)
		require.True(t, slices.Contains(hook.Patterns(got), pattern), pattern)
		require.True(t, json.Valid(hook.Sample(got)), got)
	}
	require.Contains(t, string(hook.Sample("my.own.type")), "my.own.type")
}

func TestAPlainURLHidesWhatMayBeSecret(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://example.com/a", hook.PlainURL("https://user:pw@example.com/a?token=x#y"))
	require.NotContains(t, hook.PlainURL("https://exa mple.com/?token=x"), "token")
}

func TestOnlyTheRecoveryThatIsAskedForCoversIt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := hook.Recovery{Since: at, Until: at.Add(time.Hour), Include: hook.IncludeAll}
	require.True(t, r.Covers(hook.Recovery{Since: at.In(time.FixedZone("", 3600)), Include: hook.IncludeAll}))
	require.True(t, r.Covers(r))
	require.False(t, r.Covers(hook.Recovery{Since: at, Include: hook.IncludeFailed}))
	require.False(t, r.Covers(hook.Recovery{Since: at.Add(1), Include: hook.IncludeAll}))
	require.False(t, r.Covers(hook.Recovery{Since: at, Until: at, Include: hook.IncludeAll}))
}
