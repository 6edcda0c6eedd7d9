package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// got are arrivals of which an event "a", for two receivers, and "b", for one,
// are expected.
func got(t *testing.T) *arrivals {
	t.Helper()
	a := newArrivals()
	a.patience = time.Millisecond
	now := time.Now()
	a.accepted(a.expect("a", "alpha", 2, now))
	a.accepted(a.expect("b", "beta", 1, now))
	return a
}

func TestEventsThatAllCameAreNotComplainedOf(t *testing.T) {
	t.Parallel()
	a := got(t)
	a.arrived("a", 0, []byte("alpha"))
	a.arrived("a", 1, []byte("alpha"))
	a.arrived("b", 0, []byte("beta"))
	a.arrived("b", 0, []byte("beta"))
	a.arrived("of another load", 0, nil)
	require.NoError(t, a.settle(t.Context(), func(int) {}))
	r := a.result()
	require.EqualValues(t, 2, r.Events)
	require.Equal(t, 1, r.Again)
	require.EqualValues(t, 2, r.Times[0].Count)
}

func TestAnEventThatIsLostOrAlteredIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrive func(*arrivals)
		says   []string
	}{
		"nothing came":           {func(*arrivals) {}, []string{"LOST: 2 of 2 events", "a (", "b ("}},
		"not to all receivers":   {func(a *arrivals) { a.arrived("a", 1, []byte("alpha")); a.arrived("b", 0, []byte("beta")) }, []string{"LOST: 1 of 2", "to 1 of 2 receivers"}},
		"twice to one of two":    {func(a *arrivals) { a.arrived("a", 1, []byte("alpha")); a.arrived("a", 1, []byte("alpha")) }, []string{"LOST: 2 of 2"}},
		"another body afterward": {func(a *arrivals) { a.arrived("b", 0, []byte("beta")); a.arrived("b", 0, []byte("beta ")) }, []string{"LOST: 1 of 2", "ALTERED: 1 of 2 events", ": b"}},
		"another's body":         {func(a *arrivals) { a.arrived("b", 0, []byte("alpha")) }, []string{"ALTERED: 1 of 2"}},
		"bodies differ between receivers": {
			func(a *arrivals) { a.arrived("a", 0, []byte("alpha")); a.arrived("a", 1, []byte("alpha!")) }, []string{"ALTERED: 1 of 2 events", ": a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := got(t)
			c.arrive(a)
			err := a.settle(t.Context(), func(int) {})
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
}

func TestALoadAfterAResetKnowsNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	a := got(t)
	a.reset()
	require.NoError(t, a.settle(t.Context(), func(int) {}))
	require.Zero(t, a.result().Events)
}

func TestAReceiverRefusesTheFirstAttemptAlone(t *testing.T) {
	t.Parallel()
	r := &receiver{arrivals: got(t), key: eventID, refuses: 100}
	post := func(path string) int {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("beta"))
		request.Header.Set("Webhook-Id", "b")
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		return answer.Code
	}
	require.Equal(t, http.StatusInternalServerError, post("/0"))
	missing, _ := r.left()
	require.Equal(t, 2, missing, "a refused event has not come")
	require.Equal(t, http.StatusNoContent, post("/0"))
	require.Equal(t, http.StatusNoContent, post("/0"))
	missing, _ = r.left()
	require.Equal(t, 1, missing)
	require.EqualValues(t, 1, r.pauses().times("").Count, "the pause is that before the first retry")
}

func TestAShareOfIDsIsChosen(t *testing.T) {
	t.Parallel()
	n := 0
	for i := range 10_000 {
		if chosen(message(strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String(), 0, none), 20) {
			n++
		}
	}
	require.InDelta(t, 2000, n, 200)
	require.False(t, chosen("any", 0))
}

func TestAMessageHasItsSizeAndIsKnownByItsID(t *testing.T) {
	t.Parallel()
	text := message("order-7", 1024, none)
	require.Len(t, text, 1024)
	require.Equal(t, "order-7", externalID(nil, []byte(text)))
	require.Contains(t, text, producer{}.holds("order-7", ""))
}

func TestTheTimesAfterARestartAreThoseOfWhatWaited(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	a := newArrivals()
	for id, e := range map[string]*arrival{
		"before the kill, delivered":        {accepted: at(0), last: at(10)},
		"before the kill, came again later": {accepted: at(90), last: at(2900)},
		"while none ran":                    {accepted: at(500), last: at(1400)},
		"while none ran, later":             {accepted: at(600), last: at(1700)},
		"after the restart":                 {accepted: at(1100), last: at(1200)},
	} {
		a.list[id] = e
	}
	first, all := a.afterRestart(at(100), at(1000))
	require.Equal(t, 400*time.Millisecond, first)
	require.Equal(t, 1900*time.Millisecond, all)
}
