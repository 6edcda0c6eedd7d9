package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

var resumes = []hook.OperationKind{hook.OperationResume}

// operations lists a webhook's operations of some kinds, newest first.
func (b *bundle) operations(t testing.TB, webhook hook.ID, kinds ...hook.OperationKind) []hook.Operation {
	t.Helper()
	list, err := b.Operations(t.Context(), b.tenant, store.OperationFilter{Kinds: kinds, WebhookID: webhook}, store.Page{Limit: 100})
	require.NoError(t, err)
	return list
}

// resume takes the steps of a webhook's last resumption while each gets on.
func (b *bundle) resume(t testing.TB, webhook hook.ID) (o hook.Operation) {
	t.Helper()
	o = b.operations(t, webhook, hook.OperationResume)[0]
	for was := -1; o.Status == hook.OperationRunning && o.Done > was; {
		was = o.Done
		var err error
		o, err = b.Resume(t.Context(), o.ID, o.Run)
		require.NoError(t, err)
	}
	return o
}

// hold gives a webhook n held deliveries of one event each.
func (b *bundle) hold(t testing.TB, w hook.Webhook, n int) {
	t.Helper()
	b.exec(t, `WITH e AS (INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at)
			SELECT gen_random_uuid(), $1, '', 'a.b', '{}', now() FROM generate_series(1, $3::int) RETURNING id)
		INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, status, due_at)
		SELECT gen_random_uuid(), $1, id, $2, 'standard', 'held', NULL FROM e`, w.TenantID, w.ID, n)
}

// arrive records that everything of a webhook that is under way was delivered.
func (b *bundle) arrive(t testing.TB, w hook.Webhook) int {
	t.Helper()
	return b.exec(t, "UPDATE deliveries SET status = 'delivered', due_at = NULL WHERE webhook_id = $1 AND due_at IS NOT NULL", w.ID)
}

func TestTwentyThousandHeldDeliveriesAreResumedInOrderAndPaced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const held = 20_000
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Active, w.DisableAfter = false, 5 })
	b.hold(t, w, held)
	require.NoError(t, b.setActive(t, w.ID, true))
	require.Equal(t, held, b.count(t, "SELECT count(*) FROM deliveries WHERE status = 'held'"), "enabling touches none of them")
	o := b.operations(t, w.ID, hook.OperationResume)[0]
	require.Equal(t, held, o.Total)
	require.Equal(t, "resume/"+w.ID.String()+"/1", o.Workflow())
	require.Equal(t, 1, b.exec(t, "DELETE FROM outbox"), "the operation's workflow is to be started")

	var order []hook.ID
	for steps := 0; o.Status == hook.OperationRunning; steps++ {
		var err error
		o, err = b.Resume(t.Context(), o.ID, o.Run)
		require.NoError(t, err)
		jobs, err := b.Jobs(t.Context(), allShards(), 0, 1000)
		require.NoError(t, err)
		require.LessOrEqual(t, len(jobs), hook.MaxInFlight, "no more at a time")
		if steps == 0 {
			require.Len(t, jobs, 5, "at first no more than what disables it again")
			again, err := b.Resume(t.Context(), o.ID, o.Run)
			require.NoError(t, err)
			require.Equal(t, 27+5, again.Done, "then as many as may be under way")
			third, err := b.Resume(t.Context(), o.ID, o.Run)
			require.NoError(t, err)
			require.Equal(t, again.Done, third.Done, "while those are under way none is added")
			jobs, err = b.Jobs(t.Context(), allShards(), 0, 1000)
			require.NoError(t, err)
		}
		for _, j := range jobs {
			require.Equal(t, 1, j.Run)
			order = append(order, j.Ref)
		}
		require.NoError(t, b.Started(t.Context(), jobs))
		b.arrive(t, w)
	}
	require.Equal(t, hook.OperationDone, o.Status)
	require.Equal(t, held, o.Done)
	require.Len(t, order, held)
	require.True(t, slices.IsSortedFunc(order, func(a, b hook.ID) int { return strings.Compare(a.String(), b.String()) }))
	require.Zero(t, b.count(t, "SELECT count(*) FROM operations WHERE due_at IS NOT NULL"))
}

func TestAWebhookThatIsDisabledAgainStopsItsResumption(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"), func(w *hook.Webhook) { w.Active, w.DisableAfter = false, 3 })
	b.hold(t, w, 50)
	require.NoError(t, b.setActive(t, w.ID, true))
	first := b.operations(t, w.ID, hook.OperationResume)[0]
	_, err := b.Resume(t.Context(), first.ID, 0)
	require.NoError(t, err)
	for _, d := range b.under(t, w) {
		require.NoError(t, b.fail(t, d, 1, 1))
	}
	require.False(t, b.webhook(t, w.ID).Active)
	require.Equal(t, 50, b.count(t, "SELECT count(*) FROM deliveries WHERE status = 'held' AND webhook_id = $1", w.ID))
	require.NoError(t, b.setActive(t, w.ID, true))

	stopped, err := b.Resume(t.Context(), first.ID, 0)
	require.NoError(t, err)
	require.Equal(t, hook.OperationStopped, stopped.Status, "it is another one's work now")
	require.Equal(t, 3, stopped.Done)
	list := b.operations(t, w.ID, hook.OperationResume)
	require.Len(t, list, 2)
	require.Equal(t, 50, list[0].Total)
	superseded, err := b.Resume(t.Context(), list[0].ID, -1)
	require.NoError(t, err)
	require.Equal(t, "superseded", superseded.Detail)
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, w.ID))
	stopped, err = b.Resume(t.Context(), list[0].ID, 0)
	require.NoError(t, err)
	require.Equal(t, hook.OperationStopped, stopped.Status)
	require.Zero(t, stopped.Done)
}

func (b *bundle) under(t testing.TB, w hook.Webhook) (list []hook.Delivery) {
	t.Helper()
	views, err := b.Deliveries(t.Context(), b.tenant, store.DeliveryFilter{WebhookID: w.ID, Status: hook.DeliveryPending}, store.Page{Limit: 100})
	require.NoError(t, err)
	for _, v := range views {
		list = append(list, v.Delivery)
	}
	return list
}

func TestAnOperationWhoseWorkflowIsLostIsStartedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Active = false })
	b.hold(t, w, 1)
	require.NoError(t, b.setActive(t, w.ID, true))
	b.exec(t, "DELETE FROM outbox")
	overdue, err := b.Overdue(t.Context(), -time.Minute, 10)
	require.NoError(t, err)
	require.Len(t, overdue, 1)
	require.Equal(t, store.KindResume, overdue[0].Kind)
	mended, err := b.Rerun(t.Context(), overdue[0])
	require.NoError(t, err)
	require.True(t, mended)
	jobs, err := b.Jobs(t.Context(), allShards(), 0, 10)
	require.NoError(t, err)
	require.Len(t, jobs, 1)
	require.Equal(t, 1, jobs[0].Run)
	require.Equal(t, 1, jobs[0].Generation)
	require.Equal(t, w.ID, jobs[0].SubjectID)
	late, err := b.Resume(t.Context(), jobs[0].Ref, 0)
	require.NoError(t, err)
	require.Zero(t, late.Done, "the run before has nothing to do any more")
	require.Equal(t, hook.OperationDone, b.resume(t, w.ID).Status)
	require.NoError(t, b.Postpone(t.Context(), overdue[0]))
}
