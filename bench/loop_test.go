package main

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnOpenLoopCountsFromWhenAThingWasDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// One sender takes 100 ms for each of 20 a second: the last of a second waits
		// for all before it.
		took := newHistogram()
		require.NoError(t, openLoop(t.Context(), 20, time.Second, []func(time.Time) error{func(due time.Time) error {
			time.Sleep(100 * time.Millisecond)
			took.add(time.Since(due))
			return nil
		}}))
		x := took.times("")
		require.EqualValues(t, 20, x.Count)
		require.InDelta(t, 1050, x.Max, 5, "20 × 100 ms, less the 950 ms at which the last was due")
		require.InDelta(t, 550, x.P50, 50)
	})
}

func TestAnOpenLoopKeepsItsRateBesideSlowAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		senders := make([]func(time.Time) error, 64)
		for i := range senders {
			senders[i] = func(due time.Time) error {
				require.Equal(t, due, time.Now(), "it is sent when it is due")
				time.Sleep(3 * time.Second)
				return nil
			}
		}
		require.NoError(t, openLoop(t.Context(), 20, 3*time.Second, senders))
		require.Equal(t, 3*time.Second-50*time.Millisecond+3*time.Second, time.Since(begin))
	})
}

func TestAClosedLoopEndsWithItsWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		send := func() error { time.Sleep(30 * time.Millisecond); return nil }
		took, err := closedLoop(t.Context(), time.Second, []func() error{send, send})
		require.NoError(t, err)
		x := took.times("")
		require.EqualValues(t, 68, x.Count, "34 each, the last begun within the second")
		require.InDelta(t, 30, x.P99, 0.1)
	})
}

func TestAFloodSendsAsManyAsItShould(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	send := func() error { n.Add(1); return nil }
	require.NoError(t, flood(t.Context(), 1001, []func() error{send, send, send}))
	require.EqualValues(t, 1001, n.Load())
}

func TestTheFirstErrorEndsALoop(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fail := func() error { return broken }
	_, err := closedLoop(t.Context(), time.Hour, []func() error{fail, func() error { time.Sleep(time.Millisecond); return nil }})
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, flood(t.Context(), 10, []func() error{fail}), broken)
	require.ErrorIs(t, openLoop(t.Context(), 1000, time.Hour, []func(time.Time) error{func(time.Time) error { return broken }}), broken)
}

func TestALoopEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := closedLoop(ctx, time.Hour, []func() error{func() error { return nil }})
	require.ErrorIs(t, err, context.Canceled)
}
