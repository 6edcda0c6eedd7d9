package dispatch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/dispatch"
	"posthorn/hook"
)

// bench is a schedule with a clock of its own.
type bench struct {
	*dispatch.Schedule
	now time.Time
	row int64
}

func newBench(alone bool) *bench {
	return &bench{Schedule: dispatch.New(alone), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (b *bench) pass(d time.Duration) { b.now = b.now.Add(d) }

// job is a first attempt of a webhook.
func (b *bench) job(webhook hook.ID) hook.Job {
	b.row++
	return hook.Job{RowID: b.row, Kind: hook.JobDelivery, Ref: hook.NewID(), SubjectID: webhook, First: true, Streamable: true, DisableAfter: 1000}
}

// add queues n first attempts and returns how many found room.
func (b *bench) add(webhook hook.ID, n int) (added int) {
	for range n {
		if b.Add(b.now, b.job(webhook)) {
			added++
		}
	}
	return added
}

func (b *bench) take(limit int) []hook.Job {
	jobs, _ := b.Take(b.now, dispatch.Stream, limit)
	return jobs
}

// answer ends attempts as having taken so long.
func (b *bench) answer(jobs []hook.Job, took time.Duration) {
	for _, j := range jobs {
		b.Done(b.now, j.SubjectID, j.Ref, dispatch.Result{Made: true, Took: took})
	}
}

func (b *bench) fail(j hook.Job, failures int) {
	b.Done(b.now, j.SubjectID, j.Ref, dispatch.Result{Made: true, Took: time.Millisecond, Failed: true, Failures: failures})
}

// warm has a webhook answer fast until it has all the room that there is.
func (b *bench) warm(webhook hook.ID) {
	for range 8 {
		b.add(webhook, 4)
		b.answer(b.take(4), time.Millisecond)
	}
}

func count(jobs []hook.Job) map[hook.ID]int {
	n := map[hook.ID]int{}
	for _, j := range jobs {
		n[j.SubjectID]++
	}
	return n
}

func TestWebhooksTakeTurns(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	b.Open()
	busy, quiet := hook.NewID(), hook.NewID()
	b.warm(busy)
	b.warm(quiet)
	b.add(busy, 100)
	b.add(quiet, 3)
	require.Equal(t, map[hook.ID]int{busy: 3, quiet: 3}, count(b.take(6)))
	require.Len(t, b.take(1000), hook.MaxInFlight-3, "one webhook has no more under way at once")
}

func TestAWebhooksRoomGrowsWithItsAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	b.Open()
	w := hook.NewID()
	b.add(w, 200)
	first := b.take(1000)
	require.Len(t, first, 4, "nothing is known of it")
	b.answer(first, time.Millisecond)
	require.Len(t, b.take(1000), hook.MaxInFlight)
}

func TestABacklogStaysInTheOutbox(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	b.Open()
	w := hook.NewID()
	b.warm(w)
	require.Equal(t, 256, b.add(w, 1000))
	require.True(t, b.Full(w))
	require.Empty(t, b.More())
	for b.Full(w) {
		b.answer(b.take(8), time.Millisecond)
	}
	require.Len(t, b.More(), 1, "the rest is to be read")
	require.Len(t, b.Drop(), 56)
	require.Empty(t, b.take(10))
}

func TestWhatHangsLeavesItsSlotsAndIsNotStreamed(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	b.Open()
	var hanging []hook.ID
	for range 8 { // together they fill every slot
		w := hook.NewID()
		b.warm(w)
		hanging = append(hanging, w)
	}
	for _, w := range hanging {
		b.add(w, 100)
	}
	require.Len(t, b.take(1000), dispatch.Slots)
	healthy := hook.NewID()
	b.add(healthy, 1)
	require.Empty(t, b.take(1), "there is no slot")
	b.pass(dispatch.Slow)
	require.Equal(t, map[hook.ID]int{healthy: 1}, count(b.take(1000)), "only what answers is streamed")
	slow, _ := b.Take(b.now, dispatch.Workflow, 1000)
	require.Empty(t, slow, "what hangs has more than its part already")
}

func TestWhatHangsHasAPartOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(true)
	var attempts int
	var hanging []hook.ID
	for range 100 {
		w := hook.NewID()
		b.add(w, 1)
		first, _ := b.Take(b.now, dispatch.Workflow, 1)
		b.answer(first, 9*time.Second)
		hanging = append(hanging, w)
	}
	for _, w := range hanging {
		b.add(w, 20)
	}
	for range 3 {
		jobs, _ := b.Take(b.now, dispatch.Workflow, 1000)
		for w, n := range count(jobs) {
			require.LessOrEqual(t, n, 3, w)
		}
		attempts += len(jobs)
	}
	require.Equal(t, dispatch.SlowSlots, attempts, "of all slots a quarter")
}

