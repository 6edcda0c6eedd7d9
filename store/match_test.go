package store_test

import (
	"encoding/json"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func (b *bundle) publishData(t *testing.T, eventType, data string) hook.Event {
	t.Helper()
	e, _, err := b.Publish(t.Context(), hook.Event{
		ID: hook.NewID(), TenantID: b.tenant, Type: eventType, Data: json.RawMessage(data), OccurredAt: hook.Time(time.Now()),
	})
	require.NoError(t, err)
	return e
}

func TestEventGoesToWebhooksWhoseFilterAndSurveyFit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) {
		w.Events, w.Filter, w.SurveyID = []string{"*"}, `data.score >= 9`, "7"
	})
	other := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Events = []string{"*"} })
	for data, want := range map[string]bool{
		`{"surveyId":"7","score":9}`: true, `{"surveyId":7,"score":9.5}`: true, `{"surveyId":"7","score":8}`: false,
		`{"surveyId":"8","score":9}`: false, `{"surveyid":"7","score":9}`: false, `{"score":9}`: false, `[]`: false,
	} {
		var to []hook.ID
		for _, d := range b.deliveriesOf(t, b.tenant, b.publishData(t, "survey.done", data).ID) {
			to = append(to, d.WebhookID)
		}
		wanted := []hook.ID{other.ID}
		if want {
			wanted = append(wanted, w.ID)
		}
		require.ElementsMatch(t, wanted, to, data)
	}
}

func TestFilterThatFailsIsNoMatchAndIsSeen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Events, w.Filter = []string{"*"}, `data.score >= 9` })
	e := b.publishData(t, "a.b", `{}`)
	require.Empty(t, b.deliveriesOf(t, b.tenant, e.ID))
	found, err := b.Webhook(t.Context(), b.tenant, w.ID)
	require.NoError(t, err)
	require.NotNil(t, found.FilterError)
	require.Equal(t, e.ID, found.FilterError.EventID)
	require.Equal(t, "line 1, column 5: no such key: score", found.FilterError.Message)
	require.WithinDuration(t, time.Now(), found.FilterError.At, time.Minute)
	b.publishData(t, "a.b", `{}`) // within the second: the first one stays
	again, err := b.Webhook(t.Context(), b.tenant, w.ID)
	require.NoError(t, err)
	require.Equal(t, e.ID, again.FilterError.EventID)
	changed, err := b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error {
		w.Filter = `data.?score.orValue(0) >= 9`
		return nil
	})
	require.NoError(t, err)
	require.Nil(t, changed.FilterError)
}

func TestRecoveryKeepsToTheFilter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	began := time.Now().Add(-time.Second)
	for i := range 20 {
		b.publishData(t, "a.b", `{"n":`+strconv.Itoa(i)+`}`)
	}
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Events, w.Filter = []string{"a"}, `data.n % 2 == 0` })
	all := hook.Recovery{Since: began, Include: hook.IncludeAll}
	all.Until = time.Now().Add(time.Minute)
	n, err := b.CountRecoverable(t.Context(), b.tenant, w.ID, all)
	require.NoError(t, err)
	require.Equal(t, 10, n.Missed)
	o, err := b.StartRecovery(t.Context(), b.tenant, w.ID, all)
	require.NoError(t, err)
	for o.Status == hook.OperationRunning {
		o, err = b.Recover(t.Context(), o.ID, 0)
		require.NoError(t, err)
	}
	require.Equal(t, 10, o.Done)
}

func TestSurveyHasTenWebhooksHoweverManyCome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	results := make([]error, 25)
	like := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.SurveyID = "another" })
	for i := range results {
		wg.Go(func() {
			w := like
			w.ID, w.SurveyID = hook.NewID(), "s"
			_, results[i] = b.CreateWebhook(t.Context(), w)
		})
	}
	wg.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
			continue
		}
		bad := new(hook.Error)
		require.ErrorAs(t, err, &bad)
		require.Equal(t, "/survey_id", bad.Fields[0].Pointer)
	}
	require.Equal(t, hook.MaxOfSurvey, made)
	_, err := b.UpdateWebhook(t.Context(), b.tenant, like.ID, func(w *hook.Webhook) error { w.SurveyID = "s"; return nil })
	require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
}

func TestDeliveryKeepsItsTransformUnlessItFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Events, w.Transform = []string{"a.b"}, `data.old` })
	broken, sound := b.publishData(t, "a.b", `{}`), b.publishData(t, "a.b", `{}`)
	transformOf := func(e hook.Event) string {
		to, err := b.DeliveryToAttempt(t.Context(), b.deliveriesOf(t, b.tenant, e.ID)[0].ID)
		require.NoError(t, err)
		return to.Delivery.Transform
	}
	_, err := b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error { w.Transform = `data.new`; return nil })
	require.NoError(t, err)
	require.Equal(t, `data.old`, transformOf(broken))
	for e, class := range map[*hook.Event]hook.ErrorClass{&broken: hook.ErrorTransform, &sound: hook.ErrorStatus} {
		d := b.deliveriesOf(t, b.tenant, e.ID)[0]
		a := hook.Attempt{DeliveryID: d.ID, Number: 1, StartedAt: time.Now(), Error: class}
		_, err := b.RecordAttempt(t.Context(), store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.After(&a, 1, nil)})
		require.NoError(t, err)
		require.NoError(t, b.RetryDelivery(t.Context(), b.tenant, d.ID))
	}
	require.Equal(t, `data.new`, transformOf(broken), "nothing was sent")
	require.Equal(t, `data.old`, transformOf(sound))
	found, err := b.Webhook(t.Context(), b.tenant, w.ID)
	require.NoError(t, err)
	require.Equal(t, 1, found.ConsecutiveFailures, "a transform that fails is no failure of the receiver")
}
