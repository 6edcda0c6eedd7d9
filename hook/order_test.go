package hook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
)

func TestAnOrdersKeyIsBoundedAndStaysItsOwn(t *testing.T) {
	t.Parallel()
	require.Equal(t, "order-1", hook.OrderKey("order-1"))
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		long := strings.Repeat("x", rapid.IntRange(0, 600).Draw(t, "length"))
		require.LessOrEqual(t, len(hook.OrderKey(long+a)), hook.MaxOrderKey)
		require.Equal(t, a == b, hook.OrderKey(long+a) == hook.OrderKey(long+b))
	})
}

func TestWhatWaitsIsNotRetriedAndWhatHoldsCanBeCancelled(t *testing.T) {
	t.Parallel()
	w := hook.Webhook{Active: true}
	waits := hook.Delivery{Status: hook.DeliveryPending, Waits: true, Ordered: true, Turn: hook.TurnWaits}
	_, err := waits.Retry(&w, false)
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
	require.NoError(t, waits.CheckCancel())
	replay := hook.Delivery{Status: hook.DeliveryDelivered, Waits: true}
	require.True(t, replay.Open())
	require.NoError(t, replay.CheckCancel())
	failed := hook.Delivery{Status: hook.DeliveryFailed}
	require.Equal(t, hook.CodeConflict, hook.CodeOf(failed.CheckCancel()))
	failed.Turn = hook.TurnHolds
	require.NoError(t, failed.CheckCancel())
	how, err := failed.Retry(&w, false)
	require.NoError(t, err)
	require.Equal(t, hook.RetryAnew, how)
}