func TestAWebhookThatHungIsStreamedAgainOnceItAnswersFast(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	b.Open()
	w := hook.NewID()
	b.add(w, 3)
	b.answer(b.take(1), 5*time.Second)
	require.Empty(t, b.take(1))
	jobs, _ := b.Take(b.now, dispatch.Workflow, 1)
	require.Len(t, jobs, 1)
	settings := &hook.Webhook{ID: w, DisableAfter: 10}
	require.Equal(t, dispatch.Pass{Slow: true}, b.Enter(b.now, jobs[0].Ref, settings, false))
	require.True(t, b.Enter(b.now, jobs[0].Ref, settings, true).Admitted)
	b.answer(jobs, 20*time.Millisecond)
	require.Len(t, b.take(1), 1)
}

func TestBelowTheRateEachHasAWorkflowAndAboveNone(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	one := func() (hook.Job, bool) {
		j := b.job(hook.NewID())
		b.Add(b.now, j)
		jobs, _ := b.Take(b.now, dispatch.Workflow, 10)
		return j, len(jobs) == 1
	}
	for range 20 {
		_, workflow := one()
		require.True(t, workflow)
	}
	require.False(t, b.Streaming(b.now))
	_, workflow := one()
	require.False(t, workflow, "it waits for a dispatch run")
	require.True(t, b.Streaming(b.now))
	b.pass(600 * time.Millisecond)
	for range 40 { // so that it goes on to be streamed
		_, workflow = one()
		require.False(t, workflow)
	}
	for range 11 {
		b.pass(900 * time.Millisecond)
		for range 40 {
			b.Add(b.now, b.job(hook.NewID()))
		}
	}
	late, _ := b.Take(b.now, dispatch.Workflow, 10)
	require.NotEmpty(t, late, "but not for ever")
	b.Open()
	_, workflow = one()
	require.False(t, workflow)
	b.pass(3 * time.Second)
	require.True(t, b.Streaming(b.now), "much waits")
	b.answer(late, time.Millisecond)
	for jobs := b.take(64); len(jobs) > 0; jobs = b.take(64) {
		b.answer(jobs, time.Millisecond)
	}
	require.False(t, b.Streaming(b.now))
	alone := b.job(hook.NewID())
	alone.Streamable = false
	b.Add(b.now, alone)
	jobs, _ := b.Take(b.now, dispatch.Workflow, 10)
	require.Equal(t, []hook.Job{alone}, jobs)
}

// TestABlipDisablesNothing has every attempt fail within 50 ms, however many
// wait: the one that would disable the webhook is made when that is over.
func TestABlipDisablesNothing(t *testing.T) {
	t.Parallel()
	for _, disableAfter := range []int{2, 5, 10, 1000} {
		b := newBench(false)
		b.Open()
		w := hook.NewID()
		b.warm(w)
		failures := 0
		for end := b.now.Add(50 * time.Millisecond); b.now.Before(end); b.pass(time.Millisecond) {
			for range 20 {
				j := b.job(w)
				j.DisableAfter, j.Failures = disableAfter, failures
				b.Add(b.now, j)
			}
			jobs := b.take(1000)
			require.Less(t, len(jobs)+failures, disableAfter)
			for _, j := range jobs {
				failures++
				b.fail(j, failures)
			}
		}
		b.pass(250 * time.Millisecond)
		last := b.take(1000)
		require.NotEmpty(t, last)
		if failures == disableAfter-1 {
			require.Len(t, last, 1)
		}
		b.answer(last, time.Millisecond)
		b.add(w, 1)
		require.NotEmpty(t, b.take(1000), "it goes on")
	}
}

func TestWorkflowsFindRoomOrATimeToAskAgain(t *testing.T) {
	t.Parallel()
	b := newBench(false)
	settings := &hook.Webhook{ID: hook.NewID(), DisableAfter: 5, ConsecutiveFailures: 2}
	ids := []hook.ID{hook.NewID(), hook.NewID(), hook.NewID(), hook.NewID()}
	require.True(t, b.Enter(b.now, ids[0], settings, false).Admitted)
	require.True(t, b.Enter(b.now, ids[1], settings, false).Admitted)
	first, second := b.Enter(b.now, ids[2], settings, false), b.Enter(b.now, ids[3], settings, false)
	require.False(t, first.Admitted)
	require.Positive(t, first.Wait)
	require.Greater(t, second.Wait, first.Wait, "they do not come back together")
	b.Done(b.now, settings.ID, ids[0], dispatch.Result{})
	require.True(t, b.Enter(b.now, ids[2], settings, false).Admitted)
}

func TestAWorkflowThatRunsElsewhereKeepsNoRoom(t *testing.T) {
	t.Parallel()
	b := newBench(true)
	w := hook.NewID()
	b.add(w, 100)
	jobs, _ := b.Take(b.now, dispatch.Workflow, 100)
	require.Len(t, jobs, 4)
	jobs, _ = b.Take(b.now, dispatch.Workflow, 100)
	require.Empty(t, jobs)
	b.pass(11 * time.Second)
	jobs, _ = b.Take(b.now, dispatch.Workflow, 100)
	require.Len(t, jobs, 4)
}
