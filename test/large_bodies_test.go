package test

import (
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// Many clients send the largest messages at once, and again where there was no
// room for them: all are accepted, by a process that stays small, and so does
// the worker that has all of them to archive. It runs alone: it fills the disk's
// queue, beside which nothing keeps its times.
func TestMemoryDoesNotGrowWithLargeBodiesAtOnce(t *testing.T) {
	const (
		clients = 64
		size    = 10<<20 - 512 // bytes of text; the rest of a message has room beside it
		bound   = 1500 << 20
		enough  = 3 // messages that the worker is watched at
	)
	g := prepare(t, freeAddress(t))
	process := g.run(t, "api", "")
	g.enter(t)
	_, sender := g.endpoint(t)
	half := make([]byte, size/2)
	_, err := io.ReadFull(rand.NewChaCha8([32]byte{2}), half)
	require.NoError(t, err)
	text := hex.EncodeToString(half)

	ids := make([]string, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			m := plain("large-" + text[i*16:i*16+16])
			m.Body = text
			for {
				accepted, err := sender.Send(t.Context(), m)
				if refused, ok := errors.AsType[*client.Error](err); ok && refused.Temporary() {
					select {
					case <-time.After(refused.RetryAfter):
						continue
					case <-t.Context().Done():
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = accepted.ID
				return
			}
		})
	}
	all.Wait()
	t.Logf("peak of the API: %d MB", process.peak(t)>>20)
	require.Less(t, process.peak(t), bound)

	worker := g.run(t, "worker", "")
	await(t, func() (int, error) {
		archived := 0
		for m, err := range g.client.Messages(t.Context(), client.MessageFilter{}) {
			if err != nil {
				return 0, err
			}
			if m.Status == client.MessageArchived {
				archived++
			}
		}
		return archived, nil
	}, func(n int) bool { return n >= enough }, "some are archived")
	t.Logf("peak of the worker: %d MB", worker.peak(t)>>20)
	require.Less(t, worker.peak(t), bound)
}
