package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"posthorn/hook"
	"posthorn/store"
)

// sequence does to one webhook with an order what people, receivers and
// workers do, step by step.
type sequence struct {
	*lanes
	tb     testing.TB
	order  []hook.ID // deliveries in the order in which they were made
	flight []flight
}

var errNothing = errors.New("nothing is published yet")

// flight is an attempt under way.
type flight struct {
	job store.Job
	d   hook.Delivery
}

func (s *sequence) publishOne(r *rapid.T) {
	s.publishKey(rapid.SampledFrom([]string{"a", "b", ""}).Draw(r, "key"))
	s.learn()
}

// learn takes down the deliveries that were made: one to each event, be it when
// that was published or by a recovery later.
func (s *sequence) learn() {
	rows, err := s.raw.Query(s.ctx, "SELECT id FROM deliveries WHERE (id = ANY($1)) IS NOT TRUE ORDER BY order_seq", s.order)
	require.NoError(s.t, err)
	made, err := pgx.CollectRows(rows, pgx.RowTo[hook.ID])
	require.NoError(s.t, err)
	s.order = append(s.order, made...)
}

// work lets one workflow take its next step.
func (s *sequence) work(r *rapid.T) {
	s.start()
	job, ok := s.take(rapid.IntRange(0, 100).Draw(r, "which"))
	if !ok {
		return
	}
	seen := slices.Contains(s.begun, job.Ref)
	d, begun := s.begin(job)
	if !begun {
		return
	}
	if d.Ordered && !seen {
		s.requireFirst(d)
	}
	s.flight = append(s.flight, flight{job, d})
}

// requireFirst requires that all that were made before have ended, be it
// that they were resent since.
func (s *sequence) requireFirst(d hook.Delivery) {
	for _, id := range s.order {
		if id == d.ID {
			return
		}
		v := s.view(s.tb, id)
		if v.OrderKey == d.OrderKey && v.Ordered {
			require.True(s.t, s.ended[id], "%s is %s", id, v.Status)
			require.NotEqual(s.t, hook.TurnHolds, v.Turn, "%s holds", id)
		}
	}
}

func (s *sequence) finish(r *rapid.T) {
	if len(s.flight) == 0 {
		return
	}
	n := rapid.IntRange(0, len(s.flight)-1).Draw(r, "attempt")
	f := s.flight[n]
	s.flight = slices.Delete(s.flight, n, n+1)
	policy := []int{60, 60}
	if rapid.Bool().Draw(r, "last") {
		policy = nil
	}
	if v := s.view(s.tb, f.d.ID); v.Status != hook.DeliveryPending || v.Run != f.d.Run {
		s.endLate(f, rapid.SampledFrom([]int{200, 500}).Draw(r, "late status"), policy...)
		return
	}
	s.end(f.job, f.d, rapid.SampledFrom([]int{200, 500}).Draw(r, "status"), policy...)
	s.exec(s.tb, "UPDATE deliveries SET next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL AND id = $1", f.d.ID)
}

// endLate records an attempt of a delivery that was held or cancelled, or is in
// another run, since it began.
func (s *sequence) endLate(f flight, status int, policy ...int) {
	a := hook.Attempt{DeliveryID: f.d.ID, Number: f.d.AttemptCount + 1, StartedAt: time.Now(), StatusCode: status}
	if status != 200 {
		a.Error = hook.ErrorStatus
	}
	_, err := s.RecordAttempt(s.ctx, store.Recording{Delivery: &f.d, Attempt: &a, Outcome: f.d.Outcome(&a, policy)})
	require.NoError(s.t, err)
	v := s.view(s.tb, f.d.ID)
	if v.Status == hook.DeliveryPending || v.Status == hook.DeliveryHeld {
		return
	}
	s.ended[f.d.ID] = true
	if v.Turn != hook.TurnGoes {
		s.left(f.d.ID)
	}
}

func (s *sequence) turn(active bool) func(*rapid.T) {
	return func(*rapid.T) {
		require.NoError(s.t, s.setActive(s.tb, s.webhook, active))
		if !active { // attempts that are under way end as they may
			clear(s.going)
		}
	}
}

func (s *sequence) change(r *rapid.T) {
	_, err := s.UpdateWebhook(s.ctx, s.tenant, s.webhook, func(w *hook.Webhook) error {
		w.OrderedOnFailure = rapid.SampledFrom([]hook.OnFailure{hook.OnFailureHold, hook.OnFailureSkip}).Draw(r, "mode")
		return nil
	})
	require.NoError(s.t, err)
}

func (s *sequence) resumeStep(*rapid.T) {
	for _, o := range s.operations(s.tb, s.webhook, hook.OperationResume, hook.OperationRecover) {
		if o.Status != hook.OperationRunning {
			continue
		}
		step := s.Resume
		if o.Kind == hook.OperationRecover {
			step = s.Recover
		}
		_, err := step(s.ctx, o.ID, o.Run)
		require.NoError(s.t, err)
	}
	s.learn()
}

func (s *sequence) resend(r *rapid.T) { _, _ = s.operate(r, s.RetryDelivery) } // conflicts are allowed

func (s *sequence) cancel(r *rapid.T) {
	id, err := s.operate(r, s.CancelDelivery)
	if err == nil {
		s.left(id)
		s.ended[id] = true
	}
}

func (s *sequence) operate(r *rapid.T, do func(_ context.Context, tenant, id hook.ID) error) (id hook.ID, err error) {
	if len(s.order) == 0 {
		return id, errNothing
	}
	id = s.order[rapid.IntRange(0, len(s.order)-1).Draw(r, "delivery")]
	if err = do(s.ctx, s.tenant, id); err != nil {
		require.Equal(s.t, hook.CodeConflict, hook.CodeOf(err), "%v", err)
	}
	return id, err
}

func (s *sequence) recover(r *rapid.T) {
	_, err := s.StartRecovery(s.ctx, s.tenant, s.webhook, hook.Recovery{
		Since: time.Now().Add(-time.Hour), Include: rapid.SampledFrom([]hook.Include{hook.IncludeFailed, hook.IncludeAll}).Draw(r, "include"),
	})
	if err != nil {
		requireConflict(s.tb, err)
	}
}

func (s *sequence) check(*rapid.T) {
	require.Zero(s.t, s.count(s.tb, `SELECT count(*) FROM (SELECT order_key FROM deliveries WHERE turn = 'goes' GROUP BY 1 HAVING count(*) > 1) d`))
}

// toTheEnd lets everything come to its end: the receiver works, and what failed
// is resent.
func (s *sequence) toTheEnd() {
	s.turn(true)(nil)
	for _, f := range s.flight {
		s.endLate(f, 200)
	}
	s.flight = nil
	for range 50 {
		s.drain()
		s.resumeStep(nil)
		for _, id := range s.order {
			if s.view(s.tb, id).Turn == hook.TurnHolds {
				require.NoError(s.t, s.RetryDelivery(s.ctx, s.tenant, id))
			}
		}
		if s.count(s.tb, "SELECT count(*) FROM deliveries WHERE status IN ('pending', 'held') OR due_at IS NOT NULL OR waits") == 0 &&
			s.count(s.tb, "SELECT count(*) FROM operations WHERE status = 'running' AND kind <> 'notify'") == 0 {
			break
		}
	}
	s.requireNothingWaits(s.tb)
}
