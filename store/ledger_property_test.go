package store_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
	"posthorn/store"
)

// ctxOf is the test's context, also of a test of generated values.
func ctxOf(t require.TestingT) context.Context {
	if c, ok := t.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}

// world is a tenant that writers change at the same time.
type world struct {
	*bundle
	tenant   hook.ID
	endpoint hook.Endpoint
	webhooks []hook.ID
	ingest   *store.Ingest
	mu       sync.Mutex
	messages []*hook.Message
}

// step is one thing that a writer does, to the thing that pick chooses.
type step struct{ what, pick int }

func TestTheLedgerAddsUpAtEveryMomentWhateverHappens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ingest := b.NewIngest()
	defer ingest.Close()
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{bundle: b, tenant: b.addTenant(t), ingest: ingest}
		w.endpoint = b.addEndpoint(t, w.tenant)
		for range 2 {
			w.webhooks = append(w.webhooks, b.addWebhook(t, w.tenant, only("a.b"), func(w *hook.Webhook) { w.DisableAfter = 5 }).ID)
		}
		steps := rapid.Custom(func(t *rapid.T) step {
			return step{rapid.IntRange(0, 13).Draw(t, "what"), rapid.IntRange(0, 99).Draw(t, "pick")}
		})
		writers := rapid.SliceOfN(rapid.SliceOfN(steps, 1, 12), 1, 3).Draw(rt, "writers")
		var running sync.WaitGroup
		var left atomic.Int32
		failed := make(chan error, 100)
		left.Add(int32(len(writers)))
		for _, writer := range writers {
			running.Go(func() {
				defer left.Add(-1)
				for _, s := range writer {
					if err := w.do(t.Context(), s); err != nil && !usual(err) {
						failed <- err
					}
				}
			})
		}
		for left.Load() > 0 {
			w.ledger(rt, w.tenant)
		}
		running.Wait()
		w.ledger(rt, w.tenant)
		select {
		case err := <-failed:
			rt.Fatal(err)
		default:
		}
	})
}

// usual errors are those of things that are not as they must be for a step.
func usual(err error) bool {
	code := hook.CodeOf(err)
	return code == hook.CodeConflict || code == hook.CodeNotFound || code == hook.CodeUnavailable
}

func (w *world) do(ctx context.Context, s step) error {
	webhook := w.webhooks[s.pick%len(w.webhooks)]
	switch s.what {
	case 0, 1:
		m := newMessage(w.endpoint, strconv.Itoa(s.pick%20), "{}")
		a, err := w.ingest.Accept(ctx, m, time.Hour)
		if err == nil && !a.Duplicate {
			w.mu.Lock()
			w.messages = append(w.messages, m)
			w.mu.Unlock()
		}
		return err
	case 2:
		return w.archiveOne(ctx)
	case 3:
		_, _, err := w.Publish(ctx, w.event())
		return err
	case 4, 5, 6:
		return w.attempt(ctx, s)
	case 7:
		_, err := w.UpdateWebhook(ctx, w.tenant, webhook, func(h *hook.Webhook) error { h.Active = s.pick%3 > 0; return nil })
		return err
	case 8:
		return w.operate(ctx)
	case 9:
		_, err := w.StartRecovery(ctx, w.tenant, webhook, hook.Recovery{Since: time.Now().Add(-time.Hour), Include: hook.IncludeAll})
		return err
	case 10:
		_, err := w.SendTest(ctx, w.tenant, webhook, func(*hook.Webhook) hook.Event { return w.event() })
		return err
	case 11:
		_, err := w.Prune(ctx, 1+s.pick)
		return err
	case 12:
		_, err := w.raw.Exec(ctx, "DELETE FROM messages WHERE tenant_id = $1 AND status = 'archived'", w.tenant)
		return err
	}
	if s.pick < 90 {
		return nil
	}
	return w.DeleteWebhook(ctx, w.tenant, webhook)
}

func (w *world) event() hook.Event {
	return hook.Event{ID: hook.NewID(), TenantID: w.tenant, Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now()}
}

// archiveOne archives the oldest message.
func (w *world) archiveOne(ctx context.Context) error {
	w.mu.Lock()
	if len(w.messages) == 0 {
		w.mu.Unlock()
		return nil
	}
	m := w.messages[0]
	w.messages = w.messages[1:]
	w.mu.Unlock()
	if _, err := w.NumberMessages(ctx, m.ID); err != nil {
		return err
	}
	m.RetainUntil = time.Now()
	_, err := w.Archived(ctx, store.Sealing{Message: m, Content: []byte(`{}`), Events: []hook.Event{w.event()}})
	return err
}

// attempt does to a delivery what a worker or an operator would.
func (w *world) attempt(ctx context.Context, s step) error {
	list, err := w.Deliveries(ctx, w.tenant, store.DeliveryFilter{}, store.Page{Limit: 20})
	if err != nil || len(list) == 0 {
		return err
	}
	d := list[s.pick%len(list)].Delivery
	a := hook.Attempt{DeliveryID: d.ID, Number: d.AttemptCount + 1, StartedAt: time.Now(), StatusCode: 200, Generation: s.pick % 2}
	switch s.pick % 7 {
	case 0:
		return w.RetryDelivery(ctx, w.tenant, d.ID)
	case 1:
		return w.CancelDelivery(ctx, w.tenant, d.ID)
	case 2:
		return w.HoldDelivery(ctx, d.ID)
	case 3:
		return w.EndDelivery(ctx, &d)
	case 4, 5:
		a.StatusCode, a.Error = 500, hook.ErrorStatus
	}
	_, err = w.RecordAttempt(ctx, store.Recording{Delivery: &d, Attempt: &a, Outcome: hook.After(&a, a.Number, []int{0})})
	return err
}

// operate takes a step of every operation that runs.
func (w *world) operate(ctx context.Context) error {
	kinds := []hook.OperationKind{hook.OperationResume, hook.OperationRecover}
	list, err := w.Operations(ctx, w.tenant, store.OperationFilter{Kinds: kinds}, store.Page{Limit: 10})
	for _, o := range list {
		take := w.Recover
		if o.Kind == hook.OperationResume {
			take = w.Resume
		}
		_, failed := take(ctx, o.ID, o.Run)
		err = errors.Join(err, failed)
	}
	return err
}
