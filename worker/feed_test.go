package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/dispatch"
	"posthorn/hook"
	"posthorn/store"
)

// A webhook whose first attempts have no more room is still resumed, recovered
// and told of.
func TestAFullWebhookKeepsNoOperationWaiting(t *testing.T) {
	t.Parallel()
	s := newStarter(Config{Activities: &activities.Activities{Schedule: dispatch.New(false), Sealing: dispatch.New(false)}})
	webhook := hook.NewID()
	for s.Activities.Schedule.Add(time.Now(), store.Job{Kind: store.KindDelivery, Ref: hook.NewID(), SubjectID: webhook, DisableAfter: 10}) {
		continue
	}
	require.True(t, s.full(store.Subject{Kind: store.KindDelivery, ID: webhook}))
	for _, kind := range []store.Kind{store.KindResume, store.KindRecover, store.KindNotify} {
		require.False(t, s.full(store.Subject{Kind: kind, ID: webhook}), kind)
	}
	require.False(t, s.full(store.Subject{Kind: store.KindMessage, ID: webhook}), "messages have room of their own")
}
