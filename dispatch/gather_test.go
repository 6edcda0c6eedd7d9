package dispatch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/dispatch"
	"posthorn/hook"
)

func TestWhatIsDoneTogetherHasRoomForAGroupAndTakesNoneOfOthers(t *testing.T) {
	t.Parallel()
	b, many, other := newBench(false), hook.NewID(), hook.NewID()
	b.Open()
	b.Gather(b.now, many, true)
	var taken []hook.Job
	for range 3 {
		b.add(many, 256)
		taken = append(taken, b.take(1000)...)
	}
	require.Len(t, taken, 512)
	b.pass(10 * time.Second) // a store that is slow, not one that hangs
	b.warm(other)
	b.add(other, 64)
	require.Len(t, b.take(1000), 32, "another has all the room that it would have")

	for _, j := range taken {
		b.Done(b.now, j.SubjectID, j.Ref, dispatch.Result{})
	}
	require.Len(t, b.take(1000), 256)
	b.Gather(b.now, many, false)
	b.add(many, 64)
	require.Empty(t, b.take(1000), "it has as much as others again")
}
